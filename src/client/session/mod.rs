//! What goes on between us and one server: the connection, what the server said of itself, and what is remembered of it.
//!
//! Each exchange is one write and its answers. After any error the connection is dropped (protocol.md rule 11), and the error
//! says what the caller may conclude: a write that was sent whole is *unknown*, anything else was not applied.

mod ahead;
mod contact;
mod errors;
mod language;
mod login;
mod looks;
mod poll;
mod read;
mod release;
mod store;
mod stranger;
mod swap;
mod window;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

pub(super) use self::ahead::look_through;
use self::looks::Looks;
use crate::cas::{Item, Key, Process, StoreError};
use crate::client::access::Access;
use crate::client::address::Address;
use crate::client::facts::{Clock, Facts, Growth, Instance, Limits};
use crate::client::mark::Mark;
use crate::client::protocol::{Language, ReplyError, Request, Seen, Unfit, reply};
use crate::client::wire::{Wire, WireError};

/// One server, and what is remembered of it. The connection is opened when it is first needed.
pub(crate) struct Session {
    pub(super) address: Address,
    pub(super) timeout: Duration,
    pub(super) access: Arc<Access>,
    longest_value: usize,
    /// Up when an answer is to be waited for only a moment longer.
    hurry: Arc<AtomicBool>,
    /// What the server understands, as far as its answers have shown.
    language: Language,
    /// What it turned out to speak instead, until that is heeded.
    heard: Option<Language>,
    /// Whether it has ever answered anything that was understood.
    met: bool,
    /// Whether it knows `me`, by which a poll disturbs nothing.
    knows_debug: bool,
    /// Keys whose items were seen stale where there is no `me`: a poll by `mg` would take the win each time.
    stale: Vec<Key>,
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
    /// How closely items are looked at in windows, by what the last one held.
    looks: Looks,
    /// Until when no window is tried after one that led to nobody, and why it did.
    down: Option<(Instant, StoreError)>,
    /// Whether the server asks for a login; `None` until it has answered.
    pub(in crate::client) asks: Option<bool>,
    /// Whether it is one of the binary protocol; `None` until that was tried.
    binary: Cell<Option<bool>>,
}

impl Session {
    /// The server at `address`; nothing is sent before the first question.
    ///
    /// `timeout` bounds connecting and each exchange. Values are taken only after [`taking_values`](Session::taking_values).
    pub(crate) fn new(address: Address, timeout: Duration) -> Session {
        Session {
            address,
            timeout,
            access: Arc::default(),
            longest_value: 0,
            hurry: Arc::default(),
            language: Language::Meta,
            heard: None,
            met: false,
            knows_debug: true,
            stale: Vec::new(),
            wire: None,
            facts: None,
            remembered: None,
            expiry_moves: false,
            mark: Mark::default(),
            takes_tokens: None,
            looks: Looks::Two,
            down: None,
            asks: None,
            binary: Cell::default(),
        }
    }

    /// The same for values of at most so many bytes: of a longer one nothing is read.
    pub(crate) fn taking_values(mut self, longest: usize) -> Session {
        self.longest_value = longest;
        self
    }

    /// The same with what the server may want to know before it lets us in.
    pub(crate) fn with_access(mut self, access: &Arc<Access>) -> Session {
        self.access = Arc::clone(access);
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
        let says_proxy = self.learn()?.limits.says_proxy();
        Ok(says_proxy || self.language == Language::Relay)
    }

    /// Whether, for all that is known, it may be one.
    pub(in crate::client) fn may_be_proxy(&self) -> bool {
        self.facts.is_some_and(|facts| facts.limits.is_proxy())
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
        self.understood(&[], |session| {
            if !session.dialect().tells().statistics {
                return Ok(Facts::untold());
            }
            let mut request = session.request();
            request.stats();
            request.settings();
            session.exchange(&request, read_facts)
        })
    }

    /// One exchange: sends `request` and reads its answers with `read`, which also learns when it was sent.
    pub(super) fn exchange<T>(
        &mut self,
        request: &Request,
        read: impl FnMut(&mut Wire, Instant) -> Result<T, ReplyError>,
    ) -> Result<T, StoreError> {
        let mut wire = match self.wire.take() {
            Some(wire) => wire,
            None => self.open()?,
        };
        let new = !wire.answered();
        wire.take_values(self.longest_value);
        wire.heed(&self.hurry);
        wire.expect(request.mark());
        match self.put(&mut wire, new, request, read) {
            Ok(answer) => {
                self.wire = Some(wire);
                self.met = true;
                Ok(answer)
            }
            Err((error, in_doubt)) => {
                self.heard = self.hear(&error, !self.met && !in_doubt && !wire.answered());
                let error = self.explain(error, in_doubt, wire.answered());
                wire.abort();
                Err(error)
            }
        }
    }

    /// Puts a question and reads its answer; logs in where the server asks for it at the beginning of a connection. An error
    /// comes with whether a write is in doubt.
    fn put<T>(
        &mut self,
        wire: &mut Wire,
        new: bool,
        request: &Request,
        mut read: impl FnMut(&mut Wire, Instant) -> Result<T, ReplyError>,
    ) -> Result<T, (ReplyError, bool)> {
        if new && self.is_to_knock(request) {
            self.knock_and_log_in(wire)
                .map_err(|error| (error, false))?;
        }
        let mut ask = |wire: &mut Wire| {
            let asked = Instant::now();
            wire.send(request.bytes())?;
            let answer = read(wire, asked)?;
            wire.came_back_in(asked.elapsed());
            Ok(answer)
        };
        let mut answer = ask(wire);
        if new {
            let asks = matches!(answer, Err(ReplyError::Wire(WireError::Unauthenticated)));
            if asks || answer.is_ok() {
                self.asks = Some(asks);
            }
            if asks && !request.writes() {
                self.log_in(wire).map_err(|error| (error, false))?;
                answer = ask(wire);
            }
        }
        answer.map_err(|error| (error, request.is_in_doubt(wire.sent())))
    }

    /// A connection to put windows of questions on: the one that is there, or a new one on which we are logged in.
    fn connected(&mut self) -> Result<Wire, StoreError> {
        if let Some(wire) = self.wire.take() {
            return Ok(wire);
        }
        let mut wire = self.open()?;
        wire.take_values(self.longest_value);
        wire.heed(&self.hurry);
        if self.may_ask_for_login()
            && let Err(error) = self.knock_and_log_in(&mut wire)
        {
            let error = self.explain(error, false, wire.answered());
            wire.abort();
            return Err(error);
        }
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
        match outcome {
            Ok(answer) => {
                self.met |= answered;
                Ok(answer)
            }
            Err(error) => {
                self.heard = self.hear(&error, !self.met && !answered);
                self.hang_up();
                Err(self.explain(error, false, answered))
            }
        }
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
        // Another machine's clock may go otherwise, and each write would move the expiry by the difference. A server of one's own
        // does not hide its settings: what shows a clock without them is somebody in between (protocol.md 8).
        clock: Clock::of(&stats, asked, answered).filter(|_| !limits.is_proxy()),
        limits,
    })
}
