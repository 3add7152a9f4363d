//! `mccas edit`: a value in the user's editor, and back by a swap.

mod ask;
mod desk;
mod editor;
mod tell;
mod text;

use std::io::{self, IsTerminal};
use std::time::Instant;

use anyhow::Context as _;
use rustix::process::Signal;

use self::ask::{Reply, ask};
use self::desk::Desk;
use self::editor::Failure;
use self::tell::Told;
use super::child::{Signals, obey};
use super::pacer::TellingPacer;
use super::update::current;
use super::write_args::WriteArgs;
use super::{Context, Subcommand, UsageError, args, connect};
use crate::cas::update::{Computed, Plan, Refusal, Stopped, Updated, Why, update};
use crate::cas::{Item, Key, Store, StoreError};
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
    let told = Told {
        key: &args.key,
        server: context.server(&args.key),
        started: Instant::now(),
    };
    let item = match look(store.as_mut(), &args.key) {
        Ok(item) => item,
        Err(why) => return told.stopped(*Stopped::before_any_attempt(why), None, context),
    };
    match wanted(&item, &signals, context) {
        Reply::Letter('y') => {}
        Reply::Signal(signal) => {
            obey(signal);
            return Ok(Exit::Failed);
        }
        _ => return told.unchanged(&item, None, context),
    }
    let mut editing = Editing {
        args,
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

/// The item to edit.
fn look(store: &mut dyn Store, key: &Key) -> Result<Item, Why> {
    let items = store.look(std::slice::from_ref(key)).map_err(Why::Store)?;
    let item = items.into_iter().next().flatten().ok_or(Why::Missing)?;
    current(&item).map_err(Why::from)?;
    Ok(item)
}

/// Whether the user wants to edit it, where an editor may spoil it.
fn wanted(item: &Item, signals: &Signals, context: &mut Context) -> Reply {
    let doubt = if !text::is_text(&item.value) {
        "the value is no text, and editors may change bytes that they cannot show".to_string()
    } else if item.flags != 0 {
        format!(
            "the value has flags {}, by which its client may mean that it is packed or of another type",
            item.flags
        )
    } else {
        return Reply::Letter('y');
    };
    ask(
        &format!("{doubt}; edit it? [y]es, [n]o"),
        "yn",
        signals,
        context.out,
    )
}

/// An edit under way.
struct Editing<'a> {
    args: &'a Args,
    store: &'a mut dyn Store,
    signals: &'a Signals,
    desk: Desk,
    /// What was laid down to be edited.
    laid: Vec<u8>,
    /// What was there at the beginning.
    first: Item,
    /// What the key must hold to be written over; `None` if it must not be there.
    expected: Option<Item>,
    /// Whether an earlier edit has been put aside.
    aside: bool,
}

/// How it ended.
enum Settled {
    Stored(Box<Updated<usize>>),
    Unchanged,
    Failed(Failure),
    /// It was not stored, or nobody knows; and the signal that is to be obeyed then.
    Stopped(Box<Stopped>, Option<Signal>),
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

impl Editing<'_> {
    /// Lets the user edit until the text is stored or given up.
    fn settle(&mut self, told: &Told, context: &mut Context) -> anyhow::Result<Settled> {
        loop {
            self.desk
                .lay(&self.laid)
                .context("cannot write the text to be edited")?;
            let path = self.desk.path();
            if let Err(failure) = editor::edit(&path, &self.args.key, self.signals) {
                return Ok(Settled::Failed(failure));
            }
            let most = context.settings.max_value.bytes();
            let edited = self
                .desk
                .read(most)
                .with_context(|| format!("cannot read the edited text from {}", path.display()))?;
            if edited.len() as u64 > most {
                let why =
                    StoreError::TooLarge("the text is longer than --max-value lets through".into());
                let stopped = Stopped::before_any_attempt(Why::Store(why));
                return Ok(Settled::Stopped(stopped, None));
            }
            let before = self
                .expected
                .as_ref()
                .map_or(&self.first.value, |item| &item.value);
            let value = text::meant(before, edited);
            if let Some(settled) = self.store_or_ask(&value, told, context)? {
                return Ok(settled);
            }
        }
    }

