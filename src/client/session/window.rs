//! Many keys in one exchange: items to be swapped or deleted, and their writes.
//!
//! Behind each write stands a no-op, so that an answer without a mark (an error line) is known for what it is, and those behind
//! it still count. If the connection breaks, each write has its own answer to whether it had been sent whole.

use std::time::Instant;

use super::ahead::PAUSE;
use super::read::BATCH_BYTES;
use super::{Session, read_facts};
use crate::cas::store::{Failure, Fault, InWindow};
use crate::cas::{Key, StoreError, Swap, Token, Ttl, Want, Written};
use crate::client::facts::{Clock, Facts, Route};
use crate::client::mark::Mark;
use crate::client::protocol::{Attempt, Deleted, ReplyError, Request, Seen, reply};
use crate::client::wire::{Wire, WireError};

/// A value that is longer does not wait with others.
const SMALL: usize = 16 * 1024;

/// A window of items as it was read: between two looks at the clock.
struct Window {
    facts: Facts,
    seen: Vec<Seen>,
    /// What the clock showed behind the items.
    time: Option<u64>,
}

impl Session {
    pub(super) fn read_together(&mut self, keys: &[Key]) -> Vec<Result<InWindow, StoreError>> {
        if !self.dialect().writes_in_windows() {
            return keys.iter().map(|_| Ok(InWindow::Alone)).collect();
        }
        let mut read = Vec::with_capacity(keys.len());
        while read.len() < keys.len() {
            let rest = &keys[read.len()..];
            if let Some(error) = self.trouble() {
                read.extend(rest.iter().map(|_| Err(error.clone())));
            } else {
                read.extend(self.read_batch(rest));
            }
        }
        read
    }

    /// Reads as many of the items as go into one write.
    fn read_batch(&mut self, keys: &[Key]) -> Vec<Result<InWindow, StoreError>> {
        let was_open = self.wire.is_some();
        let (count, mut window) = self.ask_window(keys);
        // A server that was restarted meanwhile has closed the connection; nothing was written by asking.
        if was_open && matches!(&window, Err((_, error)) if is_cut(error)) {
            (_, window) = self.ask_window(keys);
        }
        // It speaks a dialect in which nothing goes in windows, or none that was known when it was asked.
        if let Some(language) = self.heard.take() {
            self.language = language;
            return (0..count).map(|_| Ok(InWindow::Alone)).collect();
        }
        match window {
            Ok(window) => self.settle_window(keys, window),
            // One value that is longer than may be read: the others are read without it.
            Err((at, error @ StoreError::TooLong(_))) => (0..count)
                .map(|number| {
                    if number == at {
                        Err(error.clone().about(&keys[at]))
                    } else {
                        Ok(InWindow::Alone)
                    }
                })
                .collect(),
            Err((_, error)) => {
                if matches!(error, StoreError::Unreachable(_)) {
                    self.down = Some((Instant::now() + PAUSE, error.clone()));
                }
                (0..count).map(|_| Err(error.clone())).collect()
            }
        }
    }

    /// How many items were asked for, and the window; an error comes with the place of the item that it befell.
    fn ask_window(&mut self, keys: &[Key]) -> (usize, Result<Window, (usize, StoreError)>) {
        let dialect = self.dialect();
        let mut request = self.request();
        request.stats();
        request.settings();
        let mut count = 0;
        while count < keys.len() && request.bytes().len() < BATCH_BYTES {
            dialect.ask_item(&mut request, &keys[count], Want::Value, count);
            count += 1;
        }
        request.stats();
        let mut at = 0;
        let window = self.exchange(&request, |wire, asked| {
            let facts = read_facts(wire, asked)?;
            let mut seen = Vec::with_capacity(count);
            for (number, key) in keys.iter().take(count).enumerate() {
                at = number;
                wire.renew();
                seen.push(small(dialect.item(wire, key, Want::Value, number)?));
            }
            wire.renew();
            let stats = reply::stats(wire)?.unwrap_or_default();
            let clock = Clock::of(&stats, asked, Instant::now());
            Ok(Window {
                facts,
                seen,
                time: clock.map(|clock| clock.time),
            })
        });
        (count, window.map_err(|error| (at, error)))
    }

