//! A cluster's own words about its servers: a version on the first line, `HOST|IP|PORT HOST|IP|PORT` on the second.

use std::net::IpAddr;

use crate::cas::shown::quoted;
use crate::client::servers::Servers;

/// By which of its names a server goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// The host name, where there is one.
    Host,
    /// The IP address, where there is one.
    Ip,
}

/// More servers than any cluster has.
pub(super) const MOST: usize = 1000;

/// The longest name of a host.
const LONGEST_NAME: usize = 255;

/// Why these words tell of no servers.
#[derive(Debug)]
pub(super) struct Unusable {
    pub(super) why: String,
    /// Whether the cluster may tell of them later: one that is being made has none yet, or none with a port.
    pub(super) passing: bool,
}

impl Unusable {
    fn yet(why: impl Into<String>) -> Unusable {
        Unusable {
            why: why.into(),
            passing: true,
        }
    }
}

impl From<String> for Unusable {
    fn from(why: String) -> Unusable {
        Unusable {
            why,
            passing: false,
        }
    }
}

/// The servers that these words tell of.
pub(super) fn read(told: &[u8], is_tls: bool, naming: Naming) -> Result<Servers, Unusable> {
    let text = str::from_utf8(told).map_err(|_| format!("{} is no text", quoted(told)))?;
    let mut lines = text.lines();
    let version = lines.next().unwrap_or_default();
    if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) {
        let version = quoted(version.as_bytes());
        return Err(format!("it begins with {version} instead of a number").into());
    }
    let nodes: Vec<&str> = lines
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    if let Some(more) = lines.find(|line| !line.is_empty()) {
        return Err(format!("behind the servers stands {}", quoted(more.as_bytes())).into());
    }
    match nodes.len() {
        0 => return Err(Unusable::yet("it has no server")),
        1..=MOST => {}
        count => return Err(format!("it has {count} servers, which is more than any").into()),
    }
    let scheme = if is_tls { "tls://" } else { "" };
    let servers = nodes.into_iter().map(|node| {
        let (host, port) = name(node, naming)
            .ok_or_else(|| format!("{} is not HOST|IP|PORT", quoted(node.as_bytes())))?;
        let address = if host.contains(':') {
            format!("{scheme}[{host}]:{port}")
        } else {
            format!("{scheme}{host}:{port}")
        };
        address.parse().map_err(|error| Unusable {
            why: format!("{error}"),
            passing: port == 0,
        })
    });
    let servers = servers.collect::<Result<Vec<Servers>, Unusable>>()?;
    let servers = Servers::joined(servers).map_err(|error| error.to_string())?;
    servers.ok_or_else(|| Unusable::yet("it has no server"))
}

/// The name by which a server goes, and its port. Either name may be left out, but not both.
fn name(node: &str, naming: Naming) -> Option<(&str, u16)> {
    let mut fields = node.split('|');
    let (host, ip, port) = (fields.next()?, fields.next()?, fields.next()?);
    let is_sound = fields.next().is_none()
        && (host.is_empty() || is_name(host))
        && (ip.is_empty() || ip.parse::<IpAddr>().is_ok());
    let (first, second) = match naming {
        Naming::Host => (host, ip),
        Naming::Ip => (ip, host),
    };
    let name = if first.is_empty() { second } else { first };
    let port = port.parse().ok()?;
    (is_sound && !name.is_empty()).then_some((name, port))
}

