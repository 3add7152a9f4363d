//! The way to the servers: no other file of the commands makes a client.

use std::time::Duration;

use super::Context;
use super::under_way::{Guarded, UnderWay};
use crate::cas::{Key, Store};
use crate::client::{Cluster, Session};
use crate::output::Output;
use crate::settings::Settings;

/// A store that holds every key; it connects when it is first asked.
pub(super) fn store(settings: &Settings) -> Box<dyn Store> {
    Box::new(bounded_store(settings, None))
}

/// The same for another thread; no exchange takes longer than `bound`.
pub(super) fn bounded(settings: &Settings, bound: Duration) -> Box<dyn Store + Send> {
    Box::new(bounded_store(settings, Some(bound)))
}

/// The server by itself, for what only it can tell: its log, its counters and its clients.
pub(super) fn session(settings: &Settings) -> Session {
    Session::new(settings.server.clone(), settings.timeout)
}

fn bounded_store(settings: &Settings, bound: Option<Duration>) -> Cluster {
    let timeout = bound.map_or(settings.timeout, |bound| bound.min(settings.timeout));
    // On a machine of 32 bits, too, a size is at most 1 GiB.
    let longest = usize::try_from(settings.max_value.bytes()).unwrap_or(usize::MAX);
    Cluster::of_one(settings.server.clone(), timeout, longest)
}

impl<'a> Context<'a> {
    /// What a subcommand works with. `bound` is what bounds all exchanges together, if anything does.
    pub(super) fn connect(
        settings: &'a Settings,
        bound: Option<Duration>,
        tree: fn() -> clap::Command,
        out: &'a mut Output,
    ) -> Context<'a> {
        let under_way = UnderWay::default();
        Context {
            store: Box::new(Guarded {
                store: bounded_store(settings, bound).hurried_by(under_way.hurry()),
                under_way: under_way.clone(),
            }),
            settings,
            tree,
            out,
            under_way,
        }
    }

    /// The server that holds `key`, for messages and JSON.
    pub(super) fn server(&self, key: &Key) -> String {
        self.store.server(key)
    }
}