    fn settle_window(&mut self, keys: &[Key], window: Window) -> Vec<Result<InWindow, StoreError>> {
        self.facts = Some(window.facts);
        self.remembered = None;
        // Where the clock did not tick, each time left counts from what it showed.
        let clock = window
            .facts
            .clock
            .filter(|clock| Some(clock.time) == window.time);
        let seen = keys.iter().zip(window.seen);
        seen.map(|(key, seen)| {
            if !window.facts.limits.cas_enabled {
                return Err(self.no_cas());
            }
            let Some(mut item) = self.item(seen)? else {
                return Ok(InWindow::Read(None));
            };
            if let Ttl::Seconds(left) = item.ttl {
                item.expires_at = clock.map(|clock| clock.after(left));
            }
            let open = item.ttl != Ttl::Never && item.expires_at.is_none();
            if !open && item.value.len() == item.size {
                return Ok(InWindow::Read(Some(item)));
            }
            if item.freshness.won() {
                // The next read takes the win again, and whoever asked for it sees to it then.
                let _ = self.release_win(key, item.token);
            }
            Ok(InWindow::Alone)
        })
        .collect()
    }

    pub(super) fn swap_together(&mut self, swaps: &[Swap]) -> Vec<Result<Written, StoreError>> {
        let mut outcomes = Vec::with_capacity(swaps.len());
        while let Some(next) = swaps.get(outcomes.len()) {
            if matches!(self.route(next), Ok(Route::Meta)) {
                outcomes.extend(self.swap_batch(&swaps[outcomes.len()..]));
            } else if self.wire.is_some() {
                outcomes.push(self.send_swap(next, false).map(|(written, _)| written));
            } else {
                outcomes.push(Err(self.not_sent()));
            }
        }
        outcomes
    }

    /// Sends as many swaps as go into one write, and by `ms`.
    fn swap_batch(&mut self, swaps: &[Swap]) -> Vec<Result<Written, StoreError>> {
        let goes = |swap: &&Swap| matches!(self.route(swap), Ok(Route::Meta));
        let count = swaps.iter().take_while(goes).count();
        let attempt = |number: usize| Attempt {
            swap: &swaps[number],
            route: Route::Meta,
            looking: false,
        };
        let dialect = self.dialect();
        let answers = self.write_batch(
            count,
            |request, number| dialect.ask_swap(request, attempt(number)),
            |wire, number| {
                let answered = dialect.swap(wire, attempt(number))?;
                let complete = answered.complete;
                Ok((answered, complete))
            },
        );
        let outcomes = answers.into_iter().zip(swaps);
        outcomes
            .map(|(answered, swap)| self.swapped(answered?, swap).map(|(written, _)| written))
            .collect()
    }

    pub(super) fn delete_together(
        &mut self,
        items: &[(&Key, Token)],
    ) -> Vec<Result<Written, StoreError>> {
        let dialect = self.dialect();
        let mut outcomes = Vec::with_capacity(items.len());
        while outcomes.len() < items.len() {
            let rest = &items[outcomes.len()..];
            let answers = self.write_batch(
                rest.len(),
                |request, number| {
                    let (key, token) = rest[number];
                    dialect.ask_delete_if(request, key, token);
                },
                |wire, number| {
                    dialect
                        .delete_if(wire, rest[number].0)
                        .map(|deleted| (deleted, deleted.complete))
                },
            );
            for (answer, &(key, token)) in answers.into_iter().zip(rest) {
                outcomes.push(match answer {
                    // A server that finds every token to be the wrong one: it is asked in another way.
                    Ok(Deleted {
                        written: Written::Conflict,
                        token: Some(now),
                        ..
                    }) if now == token && self.wire.is_some() => self.delete_by_token(key, token),
                    answer => answer.map(|deleted| deleted.written),
                });
            }
        }
        outcomes
    }

