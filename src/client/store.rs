//! The questions of the domain, each as one exchange with memcached.

use std::time::Instant;

use memcache::exp::ReturnCode;

use super::facts::{Facts, Route, Settings};
use super::reply::{self, Reply, ReplyError, error_line};
use super::request::Request;
use super::wire::{Wire, WireError};
use super::{Memcached, read_facts};
use crate::cas::{
    Condition, Counter, Freshness, Glance, Item, Key, Process, Store, StoreError, Swap, Token, Ttl,
    Want, Written,
};

/// Requests of one write. A server stops reading while its answers are not taken, so a write must fit the buffers
/// between us (protocol.md 3); this much always does, and holds a hundred keys of any length.
const BATCH_BYTES: usize = 32 * 1024;

/// How often a read is repeated because the server's clock ticked, or the item changed, within it.
const READS: usize = 3;

/// How a write was answered, where the answer is more than stored or not.
enum Answer {
    Written(Written),
    TooLarge,
    Refused(String),
    Destroyed(String),
}

impl Store for Memcached {
    fn look(&mut self, keys: &[Key]) -> Result<Vec<Option<Item>>, StoreError> {
        let replies = self.in_batches(
            keys,
            |request, key, n| request.get(key, Want::Value, n),
            numbered,
        )?;
        let mut items = replies
            .into_iter()
            .map(|reply| self.item(reply))
            .collect::<Result<Vec<_>, _>>()?;
        for (key, item) in keys.iter().zip(&mut items) {
            if let Some(item) = item.as_mut().filter(|item| item.freshness.won()) {
                self.give_back(key, item);
            }
        }
        Ok(items)
    }

    fn glance(&mut self, keys: &[Key]) -> Result<Vec<Option<Glance>>, StoreError> {
        let answers = self.in_batches(
            keys,
            |request, key, _| request.debug(key),
            |wire, _| reply::debug(wire),
        )?;
        let glance = |(number, left): (u64, i64)| {
            let token = Token::new(number).ok_or_else(|| self.no_cas())?;
            // The sign of the time left depends on the server's version (protocol.md 1.1).
            let ttl = if left == -1 {
                Ttl::Never
            } else {
                Ttl::Seconds(left.unsigned_abs())
            };
            Ok(Glance { token, ttl })
        };
        answers
            .into_iter()
            .map(|answer| answer.map(glance).transpose())
            .collect()
    }

    fn read(&mut self, key: &Key, want: Want) -> Result<Option<Item>, StoreError> {
        let mut won = None;
        if let Some(facts) = self.facts {
            let item = self.read_by_clock(key, want, facts)?;
            match item {
                Some(item)
                    if item.ttl != Ttl::Never
                        && facts.clock.is_some()
                        && item.expires_at.is_none() =>
                {
                    won = item.freshness.won().then_some(item.token);
                }
                settled => return Ok(settled),
            }
        }
        for reads_left in (0..READS).rev() {
            let (mut item, exact) = self.read_with_clock(key, want)?;
            if exact || reads_left == 0 {
                if let Some(item) = item.as_mut().filter(|item| won == Some(item.token)) {
                    item.freshness = Freshness::Stale { won: true };
                }
                self.remembered = item
                    .as_ref()
                    .and_then(|item| item.expires_at)
                    .map(|moment| (key.clone(), moment));
                return Ok(item);
            }
        }
        unreachable!("the last read returns")
    }

    fn instance(&mut self) -> Result<Option<String>, StoreError> {
        Ok(self.learn()?.instance.map(|instance| instance.to_string()))
    }

    fn now(&mut self) -> Result<Option<u64>, StoreError> {
        Ok(self
            .learn()?
            .clock
            .map(|clock| clock.earliest(Instant::now())))
    }

    fn swap(&mut self, swap: &Swap) -> Result<Written, StoreError> {
        let route = self.route(swap)?;
        let mut request = Request::new();
        let answer = if route == Route::Classic {
            request.classic_swap(swap);
            request.classic_gets(&swap.key);
            self.exchange(&request, |wire, _| Ok(classic_answer(wire, swap)?.0))?
        } else {
            request.swap(swap);
            self.exchange(&request, |wire, _| meta_answer(wire, swap))?
        };
        self.written(answer, swap)
    }

    fn swap_again(&mut self, swap: &Swap) -> Result<(Written, Option<Token>), StoreError> {
        let route = self.route(swap)?;
        let mut request = Request::new();
        let (answer, token) = if route == Route::Classic {
            request.classic_swap(swap);
            request.classic_gets(&swap.key);
            self.exchange(&request, |wire, _| classic_answer(wire, swap))?
        } else {
            request.swap(swap);
            request.debug(&swap.key);
            self.exchange(&request, |wire, _| {
                let answer = meta_answer(wire, swap)?;
                Ok((
                    answer,
                    reply::debug(wire)?.and_then(|(number, _)| Token::new(number)),
                ))
            })?
        };
        Ok((self.written(answer, swap)?, token))
    }

