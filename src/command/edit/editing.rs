//! The way from the editor to the store: as often as somebody else was faster, the user says how it goes on.

use anyhow::Context as _;
use rustix::process::Signal;

use super::ask::{NoAnswer, ask};
use super::desk::Desk;
use super::editor::{self, Failure};
use super::tell::Told;
use super::text;
use crate::cas::update::{Computed, Plan, Refusal, Stopped, Updated, Why, update};
use crate::cas::{Item, Key, Store, StoreError};
use crate::command::Context;
use crate::command::child::Signals;
use crate::command::pacer::TellingPacer;
use crate::command::update::current;
use crate::command::write_args::WriteArgs;

/// An edit under way.
pub(super) struct Editing<'a> {
    pub(super) key: &'a Key,
    pub(super) write: &'a WriteArgs,
    pub(super) store: &'a mut dyn Store,
    pub(super) signals: &'a Signals,
    pub(super) desk: Desk,
    /// What was laid down to be edited.
    pub(super) laid: Vec<u8>,
    /// What was there at the beginning.
    pub(super) first: Item,
    /// What the key must hold to be written over; `None` if it must not be there.
    pub(super) expected: Option<Item>,
    /// Whether an earlier edit has been put aside.
    pub(super) aside: bool,
}

/// How it ended.
pub(super) enum Settled {
    Stored(Box<Updated<usize>>),
    Unchanged,
    Failed(Failure),
    /// It was not stored, or nobody knows; and the signal that is to be obeyed then.
    Stopped(Box<Stopped>, Option<Signal>),
}

impl Settled {
    /// Nobody said what is to become of the marks of a conflict: it is given up, as at that conflict.
    fn unanswered(none: NoAnswer) -> Settled {
        Settled::Stopped(Stopped::before_any_attempt(Why::Conflict), none.signal())
    }
}

impl Editing<'_> {
    /// Lets the user edit until the text is stored or given up.
    pub(super) fn settle(&mut self, told: &Told, context: &mut Context) -> anyhow::Result<Settled> {
        loop {
            self.desk
                .lay(&self.laid)
                .context("cannot write the text to be edited")?;
            let path = self.desk.path();
            if let Err(failure) = editor::edit(&path, self.key, self.signals) {
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
            match ask(question, "es", self.signals, context.out) {
                Ok('e') => {
                    self.laid = value.to_vec();
                    return Ok(None);
                }
                Ok(_) => {}
                Err(none) => return Ok(Some(Settled::unanswered(none))),
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
            let now = match self.store.look(std::slice::from_ref(self.key)) {
                Ok(items) => items.into_iter().next().flatten(),
                Err(error) => {
                    return Ok(Some(Settled::Stopped(
                        Box::new(stopped.because(Why::Store(error))),
                        None,
                    )));
                }
            };
            match self.choose(now.as_ref(), told, context) {
                Ok('o') => self.expected = now,
                Ok('e') => {
                    self.bring_together(now, value)?;
                    return Ok(None);
                }
                Ok(_) => return Ok(Some(Settled::Stopped(stopped, None))),
                Err(none) => return Ok(Some(Settled::Stopped(stopped, none.signal()))),
            }
        }
    }

    /// Shows what others did, and asks what to do.
    fn choose(
        &self,
        now: Option<&Item>,
        told: &Told,
        context: &mut Context,
    ) -> Result<char, NoAnswer> {
        let Some(now) = now else {
            let question = format!(
                "{} on {} was deleted, or has expired, while you edited it; [s]tore it as a new key, [g]ive up",
                self.key, told.server
            );
            let letter = ask(&question, "sg", self.signals, context.out)?;
            return Ok(if letter == 's' { 'o' } else { letter });
        };
        let before = self.expected.as_ref().map_or(&[][..], |item| &item.value);
        let (old, new) = (("as you got it", before), ("as it is now", &now.value[..]));
        context.out.difference(old, new);
        let question = format!(
            "{} on {} was changed while you edited it; [e]dit again with both, [o]verwrite it, [g]ive up",
            self.key, told.server
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
        let key = self.key;
        // The old connection may have died of its long silence.
        self.store
            .reconnect(key)
            .map_err(|error| Stopped::before_any_attempt(Why::Store(error)))?;
        let plan = self.write.plan(key);
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
