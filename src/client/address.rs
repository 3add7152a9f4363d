//! Where one server is: what `--server` accepts for each.

use std::fmt;
use std::net::{Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use super::host::Host;
use crate::cas::shown::{Shown, is_unsafe_to_show, quoted};

/// The port that memcached listens on unless told otherwise.
pub(crate) const DEFAULT_PORT: u16 = 11211;

/// The host of `:PORT`.
const THIS_HOST: &str = "127.0.0.1";

/// The forms of an address, for messages.
const FORMS: &str = "HOST, HOST:PORT, :PORT, [V6]:PORT, /path/to.sock, ./path, unix:/path, tls://HOST:PORT or memcached://HOST:PORT";

/// The address of one memcached server. A host stays as it was typed: its spelling decides where clients put a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// A host name or literal address, without encryption.
    Tcp { host: Host, port: u16 },
    /// The same with TLS.
    Tls { host: Host, port: u16 },
    /// A unix socket.
    Unix(PathBuf),
}

impl Address {
    /// The same server name at one of the addresses that it has.
    pub(super) fn at(&self, address: SocketAddr) -> Address {
        let mut one = self.clone();
        if let Address::Tcp { host, .. } | Address::Tls { host, .. } = &mut one {
            *host = host.at(address);
        }
        one
    }
}

/// Why some text is no address; the sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddressError {
    sentence: String,
    secret: bool,
}

impl AddressError {
    pub(crate) fn new(sentence: impl Into<String>) -> AddressError {
        AddressError {
            sentence: sentence.into(),
            secret: false,
        }
    }

    /// The text holds credentials, so nothing of it is repeated.
    pub(super) fn credentials() -> AddressError {
        AddressError {
            sentence: "an address holds no credentials: give the user name by MCCAS_USERNAME or --username, \
                       and the password by MCCAS_PASSWORD or --password-file"
                .into(),
            secret: true,
        }
    }

    /// Whether the text that was refused must not be shown: it seems to hold a password.
    pub(crate) fn hides_input(&self) -> bool {
        self.secret
    }
}

impl Default for Address {
    fn default() -> Address {
        Address::Tcp {
            host: THIS_HOST.into(),
            port: DEFAULT_PORT,
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        if let Some(path) = socket_path(text) {
            return unix(path);
        }
        // Before anything else is said about the text: what is said might repeat the password.
        if text.contains('@') {
            return Err(AddressError::credentials());
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme, rest),
            None => ("memcached", text),
        };
        let (host, port) = match scheme.to_ascii_lowercase().as_str() {
            "memcached" | "tls" => host_port(rest.strip_suffix('/').unwrap_or(rest))?,
            _ => return Err(unknown_scheme(scheme)),
        };
        if scheme.eq_ignore_ascii_case("tls") {
            return Ok(Address::Tls { host, port });
        }
        Ok(Address::Tcp { host, port })
    }
}

fn unknown_scheme(scheme: &str) -> AddressError {
    let meant = match scheme.to_ascii_lowercase().as_str() {
        "memcache" => "give HOST:PORT or memcached://HOST:PORT",
        "memcaches" | "memcacheds" | "memcache+tls" | "memcached+tls" => {
            "for TLS give tls://HOST:PORT"
        }
        "memcache+unix" | "memcached+unix" | "unix+memcached" => "for a socket give unix:/path",
        _ => {
            return AddressError::new(format!(
                "unknown scheme {}://; give {FORMS}",
                Shown(scheme.as_bytes())
            ));
        }
    };
    AddressError::new(format!("unknown scheme {scheme}://; {meant}"))
}

/// The path in an address of a unix socket; `None` if it is the address of a host.
pub(super) fn socket_path(text: &str) -> Option<&str> {
    if ["/", "./", "../"]
        .iter()
        .any(|start| text.starts_with(start))
    {
        return Some(text);
    }
    let (scheme, path) = text.split_at_checked("unix:".len())?;
    scheme
        .eq_ignore_ascii_case("unix:")
        .then(|| path.strip_prefix("//").unwrap_or(path))
}

fn unix(path: &str) -> Result<Address, AddressError> {
    let path = path.trim_end_matches('/');
    if path.is_empty() {
        return Err(AddressError::new("the path of the unix socket is empty"));
    }
    if path.contains(is_unsafe_to_show) {
        return Err(AddressError::new(
            "the path of the unix socket has characters that cannot be shown",
        ));
    }
    // So that what is shown is read as a path again, and not as a host.
    let begins_as_path = ["/", "./", "../"]
        .iter()
        .any(|start| path.starts_with(start));
    let start = if begins_as_path { "" } else { "./" };
    Ok(Address::Unix(format!("{start}{path}").into()))
}