    fn add(
        &mut self,
        key: &Key,
        delta: u64,
    ) -> Result<Option<(Counter, Option<Token>)>, StoreError> {
        let mut request = Request::new();
        request.add(key, delta);
        let reply = self.exchange(&request, |wire, _| Reply::read(wire))?;
        match (reply.code, reply.value.as_deref().map(Counter::parse)) {
            (ReturnCode::Nf, _) => Ok(None),
            (ReturnCode::Va, Some(Ok(counter))) => {
                Ok(Some((counter, reply.token.and_then(Token::new))))
            }
            _ => Err(self.foreign("an answer to arithmetic that is no number")),
        }
    }

    fn release(&mut self, key: &Key, token: Token) -> Result<(), StoreError> {
        let mut request = Request::new();
        request.release(key, token);
        self.exchange(&request, |wire, _| Reply::read(wire))
            .map(|_| ())
    }

    fn reconnect(&mut self) -> Result<Process, StoreError> {
        if let Some(wire) = self.wire.take() {
            wire.abort();
        }
        let before = self.facts.take().and_then(|facts| facts.instance);
        self.remembered = None;
        let after = self.learn()?.instance;
        Ok(if before.is_some() && before == after {
            Process::Same
        } else {
            Process::Other
        })
    }
}

impl Memcached {
    /// One question per key, as many of them in one write as is safe.
    fn in_batches<T>(
        &mut self,
        keys: &[Key],
        ask: impl Fn(&mut Request, &Key, usize),
        read: impl Fn(&mut Wire, usize) -> Result<T, ReplyError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut answers = Vec::with_capacity(keys.len());
        while answers.len() < keys.len() {
            let first = answers.len();
            let mut request = Request::new();
            let mut next = first;
            while next < keys.len() && request.bytes().len() < BATCH_BYTES {
                ask(&mut request, &keys[next], next);
                next += 1;
            }
            let batch = self.exchange(&request, |wire, _| {
                (first..next)
                    .map(|n| read(wire, n))
                    .collect::<Result<Vec<_>, _>>()
            })?;
            answers.extend(batch);
        }
        Ok(answers)
    }

    /// Reads an item on a connection whose server is known. The moment of expiry is left open if it may have moved.
    fn read_by_clock(
        &mut self,
        key: &Key,
        want: Want,
        facts: Facts,
    ) -> Result<Option<Item>, StoreError> {
        let mut request = Request::new();
        request.get(key, want, 0);
        let (reply, asked) =
            self.exchange(&request, |wire, asked| Ok((numbered(wire, 0)?, asked)))?;
        let mut item = self.item(reply)?;
        if let (Some(item), Some(clock), Some((remembered, moment))) =
            (&mut item, facts.clock, &self.remembered)
            && remembered == key
            && let Ttl::Seconds(left) = item.ttl
        {
            // If the expiry stayed, the clock shows `moment - left` now; that must be a time it can show.
            let possible = clock.earliest(asked)..=clock.latest(Instant::now());
            item.expires_at = moment
                .checked_sub(left)
                .filter(|now| possible.contains(now))
                .map(|_| *moment);
        }
        Ok(item)
    }

    /// Reads an item together with the server's clock, in one write: item, clock, item. If both looks at the item agree,
    /// no tick fell in between and clock + time left is its moment of expiry, exactly (protocol.md 2.8).
    fn read_with_clock(
        &mut self,
        key: &Key,
        want: Want,
    ) -> Result<(Option<Item>, bool), StoreError> {
        let mut request = Request::new();
        request.get(key, want, 0);
        request.stats();
        request.settings();
        request.get(key, Want::Meta, 1);
        let (first, facts, second) = self.exchange(&request, |wire, asked| {
            Ok((
                numbered(wire, 0)?,
                read_facts(wire, asked)?,
                numbered(wire, 1)?,
            ))
        })?;
        self.facts = Some(facts);
        if !facts.settings.cas_enabled {
            return Err(self.no_cas());
        }
        let exact = (first.token, first.ttl) == (second.token, second.ttl);
        let mut item = self.item(first)?;
        if let (Some(item), Some(clock)) = (&mut item, facts.clock)
            && let Ttl::Seconds(left) = item.ttl
        {
            item.expires_at = Some(clock.time + left);
        }
        Ok((item, exact))
    }

    /// How this swap travels, or why it must not.
    fn route(&self, swap: &Swap) -> Result<Route, StoreError> {
        let settings = self
            .facts
            .map_or_else(Settings::unknown, |facts| facts.settings);
        let size = swap.value.len();
        match settings.route(&swap.key, swap.flags, size) {
            Route::TooLarge(most) => Err(StoreError::TooLarge(format!(
                "the value has {size} bytes; {} takes at most {most} under this key (its -I sets the limit)",
                self.address
            ))),
            Route::Classic if swap.proof.is_some() => Err(StoreError::Refused(format!(
                "--exactly-once cannot be had for this value: whether {} would take it is not certain, \
                 and a failing meta command deletes the item",
                self.address
            ))),
            route => Ok(route),
        }
    }

