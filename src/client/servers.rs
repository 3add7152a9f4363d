//! Which servers there are: what `--server`, given again or as a list, and the environment name together.

use std::fmt;
use std::net::{Ipv6Addr, SocketAddr};
use std::str::FromStr;

use super::address::{Address, AddressError, socket_path};
use super::host::Host;
use crate::cas::shown::quoted;

/// One of several servers, as the application's own configuration names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    address: Address,
    written: String,
    weight: u32,
    /// Whether it stands for a server at each address that its name has (`dns+HOST`).
    stands_for_all: bool,
}

/// Before the host whose addresses are a server each.
const EACH_ADDRESS: &str = "dns+";

impl Server {
    /// One of the servers that `name` stands for: its address is its name, too.
    pub(super) fn at(name: &Server, at: SocketAddr) -> Server {
        let (host, port) = (Host::from(at.ip().to_string().as_str()), at.port());
        let address = match name.address {
            Address::Tls { .. } => Address::Tls { host, port },
            _ => Address::Tcp { host, port },
        };
        Server {
            address,
            written: at.to_string(),
            weight: name.weight,
            stands_for_all: false,
        }
    }

    pub(super) fn stands_for_all(&self) -> bool {
        self.stands_for_all
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// The text that named the server, without scheme, weight and trailing slash: clients hash what they were given.
    pub(crate) fn written(&self) -> &str {
        &self.written
    }

    /// The share of the keys that it is to have beside the others; 1 unless `HOST:PORT:W` said more.
    pub(crate) fn weight(&self) -> u32 {
        self.weight
    }

    fn read(text: &str) -> Result<Server, AddressError> {
        if after(text, "dnssrv+").is_some() {
            return Err(AddressError::new(
                "dnssrv+ is not looked up; give dns+HOST:PORT for all addresses of a name, or the servers as a list",
            ));
        }
        let name = after(text, EACH_ADDRESS);
        let (text, weight) = split_weight(name.unwrap_or(text));
        let address = text.parse()?;
        if name.is_some() && matches!(address, Address::Unix(_)) {
            return Err(AddressError::new(
                "after dns+ the name of a host must follow",
            ));
        }
        Ok(Server {
            stands_for_all: name.is_some(),
            address,
            written: written(text).into(),
            weight: weight.map_or(Ok(1), parse_weight)?,
        })
    }
}

/// What follows a prefix, in whatever case it was typed.
fn after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// One server or more, each named once, in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Servers(Vec<Server>);

impl Servers {
    /// The servers of several lists as one, `None` without a list; no server may be in two of them.
    pub(crate) fn joined(
        lists: impl IntoIterator<Item = Servers>,
    ) -> Result<Option<Servers>, AddressError> {
        let mut servers = Vec::new();
        for server in lists.into_iter().flat_map(|list| list.0) {
            add(&mut servers, server)?;
        }
        Ok((!servers.is_empty()).then_some(Servers(servers)))
    }

    /// The servers of `lists`, each as [`FromStr`] reads it.
    #[cfg(test)]
    pub(crate) fn of_lists<T: AsRef<str>>(
        lists: impl IntoIterator<Item = T>,
    ) -> Result<Servers, AddressError> {
        let lists: Result<Vec<Servers>, _> = lists
            .into_iter()
            .map(|list| list.as_ref().parse())
            .collect();
        Servers::joined(lists?).map(Option::unwrap_or_default)
    }

    /// One server.
    pub(super) fn of(server: Server) -> Servers {
        Servers(vec![server])
    }

    /// Whether a name among them stands for servers that only a look-up tells.
    pub(crate) fn is_open(&self) -> bool {
        self.iter().any(Server::stands_for_all)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Server> {
        self.0.iter()
    }

    /// The only server, if there is one: then nothing decides where a key is.
    pub(crate) fn only(&self) -> Option<&Server> {
        match self.0.as_slice() {
            [server] => Some(server),
            _ => None,
        }
    }
}

impl Default for Servers {
    fn default() -> Servers {
        let address = Address::default();
        let written = address.to_string();
        Servers(vec![Server {
            address,
            written,
            weight: 1,
            stands_for_all: false,
        }])
    }
}

/// The servers for messages.
impl fmt::Display for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, server) in self.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(f, "{comma}{}", server.address)?;
        }
        Ok(())
    }
}

impl FromStr for Servers {
    type Err = AddressError;

