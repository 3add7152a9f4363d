//! The interface between the domain and the server that keeps the items: what can be asked, what can come back.
//!
//! An answer of "no" is a value ([`Written::Conflict`], [`Written::Missing`], `None`); an error means that there is no
//! answer, and its variant says what the caller may conclude about the state of the key.

use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

use super::{Counter, Expiry, Item, Key, Token, Ttl};

/// A conditional write: it happens only if the condition still holds, and then changes exactly what is said here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Swap {
    pub(crate) key: Key,
    pub(crate) value: Vec<u8>,
    pub(crate) flags: u32,
    pub(crate) expiry: Expiry,
    pub(crate) condition: Condition,
    /// The token to give the item, as proof of whose write it holds (`E`, servers from 1.6.27 on).
    pub(crate) proof: Option<Token>,
    /// Whether the caller needs the new token, so that it must be certain.
    pub(crate) tell_token: bool,
}

/// What must hold for a swap to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// The item still has this token.
    Token(Token),
    /// The key does not exist.
    Absent,
}

/// How a swap ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// Stored. The new token, unless the server could not tell which one is ours.
    Stored(Option<Token>),
    /// Somebody wrote in between (or, for [`Condition::Absent`], the key exists). Nothing was changed.
    Conflict,
    /// The key is gone. Nothing was changed.
    Missing,
}

/// What a read fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// Value, token, flags and expiry.
    Value,
    /// The same without the value's bytes.
    Meta,
}

/// What a poll sees of a key: it disturbs nothing, neither the LRU nor a lease (protocol.md rule 22).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glance {
    pub(crate) token: Token,
    pub(crate) ttl: Ttl,
}

/// Which server process answers after a reconnect. Tokens are worth nothing in another one (protocol.md 2.3), and nothing
/// that a process says of itself proves that it is the same: two in containers may agree in all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Process {
    /// The process that handed out the tokens held, for all that it says.
    Same,
    /// The same, and it has stored nothing since: no write sent in the meantime has landed.
    Untouched,
    /// Another process, or one that does not say.
    Other,
}

/// What a new connection found, after the answer to a swap was lost on the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) process: Process,
    /// What the key holds there.
    pub(crate) item: Option<Item>,
}

/// How a connection failed, as far as it matters to what can be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No connection: no such host, refused.
    Dial,
    /// TLS failed: what one side shows, the other does not accept. Nobody's waiting changes that.
    Handshake,
    /// The peer did not answer in time.
    Silent,
    /// The peer closed or reset the connection.
    Cut,
    /// The peer does not speak memcached's protocol.
    Foreign,
}

/// A failed exchange: what kind of failure, and the sentence for people (with address and cause).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) fault: Fault,
    pub(crate) message: String,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreError {
    /// No answer, and certainly nothing applied: no write had been sent whole. Safe to repeat.
    Unreachable(Failure),
    /// A write was sent whole and no answer came. It may have been applied, or be applied later.
    Unknown(Failure),
    /// The server refused with an error. Nothing was applied.
    Refused(String),
    /// The server took the question and could not answer it (`SERVER_ERROR`): it may another time. Nothing was applied.
    Unable(String),
    /// The server takes no token of our own ([`Swap::proof`]) and refuses each swap that carries one. Nothing was applied.
    NoProof(String),
    /// The server has compare-and-swap switched off.
    NoCas(String),
    /// The value is too large for the server. Nothing was sent.
    TooLarge(String),
    /// The key cannot be sent in the server's protocol. Nothing was sent.
    KeyForm(String),
    /// The item's value is longer than the user lets through. Nothing of it was read.
    TooLong(String),
    /// The server refused for size or memory and, as memcached does then, deleted the old item (protocol.md 1.3).
    Destroyed(String),
}