fn host_port(text: &str) -> Result<(Host, u16), AddressError> {
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
    let host = match (host, port) {
        ("", None) => return Err(AddressError::new("the host is empty")),
        ("", Some(_)) => THIS_HOST,
        _ => host,
    };
    check_host(host, port.is_some())?;
    let port = port.map_or(Ok(DEFAULT_PORT), parse_port)?;
    Ok((host.into(), port))
}

/// Refuses what a resolver would take for something else, or what was not meant as a host.
fn check_host(host: &str, has_port: bool) -> Result<(), AddressError> {
    if host.contains(|c: char| c.is_whitespace() || c == ',') {
        return Err(AddressError::new(
            "one server is needed: HOST or HOST:PORT, without spaces or commas",
        ));
    }
    if host.contains(['/', '?', '#']) {
        return Err(AddressError::new(format!(
            "{} is no host; the path of a socket begins with / or ./, and nothing follows the port of a host",
            quoted(host.as_bytes())
        )));
    }
    if host.contains(is_unsafe_to_show) {
        return Err(AddressError::new(format!(
            "{} is no host: it has characters that cannot be shown",
            quoted(host.as_bytes())
        )));
    }
    // Resolvers read a bare number as an IPv4 address: 11211 would be 0.0.43.203.
    if host.bytes().all(|byte| byte.is_ascii_digit()) {
        let shown = quoted(host.as_bytes());
        return Err(AddressError::new(match parse_port(host) {
            Ok(port) if !has_port => {
                format!("{shown} is a port without a host: give :{port} or {THIS_HOST}:{port}")
            }
            _ => format!("{shown} is a number and no host: give HOST:PORT"),
        }));
    }
    Ok(())
}

/// `V6]` or `V6]:PORT`.
fn bracketed(rest: &str) -> Result<(&str, Option<&str>), AddressError> {
    let (host, tail) = rest
        .split_once(']')
        .ok_or_else(|| AddressError::new("the bracket of [V6]:PORT is not closed"))?;
    if host.parse::<Ipv6Addr>().is_err() {
        let host = Shown(host.as_bytes());
        return Err(AddressError::new(format!("{host} is no IPv6 address")));
    }
    match tail.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if tail.is_empty() => Ok((host, None)),
        None => Err(AddressError::new(
            "after the bracket of [V6] only :PORT may follow",
        )),
    }
}

fn parse_port(text: &str) -> Result<u16, AddressError> {
    let number = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    };
    let hint = if text.contains(':') {
        "; an IPv6 address with a port needs brackets: [V6]:PORT"
    } else {
        ""
    };
    number.filter(|&port| port != 0).ok_or_else(|| {
        let shown = quoted(text.as_bytes());
        AddressError::new(format!(
            "port {shown} is not a number from 1 to 65535{hint}"
        ))
    })
}

