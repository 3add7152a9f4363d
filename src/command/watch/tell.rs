//! How `watch` tells what it saw: a line or an object, and the command of `--exec`.

use std::time::SystemTime;

use super::Watch;
use super::exec::Told;
use crate::cas::watch::Change;
use crate::cas::{Item, StoreError, Token};
use crate::output::event::Event;
use crate::output::report::Report;
use crate::output::text;

impl Watch<'_, '_> {
    pub(super) fn key_event(
        &mut self,
        index: usize,
        change: &Change,
        item: Option<&Item>,
    ) -> anyhow::Result<()> {
        let key = &self.args.keys[index];
        let event = name(change);
        let paint = self.context.out.paint();
        let terminal = self.context.out.terminal();
        let (report, rest) = match (change, item) {
            (Change::Touched(glance), _) => {
                let report = Report::event(event)
                    .token(Some(glance.token))
                    .ttl(glance.ttl);
                (
                    report,
                    text::event_meta(glance.token, glance.ttl, paint, terminal),
                )
            }
            (_, Some(item)) => (
                Report::event(event).item(item.clone()),
                text::event_item(item, paint, terminal),
            ),
            (_, None) => (Report::event(event), String::new()),
        };
        let report = report.key(key).token_before(change.token_before());
        self.event(
            report,
            &format!(
                "{}  {}  {rest}",
                paint.key(&key.to_string()),
                text::event(event, paint)
            ),
        )?;
        if event == Event::Absent && key.as_bytes().iter().any(|byte| b"*?[".contains(byte)) {
            self.context.out.message(&format!(
                "note: watch takes keys, not patterns, and looks at the key {key} itself; mccas contention takes patterns"
            ));
        }
        if change.counts() {
            self.changes += 1;
            let token = item.map(|item| item.token).or(match change {
                Change::Touched(glance) => Some(glance.token),
                _ => None,
            });
            self.exec(index, event, token, item.map_or(&[], |item| &item.value));
        }
        Ok(())
    }

    pub(super) fn server_event(
        &mut self,
        server: usize,
        event: Event,
        error: Option<&StoreError>,
    ) -> anyhow::Result<()> {
        let paint = self.context.out.paint();
        let cause = error.map(ToString::to_string);
        let server = self.server(server);
        let line = format!(
            "{server}  {}  {}",
            text::event(event, paint),
            cause.as_deref().unwrap_or_default()
        );
        self.event(
            Report {
                server: Some(server),
                error: cause,
                ..Report::event(event)
            },
            &line,
        )
    }

    fn event(&mut self, report: Report, line: &str) -> anyhow::Result<()> {
        self.event_at(SystemTime::now(), report, line)
    }

    pub(super) fn event_at(
        &mut self,
        time: SystemTime,
        report: Report,
        line: &str,
    ) -> anyhow::Result<()> {
        let time = humantime::format_rfc3339_millis(time).to_string();
        if self.context.out.json() {
            return self.context.out.object(&Report {
                time: Some(time),
                ..report
            });
        }
        let time = self.context.out.paint().label(&time);
        self.context.out.line(format!("{time}  {line}").trim_end())
    }

    pub(super) fn exec(&mut self, index: usize, event: Event, token: Option<Token>, value: &[u8]) {
        let end = self.end();
        let Some(exec) = &mut self.exec else {
            return;
        };
        let key = &self.args.keys[index];
        let told = Told {
            key,
            event,
            token,
            value,
        };
        if let Err(problem) = exec.run(&told, end) {
            self.context.out.trouble(&format!("--exec: {problem}"));
        }
    }
}

fn name(change: &Change) -> Event {
    match change {
        Change::Present => Event::Present,
        Change::Absent => Event::Absent,
        Change::Changed { .. } => Event::Changed,
        Change::Created => Event::Created,
        Change::Deleted { .. } => Event::Deleted,
        Change::Touched(_) => Event::Touched,
    }
}
