//! Polling: token and time left, so that nothing is disturbed.

use super::Session;
use crate::cas::{Glance, Key, StoreError, Token, Ttl, Want};

impl Session {
    /// Token and time left of each key.
    ///
    /// Where there is no `me`, a read tells as much. It takes the win of a stale item, which is given back at once, and that
    /// key is polled by `gets` from then on: it takes none, and tells no time.
    pub(super) fn poll(&mut self, keys: &[Key]) -> Result<Vec<Option<Glance>>, StoreError> {
        let refused = if self.knows_debug {
            match self.poll_by_debug(keys) {
                Err(StoreError::Refused(text)) => Some(text),
                polled => return polled,
            }
        } else {
            None
        };
        match (self.poll_by_reads(keys), refused) {
            // Whoever refuses a plain read as well has another reason.
            (Err(StoreError::Refused(_)), Some(text)) => Err(StoreError::Refused(text)),
            (polled, _) => {
                self.knows_debug &= polled.is_err();
                polled
            }
        }
    }

    fn poll_by_debug(&mut self, keys: &[Key]) -> Result<Vec<Option<Glance>>, StoreError> {
        // The answer to `me` is the same in all dialects that know it, and so does not tell which one this is.
        let greet = !self.met;
        let answers = self.in_batches(
            keys,
            |dialect, request, key, number| {
                if greet && number == 0 {
                    dialect.ask_hello(request);
                }
                dialect.ask_glance(request, key);
            },
            |dialect, wire, number| {
                if greet && number == 0 {
                    dialect.hello(wire)?;
                }
                dialect.glance(wire, &keys[number])
            },
        )?;
        answers
            .into_iter()
            .map(|answer| {
                answer
                    .map(|(number, ttl)| self.glanced(number, ttl))
                    .transpose()
            })
            .collect()
    }

    fn poll_by_reads(&mut self, keys: &[Key]) -> Result<Vec<Option<Glance>>, StoreError> {
        let stale = std::mem::take(&mut self.stale);
        let is_stale = |key: &Key| stale.contains(key);
        let answers = self.in_batches(
            keys,
            |dialect, request, key, number| {
                if !(is_stale(key) && dialect.ask_undisturbed(request, key)) {
                    dialect.ask_item(request, key, Want::Meta, number);
                }
            },
            |dialect, wire, number| {
                if is_stale(&keys[number]) && keys[number].is_plain() {
                    let seen = dialect.undisturbed(wire, &keys[number])?;
                    return Ok(Err(seen.map(|seen| seen.token)));
                }
                dialect
                    .item(wire, &keys[number], Want::Meta, number)
                    .map(Ok)
            },
        );
        self.stale = stale;
        let mut glances = Vec::with_capacity(keys.len());
        for (key, answer) in keys.iter().zip(answers?) {
            let glance = match answer {
                Err(seen) => seen
                    .map(|number| self.glanced(number, Ttl::Unknown))
                    .transpose()?,
                Ok(seen) => match self.item(seen)? {
                    None => None,
                    Some(mut item) => {
                        if item.freshness.won() {
                            self.give_back(key, &mut item);
                            self.stale.push(key.clone());
                        }
                        let (token, ttl) = (item.token, item.ttl);
                        Some(Glance { token, ttl })
                    }
                },
            };
            glances.push(glance);
        }
        Ok(glances)
    }

    fn glanced(&self, number: u64, ttl: Ttl) -> Result<Glance, StoreError> {
        let token = Token::new(number).ok_or_else(|| self.no_cas())?;
        Ok(Glance { token, ttl })
    }
}
