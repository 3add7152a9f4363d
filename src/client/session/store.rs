//! The questions of the domain, each as one exchange with memcached.

use std::time::{Duration, Instant};

use super::Session;
use super::ahead::look_through;
use crate::cas::store::InWindow;
use crate::cas::{
    Counter, Found, Glance, Item, Key, Process, Store, StoreError, Swap, Take, Token, Want, Written,
};

// A session is the store of whatever its server holds: where only a server is asked, any key leads to this one.
impl Store for Session {
    fn server(&self, _: &Key) -> String {
        self.name()
    }

    fn peer(&self, _: &Key) -> Option<&'static str> {
        self.language.peer()
    }

    fn round_trip(&self, _: &Key) -> Option<Duration> {
        self.wire.as_ref()?.round_trip()
    }

    fn takes_proof(&self, _: &Key) -> Result<(), StoreError> {
        if self.dialect().is_sure_of_meta() {
            Ok(())
        } else {
            Err(self.knows_no_proof())
        }
    }

    fn try_proof(&mut self, key: &Key) -> Result<(), StoreError> {
        self.takes_proof(key)?;
        if self.takes_tokens.is_none() {
            let dialect = self.dialect();
            let mut request = self.request();
            dialect.ask_proof(&mut request);
            let taken = self.exchange(&request, |wire, _| dialect.proof(wire))?;
            self.takes_tokens = Some(taken);
        }
        match self.takes_tokens {
            Some(false) => Err(self.knows_no_proof()),
            _ => Ok(()),
        }
    }

    fn look(&mut self, keys: &[Key]) -> Result<Vec<Option<Item>>, StoreError> {
        let seen = self.in_batches(
            keys,
            |dialect, request, key, number| dialect.ask_item(request, key, Want::Value, number),
            |dialect, wire, number| dialect.item(wire, &keys[number], Want::Value, number),
        )?;
        let mut items = seen
            .into_iter()
            .map(|seen| self.item(seen))
            .collect::<Result<Vec<_>, _>>()?;
        for (key, item) in keys.iter().zip(&mut items) {
            if let Some(item) = item.as_mut().filter(|item| item.freshness.won()) {
                self.give_back(key, item);
            }
        }
        Ok(items)
    }

    fn look_through(&mut self, keys: &[Key], take: Take<'_>) {
        look_through(std::slice::from_mut(self), keys, |_| 0, take);
    }

    fn glance(&mut self, keys: &[Key]) -> Result<Vec<Option<Glance>>, StoreError> {
        self.poll(keys)
    }

    fn read(&mut self, key: &Key, want: Want) -> Result<Option<Item>, StoreError> {
        self.read_to_swap(key, want)
    }

    fn read_window(&mut self, keys: &[Key]) -> Vec<Result<InWindow, StoreError>> {
        self.read_together(keys)
    }

    fn swap_window(&mut self, swaps: &[Swap]) -> Vec<Result<Written, StoreError>> {
        self.swap_together(swaps)
    }

    fn delete_window(&mut self, items: &[(&Key, Token)]) -> Vec<Result<Written, StoreError>> {
        self.delete_together(items)
    }

    fn instance(&mut self, _: &Key) -> Result<Option<String>, StoreError> {
        Ok(self.learn()?.instance.map(|instance| instance.to_string()))
    }

    fn now(&mut self, _: &Key) -> Result<Option<u64>, StoreError> {
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
        let dialect = self.dialect();
        let mut request = self.request();
        dialect.ask_add(&mut request, key, delta);
        self.exchange(&request, |wire, _| dialect.add(wire, key))
    }

    fn delete(&mut self, key: &Key) -> Result<(), StoreError> {
        let dialect = self.dialect();
        let mut request = self.request();
        dialect.ask_delete(&mut request, key);
        self.exchange(&request, |wire, _| dialect.delete(wire, key))
    }

    fn delete_if(&mut self, key: &Key, token: Token) -> Result<Written, StoreError> {
        self.delete_by_token(key, token)
    }

    fn release(&mut self, key: &Key, token: Token) -> Result<(), StoreError> {
        self.release_win(key, token)
    }

    fn reconnect(&mut self, _: &Key) -> Result<Process, StoreError> {
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
