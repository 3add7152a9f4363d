//! How a lock ended, for people and for programs. With `--json` both exit codes are told: ours, and the command's.

use std::time::Duration;

use rustix::process::Signal;

use super::acquire::NotHeld;
use super::hold::{Released, Why};
use crate::cas::lease::{Held, Owner};
use crate::cas::shown::quoted;
use crate::cas::{Item, Key, StoreError};
use crate::command::Context;
use crate::command::child::{StartError, Status as Ended};
use crate::command::ending::{fail, seen};
use crate::exit::Exit;
use crate::output::calendar;
use crate::output::report::{Report, Status};

/// How many holders a message names.
const NAMED: usize = 3;

/// What is known whatever came of it.
pub(super) struct Job<'a> {
    /// The key as the user gave it.
    pub(super) key: &'a Key,
    pub(super) server: String,
    pub(super) slots: Option<u32>,
    pub(super) ttl: u32,
    pub(super) wait: Option<Duration>,
    pub(super) elapsed: Duration,
    /// The signal that is obeyed when all is told.
    pub(super) signal: Option<Signal>,
}

/// A lease that was held, and for how long.
pub(super) struct Past<'a> {
    pub(super) held: &'a Held,
    pub(super) time: Duration,
}

impl Job<'_> {
    fn report(&self, status: Status, exit: Exit) -> Report {
        Report {
            exit: Some(seen(exit, self.signal)),
            ..Report::of(status).key(self.key).elapsed(self.elapsed)
        }
    }

    fn past(&self, past: &Past, status: Status, exit: Exit) -> Report {
        Report {
            slot: past.held.slot,
            ..self.report(status, exit)
        }
        .token(past.held.token)
        .held(past.time)
    }

    /// What the lock is called in messages.
    fn name(&self, past: Option<&Past>) -> String {
        let (key, server) = (self.key, &self.server);
        match past.and_then(|past| past.held.slot) {
            Some(slot) => format!("slot {slot} of {key} on {server}"),
            None => format!("{key} on {server}"),
        }
    }

    /// There is no lease, and the command did not run.
    pub(super) fn not_held(&self, why: NotHeld, context: &mut Context) -> anyhow::Result<Exit> {
        match why {
            NotHeld::Busy(items) => self.busy(items, context),
            NotHeld::Undecided(failure) => {
                let message = format!(
                    "{}: {}; the command did not run; if it was created, nobody holds it, and it expires after {}s: \
                     look (mccas gets) before repeating",
                    self.key, failure.message, self.ttl
                );
                self.fail(Status::Unknown, Exit::Unknown, &message, context)
            }
            NotHeld::Lost(loss) => {
                let message = format!(
                    "{}: the lock was lost before the command could start: {}",
                    self.name(None),
                    loss.reason()
                );
                self.fail(Status::Lost, Exit::Conflict, &message, context)
            }
            NotHeld::TooSlow => {
                let message = format!(
                    "{} answers too slowly for a lease of {}s; the command did not run; raise --ttl",
                    self.server, self.ttl
                );
                self.fail(Status::Unreachable, Exit::Unreachable, &message, context)
            }
            NotHeld::Failed(error) => self.failed(&error, context),
        }
    }

    fn failed(&self, error: &StoreError, context: &mut Context) -> anyhow::Result<Exit> {
        let message = error.to_string();
        self.fail(Status::of(error), Exit::of(error), &message, context)
    }

    fn fail(
        &self,
        status: Status,
        exit: Exit,
        message: &str,
        context: &mut Context,
    ) -> anyhow::Result<Exit> {
        let report = self.report(status, exit);
        fail(context, &self.server, exit, report, message)
    }

    fn busy(&self, items: Vec<Item>, context: &mut Context) -> anyhow::Result<Exit> {
        let (status, exit, rest) = match self.wait {
            None => (
                Status::Conflict,
                Exit::Conflict,
                "--wait DURATION would wait for it".to_string(),
            ),
            Some(wait) => (
                Status::NotInTime,
                Exit::NotInTime,
                format!(
                    "it did not become free within {}",
                    humantime::format_duration(wait)
                ),
            ),
        };
        let message = format!("{}; {rest}", self.taken(&items));
        let report = self.report(status, exit).current(items.into_iter().next());
        fail(context, &self.server, exit, report, &message)
    }

    /// Who holds the lock.
    pub(super) fn taken(&self, items: &[Item]) -> String {
        let name = match self.slots {
            Some(slots) => format!("all {slots} slots of {}", self.name(None)),
            None => self.name(None),
        };
        let holders: Vec<String> = items.iter().take(NAMED).map(holder).collect();
        let more = if items.len() > NAMED {
            " and others"
        } else {
            ""
        };
        match (self.slots, &holders[..]) {
            (_, []) => format!("{name}: somebody else was faster"),
            (None, [holder]) => format!("{name} is {holder}"),
            (_, holders) => format!("{name} are taken: {}{more}", holders.join(", ")),
        }
    }

    /// The command could not be started.
    pub(super) fn not_started(
        &self,
        past: &Past,
        error: &StartError,
        context: &mut Context,
    ) -> anyhow::Result<Exit> {
        let code = error.shell_code();
        let exit = code.map_or(Exit::Failed, Exit::Command);
        let report = Report {
            command_exit: code,
            ..self.past(past, Status::CommandFailed, exit)
        };
        let message = format!("{}: {error}", self.key);
        fail(context, &self.server, exit, report, &message)
    }

    /// The command ended by itself.
    pub(super) fn ended(
        &self,
        past: &Past,
        status: Ended,
        released: &Released,
        context: &mut Context,
    ) -> anyhow::Result<Exit> {
        let name = self.name(Some(past));
        let code = status.shell_code();
        let exit = Exit::Command(code);
        let (what, exit, message) = match released {
            Released::Lost(loss) => (
                Status::Lost,
                Exit::Conflict,
                format!(
                    "the command ended with {status}, but {name} had been lost before: {}; somebody else may have held \
                     it meanwhile",
                    loss.reason()
                ),
            ),
            Released::Left(reason) => (
                Status::Left,
                exit,
                format!(
                    "{name} could not be given back: {reason}; it expires within {}s",
                    self.ttl
                ),
            ),
            Released::Done if status.success() => (Status::Released, exit, String::new()),
            Released::Done => (
                Status::CommandFailed,
                exit,
                format!("{}: the command ended with {status}", self.key),
            ),
        };
        let report = Report {
            command_exit: Some(code),
            ..self.past(past, what, exit)
        };
        if message.is_empty() {
            let report = Report {
                server: Some(self.server.clone()),
                ..report
            };
            if context.out.json() {
                context.out.object(&report)?;
            }
            return Ok(exit);
        }
        fail(context, &self.server, exit, report, &message)
    }

    /// The command was ended, as the lease was lost.
    pub(super) fn lost(
        &self,
        past: &Past,
        why: &Why,
        status: Ended,
        context: &mut Context,
    ) -> anyhow::Result<Exit> {
        let reason = match why {
            Why::Loss(loss) => loss.reason(),
            Why::Unanswered => format!("{} did not answer in time", self.server),
            Why::Slept => "mccas or its machine stood still for too long".into(),
        };
        let message = format!(
            "{} was lost: {reason}; the command was ended ({status})",
            self.name(Some(past))
        );
        let report = Report {
            command_exit: Some(status.shell_code()),
            ..self.past(past, Status::Lost, Exit::Conflict)
        };
        fail(context, &self.server, Exit::Conflict, report, &message)
    }
}

