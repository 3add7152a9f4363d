//! Giving a recache win back that came with a read, so that the next reader gets it.

use super::Session;
use crate::cas::{Item, Key, StoreError, Token};
use crate::client::protocol::{Release, ReplyError, Undisturbed};

impl Session {
    /// Gives the win back and keeps the item's token, where the server can; returns whether it could.
    fn release_quietly(&mut self, key: &Key, token: Token) -> Result<bool, StoreError> {
        let dialect = self.dialect();
        let mut request = self.request();
        if self.takes_tokens == Some(false)
            || !dialect.ask_release(&mut request, key, token, Release::KeepingToken)
        {
            return Ok(false);
        }
        let accepted = self.exchange(&request, |wire, _| match dialect.release(wire) {
            Err(ReplyError::Rejected(_)) => Ok(false),
            released => released.map(|_| true),
        })?;
        if !accepted {
            // After an error answer a connection is not used again.
            self.wire = None;
        }
        self.takes_tokens = Some(accepted);
        Ok(accepted)
    }

    /// Gives the win back.
    pub(super) fn release_win(&mut self, key: &Key, token: Token) -> Result<(), StoreError> {
        if !self.release_quietly(key, token)? {
            self.release_and_look(key, token)?;
        }
        Ok(())
    }

    /// Gives the win back and corrects `item` for it: an older server makes a new token when it takes the win back.
    pub(super) fn give_back(&mut self, key: &Key, item: &mut Item) {
        if !matches!(self.release_quietly(key, item.token), Ok(false)) {
            return;
        }
        // Where no read tells value and token without taking the win again, the old token stays: it is spent, so a swap
        // with it conflicts, which is safe.
        if let Ok(Some(seen)) = self.release_and_look(key, item.token)
            && seen.certain
            && let Some(token) = Token::new(seen.token)
        {
            *item = Item {
                size: seen.value.len(),
                value: seen.value,
                flags: seen.flags,
                token,
                ..item.clone()
            };
        }
    }

    /// Gives the win back, and looks what the key holds then.
    ///
    /// Before 1.6.14 every token is found to be the wrong one (protocol.md 13). If the item still has it, the win is given back
    /// without one: whoever writes in that moment has the value made once more than needed.
    fn release_and_look(
        &mut self,
        key: &Key,
        token: Token,
    ) -> Result<Option<Undisturbed>, StoreError> {
        let (released, seen) = self.release_once(key, token, Release::Guarded)?;
        let held = |seen: &Undisturbed| Token::new(seen.token) == Some(token);
        if released || !seen.as_ref().is_some_and(held) {
            return Ok(seen);
        }
        Ok(self.release_once(key, token, Release::Unguarded)?.1)
    }

    fn release_once(
        &mut self,
        key: &Key,
        token: Token,
        how: Release,
    ) -> Result<(bool, Option<Undisturbed>), StoreError> {
        let dialect = self.dialect();
        let mut request = self.request();
        if !dialect.ask_release(&mut request, key, token, how) {
            return Ok((false, None));
        }
        let looking = dialect.ask_undisturbed(&mut request, key);
        self.exchange(&request, |wire, _| {
            let released = dialect.release(wire)?;
            let seen = if looking {
                dialect.undisturbed(wire, key)?
            } else {
                None
            };
            Ok((released, seen))
        })
    }
}
