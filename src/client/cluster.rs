//! The servers as the domain sees them: one store, in which each key has its server.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use super::Session;
use super::access::Access;
use super::address::Address;
use super::hash::Ring;
use super::servers::Servers;
use super::session::look_through;
use crate::cas::store::{InWindow, for_each_key};
use crate::cas::{
    Counter, Found, Glance, Item, Key, Process, Store, StoreError, Swap, Take, Token, Want, Written,
};

/// One session for each server, and which of them holds a key.
pub(crate) struct Cluster {
    sessions: Vec<Session>,
    ring: Ring,
}

impl Cluster {
    /// These servers, of which `ring` chooses one for each key; nothing is sent before the first question. Values are taken
    /// up to `longest` bytes.
    pub(crate) fn new(servers: &Servers, ring: Ring, timeout: Duration, longest: usize) -> Cluster {
        let session =
            |address: &Address| Session::new(address.clone(), timeout).taking_values(longest);
        let sessions = servers.iter().map(|server| session(server.address()));
        Cluster {
            sessions: sessions.collect(),
            ring,
        }
    }

    /// No server, for who asks no question by key.
    pub(crate) fn of_none() -> Cluster {
        Cluster {
            sessions: Vec::new(),
            ring: Ring::only(),
        }
    }

    /// The same with what servers may want to know before they let us in.
    pub(crate) fn with_access(mut self, access: &Arc<Access>) -> Cluster {
        let sessions = self.sessions.into_iter();
        self.sessions = sessions
            .map(|session| session.with_access(access))
            .collect();
        self
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

    /// Asks each server for those of the keys that it holds, all at once; the answers come back in the order of the keys.
    fn each<T: Send>(
        &mut self,
        keys: &[Key],
        ask: impl Fn(&mut Session, &[Key]) -> Result<Vec<Option<T>>, StoreError> + Sync,
    ) -> Vec<Result<Option<T>, StoreError>> {
        if let [only] = self.sessions.as_mut_slice() {
            return for_each_key(keys, ask(only, keys));
        }
        let mut held: Vec<Vec<usize>> = self.sessions.iter().map(|_| Vec::new()).collect();
        for (at, key) in keys.iter().enumerate() {
            held[self.place(key)].push(at);
        }
        let asked = self.sessions.iter_mut().zip(&held);
        let asked = asked.filter(|(_, held)| !held.is_empty()).collect();
        let answered = at_once(asked, |(session, held)| {
            let asked: Vec<Key> = held.iter().map(|&at| keys[at].clone()).collect();
            (held, ask(session, &asked))
        });
        let mut answers: Vec<_> = keys.iter().map(|_| Ok(None)).collect();
        for (held, answered) in answered {
            match answered {
                Ok(answered) => {
                    for (&at, answer) in held.iter().zip(answered) {
                        answers[at] = Ok(answer);
                    }
                }
                Err(error) => held.iter().for_each(|&at| answers[at] = Err(error.clone())),
            }
        }
        answers
    }
}

impl Cluster {
    /// Gives each server, all at once, those of the questions that are about its keys; the answers come back in the order of
    /// the questions.
    fn split<Q: Clone + Send + Sync, A: Send>(
        &mut self,
        questions: &[Q],
        key: impl Fn(&Q) -> &Key,
        ask: impl Fn(&mut Session, &[Q]) -> Vec<A> + Sync,
    ) -> Vec<A> {
        if let [only] = self.sessions.as_mut_slice() {
            return ask(only, questions);
        }
        let places: Vec<usize> = questions.iter().map(|one| self.place(key(one))).collect();
        let mut held: Vec<Vec<Q>> = self.sessions.iter().map(|_| Vec::new()).collect();
        for (question, &place) in questions.iter().zip(&places) {
            held[place].push(question.clone());
        }
        let asked: Vec<_> = self.sessions.iter_mut().zip(held).collect();
        let answers = at_once(asked, |(session, held)| {
            if held.is_empty() {
                Vec::new()
            } else {
                ask(session, &held)
            }
        });
        let mut answers: Vec<_> = answers.into_iter().map(Vec::into_iter).collect();
        let answers = places.into_iter().map(|place| answers[place].next());
        answers
            .map(|answer| answer.expect("an answer for each question"))
            .collect()
    }
}

/// How many servers are asked at once.
const AT_ONCE: usize = 64;

/// Puts a question to each of several servers, to all of them (of very many, to [`AT_ONCE`]) before the first has answered;
/// the answers come back in the order of the servers. Where there is only one, nothing is different from asking it.
pub(crate) fn at_once<S: Send, T: Send>(servers: Vec<S>, ask: impl Fn(S) -> T + Sync) -> Vec<T> {
    let mut answers = Vec::with_capacity(servers.len());
    let mut servers = servers.into_iter();
    while let Some(first) = servers.next() {
        thread::scope(|scope| {
            let ask = &ask;
            let others: Vec<_> = servers
                .by_ref()
                .take(AT_ONCE - 1)
                .map(|server| scope.spawn(move || ask(server)))
                .collect();
            answers.push(ask(first));
            answers.extend(others.into_iter().map(|other| {
                other
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }));
        });
    }
    answers
}

impl Store for Cluster {
    fn server(&self, key: &Key) -> String {
        self.sessions[self.place(key)].server(key)
    }

