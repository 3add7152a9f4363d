//! `mccas completions`: prints the completion script of a shell.

use clap_complete::Shell;

use super::{Context, Subcommand};
use crate::exit::Exit;
use crate::output::Output;

/// Print the completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mccas completions bash > ~/.local/share/bash-completion/completions/mccas
  mccas completions zsh > ~/.zfunc/_mccas           (a folder in $fpath)
  mccas completions fish > ~/.config/fish/completions/mccas.fish")]
pub(crate) struct Args {
    shell: Shell,
}

impl Subcommand for Args {
    fn asks_servers(&self) -> bool {
        false
    }

    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        run(self, context.tree, context.out)
    }
}

fn run(args: &Args, tree: fn() -> clap::Command, out: &mut Output) -> anyhow::Result<Exit> {
    // Into memory first: the generator panics when a pipe closes.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut tree(), "mccas", &mut script);
    out.bytes(&script)?;
    Ok(Exit::Done)
}
