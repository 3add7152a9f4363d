//! One line of the server's log (`watch mutations connevents fetchers deletions`), read without copying it (protocol.md 6).
//!
//! Lines come from outside and may be of a kind not known here, or damaged: the server itself prints garbage in some
//! fields when a store failed for size. What cannot be read is [`Line::Other`]; nothing panics.

use std::borrow::Cow;

use super::escaped::unescaped;
use crate::cas::fetch;
use crate::cas::mutation::Outcome;

/// The longest address of a client: one of IPv6 with the name of an interface takes up to 62 bytes.
const LONGEST_ADDRESS: usize = 64;
/// The longest port, and the longest name of a command.
const LONGEST_PORT: usize = 5;
const LONGEST_COMMAND: usize = 32;

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Somebody tried to store.
    Store(Attempt<'a>),
    /// A key was looked up, by a command that reads or by one that does something else with it.
    Lookup(Lookup<'a>),
    /// A key was deleted.
    Deleted(Deletion<'a>),
    /// A client connected.
    Opened(Connection<'a>),
    /// A client's connection ended.
    Closed(Connection<'a>),
    /// The server left out this many lines, as we did not read fast enough.
    Skipped(u64),
    /// Something else, or not readable.
    Other,
}

/// An attempt to store, as the log has it: with the server's number of the connection instead of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempt<'a> {
    /// When, by the server's clock, in microseconds of unix time.
    pub(super) at: Option<u64>,
    /// The server's running number of log entries: later entries have higher ones, across all of its threads.
    pub(super) gid: u64,
    pub(super) key: Cow<'a, [u8]>,
    pub(super) outcome: Outcome,
    pub(super) command: &'a [u8],
    /// The server's number for the connection; `None` where the line cannot be trusted.
    pub(super) cfd: Option<u32>,
}

/// A lookup of a key, as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lookup<'a> {
    pub(super) at: Option<u64>,
    pub(super) gid: u64,
    pub(super) key: Cow<'a, [u8]>,
    pub(super) end: fetch::Lookup,
    pub(super) cfd: u32,
}

/// A delete that happened. The log does not say by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deletion<'a> {
    pub(super) gid: u64,
    pub(super) key: Cow<'a, [u8]>,
}

/// A client's connection as the log names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Connection<'a> {
    pub(super) gid: u64,
    pub(super) cfd: u32,
    ip: &'a [u8],
    port: &'a [u8],
}

impl<'a> Line<'a> {
    /// Reads a line, without its line end.
    pub(super) fn parse(line: &'a [u8]) -> Line<'a> {
        if let Some(number) = line.strip_prefix(b"skipped=") {
            return number_of(number).map_or(Line::Other, Line::Skipped);
        }
        let fields = Fields::of(line);
        let read = match fields.kind {
            b"item_store" => fields.attempt().map(Line::Store),
            b"item_get" => fields.lookup().map(Line::Lookup),
            b"deleted" => fields.deletion().map(Line::Deleted),
            b"conn_new" => fields.connection().map(Line::Opened),
            b"conn_close" => fields.connection().map(Line::Closed),
            _ => None,
        };
        read.unwrap_or(Line::Other)
    }
}

impl Connection<'_> {
    /// `ADDRESS:PORT`; clients on a unix socket have no address and are told apart by the server's number.
    pub(super) fn name(&self) -> String {
        let ip = String::from_utf8_lossy(self.ip);
        let port = String::from_utf8_lossy(self.port);
        match (&*ip, ip.contains(':')) {
            ("unix", _) => unix_name(self.cfd),
            (_, true) => format!("[{ip}]:{port}"),
            (_, false) => format!("{ip}:{port}"),
        }
    }
}

/// The name of a client by the address in the server's list of connections, as the log would name it; `None` if it is no
/// address. A client on a unix socket has none.
pub(in crate::client) fn name_of(address: Option<&str>, cfd: u32) -> Option<String> {
    let longest = LONGEST_ADDRESS + LONGEST_PORT + "[]:".len();
    match address {
        Some(address) => (address.len() <= longest).then(|| address.into()),
        None => Some(unix_name(cfd)),
    }
}

fn unix_name(cfd: u32) -> String {
    format!("unix:{cfd}")
}

/// What no memcached writes is not worth keeping: lines come from whoever listens there.
fn bounded(text: &[u8], longest: usize) -> Option<&[u8]> {
    (text.len() <= longest).then_some(text)
}

/// The fields of a line that matter here, each as it stands.
#[derive(Default)]
struct Fields<'a> {
    kind: &'a [u8],
    at: Option<u64>,
    gid: Option<u64>,
    key: Option<&'a [u8]>,
    status: &'a [u8],
    command: &'a [u8],
    cfd: Option<u32>,
    ip: &'a [u8],
    port: &'a [u8],
}

