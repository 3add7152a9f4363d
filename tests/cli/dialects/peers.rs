//! The kinds of servers, and what each of them has to give.

use std::fs;

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

use Give::{AnyKey, Expiry, Log, Proof, Tokens};

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

pub(super) const PEERS: [Peer; 7] = [
    serves(
        "1.6.18",
        || Memcached::start().into(),
        &[Tokens, Expiry, Log, AnyKey],
    ),
    serves(
        "1.6.38",
        || Memcached::modern().into(),
        &[Tokens, Expiry, Log, AnyKey, Proof],
    ),
    serves(
        "1.6.45",
        || Target::newest().into(),
        &[Tokens, Expiry, Log, AnyKey, Proof],
    ),
    serves(
        "`-C`",
        || Memcached::start_with(&["-C"]).into(),
        &[Expiry, Log, AnyKey],
    ),
    refuses("`-Y`, without a password", asking, 7),
    refuses(
        "`-B binary`",
        || Memcached::start_with(&["-B", "binary"]).into(),
        5,
    ),
    refuses("an HTTP server", http, 5),
];

/// The file of names and passwords is read at the start, and not needed any more then.
fn asking() -> Started {
    let users = tempfile::NamedTempFile::new().expect("a file");
    fs::write(users.path(), "bob:secret\n").expect("a file");
    let path = users.path().display().to_string();
    Memcached::start_with(&["-Y", &path]).into()
}

fn http() -> Started {
    let answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let script = Connection::new().read_until("\r\n").reply(answer).close();
    Started::Scripted(Scripted::always(script))
}
