//! Finding out what a server understands: each question about items is asked once more if its answer is another dialect's.

use super::Session;
use crate::cas::{Key, StoreError};
use crate::client::protocol::choice::dialect_of;
use crate::client::protocol::{Dialect, Language, ReplyError, reply};
use crate::client::wire::{Wire, WireError};

/// How often a peer must hang up over a no-op, each time on a new connection: where connections are cut at random, a good
/// server's may be a few times in a row. With four, 7 of 89,000 increments on a busy machine, all of whose connections were
/// cut thirty times a second, took their server for a proxy.
const NO_OPS: usize = 8;

impl Session {
    /// How the server is spoken to, as far as it is known.
    pub(super) fn dialect(&self) -> &'static dyn Dialect {
        dialect_of(self.language)
    }

    /// Asks about `keys` by `ask`, which changes nothing on the server. If the answer shows that it speaks another dialect than
    /// thought, that is remembered, and the question is asked again in that one, on a new connection.
    pub(super) fn understood<T>(
        &mut self,
        keys: &[Key],
        mut ask: impl FnMut(&mut Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        loop {
            self.ensure_carried(keys)?;
            self.heard = None;
            let answer = ask(self);
            // No dialect is heard twice: what shows one is not said in it.
            match self.heard.take() {
                Some(language) if answer.is_err() && language != self.language => {
                    self.language = language;
                }
                _ => return answer,
            }
        }
    }

    /// Which dialect the server speaks by what went wrong; `first` if nobody has answered anything so far.
    pub(super) fn hear(&mut self, error: &ReplyError, first: bool) -> Option<Language> {
        match error {
            ReplyError::Speaks(language) => Some(*language),
            ReplyError::Wire(WireError::Cut(_))
                if first && self.language == Language::Meta && self.is_relay() =>
            {
                Some(Language::Relay)
            }
            _ => None,
        }
    }

    /// Whether the peer that hung up is a proxy that does so over every command it does not know: on a new connection it
    /// answers `version`, and hangs up again over a no-op, however often it is asked. A server whose connections are only cut now
    /// and then answers one of them.
    fn is_relay(&mut self) -> bool {
        let Ok(mut wire) = self.open() else {
            return false;
        };
        wire.heed(&self.hurry);
        let greeted = wire
            .send(b"version\r\n")
            .and_then(|()| reply::version(&mut wire));
        if greeted.is_err() {
            wire.abort();
            return false;
        }
        // It speaks text, and asks for no login.
        self.asks = Some(false);
        hangs_up_over_no_op(wire) && (1..NO_OPS).all(|_| self.open().is_ok_and(hangs_up_over_no_op))
    }

    /// A key that would have to travel as base64 can do so in few dialects.
    pub(super) fn ensure_carried(&self, keys: &[Key]) -> Result<(), StoreError> {
        let dialect = self.dialect();
        match keys.iter().find(|key| !dialect.carries(key)) {
            None => Ok(()),
            Some(key) => Err(StoreError::KeyForm(format!(
                "{key}: a key with spaces or control bytes cannot be sent to {}, which seems to be {}; \
                 memcached 1.6.10 or newer takes them",
                self.address,
                self.language.peer().unwrap_or("memcached")
            ))),
        }
    }
}

fn hangs_up_over_no_op(mut wire: Wire) -> bool {
    let asked = wire.ask_more(b"mn\r\n");
    let hung_up = asked.is_ok()
        && matches!(wire.line(), Err(WireError::Cut(_)))
        && wire.fragment().is_empty();
    wire.abort();
    hung_up
}

#[cfg(test)]
#[path = "language_tests.rs"]
mod tests;