/// The address as messages and JSON show it; reads back as the same address, unless it tells also which of several that
/// the name has is used.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = match self {
            Address::Tcp { host, port } => ("", host, port),
            Address::Tls { host, port } => ("tls://", host, port),
            Address::Unix(path) => {
                return write!(f, "{}", Shown(path.as_os_str().as_encoded_bytes()));
            }
        };
        if host.contains(':') {
            write!(f, "{scheme}[{host}]:{port}")?;
        } else {
            write!(f, "{scheme}{host}:{port}")?;
        }
        match host.told() {
            Some(used) => write!(f, " ({})", used.ip()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for AddressError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        text.parse::<Address>().map_or_else(
            |error| format!("error: {error}"),
            |address| address.to_string(),
        )
    }

    #[test]
    fn every_form_of_the_grammar_is_read() {
        for (text, address) in [
            ("localhost", "localhost:11211"),
            ("cache.example:11212", "cache.example:11212"),
            ("10.0.0.1", "10.0.0.1:11211"),
            (":11212", "127.0.0.1:11212"),
            ("[::1]:11212", "[::1]:11212"),
            ("[::1]", "[::1]:11211"),
            ("::1", "[::1]:11211"),
            ("/run/mc.sock", "/run/mc.sock"),
            ("./mc.sock", "./mc.sock"),
            ("../mc.sock", "../mc.sock"),
            ("unix:/run/mc.sock", "/run/mc.sock"),
            ("unix:///run/mc.sock", "/run/mc.sock"),
            ("unix:mc.sock", "./mc.sock"),
            ("tls://cache.example:11212", "tls://cache.example:11212"),
            ("tls://[::1]", "tls://[::1]:11211"),
            ("tls://:11212", "tls://127.0.0.1:11212"),
            ("memcached://cache.example", "cache.example:11211"),
            ("memcached://[::1]:11212", "[::1]:11212"),
        ] {
            assert_eq!(shown(text), address);
            assert_eq!(shown(&format!("{text}/")), address);
            assert_eq!(shown(address), address);
        }
    }

    #[test]
    fn the_address_in_use_is_told_where_a_name_has_several() {
        let address: Address = "tls://cache:1".parse().unwrap();
        let one = address.at("10.0.0.1:1".parse().unwrap());
        assert_eq!(one.to_string(), "tls://cache:1 (10.0.0.1)");
        assert_eq!(address.to_string(), "tls://cache:1");
    }

    #[test]
    fn schemes_are_read_in_any_case_and_hosts_stay_as_typed() {
        assert_eq!(shown("TLS://Cache.Example:1"), "tls://Cache.Example:1");
        assert_eq!(shown("MemCached://h:1"), "h:1");
        assert_eq!(shown("UNIX:/run/MC.sock"), "/run/MC.sock");
    }

    #[test]
    fn what_is_no_address_is_an_error_that_says_why() {
        assert_eq!(
            shown("h:99999"),
            "error: port \"99999\" is not a number from 1 to 65535"
        );
        for text in [
            "",
            ":",
            "h:",
            "h:0",
            "h:+1",
            "h:1x",
            "a b",
            "a,b",
            "a:1,b:2",
            "[::1",
            "[x]:1",
            "[::1]1",
            "unix:",
            "/",
            "tls://",
            "tls:///",
            "memcached:///a.sock",
            "run/mc.sock",
            "h:1//",
            "h?a=1",
            "/run/a\u{202e}b",
            "h\u{200b}",
        ] {
            assert!(
                shown(text).starts_with("error: "),
                "{text:?} was read as {}",
                shown(text)
            );
        }
        assert!(
            shown("::1:99999").contains("[V6]:PORT"),
            "{}",
            shown("::1:99999")
        );
    }

    #[test]
    fn a_bare_number_is_no_host() {
        assert_eq!(
            shown("11211"),
            "error: \"11211\" is a port without a host: give :11211 or 127.0.0.1:11211"
        );
        for text in ["0", "99999", "2130706433", "11211:11211", "tls://99999"] {
            assert!(shown(text).contains("is a number and no host"), "{text}");
        }
        assert!(shown("memcached://11211/").contains("give :11211"));
    }

    #[test]
    fn an_unknown_scheme_says_which_one_was_meant() {
        assert!(shown("http://h").contains("unknown scheme http://; give HOST"));
        assert!(shown("memcache://h").contains("memcached://HOST:PORT"));
        assert!(shown("MEMCACHES://h").contains("for TLS give tls://HOST:PORT"));
    }

    #[test]
    fn credentials_are_refused_and_never_repeated() {
        for text in [
            "bob:s3cret@h:1",
            "bob@h s3cret",
            "tls://bob:s3cret@h",
            "memcached://bob:s3cret@h:1/",
            "redis://bob:s3cret@h",
            "bob:s3cret@",
            "[bob:s3cret@h]",
        ] {
            let error = text.parse::<Address>().unwrap_err();
            assert!(error.hides_input(), "{text}");
            let sentence = error.to_string();
            assert!(sentence.contains("--password-file"), "{sentence}");
            assert!(!sentence.contains("s3cret") && !sentence.contains("bob"));
        }
        assert_eq!(shown("/run/a@b.sock"), "/run/a@b.sock");
        assert!(!"h:0".parse::<Address>().unwrap_err().hides_input());
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back_as_the_same_address(
            text in r"((tls|TLS|memcached)://)?([a-zA-Z0-9.\[\]-]{0,6}|::1|\[fe80::1\])(:[0-9]{0,6})?/?|(unix:)?[./a-z@: ]{0,8}|\PC{0,12}"
        ) {
            if let Ok(address) = text.parse::<Address>() {
                prop_assert_eq!(address.to_string().parse(), Ok(address));
            }
        }
    }
}
