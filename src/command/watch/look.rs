//! One look at all servers; those that are lost are looked for first.

use std::time::{Duration, Instant};

use super::Watch;
use crate::cas::{Glance, Key, Process, StoreError};

/// What one look at a server has brought.
type Looked = Result<Vec<Option<Glance>>, StoreError>;

impl Watch<'_, '_> {
    /// Polls the servers, all at once; returns those that were looked at. Of those that are lost it finds out first whether
    /// the same process is back.
    pub(super) fn look(&mut self) -> Vec<(usize, Looked)> {
        let (mut asked, mut looked) = self.look_for_the_lost(self.args.interval);
        let back = !asked.is_empty();
        asked.extend((0..self.servers.len()).filter(|&at| self.servers[at].reachable));
        // First, so that no store can fall between the log and the look.
        if self.args.log
            && let Some(&server) = asked.first()
            && let Err(error) = self.ask_for_log(back)
        {
            return vec![(server, Err(error))];
        }
        let places = asked.iter().flat_map(|&at| &self.servers[at].keys);
        let keys: Vec<Key> = places.map(|&at| self.args.keys[at].clone()).collect();
        let mut glances = self.context.store.glance_each(&keys).into_iter();
        for at in asked {
            let count = self.servers[at].keys.len();
            let glances: Looked = glances.by_ref().take(count).collect();
            looked.push((at, glances.and_then(|glances| self.meet(at, glances))));
        }
        if looked.iter().any(|(_, looked)| looked.is_ok()) {
            self.say_that_it_polls();
        }
        looked.sort_unstable_by_key(|&(at, _)| at);
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
