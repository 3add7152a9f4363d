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
mod input;
mod interrupt;
mod many;
mod pacer;
mod under_way;
mod write_args;

pub(crate) use context::{Context, Subcommand, UsageError};

use crate::exit::Exit;
use crate::output::Output;
use crate::settings::Settings;

/// Makes the list of subcommands and their dispatch out of the one list below.
macro_rules! subcommands {
    ($($name:ident: $file:ident,)+) => {
        /// The subcommands; each lives in a file of its own under `command/`.
        #[derive(Debug, clap::Subcommand)]
        pub(crate) enum Command {
            $($name($file::Args),)+
        }

        impl Command {
            fn subcommand(&self) -> &dyn Subcommand {
                match self {
                    $(Command::$name(args) => args,)+
                }
            }
        }
    };
}

// In the order of `mccas --help`.
subcommands! {
    Gets: gets,
    Cas: cas,
    IncrCas: incr_cas,
    Update: update,
    Edit: edit,
    Delete: delete,
    Lock: lock,
    Watch: watch,
    Check: check,
    Locate: locate,
    Contention: contention,
    Bench: bench,
    Completions: completions,
    Man: man,
}

/// Runs a subcommand. `tree` builds the whole command line, which `completions` describes to a shell.
pub(crate) fn run(
    command: &Command,
    settings: &Settings,
    tree: fn() -> clap::Command,
    out: &mut Output,
) -> anyhow::Result<Exit> {
    let subcommand = command.subcommand();
    if subcommand.asks_servers() {
        connect::prepare(settings, out)?;
        match connect::discovered(settings) {
            Ok(None) => {}
            Ok(Some(found)) => {
                out.detail(&format!("the servers are {}", found.servers));
                return run_with(subcommand, &found, tree, out);
            }
            Err(error) => return ending::undiscovered(out, &error),
        }
    }
    run_with(subcommand, settings, tree, out)
}

fn run_with(
    subcommand: &dyn Subcommand,
    settings: &Settings,
    tree: fn() -> clap::Command,
    out: &mut Output,
) -> anyhow::Result<Exit> {
    let mut context = Context::connect(settings, subcommand, tree, out)?;
    let exit = subcommand.run(&mut context)?;
    context.under_way.obey_late();
    Ok(exit)
}
