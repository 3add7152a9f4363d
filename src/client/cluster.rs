//! The servers as the domain sees them: one store, in which each key has its server.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::Session;
use super::address::Address;
use super::hash::Ring;
use super::session::look_each;
use crate::cas::{
    Counter, Found, Glance, Item, Key, Process, Store, StoreError, Swap, Take, Token, Want, Written,
};

/// One session for each server, and which of them holds a key.
pub(crate) struct Cluster {
    sessions: Vec<Session>,
    ring: Ring,
}

impl Cluster {
    /// The one server at `address`, which holds every key; nothing is sent before the first question. Values are taken up to
    /// `longest` bytes.
    pub(crate) fn of_one(address: Address, timeout: Duration, longest: usize) -> Cluster {
        Cluster {
            sessions: vec![Session::new(address, timeout).taking_values(longest)],
            ring: Ring::only(),
        }
    }

    /// Waits for an answer only a moment longer once `hurry` is up.
    pub(crate) fn hurried_by(mut self, hurry: &Arc<AtomicBool>) -> Cluster {
        let sessions = self.sessions.into_iter();
        self.sessions = sessions.map(|session| session.hurried_by(hurry)).collect();
        self
    }

    fn place(&self, key: &Key) -> usize {
        self.ring.server_of(key.as_bytes())
    }

    /// The session of the server that holds `key`.
    fn session(&mut self, key: &Key) -> &mut Session {
        let place = self.place(key);
        &mut self.sessions[place]
    }

    /// Asks each server for those of the keys that it holds; the answers come back in the order of the keys.
    fn each<T>(
        &mut self,
        keys: &[Key],
        ask: impl Fn(&mut Session, &[Key]) -> Result<Vec<Option<T>>, StoreError>,
    ) -> Result<Vec<Option<T>>, StoreError> {
        let mut answers: Vec<_> = keys.iter().map(|_| None).collect();
        for (place, held) in by_place(keys, |key| self.place(key)) {
            let asked: Vec<Key> = held.iter().map(|&at| keys[at].clone()).collect();
            for (at, answer) in held
                .into_iter()
                .zip(ask(&mut self.sessions[place], &asked)?)
            {
                answers[at] = answer;
            }
        }
        Ok(answers)
    }
}

/// The servers of the keys in the order in which they are first needed, and where in `keys` those are that each holds.
fn by_place(keys: &[Key], place: impl Fn(&Key) -> usize) -> Vec<(usize, Vec<usize>)> {
    let mut places: Vec<(usize, Vec<usize>)> = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        let place = place(key);
        match places.iter_mut().find(|(other, _)| *other == place) {
            Some((_, held)) => held.push(at),
            None => places.push((place, vec![at])),
        }
    }
    places
}

impl Store for Cluster {
    fn server(&self, key: &Key) -> String {
        self.sessions[self.place(key)].server(key)
    }

    fn look(&mut self, keys: &[Key]) -> Result<Vec<Option<Item>>, StoreError> {
        self.each(keys, Session::look)
    }

    fn look_each(&mut self, keys: &[Key], take: Take<'_>) {
        let ring = &self.ring;
        look_each(
            &mut self.sessions,
            keys,
            |key| ring.server_of(key.as_bytes()),
            take,
        );
    }

    fn glance(&mut self, keys: &[Key]) -> Result<Vec<Option<Glance>>, StoreError> {
        self.each(keys, Session::glance)
    }

    fn read(&mut self, key: &Key, want: Want) -> Result<Option<Item>, StoreError> {
        self.session(key).read(key, want)
    }

    fn instance(&mut self, key: &Key) -> Result<Option<String>, StoreError> {
        self.session(key).instance(key)
    }

    fn now(&mut self, key: &Key) -> Result<Option<u64>, StoreError> {
        self.session(key).now(key)
    }

    fn swap(&mut self, swap: &Swap) -> Result<Written, StoreError> {
        self.session(&swap.key).swap(swap)
    }

    fn swap_again(&mut self, swap: &Swap) -> Result<(Written, Option<Token>), StoreError> {
        self.session(&swap.key).swap_again(swap)
    }

    fn add(
        &mut self,
        key: &Key,
        delta: u64,
    ) -> Result<Option<(Counter, Option<Token>)>, StoreError> {
        self.session(key).add(key, delta)
    }

    fn delete(&mut self, key: &Key) -> Result<(), StoreError> {
        self.session(key).delete(key)
    }

    fn delete_if(&mut self, key: &Key, token: Token) -> Result<Written, StoreError> {
        self.session(key).delete_if(key, token)
    }

    fn release(&mut self, key: &Key, token: Token) -> Result<(), StoreError> {
        self.session(key).release(key, token)
    }

    fn reconnect(&mut self, key: &Key) -> Result<Process, StoreError> {
        self.session(key).reconnect(key)
    }

    fn look_again(&mut self, key: &Key) -> Result<Found, StoreError> {
        self.session(key).look_again(key)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::super::hash::Scheme;
    use super::super::servers::Servers;
    use super::*;

    fn keys(names: &[&str]) -> Vec<Key> {
        names.iter().map(|name| Key::new(*name).unwrap()).collect()
    }

    #[test]
    fn keys_are_asked_for_where_they_are_each_server_once() {
        let place = |key: &Key| usize::from(key.as_bytes()[0] - b'a');
        let places = by_place(&keys(&["b1", "a1", "b2", "a2", "b1"]), place);
        assert_eq!(places, [(1, vec![0, 2, 4]), (0, vec![1, 3])]);
        assert_eq!(by_place(&[], place), []);
    }

    /// A server that holds every key, each with the server's own name as value.
    fn server(name: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            let (mut peer, _) = listener.accept().unwrap();
            for line in BufReader::new(peer.try_clone().unwrap()).lines() {
                let line = line.unwrap();
                let number = line.rsplit_once('O').unwrap().1;
                let answer = if line.contains(" v ") {
                    format!("VA {} c5 t-1 f0 O{number}\r\n{name}\r\n", name.len())
                } else {
                    format!("HD c5 O{number}\r\n")
                };
                peer.write_all(answer.as_bytes()).unwrap();
            }
        });
        address
    }

    #[test]
    fn each_key_is_answered_by_its_own_server_in_the_order_of_the_keys() {
        let names = ["first", "second"];
        let addresses = names.map(server);
        let servers = Servers::of_lists([addresses.join(",")]).unwrap();
        let mut cluster = Cluster {
            sessions: servers
                .iter()
                .map(|server| {
                    Session::new(server.address().clone(), Duration::from_secs(5)).taking_values(6)
                })
                .collect(),
            ring: Ring::new(Scheme::Gomemcache, &servers).unwrap(),
        };
        let keys: Vec<Key> = (0..40)
            .map(|n| Key::new(format!("k{n}")).unwrap())
            .collect();
        let items = cluster.look(&keys).unwrap();
        let mut seen = [0, 0];
        for (key, item) in keys.iter().zip(items) {
            let place = cluster.place(key);
            seen[place] += 1;
            assert_eq!(item.unwrap().value, names[place].as_bytes(), "{key}");
            assert_eq!(cluster.server(key), addresses[place]);
        }
        assert!(seen[0] > 0 && seen[1] > 0, "{seen:?}");
    }
}
