//! The questions of the domain, each as one exchange with memcached.

use std::time::Instant;

use memcache::exp::ReturnCode;

use super::Memcached;
use super::read::whole;
use super::reply::{self, Reply};
use super::request::Request;
use super::wire::WireError;
use crate::cas::{
    Counter, Found, Glance, Item, Key, Process, Store, StoreError, Swap, Token, Ttl, Want, Written,
};

impl Store for Memcached {
    fn look(&mut self, keys: &[Key]) -> Result<Vec<Option<Item>>, StoreError> {
        let replies = self.in_batches(keys, Request::get_whole, whole)?;
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
        self.exchange(&request, |wire, _| {
            let reply = Reply::read(wire)?;
            match (reply.code, reply.value.as_deref().map(Counter::parse)) {
                (ReturnCode::Nf, _) => Ok(None),
                (ReturnCode::Va, Some(Ok(counter))) => {
                    Ok(Some((counter, reply.token.and_then(Token::new))))
                }
                // An unreadable answer does not say what was done.
                (code, _) => Err(WireError::OutOfStep(format!("{code:?} to ma")).into()),
            }
        })
    }

    fn delete(&mut self, key: &Key) -> Result<(), StoreError> {
        let mut request = Request::new();
        request.delete(key);
        self.exchange(&request, |wire, _| Reply::read(wire))
            .map(|_| ())
    }

    fn delete_if(&mut self, key: &Key, token: Token) -> Result<Written, StoreError> {
        self.send_delete(key, token)
    }

    fn release(&mut self, key: &Key, token: Token) -> Result<(), StoreError> {
        self.release_win(key, token)
    }

    fn reconnect(&mut self) -> Result<Process, StoreError> {
        self.hang_up();
        // Keep what is known until somebody answers: a failed attempt says nothing about the process.
        let now = self.ask_facts()?;
        Ok(self.meet(now))
    }

    fn look_again(&mut self, key: &Key) -> Result<Found, StoreError> {
        self.hang_up();
        let known = self.facts;
        let item = self.read_to_swap(key, Want::Value);
        let now = std::mem::replace(&mut self.facts, known);
        let item = item?;
        let process = now.map_or(Process::Other, |now| self.meet(now));
        Ok(Found { process, item })
    }
}