    /// Reads one server, or several with commas or spaces between them.
    fn from_str(list: &str) -> Result<Servers, AddressError> {
        let mut servers = Vec::new();
        read_list(list, &mut servers)?;
        if servers.is_empty() {
            return Err(AddressError::new("no server is named"));
        }
        Ok(Servers(servers))
    }
}

fn read_list(list: &str, servers: &mut Vec<Server>) -> Result<(), AddressError> {
    let pieces: Vec<&str> = list
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|piece| !piece.is_empty())
        .collect();
    for piece in &pieces {
        let server = Server::read(piece).map_err(|error| {
            // A comma or a space may stand in a password, and then a piece of it has no @ of its own.
            if error.hides_input() || list.contains('@') {
                AddressError::credentials()
            } else if pieces.len() > 1 {
                AddressError::new(format!("{}: {error}", quoted(piece.as_bytes())))
            } else {
                error
            }
        })?;
        add(servers, server)?;
    }
    Ok(())
}

fn add(servers: &mut Vec<Server>, server: Server) -> Result<(), AddressError> {
    if servers.iter().any(|other| is_same(other, &server)) {
        let shown = server.address;
        return Err(AddressError::new(format!(
            "{shown} is named twice; give each server once, and a larger share of the keys as HOST:PORT:WEIGHT"
        )));
    }
    servers.push(server);
    Ok(())
}

/// Whether both are one server, whatever the scheme and the case of its name.
fn is_same(one: &Server, other: &Server) -> bool {
    match (endpoint(&one.address), endpoint(&other.address)) {
        (Some((host, port)), Some((other_host, other_port))) => {
            port == other_port && host.eq_ignore_ascii_case(other_host)
        }
        _ => one.address == other.address,
    }
}

fn endpoint(address: &Address) -> Option<(&str, u16)> {
    match address {
        Address::Tcp { host, port } | Address::Tls { host, port } => Some((host, *port)),
        Address::Unix(_) => None,
    }
}

/// What was typed without scheme and trailing slash.
fn written(text: &str) -> &str {
    let rest = socket_path(text)
        .or_else(|| Some(text.split_once("://")?.1))
        .unwrap_or(text);
    rest.strip_suffix('/').unwrap_or(rest)
}

/// `HOST:PORT` and `W` of `HOST:PORT:W`. A bare IPv6 address has more colons than that, and a path may have any.
fn split_weight(text: &str) -> (&str, Option<&str>) {
    if socket_path(text).is_some() {
        return (text, None);
    }
    let text = text.strip_suffix('/').unwrap_or(text);
    let rest = written(text);
    let after_host = rest.rsplit_once(']').map_or(rest, |(_, tail)| tail);
    let is_bare_v6 = rest.parse::<Ipv6Addr>().is_ok();
    if after_host.matches(':').count() != 2 || is_bare_v6 {
        return (text, None);
    }
    text.rsplit_once(':')
        .map_or((text, None), |(text, weight)| (text, Some(weight)))
}

