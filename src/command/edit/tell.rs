//! How an edit ended, for people and for programs; and where the text is if it is not in the store.

use std::path::PathBuf;
use std::time::Instant;

use super::editor::Failure;
use crate::cas::update::{Stopped, Updated};
use crate::cas::{Item, Key, Method};
use crate::command::Context;
use crate::command::ending::{Ending, IfLost, fail, seen};
use crate::exit::Exit;
use crate::output::report::{Report, Status};

/// What is known whatever came of it.
pub(super) struct Told<'a> {
    pub(super) key: &'a Key,
    pub(super) server: String,
    /// What kind of server it seems to be, if it is another one than memcached as it is today.
    pub(super) peer: Option<&'static str>,
    pub(super) started: Instant,
}

impl Told<'_> {
    fn report(&self, status: Status) -> Report {
        let report = Report::of(status).key(self.key);
        report.elapsed(self.started.elapsed())
    }

    pub(super) fn stored(
        &self,
        updated: &Updated<usize>,
        context: &mut Context,
    ) -> anyhow::Result<Exit> {
        let before = updated.before.as_ref();
        if context.out.json() {
            let report = Report {
                server: Some(self.server.clone()),
                flags: Some(updated.flags),
                size: Some(updated.with),
                attempts: Some(updated.tally.attempts),
                conflicts: Some(updated.tally.conflicts),
                method: Some(before.map_or(Method::Add, |_| Method::Cas).word()),
                ..self.report(Status::Stored)
            };
            let report = report
                .token(updated.token)
                .token_before(before.map(|item| item.token))
                .ttl(updated.ttl);
            context.out.object(&report)?;
        } else {
            context
                .out
                .message(&format!("{} on {} was stored", self.key, self.server));
        }
        Ok(Exit::Done)
    }

    pub(super) fn unchanged(
        &self,
        item: &Item,
        file: Option<PathBuf>,
        context: &mut Context,
    ) -> anyhow::Result<Exit> {
        if context.out.json() {
            let report = Report {
                server: Some(self.server.clone()),
                flags: Some(item.flags),
                size: Some(item.size),
                file: shown(file.as_ref()),
                ..self.report(Status::Unchanged)
            };
            context.out.object(&report)?;
        } else {
            let message = format!(
                "{} on {} was not changed; nothing was written",
                self.key, self.server
            );
            context.out.message(&message);
        }
        self.name(file, context);
        Ok(Exit::Done)
    }

    pub(super) fn failed(
        &self,
        failure: &Failure,
        file: Option<PathBuf>,
        context: &mut Context,
    ) -> anyhow::Result<Exit> {
        let (command_exit, signal) = match failure {
            Failure::Status(status) => (Some(status.shell_code()), None),
            Failure::NotStarted(error) => (error.shell_code(), None),
            Failure::Signal(signal) => (None, Some(*signal)),
        };
        let report = Report {
            file: shown(file.as_ref()),
            exit: Some(seen(Exit::Failed, signal)),
            command_exit,
            ..self.report(Status::CommandFailed)
        };
        let message = format!("{}: {failure}; nothing was written", self.key);
        let exit = fail(context, &self.server, Exit::Failed, report, &message);
        self.name(file, context);
        exit
    }

    pub(super) fn stopped(
        &self,
        stopped: Stopped,
        file: Option<PathBuf>,
        context: &mut Context,
    ) -> anyhow::Result<Exit> {
        let ending = Ending {
            key: self.key,
            others: false,
            elapsed: self.started.elapsed(),
            if_missing: "; mccas cas KEY VALUE --token absent would create it",
            if_conflict: "was changed by somebody else",
            if_lost: IfLost::Conflict,
            counter: false,
            peer: self.peer,
        };
        let exit = ending.report_with(stopped, context, |_, report| Report {
            file: shown(file.as_ref()),
            ..report
        });
        self.name(file, context);
        exit
    }

    /// Says where the text is.
    fn name(&self, file: Option<PathBuf>, context: &mut Context) {
        if let Some(file) = file {
            let message = format!("{}: your text is in {}", self.key, file.display());
            context.out.trouble(&message);
        }
    }
}

fn shown(file: Option<&PathBuf>) -> Option<String> {
    file.map(|file| file.display().to_string())
}
