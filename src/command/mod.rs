//! The subcommands, one file each: its arguments, and what it does with a store and an output.

pub(crate) mod args;
pub(crate) mod bench;
pub(crate) mod cas;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod contention;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod gets;
pub(crate) mod incr_cas;
pub(crate) mod locate;
pub(crate) mod lock;
pub(crate) mod man;
pub(crate) mod update;
pub(crate) mod watch;

mod child;

mod all_servers;
mod connect;
mod context;
mod ending;
mod failed;
mod input;
mod interrupt;
mod many;
mod opened;
mod pacer;
mod replaced;
mod stdin;
mod under_way;
mod write_args;

use std::time::Instant;

pub(crate) use context::{Context, Subcommand, UsageError};

use crate::cas::Key;
use crate::exit::Exit;
use crate::output::Output;
use crate::settings::Settings;

/// Makes the list of subcommands and their dispatch out of the one list below.
macro_rules! subcommands {
    ($($name:ident: $file:ident = $word:literal,)+) => {
        /// The subcommands; each lives in a file of its own under `command/`.
        #[derive(Debug, clap::Subcommand)]
        pub(crate) enum Command {
            $(#[command(name = $word)] $name($file::Args),)+
        }

        impl Command {
            /// The tree of the subcommand of this name, and of no other: what it takes to build them all is most of the time
            /// that a short command needs.
            pub(crate) fn alone(name: &str) -> Option<clap::Command> {
                match name {
                    $($word => Some(<$file::Args as clap::Args>::augment_args(clap::Command::new($word))),)+
                    _ => None,
                }
            }

            /// What it is, whichever of them.
            pub(crate) fn subcommand(&self) -> &dyn Subcommand {
                match self {
                    $(Command::$name(args) => args,)+
                }
            }
        }
    };
}

impl Command {
    /// What a line says that names nothing but keys, for the commands that scripts call most.
    pub(crate) fn of_keys(name: &str, keys: Vec<Key>) -> Option<Command> {
        match name {
            "gets" => Some(Command::Gets(gets::Args::of_keys(keys))),
            "incr-cas" => Some(Command::IncrCas(incr_cas::Args::of_keys(keys))),
            _ => None,
        }
    }
}

// In the order of `mccas --help`.
subcommands! {
    Gets: gets = "gets",
    Cas: cas = "cas",
    IncrCas: incr_cas = "incr-cas",
    Update: update = "update",
    Edit: edit = "edit",
    Delete: delete = "delete",
    Lock: lock = "lock",
    Watch: watch = "watch",
    Check: check = "check",
    Locate: locate = "locate",
    Contention: contention = "contention",
    Bench: bench = "bench",
    Completions: completions = "completions",
    Man: man = "man",
}

/// Runs a subcommand. `tree` builds the whole command line, which `completions` describes to a shell.
pub(crate) fn run(
    command: &Command,
    settings: &Settings,
    tree: fn() -> clap::Command,
    out: &mut Output,
) -> anyhow::Result<Exit> {
    let (subcommand, began) = (command.subcommand(), Instant::now());
    let open = settings.discover || settings.servers.is_open();
    if subcommand.talks() || subcommand.asks_servers() && open {
        connect::prepare(settings, out)?;
        let patience = subcommand.patience();
        match connect::discovered_in_time(settings, began, patience, out)? {
            Ok(None) => {}
            Ok(Some(found)) => {
                out.detail(&format!("the servers are {}", found.servers));
                return run_with(subcommand, &found, began, tree, out);
            }
            Err(error) => return ending::undiscovered(out, &error, patience, subcommand.keys()),
        }
    }
    run_with(subcommand, settings, began, tree, out)
}

fn run_with(
    subcommand: &dyn Subcommand,
    settings: &Settings,
    began: Instant,
    tree: fn() -> clap::Command,
    out: &mut Output,
) -> anyhow::Result<Exit> {
    let mut context = Context::connect(settings, subcommand, began, tree, out)?;
    let ended = subcommand.run(&mut context);
    match &ended {
        Ok(_) => context.under_way.obey_late(),
        Err(error) => ending::failed(error, subcommand.keys(), &mut context),
    }
    ended
}
