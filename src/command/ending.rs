//! How a write that did not happen is told: exit code, JSON object and message, in one place for all writers.

use std::time::Duration;

use rustix::process::Signal;

use super::child::Status as Ended;
use super::{Context, UsageError};
use crate::cas::expiry::ExpiryError;
use crate::cas::shown::quoted;
use crate::cas::update::{Stopped, Why};
use crate::cas::{Counter, ErrorKind, Item, Key, StoreError};
use crate::client::discover::Undiscovered;
use crate::exit::Exit;
use crate::output::report::{Number, Report, Status};
use crate::output::{Output, is_of_stdout};

/// What only the command knows about the ending of its write: each sentence that says what was wanted, or what to do next.
pub(super) struct Ending<'a> {
    pub(super) key: &'a Key,
    /// Whether it is one of several keys, so that each message must name its own.
    pub(super) others: bool,
    pub(super) elapsed: Duration,
    /// What to do if the key is missing.
    pub(super) if_missing: &'a str,
    /// How the item differs from what was expected.
    pub(super) if_conflict: &'a str,
    pub(super) if_lost: IfLost<'a>,
    /// Whether values are counters, which stand in JSON as numbers.
    pub(super) counter: bool,
    /// What kind of server it seems to be, to a command that has asked it by a store of its own.
    pub(super) peer: Option<&'static str>,
}

/// What it means to the command that its swaps lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IfLost<'a> {
    /// The one swap was all that was asked for, and the answer is that another writer was there first.
    Conflict,
    /// It had retries and time, and both can be raised; the sentence says what else there is.
    Exhausted { instead: &'a str },
}

/// Prints the object of a failure that has no outcome of its own. Its message is said by whoever ends the program.
///
/// Arguments that make no sense have none, as nothing had begun; nor has stdout itself where it fails.
pub(super) fn failed(error: &anyhow::Error, keys: &[Key], context: &mut Context) {
    if !context.out.json() || error.is::<UsageError>() || is_of_stdout(error) {
        return;
    }
    // With several, it is not said at which of them the failure stopped.
    let key = keys.first().filter(|_| keys.len() == 1);
    let report = Report {
        server: key.map(|key| context.server(key)),
        error: Some(format!("{error:#}")),
        ..Report::of(Status::Failed)
    };
    let report = key.into_iter().fold(report, Report::key);
    // If stdout fails now, too, the message still comes.
    let out = &mut *context.out;
    let _ = out.end_batch().and_then(|()| out.object(&report));
}