    /// Turns an answer into an outcome; after an error answer the connection is not used again.
    fn written(&mut self, answer: Answer, swap: &Swap) -> Result<Written, StoreError> {
        if !matches!(answer, Answer::Written(_)) {
            self.wire = None;
        }
        let address = &self.address;
        match answer {
            Answer::Written(written) => Ok(written),
            Answer::TooLarge => Err(StoreError::TooLarge(format!(
                "the value has {} bytes, which is too large for {address}",
                swap.value.len()
            ))),
            Answer::Refused(text) if swap.proof.is_some() && text == "invalid flag" => {
                Err(StoreError::Refused(format!(
                    "{address} cannot do --exactly-once: it knows no tokens of the client's choice (memcached 1.6.27 or newer does)"
                )))
            }
            Answer::Refused(text) => Err(self.refused(&text)),
            Answer::Destroyed(text) => Err(StoreError::Destroyed(format!(
                "{address} did not store the value ({text}) and, as memcached does then, deleted the item that was there"
            ))),
        }
    }

    /// Gives a recache win back and corrects `item` for it: the server makes a new token when it takes the win back.
    fn give_back(&mut self, key: &Key, item: &mut Item) {
        let mut request = Request::new();
        request.release(key, item.token);
        if !key.is_plain() {
            // No read tells value and token together without taking the win again. The old token stays: it is spent, so a
            // swap with it conflicts, which is safe.
            let _ = self.exchange(&request, |wire, _| Reply::read(wire));
            return;
        }
        request.classic_gets(key);
        let seen = self.exchange(&request, |wire, _| {
            Reply::read(wire)?;
            reply::classic_value(wire)
        });
        if let Ok(Some((value, flags, number))) = seen
            && let Some(token) = Token::new(number)
        {
            *item = Item {
                size: value.len(),
                value,
                flags,
                token,
                ..item.clone()
            };
        }
    }
}

/// A reply to the read with this number.
fn numbered(wire: &mut Wire, number: usize) -> Result<Reply, ReplyError> {
    let reply = Reply::read(wire)?;
    if reply.opaque == Some(number) {
        return Ok(reply);
    }
    Err(
        WireError::Garbage(format!("{:?} instead of answer {number}", reply.code).into_bytes())
            .into(),
    )
}

/// The answer to `ms`.
fn meta_answer(wire: &mut Wire, swap: &Swap) -> Result<Answer, ReplyError> {
    let reply = match Reply::read(wire) {
        Ok(reply) => reply,
        Err(ReplyError::Rejected(text)) => return Ok(Answer::Refused(text)),
        Err(ReplyError::Server(text)) if is_for_space(&text) => return Ok(Answer::Destroyed(text)),
        Err(error) => return Err(error),
    };
    let written = match (reply.code, swap.condition) {
        (ReturnCode::Hd, _) => Written::Stored(reply.token.and_then(Token::new)),
        (ReturnCode::Ex, Condition::Token(_)) | (ReturnCode::Ns, Condition::Absent) => {
            Written::Conflict
        }
        (ReturnCode::Nf, Condition::Token(_)) => Written::Missing,
        (code, _) => {
            return Err(WireError::Garbage(format!("{code:?} to a swap").into_bytes()).into());
        }
    };
    Ok(Answer::Written(written))
}

/// The answer to classic `cas` or `add` and the `gets` behind it, which shows our token if it shows our value.
fn classic_answer(wire: &mut Wire, swap: &Swap) -> Result<(Answer, Option<Token>), ReplyError> {
    let line = wire.line()?;
    let stored = match (line.as_slice(), swap.condition) {
        (b"STORED", _) => true,
        (b"EXISTS", Condition::Token(_)) | (b"NOT_STORED", Condition::Absent) => false,
        (b"NOT_FOUND", Condition::Token(_)) => {
            reply::classic_value(wire)?;
            return Ok((Answer::Written(Written::Missing), None));
        }
        _ => return Ok((classic_error(line)?, None)),
    };
    let seen = reply::classic_value(wire)?;
    let token = seen.as_ref().and_then(|(_, _, number)| Token::new(*number));
    if !stored {
        return Ok((Answer::Written(Written::Conflict), token));
    }
    // Another writer may have come between the two: only the token of our own value may be passed on.
    let ours = seen
        .filter(|(value, flags, _)| *value == swap.value && *flags == swap.flags)
        .and(token);
    Ok((Answer::Written(Written::Stored(ours)), token))
}

fn classic_error(line: Vec<u8>) -> Result<Answer, ReplyError> {
    match error_line(&line) {
        Some(ReplyError::Server(text)) if text.contains("too large") => Ok(Answer::TooLarge),
        Some(ReplyError::Server(text)) if is_for_space(&text) => Ok(Answer::Refused(text)),
        Some(ReplyError::Rejected(text)) => Ok(Answer::Refused(text)),
        Some(error) => Err(error),
        None => Err(WireError::Garbage(line).into()),
    }
}

/// Whether a `SERVER_ERROR` means "not stored for want of room": definite, where other server errors are not.
fn is_for_space(text: &str) -> bool {
    text.contains("too large") || text.contains("out of memory")
}