fn parse_weight(text: &str) -> Result<u32, AddressError> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_number.then(|| text.parse().ok()).flatten();
    number.filter(|&weight| weight > 0).ok_or_else(|| {
        AddressError::new(format!(
            "weight {} is not a whole number from 1",
            quoted(text.as_bytes())
        ))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(lists: &[&str]) -> Result<Vec<String>, String> {
        let servers = Servers::of_lists(lists).map_err(|error| error.to_string())?;
        let told = |server: &Server| {
            let (address, written, weight) = (server.address(), server.written(), server.weight());
            format!("{address} {written} {weight}")
        };
        Ok(servers.iter().map(told).collect())
    }

    #[test]
    fn lists_and_repetitions_name_the_same_servers() {
        let expected = Ok(vec![
            "a:11211 a 1".into(),
            "b:2 b:2 1".into(),
            "c:3 c:3 1".into(),
        ]);
        assert_eq!(read(&["a", "b:2", "c:3"]), expected);
        assert_eq!(read(&["a,b:2,c:3"]), expected);
        assert_eq!(read(&["a, b:2\n", "c:3,"]), expected);
        assert_eq!(read(&["a b:2  c:3"]), expected);
    }

    #[test]
    fn a_server_has_a_weight_and_the_name_that_was_written() {
        for (text, told) in [
            ("h:1:5", "h:1 h:1 5"),
            ("h:11211:5", "h:11211 h:11211 5"),
            (":1:5", "127.0.0.1:1 :1 5"),
            ("[::1]:1:5", "[::1]:1 [::1]:1 5"),
            ("tls://H:1:5/", "tls://H:1 H:1 5"),
            ("memcached://h/", "h:11211 h 1"),
            ("::1", "[::1]:11211 ::1 1"),
            ("::", "[::]:11211 :: 1"),
            ("1::2", "[1::2]:11211 1::2 1"),
            ("/run/a:1:2", "/run/a:1:2 /run/a:1:2 1"),
            ("unix:a.sock", "./a.sock a.sock 1"),
        ] {
            assert_eq!(read(&[text]), Ok(vec![told.into()]), "{text}");
        }
    }

    #[test]
    fn a_name_may_stand_for_all_of_its_addresses() {
        let servers: Servers = "DNS+cache:1:3,dns+tls://b,c".parse().unwrap();
        let open: Vec<bool> = servers.iter().map(Server::stands_for_all).collect();
        assert_eq!(open, [true, true, false]);
        assert_eq!(servers.to_string(), "cache:1, tls://b:11211, c:11211");
        let each = |at: usize, address: &str| {
            let server = Server::at(servers.iter().nth(at).unwrap(), address.parse().unwrap());
            let (address, written, weight) = (server.address(), server.written(), server.weight());
            format!("{address} {written} {weight} {}", server.stands_for_all())
        };
        assert_eq!(each(0, "10.0.0.1:1"), "10.0.0.1:1 10.0.0.1:1 3 false");
        assert_eq!(
            each(1, "[fd00::1]:2"),
            "tls://[fd00::1]:2 [fd00::1]:2 1 false"
        );
        for (text, why) in [
            ("dnssrv+_memcache._tcp.h", "give dns+HOST:PORT"),
            ("dns+/a.sock", "name of a host"),
            ("dns+", "host is empty"),
        ] {
            let error = read(&[text]).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_weight_is_a_whole_number_from_one() {
        for weight in ["0", "-1", "1.5", "x", "", "+1", "4294967296"] {
            let error = read(&[&format!("h:1:{weight}")]).unwrap_err();
            assert!(error.contains("is not a whole number from 1"), "{error}");
        }
        assert!(read(&["h:1:2:3"]).is_err());
    }

    #[test]
    fn a_server_is_named_once() {
        for lists in [
            &["h:1,h:1"][..],
            &["h", "h:11211"],
            &["h:1", "tls://H:1/"],
            &["h:1:2", "h:1:3"],
            &["/a.sock", "unix:/a.sock"],
        ] {
            let error = read(lists).unwrap_err();
            assert!(error.contains("is named twice"), "{error}");
        }
        assert_eq!(read(&["h:1,h:2", "tls://h:3"]).unwrap().len(), 3);
    }

    #[test]
    fn a_list_without_a_server_is_an_error() {
        for lists in [&[""][..], &[","], &[" , ", "\n"]] {
            assert_eq!(read(lists), Err("no server is named".into()));
        }
        let only = |list: &str| Servers::of_lists([list]).unwrap().only().is_some();
        assert!(only("h:1") && !only("h:1,h:2"));
        assert_eq!(
            Servers::of_lists(["127.0.0.1:11211"]),
            Ok(Servers::default())
        );
    }

    #[test]
    fn the_wrong_one_of_a_list_is_named() {
        assert_eq!(
            read(&["a,b:0"]),
            Err("\"b:0\": port \"0\" is not a number from 1 to 65535".into())
        );
        assert!(read(&["a,11211"]).unwrap_err().contains("give :11211"));
    }

    #[test]
    fn no_piece_of_a_password_is_repeated() {
        for list in [
            "bob:s3,cret@h:1",
            "a:1,bob:s3 cret@h",
            "bob:s3:0,x@h",
            "bob:s3:cret@h",
        ] {
            let error = Servers::of_lists([list]).unwrap_err();
            assert!(error.hides_input(), "{list}");
            assert!(!error.to_string().contains("s3"), "{error}");
        }
        assert_eq!(read(&["/a@b.sock,h"]).unwrap().len(), 2);
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_has_a_server(list in r"[a-z0-9:\[\]./@, ]{0,24}|\PC{0,16}") {
            if let Ok(servers) = Servers::of_lists([list]) {
                prop_assert!(servers.iter().all(|server| server.weight() > 0));
                prop_assert!(servers.len() > 0);
            }
        }
    }
}