/// Whether it can be the name or the address of a host, and nothing else: no path, no list, no second port.
pub(super) fn is_name(host: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    host.len() <= LONGEST_NAME && (host.bytes().all(is_fit) || host.parse::<IpAddr>().is_ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(text: &str, is_tls: bool, naming: Naming) -> Result<Vec<String>, String> {
        let servers = read(text.as_bytes(), is_tls, naming).map_err(|unusable| unusable.why)?;
        Ok(servers
            .iter()
            .map(|server| server.address().to_string())
            .collect())
    }

    #[test]
    fn elasticache_and_memorystore_are_read() {
        let elasticache = "12\ncfg.0001.use1.cache.amazonaws.com|10.82.235.120|11211 \
                           cfg.0002.use1.cache.amazonaws.com|10.80.249.27|11212\n";
        let hosts = [
            "cfg.0001.use1.cache.amazonaws.com:11211",
            "cfg.0002.use1.cache.amazonaws.com:11212",
        ];
        assert_eq!(told(elasticache, false, Naming::Host).unwrap(), hosts);
        assert_eq!(
            told(elasticache, false, Naming::Ip).unwrap(),
            ["10.82.235.120:11211", "10.80.249.27:11212"]
        );
        let tls = hosts.map(|host| format!("tls://{host}"));
        assert_eq!(told(elasticache, true, Naming::Host).unwrap(), tls);
        let memorystore = "1\n10.0.0.1|10.0.0.1|11211 10.0.0.2|10.0.0.2|11211\n";
        assert_eq!(
            told(memorystore, false, Naming::Host).unwrap(),
            ["10.0.0.1:11211", "10.0.0.2:11211"]
        );
        let either = "1\na||1 |10.0.0.2|2 |fd00::3|3";
        for naming in [Naming::Host, Naming::Ip] {
            assert_eq!(
                told(either, false, naming).unwrap(),
                ["a:1", "10.0.0.2:2", "[fd00::3]:3"]
            );
        }
    }

    #[test]
    fn what_is_no_cluster_is_refused_with_the_reason() {
        let many = format!("1\n{}", "a||1 ".repeat(MOST + 1));
        let long = format!("1\n{}||1", "a".repeat(LONGEST_NAME + 1));
        for (text, why) in [
            ("", "instead of a number"),
            ("a|1.1.1.1|1", "instead of a number"),
            ("1\n", "no server"),
            ("1\n \n", "no server"),
            ("1\na||1\nb||1", "behind the servers"),
            (&many, "1001 servers"),
            (&long, "HOST|IP|PORT"),
            ("1\na|1", "HOST|IP|PORT"),
            ("1\na||1|2", "HOST|IP|PORT"),
            ("1\n||1", "HOST|IP|PORT"),
            ("1\na|x|1", "HOST|IP|PORT"),
            ("1\na||0", "port \"0\""),
            ("1\na||65536", "HOST|IP|PORT"),
            ("1\na||", "HOST|IP|PORT"),
            ("1\n/tmp/a.sock||1", "HOST|IP|PORT"),
            ("1\nunix:a||1", "HOST|IP|PORT"),
            ("1\na:1:2||1", "HOST|IP|PORT"),
            ("1\na,b||1", "HOST|IP|PORT"),
            ("1\nbob@a||1", "HOST|IP|PORT"),
            ("1\n\u{1b}[2J||1", "\\u{1b}[2J"),
            ("1\na||1 a||1", "named twice"),
            ("1\n11211||1", "is a number and no host"),
        ] {
            let error = told(text, false, Naming::Host).unwrap_err();
            assert!(error.contains(why), "{text:?}: {error}");
            assert!(!error.contains('\u{1b}') && error.len() < 300, "{error}");
        }
        assert!(read(b"1\n\xff||1", false, Naming::Host).is_err());
    }

    #[test]
    fn a_cluster_that_has_no_server_yet_may_have_one_later() {
        let passing = |text: &str| {
            let unusable = read(text.as_bytes(), false, Naming::Host).unwrap_err();
            unusable.passing
        };
        assert!(["1\n", "1\n \n", "1\na||0"].into_iter().all(passing));
        let staying = ["", "x", "1\na|1", "1\na||1 a||1", "1\n11211||1"];
        assert!(!staying.into_iter().any(passing));
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_what_is_read_are_hosts(
            told in r"[0-9]{0,2}\n([a-z.:0-9]{0,6}\|[0-9.]{0,8}\|[0-9]{0,5} ?){0,3}|\PC{0,30}"
        ) {
            if let Ok(servers) = read(told.as_bytes(), false, Naming::Host) {
                prop_assert!(servers.len() > 0);
            }
        }
    }
}