/// The exit code that a shell will see: where a signal is obeyed once all is told, that of the signal.
pub(super) fn seen(exit: Exit, signal: Option<Signal>) -> u8 {
    signal.map_or(exit.code(), |signal| {
        Ended::Signal(signal.as_raw()).shell_code()
    })
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

/// Reports that the servers could not be found out, which is before there is anything to work with, even though what may
/// pass was waited for so long.
pub(super) fn undiscovered(
    out: &mut Output,
    undiscovered: &Undiscovered,
    waited: Option<Duration>,
    keys: &[Key],
) -> anyhow::Result<Exit> {
    let (server, error) = match undiscovered {
        Undiscovered::Untold { server, error } => (server, error),
        Undiscovered::Twice(message) => return Err(UsageError::new(message.as_str()).into()),
    };
    let (exit, status, message) = match waited.filter(|_| error.may_pass()) {
        Some(time) => {
            let time = humantime::format_duration(time);
            let message = format!("{error}; not up within {time}");
            (Exit::NotInTime, Status::NotInTime, message)
        }
        None => (Exit::of(error), Status::of(error), error.to_string()),
    };
    let report = || Report {
        server: Some(server.clone()),
        error: Some(message.clone()),
        ..Report::of(status)
    };
    let reports: Vec<Report> = match keys {
        [] => vec![report()],
        keys => keys.iter().map(|key| report().key(key)).collect(),
    };
    if out.json() {
        reports.iter().try_for_each(|report| out.object(report))?;
    }
    out.aside(exit, &message)?;
    Ok(exit)
}

/// Reports a failure on a server: the object for programs, the message for people.
pub(super) fn fail(
    context: &mut Context,
    server: &str,
    exit: Exit,
    report: Report,
    message: &str,
) -> anyhow::Result<Exit> {
    fail_on(context.out, server, exit, report, message)
}

/// The same where the store is busy with more.
pub(super) fn fail_on(
    out: &mut Output,
    server: &str,
    exit: Exit,
    report: Report,
    message: &str,
) -> anyhow::Result<Exit> {
    if out.json() {
        let report = Report {
            server: Some(server.into()),
            error: Some(message.into()),
            ..report
        };
        out.object(&report)?;
    }
    out.aside(exit, message)?;
    Ok(exit)
}

impl Ending<'_> {
    /// Reports why a write did not happen, or may have.
    pub(super) fn report(&self, stopped: Stopped, context: &mut Context) -> anyhow::Result<Exit> {
        self.report_with(stopped, context, |_, report| report)
    }

    /// The same with what only the command can add to the object, which may depend on the exit code.
    pub(super) fn report_with(
        &self,
        mut stopped: Stopped,
        context: &mut Context,
        more: impl FnOnce(Exit, Report) -> Report,
    ) -> anyhow::Result<Exit> {
        let (exit, status) = self.verdict(&stopped.why);
        let (current, now) = if exit == Exit::Conflict {
            let winner = self.winner(&mut stopped, context);
            let now = now(&winner);
            (winner.ok().flatten(), now)
        } else {
            (None, String::new())
        };
        let server = context.server(self.key);
        let peer = self.peer.or_else(|| context.store.peer(self.key));
        let message = self.message(&stopped, &now, &server, peer);
        let tally = stopped.tally;
        let mut report = Report {
            attempts: Some(tally.attempts),
            conflicts: Some(tally.conflicts),
            ..Report::of(status)
                .key(self.key)
                .current(current)
                .elapsed(self.elapsed)
        };
        if exit == Exit::Unknown {
            report = report.token_before(stopped.item.as_ref().map(|item| item.token));
            report.before = self.number(stopped.item.as_ref().map(|item| item.value.as_slice()));
            report.after = self.number(stopped.after.as_deref());
        }
        fail(context, &server, exit, more(exit, report), &message)
    }

    fn verdict(&self, why: &Why) -> (Exit, Status) {
        match why {
            Why::Missing => (Exit::Missing, Status::Missing),
            Why::Conflict => (Exit::Conflict, Status::Conflict),
            Why::OutOfRetries | Why::OutOfTime => match self.if_lost {
                IfLost::Conflict => (Exit::Conflict, Status::Conflict),
                IfLost::Exhausted { .. } => (Exit::Conflict, Status::Exhausted),
            },
            // That is the server's doing, and --ttl decides it; a moment that no server can store is the user's.
            Why::Expiry(ExpiryError::Unseen | ExpiryError::Adrift | ExpiryError::NoClock) => {
                (Exit::Refused, Status::Refused)
            }
            Why::Unsuitable(_) | Why::Expiry(ExpiryError::TooLate) | Why::Declined => {
                (Exit::Unsuitable, Status::Unsuitable)
            }
            Why::Store(error) => (Exit::of(error), Status::of(error)),
        }
    }

    /// The item that won: the one read if it was refused as it stood, else read anew.
    fn winner(
        &self,
        stopped: &mut Stopped,
        context: &mut Context,
    ) -> Result<Option<Item>, StoreError> {
        let read = stopped.item.take();
        let whole = read.filter(|item| item.value.len() == item.size);
        if let (Why::Conflict, Some(item)) = (&stopped.why, whole) {
            return Ok(Some(item));
        }
        let items = context.store.look(std::slice::from_ref(self.key))?;
        Ok(items.into_iter().next().flatten())
    }

    fn message(&self, stopped: &Stopped, now: &str, server: &str, peer: Option<&str>) -> String {
        let key = self.key;
        match &stopped.why {
            Why::Missing => format!("{key} is not on {server}{}", self.if_missing),
            Why::Conflict => {
                let differs = self.if_conflict;
                format!("{key} on {server} {differs}; nothing was written ({now})")
            }
            Why::OutOfRetries => self.lost(stopped, "retries are", "--max-retries", now, server),
            Why::OutOfTime => self.lost(stopped, "time is", "--deadline", now, server),
            Why::Unsuitable(reason) => format!("{key} on {server}: {reason}; nothing was written"),
            Why::Declined => format!("{key} on {server}: nothing was written"),
            Why::Expiry(error) if *error != ExpiryError::TooLate => {
                let peer = peer.map_or(String::new(), |peer| format!(" (it seems to be {peer})"));
                format!("{key} on {server}{peer}: {error}; nothing was written")
            }
            Why::Expiry(error) => format!("{key} on {server}: {error}; nothing was written"),
            Why::Store(error) if error.kind() == ErrorKind::Unknown => {
                format!(
                    "{key}: {error}; it may have been applied: look (mccas gets) before repeating"
                )
            }
            Why::Store(error) => {
                let message = error.to_string();
                if self.others {
                    named(key, message)
                } else {
                    message
                }
            }
        }
    }

    /// The message for swaps that lost until `limit` used up, which `option` would raise.
    fn lost(
        &self,
        stopped: &Stopped,
        limit: &str,
        option: &str,
        now: &str,
        server: &str,
    ) -> String {
        let key = self.key;
        match self.if_lost {
            IfLost::Conflict => format!(
                "{key} on {server} was written by somebody else; nothing was written by us ({now})"
            ),
            IfLost::Exhausted { instead } => {
                let swaps = match stopped.tally.attempts {
                    1 => "the swap".to_string(),
                    attempts => format!("{attempts} swaps"),
                };
                format!(
                    "{key} on {server}: {swaps} lost to other writers and the {limit} used up; \
                     nothing was written; raise {option}{instead} ({now})"
                )
            }
        }
    }

    fn number(&self, value: Option<&[u8]>) -> Option<Number> {
        value
            .filter(|_| self.counter)
            .and_then(|value| Counter::parse(value).ok())
            .map(Number)
    }
}

