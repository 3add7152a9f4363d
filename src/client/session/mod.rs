//! What goes on between us and one server: the connection, what the server said of itself, and what is remembered of it.
//!
//! Each exchange is one write and its answers. After any error the connection is dropped (protocol.md rule 11), and the error
//! says what the caller may conclude: a write that was sent whole is *unknown*, anything else was not applied.

mod ahead;
mod errors;
mod read;
mod store;
mod swap;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

pub(super) use self::ahead::look_each;

use crate::cas::{Item, Key, Process, StoreError};
use crate::client::address::Address;
use crate::client::facts::{Clock, Facts, Growth, Instance, Limits};
use crate::client::mark::Mark;
use crate::client::protocol::meta::Meta;
use crate::client::protocol::{Dialect, ReplyError, Request, Seen, Unfit, reply};
use crate::client::wire::Wire;

/// One server, and what is remembered of it. The connection is opened when it is first needed.
pub(crate) struct Session {
    pub(super) address: Address,
    pub(super) timeout: Duration,
    longest_value: usize,
    /// Up when an answer is to be waited for only a moment longer.
    hurry: Arc<AtomicBool>,
    /// What the server understands.
    dialect: &'static dyn Dialect,
    wire: Option<Wire>,
    /// What the server said of itself, from the first read on; it outlives a reconnect to the same process.
    facts: Option<Facts>,
    /// The key read last for a swap and its moment of expiry, which the next read is checked against.
    remembered: Option<(Key, u64)>,
    /// Whether somebody else was seen to move the expiry: then each read asks for the clock too, instead of after it.
    expiry_moves: bool,
    /// The mark of the last request.
    mark: Mark,
    /// Whether the server takes tokens of our choice (`E`); `None` until it was tried.
    takes_tokens: Option<bool>,
    /// Whether the values read last in windows were none that the server could count with.
    reads_once: bool,
    /// Until when no window is tried after one that led to nobody, and why it did.
    down: Option<(Instant, StoreError)>,
}

impl Session {
    /// The server at `address`; nothing is sent before the first question.
    ///
    /// `timeout` bounds connecting and each exchange. Values are taken only after [`taking_values`](Session::taking_values).
    pub(crate) fn new(address: Address, timeout: Duration) -> Session {
        Session {
            address,
            timeout,
            longest_value: 0,
            hurry: Arc::default(),
            dialect: &Meta,
            wire: None,
            facts: None,
            remembered: None,
            expiry_moves: false,
            mark: Mark::default(),
            takes_tokens: None,
            reads_once: false,
            down: None,
        }
    }

    /// The same for values of at most so many bytes: of a longer one nothing is read.
    pub(crate) fn taking_values(mut self, longest: usize) -> Session {
        self.longest_value = longest;
        self
    }

    /// Waits for an answer only a moment longer once `hurry` is up.
    pub(crate) fn hurried_by(mut self, hurry: &Arc<AtomicBool>) -> Session {
        self.hurry = Arc::clone(hurry);
        self
    }

    /// The server, as messages and JSON name it.
    pub(crate) fn name(&self) -> String {
        self.address.to_string()
    }

    /// Asks the server for its process, clock and limits, unless they are known.
    fn learn(&mut self) -> Result<Facts, StoreError> {
        if let Some(facts) = self.facts {
            return Ok(facts);
        }
        let facts = self.ask_facts()?;
        self.facts = Some(facts);
        Ok(facts)
    }

    /// Whether this is a proxy, whose log and counters know nothing of the items behind it (protocol.md 8).
    pub(in crate::client) fn is_proxy(&mut self) -> Result<bool, StoreError> {
        Ok(self.learn()?.limits.says_proxy())
    }

    /// Compares the process that answers now with the known one, and remembers this one from now on.
    fn meet(&mut self, now: Facts) -> Process {
        let process = self
            .facts
            .map_or(Process::Other, |before| before.process(&now));
        if process == Process::Other {
            self.remembered = None;
        }
        self.facts = Some(now);
        process
    }

    /// Drops the connection.
    fn hang_up(&mut self) {
        if let Some(wire) = self.wire.take() {
            wire.abort();
        }
    }

    /// A request to be filled, with a mark of its own.
    pub(super) fn request(&mut self) -> Request {
        self.mark = self.mark.next();
        Request::new(self.mark)
    }

    fn ask_facts(&mut self) -> Result<Facts, StoreError> {
        let mut request = self.request();
        request.stats();
        request.settings();
        self.exchange(&request, read_facts)
    }

    /// One exchange: sends `request` and reads its answers with `read`, which also learns when it was sent.
    pub(super) fn exchange<T>(
        &mut self,
        request: &Request,
        read: impl FnOnce(&mut Wire, Instant) -> Result<T, ReplyError>,
    ) -> Result<T, StoreError> {
        let mut wire = self.connected()?;
        wire.expect(request.mark());
        let asked = Instant::now();
        let answer = wire
            .send(request.bytes())
            .map_err(ReplyError::Wire)
            .and_then(|()| read(&mut wire, asked));
        match answer {
            Ok(answer) => {
                self.wire = Some(wire);
                Ok(answer)
            }
            Err(error) => {
                let in_doubt = request.is_in_doubt(wire.sent());
                let error = self.explain(error, in_doubt, wire.answered());
                wire.abort();
                Err(error)
            }
        }
    }

    /// The connection, opened if there is none; whoever takes it puts it back while it is in step.
    fn connected(&mut self) -> Result<Wire, StoreError> {
        let mut wire = match self.wire.take() {
            Some(wire) => wire,
            None => {
                Wire::open(&self.address, self.timeout).map_err(|error| self.not_dialled(&error))?
            }
        };
        wire.take_values(self.longest_value);
        wire.heed(&self.hurry);
        Ok(wire)
    }

    /// A part of an exchange in which nothing is written to the server's items.
    fn on_wire<T>(
        &mut self,
        part: impl FnOnce(&mut Wire) -> Result<T, ReplyError>,
    ) -> Result<T, StoreError> {
        if self.wire.is_none() {
            self.wire = Some(self.connected()?);
        }
        let wire = self.wire.as_mut().expect("opened just now");
        let outcome = part(wire);
        let answered = wire.answered();
        outcome.map_err(|error| {
            self.hang_up();
            self.explain(error, false, answered)
        })
    }

    /// The item that was seen; `None` on a miss or at the moment of expiry.
    fn item(&self, seen: Seen) -> Result<Option<Item>, StoreError> {
        seen.item.map_err(|unfit| match unfit {
            Unfit::NoCas => self.no_cas(),
            Unfit::Incomplete => self.foreign("a reply without token, expiry or flags"),
        })
    }
}

/// Reads the answers to `stats` and `stats settings`.
fn read_facts(wire: &mut Wire, asked: Instant) -> Result<Facts, ReplyError> {
    let stats = reply::stats(wire)?;
    let answered = Instant::now();
    let limits = reply::stats(wire)?.map_or_else(Limits::unknown, |stats| Limits::of(&stats));
    let stats = stats.unwrap_or_default();
    Ok(Facts {
        instance: Instance::of(&stats).filter(|_| !limits.is_proxy()),
        growth: Growth::of(&stats),
        clock: Clock::of(&stats, asked, answered),
        limits,
    })
}
