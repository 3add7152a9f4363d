//! Which servers there are: what `--server`, given again or as a list, and the environment name together.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
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
    stands_for: StandsFor,
}

/// What a name in a list of servers means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StandsFor {
    /// The server itself.
    Itself,
    /// A server at each address that the name has: `dns+HOST`.
    EachAddress,
    /// Each server that the name service has under this name: `dnssrv+NAME`.
    EachTarget {
        /// Their port, where it is not to be the one that the name service tells.
        port: Option<u16>,
    },
}

/// Before the host whose addresses are a server each.
const EACH_ADDRESS: &str = "dns+";

/// Before the name of a service, whose SRV records are a server each.
const EACH_TARGET: &str = "dnssrv+";

/// The longest name in the name service, and the longest part between its dots.
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

impl Server {
    /// One of the servers that `name` stands for: its address is its name, too.
    pub(super) fn at(name: &Server, at: SocketAddr) -> Server {
        let host = Host::from(at.ip().to_string().as_str());
        name.standing_for(host, at.port(), at.to_string())
    }

    /// One of the servers that `name` stands for: its name is another one.
    pub(super) fn named(name: &Server, host: &str, port: u16) -> Server {
        name.standing_for(host.into(), port, format!("{host}:{port}"))
    }

    fn standing_for(&self, host: Host, port: u16, written: String) -> Server {
        let address = match self.address {
            Address::Tls { .. } => Address::Tls { host, port },
            _ => Address::Tcp { host, port },
        };
        Server {
            address,
            written,
            weight: self.weight,
            stands_for: StandsFor::Itself,
        }
    }

    pub(super) fn stands_for(&self) -> StandsFor {
        self.stands_for
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
        ensure_order(text)?;
        if let Some(service) = after(text, EACH_TARGET) {
            return Server::read_service(service);
        }
        let name = after(text, EACH_ADDRESS);
        let (text, weight) = split_weight(name.unwrap_or(text));
        let address = text.parse()?;
        let stands_for = match (name, &address) {
            (None, _) => StandsFor::Itself,
            (Some(_), Address::Unix(_)) => {
                return Err(AddressError::new(
                    "after dns+ the name of a host must follow",
                ));
            }
            (Some(_), _) => StandsFor::EachAddress,
        };
        Ok(Server {
            stands_for,
            address,
            written: written(text).into(),
            weight: weight.map_or(Ok(1), parse_weight)?,
        })
    }

    /// What stands behind `dnssrv+`. A port of its own counts for all servers, as it does in mtop.
    fn read_service(text: &str) -> Result<Server, AddressError> {
        let (text, weight) = split_weight(text);
        let address = text.parse()?;
        let written = written(text);
        let (name, has_port) = match written.split_once(':') {
            Some((name, _)) => (name, true),
            None => (written, false),
        };
        let port = match address {
            Address::Tcp { port, .. } | Address::Tls { port, .. } if is_service(name) => {
                has_port.then_some(port)
            }
            _ => {
                return Err(AddressError::new(
                    "after dnssrv+ the name of a service must follow, like _memcache._tcp.example.com",
                ));
            }
        };
        Ok(Server {
            stands_for: StandsFor::EachTarget { port },
            address,
            written: name.into(),
            weight: weight.map_or(Ok(1), parse_weight)?,
        })
    }
}

/// What a name stands for is said before the scheme by which the servers are reached; the other way round it would be a strange name.
fn ensure_order(text: &str) -> Result<(), AddressError> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Ok(());
    };
    for prefix in [EACH_TARGET, EACH_ADDRESS] {
        if let Some(name) = after(rest, prefix) {
            let meant = quoted(format!("{prefix}{scheme}://{name}").as_bytes());
            return Err(AddressError::new(format!("{prefix} goes first: {meant}")));
        }
    }
    Ok(())
}

/// Whether it can be a name in the name service.
fn is_service(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_label =
        |label: &str| (1..=LONGEST_LABEL).contains(&label.len()) && label.bytes().all(is_fit);
    name.len() <= LONGEST_NAME && name.split('.').all(is_label) && name.parse::<IpAddr>().is_err()
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
        self.iter()
            .any(|server| server.stands_for != StandsFor::Itself)
    }

    /// Whether the name service is to be asked for one of them.
    pub(crate) fn has_service(&self) -> bool {
        self.iter()
            .any(|server| matches!(server.stands_for, StandsFor::EachTarget { .. }))
    }

    /// Whether one of them is reached by TLS.
    pub(crate) fn has_tls(&self) -> bool {
        self.iter()
            .any(|server| matches!(server.address, Address::Tls { .. }))
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
            stands_for: StandsFor::Itself,
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
#[path = "servers_tests.rs"]
mod tests;
