//! Writing: by which command a swap travels, and what becomes of the connection after its answer.

use super::Session;
use crate::cas::{Condition, Expiry, Key, Store, StoreError, Swap, Token, Written};
use crate::client::facts::{Limits, Route};
use crate::client::protocol::{Answer, Answered, Attempt};

impl Session {
    /// Sends a swap; `looking` asks in the same write which token the item has afterwards.
    pub(super) fn send_swap(
        &mut self,
        swap: &Swap,
        looking: bool,
    ) -> Result<(Written, Option<Token>), StoreError> {
        let attempt = Attempt {
            swap,
            route: self.route(swap)?,
            looking,
        };
        let dialect = self.dialect();
        let mut request = self.request();
        dialect.ask_swap(&mut request, attempt);
        let answered = self.exchange(&request, |wire, _| dialect.swap(wire, attempt))?;
        self.swapped(answered, swap)
    }

    /// What the answers to a swap mean.
    pub(super) fn swapped(
        &mut self,
        answered: Answered,
        swap: &Swap,
    ) -> Result<(Written, Option<Token>), StoreError> {
        if !answered.complete {
            self.wire = None;
        }
        let written = match self.written(answered.answer, swap)? {
            Written::Stored(token) if token != swap.proof && swap.proof.is_some() => {
                Written::Stored(token.and_then(|_| self.token_of(swap)))
            }
            written => written,
        };
        Ok((written, answered.token))
    }

    /// The token that the item has now, if it still holds what this swap has stored. The answer showed another one than the
    /// proof: somebody between us and the server has taken the proof away, or an increment came right behind (protocol.md 2.9).
    fn token_of(&mut self, swap: &Swap) -> Option<Token> {
        let seen = self.look(std::slice::from_ref(&swap.key)).ok()?;
        let item = seen.into_iter().next()??;
        (item.value == swap.value && item.flags == swap.flags).then_some(item.token)
    }

    /// Deletes an item by its token.
    ///
    /// Before 1.6.14 `md` finds every token to be the wrong one, and without meta commands there is no delete by token at all. A
    /// swap to a value that is gone as soon as it is written does the same.
    pub(super) fn delete_by_token(
        &mut self,
        key: &Key,
        token: Token,
    ) -> Result<Written, StoreError> {
        let dialect = self.dialect();
        let mut request = self.request();
        if dialect.ask_delete_if(&mut request, key, token) {
            let deleted = self.exchange(&request, |wire, _| dialect.delete_if(wire, key))?;
            if !deleted.complete {
                self.wire = None;
            }
            if deleted.written != Written::Conflict || deleted.token != Some(token) {
                return Ok(deleted.written);
            }
        }
        let swap = Swap {
            key: key.clone(),
            value: Vec::new(),
            flags: 0,
            expiry: Expiry::Past,
            condition: Condition::Token(token),
            proof: None,
            tell_token: false,
        };
        Ok(match self.send_swap(&swap, false)?.0 {
            Written::Stored(_) => Written::Stored(None),
            other => other,
        })
    }

    /// How this swap travels, or why it must not.
    pub(super) fn route(&self, swap: &Swap) -> Result<Route, StoreError> {
        let limits = self
            .facts
            .map_or_else(Limits::unknown, |facts| facts.limits);
        let size = swap.value.len();
        let sure = self.dialect().is_sure_of_meta();
        match limits.route(&swap.key, swap.flags, size) {
            Route::Meta | Route::Classic if swap.proof.is_some() && !sure => {
                Err(self.knows_no_proof())
            }
            Route::Meta if swap.key.is_plain() && !sure => Ok(Route::Classic),
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

    pub(super) fn knows_no_proof(&self) -> StoreError {
        StoreError::NoProof(format!(
            "{} cannot do --exactly-once: it knows no tokens of the client's choice (memcached 1.6.27 or newer does)",
            self.address
        ))
    }

    /// Turns an answer into an outcome. After an error answer the connection is not used again, unless it says no more than that
    /// there is no room: others may wait for their turn on it, by tokens that are this connection's.
    fn written(&mut self, answer: Answer, swap: &Swap) -> Result<Written, StoreError> {
        if !answer.leaves_in_step() {
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
                Err(self.knows_no_proof())
            }
            Answer::Refused(text) => Err(self.refused(&text)),
            Answer::Destroyed(text) => Err(StoreError::Destroyed(format!(
                "{address} did not store the value ({text}) and, as memcached does then, deleted the item that was there"
            ))),
        }
    }
}