/// What an item says of who has it.
fn holder(item: &Item) -> String {
    let Some(owner) = Owner::parse(&item.value) else {
        return format!(
            "taken: it holds {}, which no lock wrote",
            quoted(&item.value)
        );
    };
    let since = calendar::moment(owner.since().saturating_mul(1_000_000));
    match since {
        Some(since) => format!(
            "held by {owner} since {}",
            humantime::format_rfc3339_seconds(since)
        ),
        None => format!("held by {owner}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::testing::{item, key};

    fn job(slots: Option<u32>) -> String {
        let key = key();
        let owner = Owner::new(b"web", 7, 1_795_404_287, 1).value();
        let held = item(&String::from_utf8(owner).unwrap(), 5);
        let job = Job {
            key: &key,
            server: "s:1".into(),
            slots,
            ttl: 30,
            wait: None,
            elapsed: Duration::ZERO,
            signal: None,
        };
        job.taken(&[held, item("x\n", 6)][..slots.map_or(1, |_| 2)])
    }

    #[test]
    fn a_holder_is_named_with_its_time_and_a_stranger_shown() {
        assert_eq!(
            job(None),
            "k on s:1 is held by process 7 on web since 2026-11-23T03:24:47Z"
        );
        assert_eq!(
            job(Some(2)),
            "all 2 slots of k on s:1 are taken: held by process 7 on web since 2026-11-23T03:24:47Z, \
             taken: it holds \"x\\n\", which no lock wrote"
        );
    }
}
