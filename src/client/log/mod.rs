//! The server's log of stores and connections, on a connection of its own: once `watch` was sent, the server only talks.
//!
//! It is read in big pieces and handed on line by line without copying, as the server drops what is not taken fast
//! enough (protocol.md 6).

pub(super) mod clients;
mod escaped;
mod follow;
pub(super) mod line;
mod observe;
mod reads;
mod seen;

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub(crate) use self::follow::{Keeper, Later, Reader, Settled, follow};
pub(crate) use self::seen::Entry;
use super::Session;
use super::address::Address;
use super::dial::{Stream, dial};
use super::plain::plain;
use super::protocol::reply::{ReplyError, error_line};
use super::wire::{Wire, WireError};
use crate::cas::StoreError;
use crate::cas::store::{Failure, Fault};

/// An idle server says `OK` when its logging thread wakes up, which is up to a second later.
const FIRST_LINE: Duration = Duration::from_millis(2500);
/// The log of reads of a server that has none of deletes.
const READS_ONLY: &[u8] = b"watch mutations connevents fetchers\r\n";
/// Read at a time; the server's own buffer for a watcher is as large.
const CHUNK: usize = 256 * 1024;
/// The longest line: a key of 250 bytes takes 750 there, and the rest of a line less than 200.
const MAX_LINE: usize = 4096;

/// What of a server's log is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Stores.
    Stores,
    /// Stores and lookups: a multiple of the lines.
    Reads,
}

/// A log being read.
struct Log {
    stream: Stream,
    inbox: Vec<u8>,
    filled: usize,
    address: Address,
    /// Whether deletes are among the lines.
    deletes_told: bool,
}

/// A connection that was made to be seen in the log.
struct Knock {
    /// Its name there, where that can be known.
    name: Option<SocketAddr>,
    _kept: Option<Stream>,
}

impl Session {
    /// Asks the server for its log of stores and connections, and of lookups if they are wanted.
    fn attach(&self, detail: Detail) -> Result<Log, StoreError> {
        let mut wire = self.open()?;
        let mut patient = Session::new(self.address.clone(), self.timeout.max(FIRST_LINE));
        patient = patient.with_access(&self.access);
        patient.asks = self.asks;
        let mut answer = self.ask_for_log(&mut wire, detail.request(), patient.timeout);
        let refused = matches!(&answer, Ok(line) if line == b"ERROR");
        let deletes_told = detail == Detail::Reads && !refused;
        // Before 1.6.20 there is no log of deletes (protocol.md 6).
        if refused && detail == Detail::Reads {
            answer = self.ask_for_log(&mut wire, READS_ONLY, patient.timeout);
        }
        match answer {
            Ok(line) if line == b"OK" => Ok(Log::new(wire, &self.address, deletes_told)),
            Ok(line) => Err(self.no_log(line)),
            // A proxy that counts for itself may hang up over a command that it does not know.
            Err(ReplyError::Wire(WireError::Cut(_))) if self.may_be_proxy() => {
                Err(self.proxy_has_no_log())
            }
            Err(error) => Err(patient.explain(error, false, wire.answered())),
        }
    }

    /// Asks for it on a connection, logging in there if that is wanted.
    fn ask_for_log(
        &self,
        wire: &mut Wire,
        request: &[u8],
        patience: Duration,
    ) -> Result<Vec<u8>, ReplyError> {
        let ask = |wire: &mut Wire| {
            wire.allow(patience);
            wire.send(request)?;
            Ok(wire.line()?)
        };
        match ask(wire) {
            Err(ReplyError::Wire(WireError::Unauthenticated)) => {
                wire.allow(self.timeout);
                self.log_in(wire)?;
                ask(wire)
            }
            answer => answer,
        }
    }

    /// Whether the server shows its log; if not, what it says instead.
    pub(crate) fn shows_log(&self) -> Result<(), StoreError> {
        self.attach(Detail::Stores).map(drop)
    }

