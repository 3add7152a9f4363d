//! Finding out what a server understands: each question about items is asked once more if its answer is another dialect's.

use super::Session;
use crate::cas::{Key, StoreError};
use crate::client::protocol::Dialect;

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
            let answer = ask(self);
            match self.heard.take() {
                // No dialect is heard twice: each answer of one shows another that comes after it.
                Some(language) if answer.is_err() => self.language = language,
                _ => return answer,
            }
        }
    }

    /// A key that would have to travel as base64 can do so in few dialects.
    fn ensure_carried(&self, keys: &[Key]) -> Result<(), StoreError> {
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
