//! The way to the servers: no other file of the commands makes a client.

use std::time::Duration;

use super::under_way::{Guarded, UnderWay};
use super::{Context, UsageError};
use crate::cas::{Key, Store};
use crate::client::address::Address;
use crate::client::{Cluster, Session};
use crate::output::Output;
use crate::settings::Settings;

/// Looks at what is named for the way to the servers, so that what cannot be used is told before anything is sent.
pub(super) fn prepare(settings: &Settings, out: &mut Output) -> Result<(), UsageError> {
    let tls = matches!(settings.server, Address::Tls { .. });
    settings.access.prepare(tls).map_err(UsageError::new)?;
    if tls && settings.access.is_insecure() {
        out.trouble(&format!(
            "--tls-insecure: nobody knows whether it is {} that answers",
            settings.server
        ));
    }
    Ok(())
}

/// A store that holds every key; it connects when it is first asked.
pub(super) fn store(settings: &Settings) -> Box<dyn Store> {
    Box::new(bounded_store(settings, None))
}

/// The server by itself, for what only it can tell: its log, its counters and its clients.
pub(super) fn session(settings: &Settings) -> Session {
    Session::new(settings.server.clone(), settings.timeout).with_access(&settings.access)
}

fn bounded_store(settings: &Settings, bound: Option<Duration>) -> Cluster {
    let timeout = bound.map_or(settings.timeout, |bound| bound.min(settings.timeout));
    // On a machine of 32 bits, too, a size is at most 1 GiB.
    let longest = usize::try_from(settings.max_value.bytes()).unwrap_or(usize::MAX);
    Cluster::of_one(settings.server.clone(), timeout, longest).with_access(&settings.access)
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
