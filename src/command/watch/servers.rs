//! The servers that are followed: each is lost and found by itself, and a dead one does not hold up the others.

use std::time::{Duration, Instant};

use super::Watch;
use crate::cas::{Glance, Key, Process, Store, StoreError};

/// One server, and those of the keys that it holds.
pub(super) struct Followed {
    pub(super) name: String,
    /// Where its keys are among all of them.
    pub(super) keys: Vec<usize>,
    /// Whether its last answers were understood.
    pub(super) reachable: bool,
    /// Whether they ever were, all that one look needs.
    pub(super) understood: bool,
    /// When it was looked for last, if it is lost.
    tried: Option<Instant>,
}

/// The servers of the keys, in the order in which the keys need them.
pub(super) fn of_keys(keys: &[Key], store: &dyn Store) -> Vec<Followed> {
    let mut servers: Vec<Followed> = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        let name = store.server(key);
        match servers.iter_mut().find(|server| server.name == name) {
            Some(server) => server.keys.push(at),
            None => servers.push(Followed {
                name,
                keys: vec![at],
                reachable: true,
                understood: false,
                tried: None,
            }),
        }
    }
    servers
}

/// What one look at a server has brought.
type Looked = Result<Vec<Option<Glance>>, StoreError>;

impl Watch<'_, '_> {
    /// Polls the servers, all at once; returns those that were looked at. Of those that are lost it finds out first whether
    /// the same process is back.
    pub(super) fn look(&mut self) -> Vec<(usize, Looked)> {
        let (mut asked, mut looked) = self.look_for_the_lost(self.args.interval);
        asked.extend((0..self.servers.len()).filter(|&at| self.servers[at].reachable));
        let places = asked.iter().flat_map(|&at| &self.servers[at].keys);
        let keys: Vec<Key> = places.map(|&at| self.args.keys[at].clone()).collect();
        let mut glances = self.context.store.glance_each(&keys).into_iter();
        for at in asked {
            let count = self.servers[at].keys.len();
            let glances: Looked = glances.by_ref().take(count).collect();
            looked.push((at, glances.and_then(|glances| self.meet(at, glances))));
        }
        looked.sort_by_key(|&(at, _)| at);
        looked
    }

    /// Asked once, on the connection that brought the first tokens: a later reconnect compares with it.
    fn meet(&mut self, server: usize, glances: Vec<Option<Glance>>) -> Looked {
        let key = &self.args.keys[self.servers[server].keys[0]];
        self.context.store.instance(key)?;
        Ok(glances)
    }

    /// Connects again to the servers that are lost, the longest untried first and no more of them than the time allows: one
    /// that is silent takes all of its time limit. Returns those that are back, and those that are not.
    fn look_for_the_lost(&mut self, time: Duration) -> (Vec<usize>, Vec<(usize, Looked)>) {
        let began = Instant::now();
        let servers = 0..self.servers.len();
        let mut lost: Vec<usize> = servers.filter(|&at| !self.servers[at].reachable).collect();
        lost.sort_by_key(|&at| self.servers[at].tried);
        let (mut back, mut looked) = (Vec::new(), Vec::new());
        for at in lost {
            if began.elapsed() > time {
                break;
            }
            self.servers[at].tried = Some(Instant::now());
            let key = &self.args.keys[self.servers[at].keys[0]];
            match self.context.store.reconnect(key) {
                Ok(process) => {
                    if process == Process::Other {
                        self.forget_tokens(at);
                    }
                    back.push(at);
                }
                Err(error) => looked.push((at, Err(error))),
            }
        }
        (back, looked)
    }

    fn forget_tokens(&mut self, server: usize) {
        for &at in &self.servers[server].keys {
            self.followers[at].forget_token();
        }
    }
}