    /// Stores the value, or does what the user says; `None` is to edit again what is laid down next.
    fn store_or_ask(
        &mut self,
        value: &[u8],
        told: &Told,
        context: &mut Context,
    ) -> anyhow::Result<Option<Settled>> {
        if self.aside && text::has_marks(value) {
            let question = "marks of the conflict are left in the text; [e]dit on, [s]tore it so";
            if ask(question, "es", self.signals, context.out) == Reply::Letter('e') {
                self.laid = value.to_vec();
                return Ok(None);
            }
        }
        loop {
            if self
                .expected
                .as_ref()
                .is_some_and(|item| item.value == value)
            {
                return Ok(Some(Settled::Unchanged));
            }
            let stopped = match self.store(value, context) {
                Ok(updated) => return Ok(Some(Settled::Stored(Box::new(updated)))),
                Err(stopped) => stopped,
            };
            if !matches!(
                stopped.why,
                Why::Conflict | Why::Missing | Why::OutOfRetries | Why::OutOfTime
            ) {
                return Ok(Some(Settled::Stopped(stopped, None)));
            }
            let now = match self.store.look(std::slice::from_ref(&self.args.key)) {
                Ok(items) => items.into_iter().next().flatten(),
                Err(error) => {
                    return Ok(Some(Settled::Stopped(
                        Box::new(stopped.because(Why::Store(error))),
                        None,
                    )));
                }
            };
            match self.choose(now.as_ref(), told, context) {
                Reply::Letter('o') => self.expected = now,
                Reply::Letter('e') => {
                    self.bring_together(now, value)?;
                    return Ok(None);
                }
                Reply::Signal(signal) => return Ok(Some(Settled::Stopped(stopped, Some(signal)))),
                Reply::Letter(_) | Reply::End => return Ok(Some(Settled::Stopped(stopped, None))),
            }
        }
    }

    /// Shows what others did, and asks what to do.
    fn choose(&self, now: Option<&Item>, told: &Told, context: &mut Context) -> Reply {
        let Some(now) = now else {
            let question = format!(
                "{} on {} was deleted, or has expired, while you edited it; [s]tore it as a new key, [g]ive up",
                self.args.key, told.server
            );
            return match ask(&question, "sg", self.signals, context.out) {
                Reply::Letter('s') => Reply::Letter('o'),
                reply => reply,
            };
        };
        let before = self.expected.as_ref().map_or(&[][..], |item| &item.value);
        let (old, new) = (("as you got it", before), ("as it is now", &now.value[..]));
        context.out.difference(old, new);
        let question = format!(
            "{} on {} was changed while you edited it; [e]dit again with both, [o]verwrite it, [g]ive up",
            self.args.key, told.server
        );
        ask(&question, "eog", self.signals, context.out)
    }

    /// Lays down the text to be edited next: both changes in one where they are text, else what is there now, with the edit
    /// beside it.
    fn bring_together(&mut self, now: Option<Item>, value: &[u8]) -> anyhow::Result<()> {
        self.desk
            .put_aside(value)
            .context("cannot put the edit aside")?;
        self.aside = true;
        let before = self.expected.as_ref().map_or(&[][..], |item| &item.value);
        let current = now.as_ref().map_or(&[][..], |item| &item.value);
        self.laid = match text::merged(before, current, value) {
            Some(text) => text.into_bytes(),
            None => current.to_vec(),
        };
        self.expected = now;
        Ok(())
    }

    /// Swaps the value in, if the key still holds what is expected.
    fn store(
        &mut self,
        value: &[u8],
        context: &mut Context,
    ) -> Result<Updated<usize>, Box<Stopped>> {
        let key = &self.args.key;
        // The old connection may have died of its long silence.
        self.store
            .reconnect(key)
            .map_err(|error| Stopped::before_any_attempt(Why::Store(error)))?;
        let plan = self.args.write.plan(key);
        let flags = plan.flags.or(Some(self.first.flags));
        let plan = Plan {
            flags: if self.expected.is_none() {
                flags
            } else {
                plan.flags
            },
            ..plan
        };
        let expected = self.expected.as_ref();
        let mut pacer = TellingPacer::start(key, context.out);
        update(self.store, &plan, &mut pacer, &mut |item| {
            ensure_expected(item, expected)?;
            Ok(Computed {
                value: value.to_vec(),
                with: value.len(),
            })
        })
    }
}

/// Whether the key holds what the edit was made of. A token may be another one where value and flags are the same.
fn ensure_expected(item: Option<&Item>, expected: Option<&Item>) -> Result<(), Refusal> {
    match (item, expected) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Refusal::Missing),
        (Some(item), Some(expected)) => {
            current(item)?;
            let same = (&item.value, item.flags) == (&expected.value, expected.flags);
            if same { Ok(()) } else { Err(Refusal::Conflict) }
        }
        (Some(_), None) => Err(Refusal::Conflict),
    }
}