    fn peer(&self, key: &Key) -> Option<&'static str> {
        self.sessions[self.place(key)].peer(key)
    }

    fn round_trip(&self, key: &Key) -> Option<Duration> {
        self.sessions[self.place(key)].round_trip(key)
    }

    fn takes_proof(&self, key: &Key) -> Result<(), StoreError> {
        self.sessions[self.place(key)].takes_proof(key)
    }

    fn try_proof(&mut self, key: &Key) -> Result<(), StoreError> {
        self.session(key).try_proof(key)
    }

    fn look(&mut self, keys: &[Key]) -> Result<Vec<Option<Item>>, StoreError> {
        self.look_each(keys).into_iter().collect()
    }

    fn look_through(&mut self, keys: &[Key], take: Take<'_>) {
        let ring = &self.ring;
        look_through(
            &mut self.sessions,
            keys,
            |key| ring.server_of(key.as_bytes()),
            take,
        );
    }

    fn glance(&mut self, keys: &[Key]) -> Result<Vec<Option<Glance>>, StoreError> {
        self.glance_each(keys).into_iter().collect()
    }

    fn look_each(&mut self, keys: &[Key]) -> Vec<Result<Option<Item>, StoreError>> {
        self.each(keys, Session::look)
    }

    fn glance_each(&mut self, keys: &[Key]) -> Vec<Result<Option<Glance>, StoreError>> {
        self.each(keys, Session::glance)
    }

    fn read(&mut self, key: &Key, want: Want) -> Result<Option<Item>, StoreError> {
        self.session(key).read(key, want)
    }

    fn read_window(&mut self, keys: &[Key]) -> Vec<Result<InWindow, StoreError>> {
        self.split(keys, |key| key, Session::read_window)
    }

    fn swap_window(&mut self, swaps: &[Swap]) -> Vec<Result<Written, StoreError>> {
        self.split(swaps, |swap| &swap.key, Session::swap_window)
    }

    fn delete_window(&mut self, items: &[(&Key, Token)]) -> Vec<Result<Written, StoreError>> {
        self.split(items, |(key, _)| key, Session::delete_window)
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
    use std::sync::Barrier;

    use super::super::hash::Scheme;
    use super::super::servers::Servers;
    use super::*;

    fn keys(names: &[&str]) -> Vec<Key> {
        names.iter().map(|name| Key::new(*name).unwrap()).collect()
    }

    #[test]
    fn all_are_asked_before_the_first_has_answered() {
        let servers: Vec<usize> = (0..AT_ONCE + 3).collect();
        let met = Barrier::new(AT_ONCE);
        let answers = at_once(servers.clone(), |server| {
            if server < AT_ONCE {
                met.wait();
            }
            server
        });
        assert_eq!(answers, servers);
        let here = thread::current().id();
        assert_eq!(at_once(vec![()], |()| thread::current().id()), [here]);
        assert_eq!(at_once(Vec::<()>::new(), |()| ()), []);
    }

    #[test]
    fn a_server_that_is_down_fails_its_own_keys_only() {
        let down = TcpListener::bind("127.0.0.1:0").unwrap();
        let down = down.local_addr().unwrap().to_string();
        let servers = Servers::of_lists([server("up"), down.clone()]).unwrap();
        let ring = Ring::choose(Some(Scheme::Gomemcache), &servers).unwrap();
        let mut cluster = Cluster::new(&servers, ring, Duration::from_secs(5), 6);
        let keys = keys(&["k1", "k2", "k3", "k4"]);
        let mut seen = [0, 0];
        for (key, answer) in keys.iter().zip(cluster.look_each(&keys)) {
            let place = cluster.place(key);
            seen[place] += 1;
            match answer {
                Ok(item) => assert_eq!((place, item.unwrap().value), (0, b"up".to_vec())),
                Err(error) => assert!(place == 1 && error.to_string().contains(&down), "{error}"),
            }
        }
        assert!(seen[0] > 0 && seen[1] > 0, "{seen:?}");
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
        let ring = Ring::choose(Some(Scheme::Gomemcache), &servers).unwrap();
        let mut cluster = Cluster::new(&servers, ring, Duration::from_secs(5), 6);
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
