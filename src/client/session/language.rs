//! Finding out what a server understands: each question about items is asked once more if its answer is another dialect's.

use super::Session;
use crate::cas::{Key, StoreError};
use crate::client::protocol::{Dialect, Language, ReplyError, reply};
use crate::client::wire::WireError;

/// What a failed exchange says about the server's dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// It speaks this one.
    Language(Language),
    /// It hung up over the very first question: it may know no such command.
    Nothing,
}

impl Heard {
    /// What is heard in an error; `first` if nobody has answered anything on this connection or on one before it.
    pub(super) fn of(error: &ReplyError, first: bool) -> Option<Heard> {
        match error {
            ReplyError::Speaks(language) => Some(Heard::Language(*language)),
            ReplyError::Wire(WireError::Cut(_)) if first => Some(Heard::Nothing),
            _ => None,
        }
    }
}

impl Session {
    /// How the server is spoken to, as far as it is known.
    pub(super) fn dialect(&self) -> &'static dyn Dialect {
        self.language.dialect()
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
            // No dialect is heard twice: each answer of one shows another that comes after it.
            match (&answer, self.heard.take()) {
                (Err(_), Some(Heard::Language(language))) => self.language = language,
                _ => return answer,
            }
        }
    }

    /// What is heard in an error, once it is known who it was that hung up without a word.
    pub(super) fn hear(&self, error: &ReplyError, first: bool) -> Option<Heard> {
        match Heard::of(error, first) {
            Some(Heard::Nothing) if self.is_relay() => {
                // Then it is not one of the binary protocol, either.
                self.binary.set(Some(false));
                Some(Heard::Language(Language::Relay))
            }
            heard => heard,
        }
    }

    /// Whether the peer that hung up is a proxy that does so over every command it does not know: on a new connection it
    /// answers `version`, and hangs up again over a no-op. A server that only had a bad moment answers both.
    fn is_relay(&self) -> bool {
        let Ok(mut wire) = self.open() else {
            return false;
        };
        wire.heed(&self.hurry);
        let greeted = wire
            .send(b"version\r\n")
            .and_then(|()| reply::version(&mut wire))
            .and_then(|()| wire.ask_more(b"mn\r\n"));
        let hung_up = greeted.is_ok() && matches!(wire.line(), Err(WireError::Cut(_)));
        wire.abort();
        hung_up
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

#[cfg(test)]
#[path = "language_tests.rs"]
mod tests;
