//! How an update ended, for people and for programs. With `--json` both exit codes are told: ours, and the command's.

use std::time::Duration;

use rustix::process::Signal;

use super::program::{Declined, Failure};
use crate::cas::update::{Stopped, Updated};
use crate::cas::{Key, Method};
use crate::command::Context;
use crate::command::child::Status as Ended;
use crate::command::ending::{self, Ending, IfLost};
use crate::exit::Exit;
use crate::output::report::{Report, Status};

/// What is known of a run whatever came of it.
pub(super) struct Run<'a> {
    pub(super) key: &'a Key,
    pub(super) elapsed: Duration,
    /// How often the command was started.
    pub(super) runs: u32,
    /// The signal that came while a write was under way, and is obeyed when all is told.
    pub(super) signal: Option<Signal>,
}

impl Run<'_> {
    fn report(&self, status: Status) -> Report {
        Report::of(status).key(self.key).elapsed(self.elapsed)
    }

    /// The exit code of mccas.
    fn exit(&self, exit: Exit) -> u8 {
        ending::seen(exit, self.signal)
    }

    /// The exit code of the command's last run where nothing else is said: it succeeded, if it ran at all.
    fn success(&self) -> Option<u8> {
        (self.runs > 0).then_some(0)
    }
}

pub(super) fn stored(
    run: &Run,
    updated: &Updated<usize>,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    if !context.out.json() {
        return Ok(Exit::Done);
    }
    let before = updated.before.as_ref();
    let method = before.map_or(Method::Add, |_| Method::Cas);
    let report = Report {
        server: Some(context.server(run.key)),
        flags: Some(updated.flags),
        size: Some(updated.with),
        attempts: Some(updated.tally.attempts),
        conflicts: Some(updated.tally.conflicts),
        method: Some(method.word()),
        exit: Some(run.exit(Exit::Done)),
        command_exit: run.success(),
        ..run.report(Status::Stored)
    };
    let report = report
        .token(updated.token)
        .token_before(before.map(|item| item.token))
        .ttl(updated.ttl);
    context.out.object(&report)?;
    Ok(Exit::Done)
}

/// Nothing was written, as the loop or the command wanted it.
pub(super) fn declined(
    run: &Run,
    reason: &Declined,
    stopped: &Stopped,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    match reason {
        Declined::Unchanged => unchanged(run, stopped, context),
        Declined::Failed(failure) => failed(run, failure, stopped, context),
    }
}

fn unchanged(run: &Run, stopped: &Stopped, context: &mut Context) -> anyhow::Result<Exit> {
    if context.out.json() {
        let mut report = Report {
            server: Some(context.server(run.key)),
            attempts: Some(stopped.tally.attempts),
            conflicts: Some(stopped.tally.conflicts),
            exit: Some(run.exit(Exit::Done)),
            command_exit: run.success(),
            ..run.report(Status::Unchanged)
        };
        if let Some(item) = &stopped.item {
            report.flags = Some(item.flags);
            report.size = Some(item.size);
            report = report.token(Some(item.token)).ttl(item.ttl);
        }
        context.out.object(&report)?;
    } else {
        let key = run.key;
        context
            .out
            .detail(&format!("{key}: unchanged; nothing was written"));
    }
    Ok(Exit::Done)
}

fn failed(
    run: &Run,
    failure: &Failure,
    stopped: &Stopped,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    let (exit, status, command_exit) = verdict(failure);
    let message = format!("{}: {}; nothing was written", run.key, reason(failure));
    let report = Report {
        attempts: Some(stopped.tally.attempts),
        conflicts: Some(stopped.tally.conflicts),
        exit: Some(run.exit(exit)),
        command_exit,
        ..run.report(status)
    };
    let report = report.token_before(stopped.item.as_ref().map(|item| item.token));
    let server = context.server(run.key);
    ending::fail(context, &server, exit, report, &message)
}

/// Our exit code, the status, and the command's exit code.
fn verdict(failure: &Failure) -> (Exit, Status, Option<u8>) {
    let passed_on = |code| (Exit::Command(code), Status::CommandFailed, Some(code));
    match failure {
        Failure::Status(status) => passed_on(status.shell_code()),
        Failure::NotStarted(error) => match error.shell_code() {
            Some(code) => passed_on(code),
            None => (Exit::Failed, Status::CommandFailed, None),
        },
        Failure::TimedOut => (Exit::Conflict, Status::Exhausted, None),
        Failure::TooLong => (Exit::Unsuitable, Status::Unsuitable, None),
        Failure::HeldOpen(status) => {
            let code = status.shell_code();
            // A success of the command's is none of ours.
            let exit = if *status == Ended::Code(0) {
                Exit::Failed
            } else {
                Exit::Command(code)
            };
            (exit, Status::CommandFailed, Some(code))
        }
    }
}

fn reason(failure: &Failure) -> String {
    match failure {
        Failure::Status(status) => format!("the command ended with {status}"),
        Failure::NotStarted(error) => error.to_string(),
        Failure::TimedOut => {
            "the command was ended, as the time of --deadline is over; raise it".into()
        }
        Failure::TooLong => {
            "the command was ended, as it wrote more than --max-value lets through".into()
        }
        Failure::HeldOpen(_) => {
            "the command ended, but what it left running holds its output open, \
             so that nobody knows whether it is all"
                .into()
        }
    }
}

/// The server did not take it, or it lost.
pub(super) fn not_updated(
    run: &Run,
    stopped: Stopped,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    let ending = Ending {
        key: run.key,
        others: false,
        elapsed: run.elapsed,
        if_missing: "; --initial VALUE would create it",
        if_conflict: "was written by somebody else",
        if_lost: IfLost::Exhausted { instead: "" },
        counter: false,
        peer: None,
    };
    ending.report_with(stopped, context, |exit, report| Report {
        exit: Some(run.exit(exit)),
        command_exit: run.success(),
        ..report
    })
}
