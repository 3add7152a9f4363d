//! The questions of the domain, each as one exchange with memcached.

use std::time::Instant;

use memcache::exp::ReturnCode;

use super::Memcached;
use super::read::numbered;
use super::reply::{self, Reply};
use super::request::Request;
use crate::cas::{
    Counter, Glance, Item, Key, Process, Store, StoreError, Swap, Token, Ttl, Want, Written,
};

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
        self.read_to_swap(key, want)
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
        self.send_swap(swap, false).map(|(written, _)| written)
    }

    fn swap_again(&mut self, swap: &Swap) -> Result<(Written, Option<Token>), StoreError> {
        self.send_swap(swap, true)
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
        let before = self.facts.take();
        self.remembered = None;
        let after = match self.learn() {
            Ok(facts) => facts.instance,
            Err(error) => {
                // The next attempt needs to know still whose tokens are held.
                self.facts = before;
                return Err(error);
            }
        };
        let before = before.and_then(|facts| facts.instance);
        Ok(if before.is_some() && before == after {
            Process::Same
        } else {
            Process::Other
        })
    }
}
