//! Which name servers this machine asks, and for which names: resolv.conf(5), or what the environment says instead.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::{env, fs};

use crate::cas::shown::quoted;

const RESOLV_CONF: &str = "/etc/resolv.conf";

const PORT: u16 = 53;

/// More of them are never asked, as in the C library.
const MOST: usize = 3;

/// What the C library lets `ndots` be at most.
const MOST_DOTS: usize = 15;

/// Name servers that somebody has named: `IP`, `IP:PORT` or `[V6]:PORT`, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NameServers(Vec<SocketAddr>);

impl FromStr for NameServers {
    type Err = String;

    fn from_str(list: &str) -> Result<NameServers, String> {
        let pieces = list.split(|c: char| c == ',' || c.is_whitespace());
        let servers = pieces.filter(|piece| !piece.is_empty()).map(|piece| {
            let address = piece.parse::<SocketAddr>().ok();
            let address =
                address.or_else(|| Some(SocketAddr::new(piece.parse::<IpAddr>().ok()?, PORT)));
            address.filter(|address| address.port() > 0).ok_or_else(|| {
                let shown = quoted(piece.as_bytes());
                format!("{shown} is no name server; give IP, IP:PORT or [V6]:PORT")
            })
        });
        match servers.collect::<Result<Vec<_>, _>>()? {
            none if none.is_empty() => Err("no name server is named".into()),
            many if many.len() > MOST => Err(format!("more than {MOST} name servers are named")),
            servers => Ok(NameServers(servers)),
        }
    }
}

/// Whom to ask, and what.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NameService {
    pub(super) servers: Vec<SocketAddr>,
    /// What may stand behind a name that was typed in short.
    search: Vec<String>,
    /// A name with fewer dots is taken for a short one first.
    dots: usize,
}

impl NameService {
    /// The one of this machine; `named` in place of its name servers.
    pub(super) fn of_this_machine(named: Option<&NameServers>) -> NameService {
        // Without the file the name server is this machine, as the C library has it.
        let file = fs::read(RESOLV_CONF).unwrap_or_default();
        let mut service = NameService::read(&String::from_utf8_lossy(&file));
        if let Ok(domains) = env::var("LOCALDOMAIN") {
            service.search = words(&domains);
        }
        if let Ok(options) = env::var("RES_OPTIONS") {
            service.take_options(options.split_whitespace());
        }
        if let Some(NameServers(servers)) = named {
            service.servers.clone_from(servers);
        }
        service
    }

    fn read(text: &str) -> NameService {
        let mut service = NameService {
            servers: Vec::new(),
            search: Vec::new(),
            dots: 1,
        };
        for line in text.lines().filter(|line| !line.starts_with(['#', ';'])) {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") if service.servers.len() < MOST => {
                    let address = words.next().and_then(|word| word.parse::<IpAddr>().ok());
                    let server = address.map(|address| SocketAddr::new(address, PORT));
                    service.servers.extend(server);
                }
                // The last of them counts.
                Some("search") => service.search = words.map(String::from).collect(),
                Some("domain") => service.search = words.take(1).map(String::from).collect(),
                Some("options") => service.take_options(words),
                _ => {}
            }
        }
        if service.servers.is_empty() {
            service
                .servers
                .push(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)));
        }
        service
    }

    fn take_options<'a>(&mut self, options: impl Iterator<Item = &'a str>) {
        let dots = options.filter_map(|option| option.strip_prefix("ndots:")?.parse().ok());
        if let Some(dots) = dots.last() {
            self.dots = MOST_DOTS.min(dots);
        }
    }

    /// The names that `name` may mean, each whole, in the order in which they are looked up.
    pub(super) fn candidates(&self, name: &str) -> Vec<String> {
        if let Some(whole) = name.strip_suffix('.') {
            return vec![whole.into()];
        }
        let mut candidates: Vec<String> = self
            .search
            .iter()
            .map(|domain| domain.trim_matches('.'))
            .filter(|domain| !domain.is_empty())
            .map(|domain| format!("{name}.{domain}"))
            .collect();
        let is_short = name.matches('.').count() < self.dots;
        let at = if is_short { candidates.len() } else { 0 };
        candidates.insert(at, name.into());
        candidates
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(String::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn resolv_conf_is_read_as_the_c_library_does() {
        let service = NameService::read(
            "# nameserver 9.9.9.9\n; a remark\nnameserver 10.0.0.1\nnameserver fd00::1\nnameserver nonsense\n\
             nameserver 10.0.0.3\nnameserver 10.0.0.4\ndomain old\nsearch a.local\tb.\noptions timeout:1 ndots:5 rotate\n",
        );
        assert_eq!(
            service,
            NameService {
                servers: addresses(&["10.0.0.1:53", "[fd00::1]:53", "10.0.0.3:53"]),
                search: vec!["a.local".into(), "b.".into()],
                dots: 5,
            }
        );
        for nothing in ["", "nameserver", "options ndots:x", "search"] {
            let service = NameService::read(nothing);
            assert_eq!(service.servers, addresses(&["127.0.0.1:53"]));
            assert_eq!((service.search.len(), service.dots), (0, 1));
        }
        assert_eq!(NameService::read("options ndots:99").dots, MOST_DOTS);
    }

    #[test]
    fn a_name_with_few_dots_is_looked_for_in_the_search_domains_first() {
        let service = NameService::read("search x.local y. .\noptions ndots:3");
        assert_eq!(
            service.candidates("_m._tcp.a"),
            ["_m._tcp.a.x.local", "_m._tcp.a.y", "_m._tcp.a"]
        );
        assert_eq!(
            service.candidates("_m._tcp.a.b"),
            ["_m._tcp.a.b", "_m._tcp.a.b.x.local", "_m._tcp.a.b.y"]
        );
        assert_eq!(service.candidates("_m._tcp.a."), ["_m._tcp.a"]);
    }

    #[test]
    fn name_servers_are_addresses_with_or_without_a_port() {
        let read = |text: &str| text.parse::<NameServers>();
        assert_eq!(
            read("127.0.0.1:8600, fd00::1 [::1]:53").unwrap().0,
            addresses(&["127.0.0.1:8600", "[fd00::1]:53", "[::1]:53"])
        );
        for (text, why) in [
            ("ns.example.com", "no name server"),
            ("127.0.0.1:0", "no name server"),
            ("127.0.0.1:65536", "no name server"),
            (" , ", "no name server is named"),
            ("1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4", "more than 3"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