impl<'a> Fields<'a> {
    fn of(line: &'a [u8]) -> Fields<'a> {
        let mut fields = Fields::default();
        for word in line.split(|&byte| byte == b' ') {
            let Some(at) = word.iter().position(|&byte| byte == b'=') else {
                continue;
            };
            let (name, value) = (&word[..at], &word[at + 1..]);
            match name {
                b"ts" => fields.at = moment(value),
                b"gid" => fields.gid = number_of(value),
                b"type" => fields.kind = value,
                b"key" => fields.key = Some(value),
                b"status" => fields.status = value,
                b"cmd" => fields.command = value,
                b"cfd" => fields.cfd = number_of(value).and_then(|cfd| u32::try_from(cfd).ok()),
                b"rip" => fields.ip = value,
                b"rport" => fields.port = value,
                _ => {}
            }
        }
        fields
    }

    fn attempt(&self) -> Option<Attempt<'a>> {
        let outcome = match self.status {
            b"stored" => Outcome::Stored,
            b"exists" => Outcome::Exists,
            b"not_found" => Outcome::NotFound,
            b"not_stored" => Outcome::NotStored,
            _ => Outcome::Failed,
        };
        Some(Attempt {
            at: self.at,
            gid: self.gid?,
            key: unescaped(self.key?)?,
            outcome,
            command: bounded(self.command, LONGEST_COMMAND)?,
            // A failed store's line has garbage in this field.
            cfd: self.cfd.filter(|_| outcome != Outcome::Failed),
        })
    }

    fn lookup(&self) -> Option<Lookup<'a>> {
        let end = match self.status {
            b"found" => fetch::Lookup::Hit,
            b"expired" => fetch::Lookup::Expired,
            b"flushed" => fetch::Lookup::Flushed,
            b"not_found" => fetch::Lookup::Missing,
            _ => return None,
        };
        Some(Lookup {
            at: self.at,
            gid: self.gid?,
            key: unescaped(self.key?)?,
            end,
            cfd: self.cfd?,
        })
    }

    fn deletion(&self) -> Option<Deletion<'a>> {
        Some(Deletion {
            gid: self.gid?,
            key: unescaped(self.key?)?,
        })
    }

    fn connection(&self) -> Option<Connection<'a>> {
        Some(Connection {
            gid: self.gid?,
            cfd: self.cfd?,
            ip: bounded(self.ip, LONGEST_ADDRESS)?,
            port: bounded(self.port, LONGEST_PORT)?,
        })
    }
}

/// `SECONDS.MICROSECONDS`, the latter without leading zeros: `5.23560` is 23560 microseconds after second 5.
fn moment(text: &[u8]) -> Option<u64> {
    let dot = text.iter().position(|&byte| byte == b'.')?;
    let micros = number_of(&text[dot + 1..]).filter(|&micros| micros < 1_000_000)?;
    number_of(&text[..dot])?
        .checked_mul(1_000_000)?
        .checked_add(micros)
}

