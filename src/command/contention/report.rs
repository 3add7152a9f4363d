//! What `mccas contention` says at the end.

use crate::cas::shown;
use crate::command::Context;
use crate::contention::findings::Name;
use crate::contention::{Counts, Findings};
use crate::output::contention::json::Object;
use crate::output::contention::remarks::remarks;
use crate::output::contention::screen;
use crate::output::contention::table::table;

/// Prints the final findings: as text only if there was a log to find anything in.
pub(super) fn print(findings: &Findings, begun: bool, context: &mut Context) -> anyhow::Result<()> {
    if context.out.json() {
        return context.out.object(&Object::new(findings));
    }
    if !begun {
        return Ok(());
    }
    let paint = context.out.paint();
    let width = screen::size().filter(|_| context.out.terminal());
    let table = table(findings, width.map(|(width, _)| width), false, paint);
    if !findings.rows.is_empty() {
        for line in &table.lines {
            context.out.line(line)?;
        }
        context.out.line("")?;
    }
    if !table.hidden.is_empty() {
        let hidden = table.hidden.join(", ").to_lowercase();
        context
            .out
            .line(&paint.label(&format!("no room for: {hidden}")))?;
    }
    for line in remarks(findings, paint) {
        context.out.line(&line)?;
    }
    Ok(())
}

/// The sentence of a check that failed.
pub(super) fn verdict(name: &Name, counts: Counts, ratio: f64) -> String {
    let key = match name {
        Name::Key(key) => shown::quoted(key),
        Name::Client(_) | Name::Host(_) | Name::Prefix(_) => String::new(),
    };
    let share = |ratio: f64| format!("{:.1}%", ratio * 100.0);
    format!(
        "{key} lost {} of {} swaps, that is {} and above the {} allowed",
        counts.lost,
        counts.swaps(),
        share(counts.lost_ratio().unwrap_or(0.0)),
        share(ratio)
    )
}
