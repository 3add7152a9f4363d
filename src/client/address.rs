//! Where the server is: what `--server` accepts.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;
use std::str::FromStr;

use crate::cas::shown::Shown;

/// The port that memcached listens on unless told otherwise.
pub(crate) const DEFAULT_PORT: u16 = 11211;

/// The address of one memcached server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// A host name or literal address, without encryption.
    Tcp { host: String, port: u16 },
    /// The same with TLS.
    Tls { host: String, port: u16 },
    /// A unix socket.
    Unix(PathBuf),
}

/// Why some text is no address; the sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddressError(String);

impl Default for Address {
    fn default() -> Address {
        Address::Tcp {
            host: "127.0.0.1".into(),
            port: DEFAULT_PORT,
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        if let Some(path) = text.strip_prefix("unix:") {
            return unix(path.strip_prefix("//").unwrap_or(path));
        }
        if text.starts_with('/') {
            return unix(text);
        }
        if let Some(rest) = text.strip_prefix("tls://") {
            return host_port(rest).map(|(host, port)| Address::Tls { host, port });
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(AddressError(format!(
                "unknown scheme {}://; give HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT",
                Shown(scheme.as_bytes())
            )));
        }
        host_port(text).map(|(host, port)| Address::Tcp { host, port })
    }
}

fn unix(path: &str) -> Result<Address, AddressError> {
    if path.is_empty() || path.contains('\0') {
        return Err(AddressError("the path of the unix socket is empty".into()));
    }
    Ok(Address::Unix(path.into()))
}

fn host_port(text: &str) -> Result<(String, u16), AddressError> {
    // A bare IPv6 address has colons of its own and no port.
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok((text.into(), DEFAULT_PORT));
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => bracketed(rest)?,
        None => text
            .split_once(':')
            .map_or((text, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return Err(AddressError("the host is empty".into()));
    }
    if host.contains(|c: char| c.is_whitespace() || c.is_control() || c == ',' || c == '/') {
        return Err(AddressError(
            "one server is needed: HOST or HOST:PORT, without spaces or commas".into(),
        ));
    }
    let port = port.map_or(Ok(DEFAULT_PORT), parse_port)?;
    Ok((host.into(), port))
}

/// `V6]` or `V6]:PORT`.
fn bracketed(rest: &str) -> Result<(&str, Option<&str>), AddressError> {
    let (host, tail) = rest
        .split_once(']')
        .ok_or_else(|| AddressError("the bracket of [V6]:PORT is not closed".into()))?;
    if host.parse::<Ipv6Addr>().is_err() {
        let host = Shown(host.as_bytes());
        return Err(AddressError(format!("{host} is no IPv6 address")));
    }
    match tail.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if tail.is_empty() => Ok((host, None)),
        None => Err(AddressError(
            "after the bracket of [V6] only :PORT may follow".into(),
        )),
    }
}

fn parse_port(text: &str) -> Result<u16, AddressError> {
    let number = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    };
    number
        .filter(|&port| port != 0)
        .ok_or_else(|| AddressError(format!("port {text:?} is not a number from 1 to 65535")))
}

/// The address as messages and JSON show it; reads back as the same address.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = match self {
            Address::Tcp { host, port } => ("", host, port),
            Address::Tls { host, port } => ("tls://", host, port),
            Address::Unix(path) => {
                return write!(f, "{}", Shown(path.as_os_str().as_encoded_bytes()));
            }
        };
        match host.parse() {
            Ok(IpAddr::V6(_)) => write!(f, "{scheme}[{host}]:{port}"),
            _ => write!(f, "{scheme}{host}:{port}"),
        }
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for AddressError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        text.parse::<Address>().map_or_else(
            |error| format!("error: {error}"),
            |address| address.to_string(),
        )
    }

    #[test]
    fn every_form_of_the_grammar_is_read() {
        assert_eq!(shown("localhost"), "localhost:11211");
        assert_eq!(shown("cache.example:11212"), "cache.example:11212");
        assert_eq!(shown("10.0.0.1"), "10.0.0.1:11211");
        assert_eq!(shown("[::1]:11212"), "[::1]:11212");
        assert_eq!(shown("[::1]"), "[::1]:11211");
        assert_eq!(shown("::1"), "[::1]:11211");
        assert_eq!(shown("/run/mc.sock"), "/run/mc.sock");
        assert_eq!(shown("unix:/run/mc.sock"), "/run/mc.sock");
        assert_eq!(shown("unix:///run/mc.sock"), "/run/mc.sock");
        assert_eq!(
            shown("tls://cache.example:11212"),
            "tls://cache.example:11212"
        );
    }

    #[test]
    fn what_is_no_address_is_an_error_that_says_why() {
        assert_eq!(
            shown("h:99999"),
            "error: port \"99999\" is not a number from 1 to 65535"
        );
        for text in [
            "", ":11211", "h:", "h:0", "h:+1", "h:1x", "a b", "a,b", "a:1,b:2", "[::1", "[x]:1",
            "[::1]1", "unix:",
        ] {
            assert!(
                shown(text).starts_with("error: "),
                "{text:?} was read as {}",
                shown(text)
            );
        }
        assert!(shown("http://h").contains("unknown scheme http://"));
    }
}
