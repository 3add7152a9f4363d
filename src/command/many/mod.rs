//! What the commands have in common that take a list of keys: the outcome of each in its place, and of all together.

mod key_list;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

pub(in crate::command) use self::key_list::{KeyList, KeysFrom};
use self::key_list::{Listed, NoKey};
use super::Context;
use crate::cas::Key;
use crate::cas::windows::windows;
use crate::exit::Exit;
use crate::output::Output;
use crate::output::report::{Report, Status};

/// The outcomes of a list of keys.
pub(super) struct Many {
    started: Instant,
    worst: Exit,
    /// How many keys ended so, by the word for it.
    counts: BTreeMap<&'static str, u64>,
    /// What it is called when a key is done.
    done: &'static str,
}

impl Many {
    pub(super) fn new(done: &'static str) -> Many {
        Many {
            started: Instant::now(),
            worst: Exit::Done,
            counts: BTreeMap::new(),
            done,
        }
    }

    /// Counts the outcome of a key.
    pub(super) fn count(&mut self, exit: Exit) {
        self.worst = self.worst.worse(exit);
        let word = match exit {
            Exit::Done => self.done,
            Exit::Usage => "invalid",
            exit => exit.name(),
        };
        *self.counts.entry(word).or_default() += 1;
    }

    /// Tells that a line is no key.
    pub(super) fn invalid(
        &mut self,
        out: &mut Output,
        line: u64,
        why: &NoKey,
    ) -> anyhow::Result<()> {
        let message = format!("key {line} of the list: {why}");
        self.count(Exit::Usage);
        if out.json() {
            let report = Report {
                line: Some(line),
                error: Some(message.clone()),
                ..Report::of(Status::Usage)
            };
            out.object(&report)?;
        }
        out.aside(Exit::Usage, &message)
    }

    /// Returns what all ended with, and sums up if it was a list.
    pub(super) fn finish(self, of_list: bool, out: &mut Output) -> anyhow::Result<Exit> {
        out.end_batch()?;
        if of_list {
            out.message(&self.summary(self.started.elapsed()));
        }
        Ok(self.worst)
    }

    fn summary(&self, elapsed: Duration) -> String {
        let total: u64 = self.counts.values().sum();
        let of = |word: &str| self.counts.get(word).copied().unwrap_or(0);
        let mut parts = vec![format!("{} {}", of(self.done), self.done)];
        let others = self.counts.iter().filter(|(word, _)| **word != self.done);
        parts.extend(others.map(|(word, count)| format!("{count} {word}")));
        let keys = if total == 1 { "key" } else { "keys" };
        format!(
            "{total} {keys} in {:.1} s: {}",
            elapsed.as_secs_f64(),
            parts.join(", ")
        )
    }
}

/// Keys from the command line or from a list.
pub(super) enum Source<'a> {
    Given(&'a [Key]),
    List(KeyList),
}

impl Source<'_> {
    /// Writes to all keys: `write` to some at a time, whose outcomes `tell` then tells one by one. `done` is the word for a key
    /// to which it happened. A signal that comes meanwhile waits until those outcomes are told.
    pub(super) fn write_each<T>(
        self,
        done: &'static str,
        context: &mut Context,
        write: impl Fn(&[Key], &mut Context) -> anyhow::Result<(Vec<T>, Duration)>,
        tell: impl Fn(&Key, T, Duration, &mut Context) -> anyhow::Result<Exit>,
    ) -> anyhow::Result<Exit> {
        let mut many = Many::new(done);
        context.out.begin_batch();
        let mut part = |keys: Vec<Key>, mut invalid: Invalid, context: &mut Context| {
            let mut told = 0;
            for window in windows(&keys) {
                context.under_way.hold();
                let (outcomes, elapsed) = write(window, context)?;
                for (key, outcome) in window.iter().zip(outcomes) {
                    invalid.tell_before(told, &mut many, context.out)?;
                    many.count(tell(key, outcome, elapsed, context)?);
                    told += 1;
                }
                context.out.flush()?;
                context.out.progress_by(window.len());
                context.under_way.over();
                context.under_way.obey_late();
            }
            invalid.tell_before(keys.len(), &mut many, context.out)
        };
        let of_list = match self {
            Source::Given(keys) => {
                part(keys.to_vec(), Invalid(VecDeque::new()), context)?;
                false
            }
            Source::List(mut list) => loop {
                let listed = list.next()?;
                if listed.is_empty() {
                    break true;
                }
                let (keys, invalid) = Invalid::part(listed, context.out);
                part(keys, invalid, context)?;
            },
        };
        many.finish(of_list, context.out)
    }
}

/// What is no key in a part of the list, each with how many of the keys there stand before it.
pub(super) struct Invalid(VecDeque<(usize, u64, NoKey)>);

/// A key may end so, and nothing can be found by it that is under the other: most likely it was not meant.
const CRLF: &str = "note: the first key of the list ends with a carriage return (\\r), which is taken as part of it; \
    if the list has the line ends of Windows, give it without them (tr -d '\\r'), and with -0 if the keys are meant so";

impl Invalid {
    /// Takes the keys out of a part of the list; says if they are likely to be others than were meant.
    pub(super) fn part(listed: Vec<Listed>, out: &mut Output) -> (Vec<Key>, Invalid) {
        if listed.iter().any(|listed| listed.crlf) {
            out.message(CRLF);
        }
        let mut keys = Vec::with_capacity(listed.len());
        let mut invalid = VecDeque::new();
        for Listed { line, key, .. } in listed {
            match key {
                Ok(key) => keys.push(key),
                Err(why) => invalid.push_back((keys.len(), line, why)),
            }
        }
        (keys, Invalid(invalid))
    }

    /// Tells those that stand before the key of this number.
    pub(super) fn tell_before(
        &mut self,
        number: usize,
        many: &mut Many,
        out: &mut Output,
    ) -> anyhow::Result<()> {
        while let Some((_, line, why)) = self.0.pop_front_if(|(before, ..)| *before <= number) {
            many.invalid(out, line, &why)?;
        }
        Ok(())
    }
}
