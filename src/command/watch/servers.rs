//! The servers that are followed: each is lost and found by itself, and a dead one does not hold up the others.

use std::time::Instant;

use crate::cas::{Key, Store};

/// One server, and those of the keys that it holds.
pub(super) struct Followed {
    pub(super) name: String,
    /// Where its keys are among all of them.
    pub(super) keys: Vec<usize>,
    /// Whether its last answers were understood.
    pub(super) reachable: bool,
    /// Whether they ever were, all that one look needs.
    pub(super) understood: bool,
    /// Whether it was said that this one does not tell when an item expires.
    pub(super) blind: bool,
    /// When it was looked for last, if it is lost.
    pub(super) tried: Option<Instant>,
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
                blind: false,
                tried: None,
            }),
        }
    }
    servers
}
