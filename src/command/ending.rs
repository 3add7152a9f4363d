//! How a write that did not happen is told: exit code, JSON object and message, in one place for all writers.

use std::time::Duration;

use super::Context;
use crate::cas::shown::quoted;
use crate::cas::update::{Stopped, Why};
use crate::cas::{Counter, ErrorKind, Item, Key, StoreError};
use crate::exit::Exit;
use crate::output::report::{Number, Report, Status};

/// What the ending of a write can say beyond how it stopped.
pub(super) struct Ending<'a> {
    pub(super) key: &'a Key,
    pub(super) elapsed: Duration,
    /// What to do if the key is missing.
    pub(super) if_missing: &'a str,
    /// How the item differs from what was expected.
    pub(super) if_conflict: &'a str,
    /// Whether values are counters, which stand in JSON as numbers.
    pub(super) counter: bool,
    /// Whether one lost swap is the answer (`cas`) or the retries are (`incr-cas`).
    pub(super) once: bool,
}

/// Reports a question that got no answer, without a key or attempts to speak of.
pub(super) fn no_answer(
    context: &mut Context,
    server: &str,
    error: &StoreError,
    report: Report,
) -> anyhow::Result<Exit> {
    let report = Report {
        status: report.status.or(Some(Status::of(error))),
        ..report
    };
    fail(context, server, Exit::of(error), report, &error.to_string())
}

/// Reports a failure on a server: the object for programs, the message for people.
pub(super) fn fail(
    context: &mut Context,
    server: &str,
    exit: Exit,
    report: Report,
    message: &str,
) -> anyhow::Result<Exit> {
    if context.out.json() {
        let report = Report {
            server: Some(server.into()),
            error: Some(message.into()),
            ..report
        };
        context.out.object(&report)?;
    }
    context.out.message(message);
    Ok(exit)
}

impl Ending<'_> {
    /// Reports why a write did not happen, or may have.
    pub(super) fn report(&self, stopped: &Stopped, context: &mut Context) -> anyhow::Result<Exit> {
        let (exit, status) = self.verdict(&stopped.why);
        let current = if exit == Exit::Conflict {
            self.winner(stopped, context)
        } else {
            None
        };
        let server = context.server(self.key);
        let message = self.message(stopped, current.as_ref(), &server);
        let tally = stopped.tally;
        let mut report = Report {
            attempts: Some(tally.attempts),
            conflicts: Some(tally.conflicts + u32::from(stopped.why == Why::Conflict)),
            ..Report::of(status)
                .key(self.key)
                .current(current.as_ref())
                .elapsed(self.elapsed)
        };
        if let Why::Conflict = stopped.why {
            report.attempts = Some(tally.attempts.max(1));
        }
        if exit == Exit::Unknown {
            report = report.token_before(stopped.item.as_ref().map(|item| item.token));
            report.before = self.number(stopped.item.as_ref().map(|item| item.value.as_slice()));
            report.after = self.number(stopped.after.as_deref());
        }
        fail(context, &server, exit, report, &message)
    }

    fn verdict(&self, why: &Why) -> (Exit, Status) {
        match why {
            Why::Missing => (Exit::Missing, Status::Missing),
            Why::Conflict => (Exit::Conflict, Status::Conflict),
            Why::OutOfRetries | Why::OutOfTime if self.once => (Exit::Conflict, Status::Conflict),
            Why::OutOfRetries | Why::OutOfTime => (Exit::Conflict, Status::Exhausted),
            Why::Unsuitable(_) | Why::Expiry(_) => (Exit::Unsuitable, Status::Unsuitable),
            Why::Store(error) => (Exit::of(error), Status::of(error)),
        }
    }

    /// The item that won: the one read if it was refused as it stood, else read anew. Best effort.
    fn winner(&self, stopped: &Stopped, context: &mut Context) -> Option<Item> {
        match (&stopped.why, &stopped.item) {
            (Why::Conflict, Some(item)) if item.value.len() == item.size => Some(item.clone()),
            _ => context
                .store
                .look(std::slice::from_ref(self.key))
                .ok()?
                .pop()
                .flatten(),
        }
    }

    fn message(&self, stopped: &Stopped, current: Option<&Item>, server: &str) -> String {
        let key = self.key;
        let attempts = stopped.tally.attempts;
        let now = match current {
            Some(item) => format!("now token {}, value {}", item.token, quoted(&item.value)),
            None => "the key is gone now".into(),
        };
        match &stopped.why {
            Why::Missing => format!("{key} is not on {server}{}", self.if_missing),
            Why::Conflict => {
                let differs = self.if_conflict;
                format!("{key} on {server} {differs}; nothing was written ({now})")
            }
            Why::OutOfRetries if self.once => {
                format!(
                    "{key} on {server} was written by somebody else; nothing was written by us ({now})"
                )
            }
            Why::OutOfRetries | Why::OutOfTime => {
                let swaps = match attempts {
                    1 => "the swap".to_string(),
                    _ => format!("{attempts} swaps"),
                };
                let (limit, option) = match stopped.why {
                    Why::OutOfTime => ("the time is", "--deadline"),
                    _ => ("the retries are", "--max-retries"),
                };
                format!(
                    "{key} on {server}: {swaps} lost to other writers and {limit} used up; \
                     nothing was written; raise {option}, or use --fallback incr ({now})"
                )
            }
            Why::Unsuitable(reason) => format!("{key} on {server}: {reason}; nothing was written"),
            Why::Expiry(error) => format!("{key} on {server}: {error}; nothing was written"),
            Why::Store(error) if error.kind() == ErrorKind::Unknown => {
                format!(
                    "{key}: {error}; it may have been applied: look (mccas gets) before repeating"
                )
            }
            Why::Store(error) => error.to_string(),
        }
    }

    fn number(&self, value: Option<&[u8]>) -> Option<Number> {
        value
            .filter(|_| self.counter)
            .and_then(|value| Counter::parse(value).ok())
            .map(Number)
    }
}
