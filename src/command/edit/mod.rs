//! `mccas edit`: a value in the user's editor, and back by a swap.

mod ask;
mod desk;
mod editing;
mod editor;
mod tell;
mod text;

use std::io::{self, IsTerminal};
use std::slice;
use std::time::Instant;

use anyhow::Context as _;

use self::ask::{NoAnswer, ask};
use self::desk::Desk;
use self::editing::{Editing, Settled};
use self::editor::Failure;
use self::tell::Told;
use super::child::{Signals, obey};
use super::update::current;
use super::write_args::WriteArgs;
use super::{Context, Subcommand, UsageError, args, connect};
use crate::cas::update::{Stopped, read_ahead};
use crate::cas::{Item, Key};
use crate::exit::Exit;

/// Edit a value in $VISUAL, $EDITOR or vi
///
/// The value is stored when the editor has ended, if it was changed and nobody else wrote meanwhile. If somebody did, what
/// they changed is shown, and you choose: edit again, with both changes in one text; overwrite; or give up. Flags and the
/// moment of expiry stay.
///
/// An edit is never lost: whatever goes wrong (the editor fails, the server is gone, a signal comes), it stays in a file, whose
/// name is printed. Editors end a text with a line feed; one that the value did not have is not stored. A value that is no text,
/// or has flags, by which other clients may mean that they have packed it, is opened only after a question.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mccas edit config --suffix .json          the editor knows the syntax by the name of the file
  EDITOR='code --wait' mccas edit config    an editor that has to be told to wait
  mccas edit greeting --ttl 1h              and let it expire an hour from now

Exit codes: 0 stored or unchanged, 1 the editor failed, 2 no terminal, 3 given up after a conflict, 4 no such key,
6 unknown, 8 too large; see mccas --help.")]
pub(crate) struct Args {
    /// The key to edit
    #[arg(value_parser = args::key())]
    key: Key,

    /// The end of the file's name, such as .json, by which editors know the syntax
    #[arg(
        long,
        value_name = "SUFFIX",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = suffix)]
    suffix: String,

    #[command(flatten)]
    write: WriteArgs,
}

fn suffix(text: &str) -> Result<String, String> {
    if text.contains(['/', '\0']) {
        return Err("it is the end of a name, and has no /".into());
    }
    if text.len() > 64 {
        return Err("it is longer than 64 bytes".into());
    }
    Ok(text.into())
}

impl Subcommand for Args {
    fn keys(&self) -> &[Key] {
        slice::from_ref(&self.key)
    }

    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        run(self, context)
    }
}

fn run(args: &Args, context: &mut Context) -> anyhow::Result<Exit> {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal() && io::stderr().is_terminal()) {
        return Err(UsageError::new(
            "edit needs a terminal; without one, take mccas update KEY -- CMD",
        )
        .into());
    }
    let ring = connect::ring(context.settings)?;
    let mut store = connect::bounded(context.settings, &ring, context.settings.timeout);
    let signals = Signals::listen().context("cannot listen to signals")?;
    let mut told = Told {
        key: &args.key,
        server: context.server(&args.key),
        peer: None,
        started: Instant::now(),
    };
    let plan = args.write.plan(&args.key);
    let read = read_ahead(store.as_mut(), &plan, |item| current(item).map(drop));
    told.peer = store.peer(&args.key);
    let item = match read {
        Ok(item) => item,
        Err(why) => return told.stopped(*Stopped::before_any_attempt(why), None, context),
    };
    match wanted(&item, &signals, context) {
        Ok('y') => {}
        Err(NoAnswer::Signal(signal)) => {
            obey(signal);
            return Ok(Exit::Failed);
        }
        Ok(_) | Err(NoAnswer::End) => return told.unchanged(&item, None, context),
    }
    let mut editing = Editing {
        key: &args.key,
        write: &args.write,
        store: store.as_mut(),
        signals: &signals,
        desk: Desk::new(&args.key, &args.suffix).context("cannot make a folder for the text")?,
        laid: item.value.clone(),
        first: item.clone(),
        expected: Some(item),
        aside: false,
    };
    let settled = editing.settle(&told, context)?;
    end(settled, editing, &told, context)
}

/// Whether the user wants to edit it, where an editor may spoil it.
fn wanted(item: &Item, signals: &Signals, context: &mut Context) -> Result<char, NoAnswer> {
    let doubt = if !text::is_text(&item.value) {
        "the value is no text, and editors may change bytes that they cannot show".to_string()
    } else if item.flags != 0 {
        format!(
            "the value has flags {}, by which its client may mean that it is packed or of another type",
            item.flags
        )
    } else {
        return Ok('y');
    };
    ask(
        &format!("{doubt}; edit it? [y]es, [n]o"),
        "yn",
        signals,
        context.out,
    )
}

/// Tells how it ended, and leaves the text where it is unless it is in the store.
fn end(
    settled: Settled,
    editing: Editing,
    told: &Told,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    let edited = editing.desk.read(u64::MAX).ok();
    let is_worth_it = editing.aside || edited.is_some_and(|edited| edited != editing.laid);
    let stored = matches!(settled, Settled::Stored(_));
    let asked = matches!(settled, Settled::Unchanged) && !editing.aside;
    let file = (is_worth_it && !stored && !asked).then(|| editing.desk.keep());
    match settled {
        Settled::Stored(updated) => told.stored(&updated, context),
        Settled::Unchanged => told.unchanged(&editing.first, file, context),
        Settled::Failed(failure) => {
            let exit = told.failed(&failure, file, context);
            if let Failure::Signal(signal) = failure {
                obey(signal);
            }
            exit
        }
        Settled::Stopped(stopped, signal) => {
            let exit = told.stopped(*stopped, file, context);
            if let Some(signal) = signal {
                obey(signal);
            }
            exit
        }
    }
}