    /// Opens a connection and closes it, which the log shows. Returns its name in the log, where that can be known.
    ///
    /// The server's logging thread sleeps up to a second when there is nothing to log, and what comes in bursts
    /// meanwhile is lost (protocol.md 6). A knock now and then keeps it awake, and its line coming back proves that
    /// everything before it has come too.
    ///
    /// Behind a TLS handshake something unread is left (tickets), and closing resets the connection: the server, if it is
    /// slower, would not know any more whose it was. So the caller has to keep such a one for a while.
    fn knock(&self) -> Option<Knock> {
        let stream = dial(&self.address, &self.access, self.timeout).ok()?.stream;
        Some(Knock {
            name: stream.local_address(),
            _kept: matches!(stream, Stream::Tls(_)).then_some(stream),
        })
    }

    /// A proxy would show its own log, which has no stores.
    fn proxy_has_no_log(&self) -> StoreError {
        StoreError::Refused(format!(
            "{} is a proxy: its log tells nothing of the stores behind it; ask the servers behind it",
            self.address
        ))
    }

    fn no_log(&self, line: Vec<u8>) -> StoreError {
        let address = &self.address;
        let refused =
            |why: &str| StoreError::Refused(format!("{address} does not show its log: {why}"));
        match error_line(&line) {
            Some(ReplyError::Rejected(text)) if text == "watch commands not allowed" => {
                refused("watch commands are not allowed there (it was started with -W)")
            }
            Some(ReplyError::Rejected(text)) if text == "ERROR" => {
                refused("its version knows no watch for stores and connections")
            }
            Some(error) => self.explain(error, false, true),
            None if line.starts_with(b"WATCHER_TOO_MANY") => {
                refused("as many programs watch it as it allows (20); end one of them")
            }
            None if line.starts_with(b"WATCHER_FAILED") => refused("it failed to add a watcher"),
            None => self.explain(ReplyError::Wire(WireError::Garbage(line)), false, true),
        }
    }
}

impl Detail {
    fn request(self) -> &'static [u8] {
        match self {
            Detail::Stores => b"watch mutations connevents\r\n",
            Detail::Reads => b"watch mutations connevents fetchers deletions\r\n",
        }
    }
}

impl Log {
    fn new(wire: Wire, address: &Address, deletes_told: bool) -> Log {
        let (stream, mut inbox) = wire.into_parts();
        let filled = inbox.len();
        inbox.resize(CHUNK.max(filled), 0);
        Log {
            stream,
            inbox,
            filled,
            address: address.clone(),
            deletes_told,
        }
    }

    /// Waits until `deadline` for more of the log.
    fn fill(&mut self, deadline: Instant) -> Result<(), StoreError> {
        // What came together with the answer to `watch` is told, even if the server has gone since.
        if self.inbox[..self.filled].contains(&b'\n') {
            return Ok(());
        }
        match self.stream.read(&mut self.inbox[self.filled..], deadline) {
            Ok(0) => Err(self.lost("closed the log")),
            Ok(read) => {
                self.filled += read;
                Ok(())
            }
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock
                | io::ErrorKind::TimedOut
                | io::ErrorKind::Interrupted => Ok(()),
                _ => Err(self.lost(&format!("broke the connection: {}", plain(&error)))),
            },
        }
    }

    /// Passes on each complete line.
    fn lines(&mut self, take: &mut dyn FnMut(&[u8])) -> Result<(), StoreError> {
        let mut rest = &self.inbox[..self.filled];
        let mut too_long = false;
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let line = &rest[..end];
            too_long = line.len() > MAX_LINE;
            if too_long {
                break;
            }
            take(line.strip_suffix(b"\r").unwrap_or(line));
            rest = &rest[end + 1..];
        }
        let left = rest.len();
        self.inbox.copy_within(self.filled - left..self.filled, 0);
        self.filled = left;
        if too_long || left > MAX_LINE {
            return Err(self.lost("sent a line longer than any of a memcached's log"));
        }
        Ok(())
    }

    fn lost(&self, how: &str) -> StoreError {
        StoreError::Unreachable(Failure {
            fault: Fault::Cut,
            message: format!("{} {how}", self.address),
        })
    }
}