/// A message about one of several keys, which names it once.
pub(super) fn named(key: &Key, message: String) -> String {
    if message.starts_with(&format!("{key}:")) {
        message
    } else {
        format!("{key}: {message}")
    }
}

/// What the key holds now.
fn now(winner: &Result<Option<Item>, StoreError>) -> String {
    match winner {
        Ok(Some(item)) => format!("now token {}, value {}", item.token, quoted(&item.value)),
        Ok(None) => "the key is gone now".into(),
        Err(error) => format!("what it holds now could not be read: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::testing::item;

    #[test]
    fn a_signal_that_is_obeyed_at_the_end_has_the_last_word() {
        assert_eq!(seen(Exit::Unknown, None), 6);
        assert_eq!(seen(Exit::Unknown, Some(Signal::TERM)), 143);
        assert_eq!(seen(Exit::Done, Some(Signal::INT)), 130);
    }

    #[test]
    fn a_message_names_its_key_once() {
        let key = Key::new("k").unwrap();
        for (message, expected) in [
            ("k: too long", "k: too long"),
            ("key: too long", "k: key: too long"),
            ("cannot reach it", "k: cannot reach it"),
        ] {
            assert_eq!(named(&key, message.into()), expected);
        }
    }

    #[test]
    fn what_could_not_be_read_is_not_said_to_be_gone() {
        assert_eq!(now(&Ok(Some(item("new", 9)))), "now token 9, value \"new\"");
        assert_eq!(now(&Ok(None)), "the key is gone now");
        let too_long = StoreError::TooLong("too long".into());
        assert_eq!(
            now(&Err(too_long)),
            "what it holds now could not be read: too long"
        );
    }
}
