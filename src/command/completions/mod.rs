//! `mccas completions`: prints the completion script of a shell.

mod adapted;
mod hints;

use clap_complete::Shell;

use self::hints::with_hints;
use super::{Context, Subcommand};
use crate::exit::Exit;
use crate::output::Output;

/// Print the completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  source <(mccas completions bash)          in ~/.bashrc
  source <(mccas completions zsh)           in ~/.zshrc, after compinit
  mccas completions fish | source           in ~/.config/fish/config.fish
  mccas completions zsh > ~/.zfunc/_mccas   as a file in a folder of $fpath")]
pub(crate) struct Args {
    /// The shell
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
    let mut tree = with_hints(tree());
    clap_complete::generate(args.shell, &mut tree, "mccas", &mut script);
    let script = String::from_utf8(script)?;
    let script = match args.shell {
        Shell::Bash => adapted::bash(&script),
        Shell::Zsh => adapted::zsh(&script),
        Shell::Fish => adapted::fish(&script, &tree),
        _ => script,
    };
    out.bytes(script.as_bytes())?;
    Ok(Exit::Done)
}
