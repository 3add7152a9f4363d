//! The kinds of servers, and what each of them has to give.

use super::secured::{self, Secured};
use crate::harness::filter::Dialect;
use crate::harness::server::Memcached;
use crate::harness::target::Target;
use crate::harness::wire::{Connection, Peer as Scripted};

/// A kind of server.
#[derive(Clone, Copy)]
pub(super) struct Peer {
    /// Its row in the table.
    pub(super) name: &'static str,
    pub(super) start: fn() -> Started,
    pub(super) kind: Kind,
}

/// What is to be expected of a kind.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// It works, as far as it has to give what is needed.
    Serves(&'static [Give]),
    /// Nothing works, and this is the exit code.
    Refuses(i32),
}

/// What some servers have and others have not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Give {
    /// Tokens (`-C`: none).
    Tokens,
    /// The time to live of an item can be seen.
    Expiry,
    /// So can the server's own clock, by which a moment far ahead is kept.
    Clock,
    /// A log of stores.
    Log,
    /// A swap may bring a token of its own.
    Proof,
    /// Keys that travel as base64.
    AnyKey,
}

/// A running server of a kind.
pub(super) enum Started {
    Serving(Target),
    Scripted(Scripted),
    Secured(Secured),
}

impl From<Target> for Started {
    fn from(target: Target) -> Self {
        Self::Serving(target)
    }
}

impl From<Memcached> for Started {
    fn from(server: Memcached) -> Self {
        Self::Serving(server.into())
    }
}

use Give::{AnyKey, Clock, Expiry, Log, Proof, Tokens};

const fn serves(name: &'static str, start: fn() -> Started, gives: &'static [Give]) -> Peer {
    Peer {
        name,
        start,
        kind: Kind::Serves(gives),
    }
}

const fn refuses(name: &'static str, start: fn() -> Started, code: i32) -> Peer {
    Peer {
        name,
        start,
        kind: Kind::Refuses(code),
    }
}

pub(super) const PEERS: [Peer; 25] = [
    serves("1.4", || speaking(Dialect::V1_4), &[Tokens]),
    serves("1.5.16 to 1.5.18", || speaking(Dialect::V1_5_16), &[Tokens]),
    serves(
        "1.5.19 to 1.5.22",
        || speaking(Dialect::V1_5_22),
        &[Tokens, Expiry, Clock],
    ),
    serves(
        "1.6.0 to 1.6.9",
        || Target::oldest().into(),
        &[Tokens, Expiry, Clock],
    ),
    serves(
        "1.6.10 to 1.6.17",
        || speaking(Dialect::V1_6_12),
        &[Tokens, Expiry, Clock, Log, AnyKey],
    ),
    serves(
        "1.6.18",
        || Memcached::start().into(),
        &[Tokens, Expiry, Clock, Log, AnyKey],
    ),
    serves(
        "1.6.38",
        || Memcached::modern().into(),
        &[Tokens, Expiry, Clock, Log, AnyKey, Proof],
    ),
    serves(
        "1.6.45",
        || Target::newest().into(),
        &[Tokens, Expiry, Clock, Log, AnyKey, Proof],
    ),
    serves(
        "`-C`",
        || Memcached::start_with(&["-C"]).into(),
        &[Expiry, Log, AnyKey],
    ),
    serves("twemproxy", || Target::twemproxy().into(), &[Tokens]),
    serves("mcrouter", || speaking(Dialect::Mcrouter), &[Tokens]),
    serves(
        "memcached's built-in proxy",
        || Target::built_in_proxy().into(),
        &[Tokens, Expiry, AnyKey],
    ),
    serves(
        "ElastiCache Serverless",
        || speaking(Dialect::Serverless),
        &[Tokens, Expiry, AnyKey],
    ),
    refuses(
        "`-B binary`",
        || Memcached::start_with(&["-B", "binary"]).into(),
        5,
    ),
    refuses("an HTTP server", http, 5),
    refuses("`-Y`, no credentials", secured::without_credentials, 7),
    serves(
        "`-Y` with `-Z`, credentials",
        secured::with_credentials_over_tls,
        INSTALLED,
    ),
    serves("`-Z`, `--tls-ca`", secured::authority, INSTALLED),
    serves(
        "`-Z`, its own certificate",
        secured::own_certificate,
        INSTALLED,
    ),
    serves(
        "`-Z`, client certificate",
        secured::client_certificate,
        INSTALLED,
    ),
    serves("`-Z`, `--tls-insecure`", secured::insecure, INSTALLED),
    refuses("`-Z`, unknown authority", secured::unknown_authority, 5),
    refuses("`-Z`, another name", secured::another_name, 5),
    refuses("`-Z`, expired", secured::expired, 5),
    refuses(
        "`-Z`, no client certificate",
        secured::no_client_certificate,
        5,
    ),
];
const INSTALLED: &[Give] = &[Tokens, Expiry, Clock, Log, AnyKey];

fn speaking(dialect: Dialect) -> Started {
    Target::speaking(dialect).into()
}

fn http() -> Started {
    let answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let script = Connection::new().read_until("\r\n").reply(answer).close();
    Started::Scripted(Scripted::always(script))
}
