//! What every subcommand has and is: it stands apart from their list, so that they need not know the list.

use std::fmt;
use std::time::{Duration, Instant};

use super::under_way::UnderWay;
use crate::cas::{Key, Store};
use crate::exit::Exit;
use crate::output::Output;
use crate::settings::Settings;

/// What a subcommand works with. The store connects when it is first asked.
pub(crate) struct Context<'a> {
    pub(crate) store: Box<dyn Store>,
    pub(crate) settings: &'a Settings,
    /// The whole command line, for completions.
    pub(crate) tree: fn() -> clap::Command,
    pub(crate) out: &'a mut Output,
    /// When the command began, before its servers were found out.
    pub(crate) began: Instant,
    /// The write that is under way; a command that made one says when it is over.
    pub(crate) under_way: UnderWay,
}

/// The arguments cannot be used; found only after clap had accepted them.
#[derive(Debug)]
pub(crate) struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

impl UsageError {
    pub(crate) fn new(message: impl Into<String>) -> UsageError {
        UsageError(message.into())
    }
}

/// What each subcommand is: arguments that can be run.
pub(crate) trait Subcommand {
    /// The time limit of all exchanges together, if there is one: no single exchange may take longer.
    fn bound(&self) -> Option<Duration> {
        None
    }

    /// Whether it asks servers at all: only then what is named for them is looked at.
    fn asks_servers(&self) -> bool {
        true
    }

    /// Whether it asks by key, so that each key must have its server. Only then there is a store.
    fn asks_by_key(&self) -> bool {
        self.asks_servers()
    }

    /// Whether it exchanges anything with them, once it is known which they are: else it only names them.
    fn talks(&self) -> bool {
        self.asks_servers()
    }

    /// The keys that its line names, each of which gets an outcome.
    fn keys(&self) -> &[Key] {
        &[]
    }

    /// How long servers are waited for that cannot be found out now, but may be later.
    fn patience(&self) -> Option<Duration> {
        None
    }

    /// Does what was asked. An outcome of any kind is an [`Exit`]; an error is a failure that has no outcome.
    fn run(&self, context: &mut Context) -> anyhow::Result<Exit>;
}
