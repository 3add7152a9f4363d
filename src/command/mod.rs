//! The subcommands, one file each: its arguments, and what it does with a store and an output.

pub(crate) mod bench;
pub(crate) mod cas;
pub(crate) mod completions;
pub(crate) mod contention;
pub(crate) mod gets;
pub(crate) mod incr_cas;
pub(crate) mod watch;

#[expect(
    dead_code,
    unused_imports,
    reason = "the commands that run others come on top of it"
)]
mod child;

mod args;
mod ending;
mod interrupt;
mod pace;

use std::fmt;

use crate::cas::Store;
use crate::cli::{Command, Settings};
use crate::client::Memcached;
use crate::exit::Exit;
use crate::output::Output;

/// What a subcommand works with. The store connects when it is first asked.
pub(crate) struct Context<'a> {
    pub(crate) store: &'a mut dyn Store,
    /// The server's address, for messages and JSON.
    pub(crate) server: String,
    pub(crate) out: &'a mut Output,
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

/// Runs a subcommand. An outcome of any kind is an [`Exit`]; an error is a failure that has no outcome.
pub(crate) fn run(command: Command, settings: &Settings, out: &mut Output) -> anyhow::Result<Exit> {
    // No single exchange may outlast what bounds them all together.
    let bound = match &command {
        Command::IncrCas(args) => Some(args.deadline),
        Command::Watch(args) => args.time,
        _ => None,
    };
    let timeout = bound.map_or(settings.timeout, |bound| bound.min(settings.timeout));
    let mut store = Memcached::new(settings.server.clone(), timeout);
    let mut context = Context {
        store: &mut store,
        server: settings.server.to_string(),
        out,
    };
    match command {
        Command::Gets(args) => gets::run(&args, &mut context),
        Command::Cas(args) => cas::run(&args, &mut context),
        Command::IncrCas(args) => incr_cas::run(&args, settings, &mut context),
        Command::Watch(args) => watch::run(&args, settings, &mut context),
        Command::Bench(args) => bench::run(&args, settings, &mut context),
        Command::Contention(args) => contention::run(&args, settings, &mut context),
        Command::Completions(args) => completions::run(&args, context.out),
    }
}