/// What follows from an error: the one distinction behind exit codes, JSON statuses and events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// Not applied; safe to repeat.
    Unreachable,
    /// It may have been applied, or be applied later.
    Unknown,
    /// The server refused; repeating changes nothing.
    Refused,
    /// The server does no compare-and-swap.
    NoCas,
    /// The value does not fit, there or here.
    TooLarge,
    /// The question cannot be put to this server.
    Unaskable,
}

impl StoreError {
    /// What follows from it.
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            StoreError::Unreachable(_) => ErrorKind::Unreachable,
            StoreError::Unknown(_) => ErrorKind::Unknown,
            StoreError::Refused(_)
            | StoreError::Unable(_)
            | StoreError::NoProof(_)
            | StoreError::Destroyed(_) => ErrorKind::Refused,
            StoreError::NoCas(_) => ErrorKind::NoCas,
            StoreError::TooLarge(_) | StoreError::TooLong(_) => ErrorKind::TooLarge,
            StoreError::KeyForm(_) => ErrorKind::Unaskable,
        }
    }
}

impl StoreError {
    /// Whether the same question may be answered another time: a server that starts up is first not there, then silent, then
    /// in its first troubles. Another protocol, a certificate or a refusal stays.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            StoreError::Unreachable(failure) | StoreError::Unknown(failure) => {
                !matches!(failure.fault, Fault::Foreign | Fault::Handshake)
            }
            StoreError::Unable(_) => true,
            _ => false,
        }
    }

    /// Names the item whose value is too long, where only the answer's place among others tells which it is.
    pub(crate) fn about(self, key: &Key) -> StoreError {
        match self {
            StoreError::TooLong(message) => StoreError::TooLong(format!("{key}: {message}")),
            error => error,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Unreachable(failure) | StoreError::Unknown(failure) => {
                f.write_str(&failure.message)
            }
            StoreError::Refused(message)
            | StoreError::Unable(message)
            | StoreError::NoProof(message)
            | StoreError::NoCas(message)
            | StoreError::TooLarge(message)
            | StoreError::TooLong(message)
            | StoreError::KeyForm(message)
            | StoreError::Destroyed(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for StoreError {}

/// What one of many keys holds, or why that is not known.
pub(crate) struct Looked<'a> {
    /// Its place among the keys.
    pub(crate) number: usize,
    /// The server that was asked.
    pub(crate) server: &'a dyn fmt::Display,
    pub(crate) outcome: Result<Option<Item>, StoreError>,
}

/// An item that was read together with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InWindow {
    /// As it would have been read by itself.
    Read(Option<Item>),
    /// It has to be read by itself: its moment of expiry could not be established, or it is too large to wait with others.
    Alone,
}

/// Takes the outcomes of many keys one by one, and says whether to go on.
pub(crate) type Take<'a> = &'a mut dyn FnMut(Looked<'_>) -> ControlFlow<()>;

/// What one answer to a question about several keys means for each of them.
pub(crate) fn for_each_key<T>(
    keys: &[Key],
    answer: Result<Vec<Option<T>>, StoreError>,
) -> Vec<Result<Option<T>, StoreError>> {
    match answer {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(error) => keys.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// What keeps the items, as the domain sees it: one server, or several of which each key has its own. Each method is one
/// exchange (with several servers, one with each of those that hold the keys) unless it says otherwise.
pub(crate) trait Store {
    /// The server that holds `key`, as messages and JSON name it; nothing is asked.
    fn server(&self, key: &Key) -> String;

    /// What kind of server it seems to be that holds `key`, if it is none of today's; nothing is asked.
    fn peer(&self, _: &Key) -> Option<&'static str> {
        None
    }

    /// What the way to the server that holds `key` and back takes at least, as far as it is known; nothing is asked.
    fn round_trip(&self, _: &Key) -> Option<Duration> {
        None
    }

    /// Whether the server that holds `key` may take a swap with a proof, as far as it is known; nothing is asked.
    fn takes_proof(&self, _: &Key) -> Result<(), StoreError> {
        Ok(())
    }

    /// The same, and where it is not known yet, the server is asked; nothing is written.
    fn try_proof(&mut self, key: &Key) -> Result<(), StoreError> {
        self.takes_proof(key)
    }

    /// Reads items only to show them: a recache win that came with the read is given back (a further exchange).
    fn look(&mut self, keys: &[Key]) -> Result<Vec<Option<Item>>, StoreError>;

    /// The same for any number of keys: each outcome is handed on as it comes, in the order of the keys, and takes no room
    /// afterwards. A key whose server does not answer has that as its outcome, and the others go on.
    fn look_through(&mut self, keys: &[Key], take: Take<'_>);

    /// Polls tokens and expiry without disturbing anything.
    fn glance(&mut self, keys: &[Key]) -> Result<Vec<Option<Glance>>, StoreError>;

    /// The same as `look`, but where keys have several servers, one that fails fails its own keys only.
    fn look_each(&mut self, keys: &[Key]) -> Vec<Result<Option<Item>, StoreError>> {
        for_each_key(keys, self.look(keys))
    }

    /// The same as `glance`, likewise.
    fn glance_each(&mut self, keys: &[Key]) -> Vec<Result<Option<Glance>, StoreError>> {
        for_each_key(keys, self.glance(keys))
    }

    /// Reads an item in order to swap it, with its moment of expiry.
    fn read(&mut self, key: &Key, want: Want) -> Result<Option<Item>, StoreError>;

    /// Reads items in order to swap or delete them, as [`read`](Store::read) does with their values, in as few exchanges as can
    /// be. No key comes twice.
    fn read_window(&mut self, keys: &[Key]) -> Vec<Result<InWindow, StoreError>> {
        keys.iter().map(|_| Ok(InWindow::Alone)).collect()
    }

    /// Sends conditional writes as [`swap`](Store::swap) does, in as few exchanges as can be, by the connections on which
    /// their items were read last. What was not sent when one of those broke is unreachable. No key comes twice.
    fn swap_window(&mut self, swaps: &[Swap]) -> Vec<Result<Written, StoreError>>;

    /// The same for deletes, each of an item that still has this token.
    fn delete_window(&mut self, items: &[(&Key, Token)]) -> Vec<Result<Written, StoreError>>;

    /// Which process of the key's server answers, as an opaque word; `None` if it does not say.
    fn instance(&mut self, key: &Key) -> Result<Option<String>, StoreError>;

    /// The clock of the key's server in seconds, if it shows it.
    fn now(&mut self, key: &Key) -> Result<Option<u64>, StoreError>;

    /// Sends one conditional write.
    fn swap(&mut self, swap: &Swap) -> Result<Written, StoreError>;

    /// Sends the same write again after its answer was lost, with a read in the same request; returns also the token
    /// that the item has afterwards. At most one of both writes can land if the condition is a token, as no token comes
    /// twice; a key can be absent twice.
    fn swap_again(&mut self, swap: &Swap) -> Result<(Written, Option<Token>), StoreError>;

    /// Adds `delta` with the server's own arithmetic, which cannot conflict: `None` if the key is missing.
    fn add(
        &mut self,
        key: &Key,
        delta: u64,
    ) -> Result<Option<(Counter, Option<Token>)>, StoreError>;

    /// Deletes an item, whoever wrote it last.
    fn delete(&mut self, key: &Key) -> Result<(), StoreError>;

    /// Deletes an item if it still has this token; [`Written::Stored`] says that it is gone by this.
    fn delete_if(&mut self, key: &Key, token: Token) -> Result<Written, StoreError>;

    /// Gives back the right to renew a stale item, which a read took with `token`.
    fn release(&mut self, key: &Key, token: Token) -> Result<(), StoreError>;

    /// Drops the connection to the key's server, opens a new one and says which process answers there.
    fn reconnect(&mut self, key: &Key) -> Result<Process, StoreError>;

    /// The same, and in one exchange with it what the process holds under `key`. A recache win may come with the look.
    fn look_again(&mut self, key: &Key) -> Result<Found, StoreError>;
}