fn number_of(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, &byte| {
        let digit = byte.checked_sub(b'0').filter(|&digit| digit < 10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attempt(line: &str) -> Option<Attempt<'_>> {
        match Line::parse(line.as_bytes()) {
            Line::Store(attempt) => Some(attempt),
            _ => None,
        }
    }

    #[test]
    fn a_store_is_read_with_its_outcome_and_its_client() {
        let line = "ts=1795404235.810314 gid=16 type=item_store key=k status=stored cmd=set ttl=100 clsid=1 cfd=28 size=3";
        let read = attempt(line).unwrap();
        assert_eq!((read.gid, read.cfd, &*read.key), (16, Some(28), &b"k"[..]));
        assert_eq!(read.outcome, Outcome::Stored);
        assert_eq!(read.command, b"set");
        assert_eq!(read.at, Some(1_795_404_235_810_314));
        let lost = attempt("gid=1 type=item_store key=k status=exists cmd=cas cfd=3").unwrap();
        assert_eq!((lost.outcome, lost.command), (Outcome::Exists, &b"cas"[..]));
    }

    #[test]
    fn microseconds_come_without_leading_zeros() {
        assert_eq!(moment(b"1795404237.23560"), Some(1_795_404_237_023_560));
        assert_eq!(moment(b"1.1"), Some(1_000_001));
        assert_eq!(moment(b"1.1000000"), None);
        assert_eq!(moment(b"18446744073709551615.0"), None);
    }

    #[test]
    fn keys_are_turned_back_into_bytes() {
        let key = |text: &str| unescaped(text.as_bytes()).map(Cow::into_owned);
        assert_eq!(key("a%20b%0d%0A%ff~").unwrap(), b"a b\r\n\xff~");
        for broken in ["", "%", "%2", "%zz", "a%4"] {
            assert_eq!(key(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn the_damaged_line_of_a_store_too_large_names_no_client() {
        let line = "ts=1.5 gid=9 type=item_store key=big status=too_large cmd=na ttl=4294967235 clsid=111 cfd=1208028772 size=0";
        let read = attempt(line).unwrap();
        assert_eq!((read.outcome, read.cfd), (Outcome::Failed, None));
    }

    #[test]
    fn connections_come_and_go_by_address() {
        let name = |line: &str| match Line::parse(line.as_bytes()) {
            Line::Opened(connection) => format!("+{} {}", connection.cfd, connection.name()),
            Line::Closed(connection) => format!("-{} {}", connection.cfd, connection.name()),
            other => format!("{other:?}"),
        };
        assert_eq!(
            name("ts=1.2 gid=82 type=conn_new rip=127.0.0.1 rport=39934 transport=tcp cfd=29"),
            "+29 127.0.0.1:39934"
        );
        assert_eq!(
            name(
                "ts=1.2 gid=83 type=conn_close rip=::1 rport=5 transport=tcp reason=normal cfd=29"
            ),
            "-29 [::1]:5"
        );
        assert_eq!(
            name("gid=83 type=conn_close rip=unix rport=0 reason=error cfd=7"),
            "-7 unix:7"
        );
    }

    #[test]
    fn lookups_are_read_by_how_they_ended() {
        let end = |status: &str| {
            let line = format!(
                "ts=1.2 gid=3 type=item_get key=a%20b status={status} clsid=1 cfd=28 size=3"
            );
            match Line::parse(line.as_bytes()) {
                Line::Lookup(lookup) => {
                    assert_eq!((lookup.gid, lookup.cfd, &*lookup.key), (3, 28, &b"a b"[..]));
                    Some(lookup.end)
                }
                _ => None,
            }
        };
        assert_eq!(end("found"), Some(fetch::Lookup::Hit));
        assert_eq!(end("not_found"), Some(fetch::Lookup::Missing));
        assert_eq!(end("expired"), Some(fetch::Lookup::Expired));
        assert_eq!(end("flushed"), Some(fetch::Lookup::Flushed));
        assert_eq!(end("lost"), None, "neither a hit nor a miss");
    }

    #[test]
    fn a_delete_is_read_with_its_place_in_the_log() {
        let line = b"ts=1.2 gid=77 type=deleted key=k cmd=md clsid=1 size=3";
        let expected = Deletion {
            gid: 77,
            key: b"k"[..].into(),
        };
        assert_eq!(Line::parse(line), Line::Deleted(expected));
    }

    #[test]
    fn what_is_skipped_is_counted_and_the_rest_let_pass() {
        assert_eq!(Line::parse(b"skipped=40"), Line::Skipped(40));
        for line in [
            "",
            "OK",
            "skipped=x",
            "skipped=",
            "type=item_store",
            "gid=1 type=eviction key=k",
        ] {
            assert_eq!(Line::parse(line.as_bytes()), Line::Other, "{line:?}");
        }
    }

    #[test]
    fn what_is_longer_than_memcached_has_it_is_not_read() {
        let store = |key: &str, command: &str| {
            let line = format!("gid=1 type=item_store key={key} status=stored cmd={command} cfd=3");
            attempt(&line).map(|attempt| attempt.key.len())
        };
        assert_eq!(store(&"k".repeat(250), "set"), Some(250));
        assert_eq!(store(&"k".repeat(251), "set"), None);
        assert_eq!(store(&"%20".repeat(250), "set"), Some(250));
        assert_eq!(store(&"%20".repeat(251), "set"), None);
        assert_eq!(store("k", &"c".repeat(33)), None);
        let opened = |ip: &str, port: &str| {
            let line = format!("gid=1 type=conn_new rip={ip} rport={port} transport=tcp cfd=3");
            matches!(Line::parse(line.as_bytes()), Line::Opened(_))
        };
        let longest = "ffff:".repeat(8) + "%" + &"x".repeat(15);
        assert!(opened(&longest, "65535"));
        assert!(!opened(&"1".repeat(65), "1"));
        assert!(!opened("::1", "123456"));
    }

    proptest! {
        #[test]
        fn no_line_panics(line in proptest::collection::vec(any::<u8>(), 0..300)) {
            Line::parse(&line);
        }

        #[test]
        fn no_line_that_begins_well_panics(
            rest in "[a-z%=. 0-9]{0,80}",
            kind in prop_oneof![Just("item_store"), Just("item_get"), Just("deleted"), Just("conn_new"), Just("conn_close")],
        ) {
            Line::parse(format!("ts=1.2 gid=3 type={kind} {rest}").as_bytes());
        }

        #[test]
        fn any_key_survives_the_way_through_the_log(key in proptest::collection::vec(any::<u8>(), 1..100)) {
            let escaped: Vec<String> = key.iter().map(|byte| format!("%{byte:02X}")).collect();
            let escaped = escaped.concat();
            let line = format!("gid=3 type=item_store key={escaped} status=stored cmd=set cfd=1");
            prop_assert_eq!(&*attempt(&line).unwrap().key, &*key);
        }
    }
}