    /// Sends as many of the writes as go into one, at least one of them, and reads their answers. With an answer comes whether
    /// all that was asked by this write has come.
    fn write_batch<A>(
        &mut self,
        most: usize,
        ask: impl Fn(&mut Request, usize),
        answer: impl Fn(&mut Wire, usize) -> Result<(A, bool), ReplyError>,
    ) -> Vec<Result<A, StoreError>> {
        let Some(mut wire) = self.wire.take() else {
            return (0..most).map(|_| Err(self.not_sent())).collect();
        };
        let mut request = self.request();
        // The mark of each write, and how much must arrive for it to be done.
        let mut writes: Vec<(Mark, usize)> = Vec::new();
        while writes.len() < most && request.bytes().len() < BATCH_BYTES {
            self.mark = self.mark.next();
            request.remark(self.mark);
            ask(&mut request, writes.len());
            request.barrier();
            writes.push((self.mark, request.effect_of_last()));
        }
        let mut answers = Vec::with_capacity(writes.len());
        let mut broken = wire.send(request.bytes()).map_err(ReplyError::Wire).err();
        while broken.is_none() && answers.len() < writes.len() {
            let number = answers.len();
            wire.renew();
            wire.expect(writes[number].0);
            wire.expect_barrier();
            match answer(&mut wire, number) {
                Ok((answer, whole)) => {
                    answers.push(Ok(answer));
                    broken = behind(&mut wire, whole).err();
                }
                // It was answered by an error, and those behind it are still to come.
                Err(error) if !wire.has_barrier() => {
                    answers.push(Err(self.explain(error, true, wire.answered())));
                }
                Err(error) => broken = Some(error),
            }
        }
        if let Some(error) = broken {
            let sent: Vec<bool> = writes[answers.len()..]
                .iter()
                .map(|&(_, whole)| wire.sent() >= whole)
                .collect();
            let error = self.explain(error, sent.first() == Some(&true), wire.answered());
            wire.abort();
            answers.extend(
                sent.into_iter()
                    .map(|sent| Err(self.without_answer(&error, sent))),
            );
        } else if answers.iter().all(Result::is_ok) {
            self.wire = Some(wire);
        }
        answers
    }

    /// What a broken connection means for a write that waits for its answer, if `error` is what it means for the first one.
    fn without_answer(&self, error: &StoreError, sent: bool) -> StoreError {
        match error {
            StoreError::Unknown(_) if !sent => self.not_sent(),
            error if !sent => error.clone(),
            StoreError::Unknown(failure) => StoreError::Unknown(failure.clone()),
            error => StoreError::Unknown(Failure {
                fault: Fault::Foreign,
                message: error.to_string(),
            }),
        }
    }

    fn not_sent(&self) -> StoreError {
        StoreError::Unreachable(Failure {
            fault: Fault::Cut,
            message: format!(
                "the connection to {} broke before this was sent",
                self.address
            ),
        })
    }
}

/// Reads what stands behind the answer to a write, if that came `whole`.
fn behind(wire: &mut Wire, whole: bool) -> Result<(), ReplyError> {
    if !whole {
        return Err(WireError::Cut("broke the connection off".into()).into());
    }
    if wire.has_barrier() {
        wire.pass_barrier()?;
    }
    Ok(())
}

/// The same without a value that is too long to wait with others.
fn small(mut seen: Seen) -> Seen {
    if let Ok(Some(item)) = &mut seen.item
        && item.size > SMALL
    {
        item.value = Vec::new();
    }
    seen
}

fn is_cut(error: &StoreError) -> bool {
    matches!(error, StoreError::Unreachable(failure) if failure.fault == Fault::Cut)
}
