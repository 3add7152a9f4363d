//! The live view: what one picture of it shows, as lines.

use super::remarks::lower_bound;
use super::table::table;
use crate::contention::Findings;
use crate::output::columns::{cut, display_width};
use crate::output::{Paint, text};

/// A picture of the state of things.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) findings: &'a Findings,
    pub(crate) server: &'a str,
    /// Seconds left, if there is an end.
    pub(crate) left: u64,
    pub(crate) paint: Paint,
}

impl Frame<'_> {
    /// The lines for a terminal of this size; never more or longer ones.
    pub(crate) fn lines(&self, width: usize, height: usize) -> Vec<String> {
        let mut below = lower_bound(self.findings, Paint::NONE);
        let rows_fit = height.saturating_sub(5 + below.len()).max(1);
        let findings = self.findings.clone().cut(rows_fit);
        let table = table(&findings, Some(width), true, self.paint);
        let mut hidden = Vec::new();
        if findings.more > 0 {
            hidden.push(format!("{} more rows", findings.more));
        }
        if !table.hidden.is_empty() {
            hidden.push(table.hidden.join(", ").to_lowercase());
        }
        if !hidden.is_empty() {
            below.push(format!("no room for: {}", hidden.join("; ")));
        }
        let mut lines = vec![self.title(width), String::new()];
        lines.extend(table.lines);
        if findings.rows.is_empty() {
            lines.push(self.paint.label("no stores yet"));
        }
        lines.push(String::new());
        lines.extend(
            below
                .iter()
                .map(|line| self.paint.warning(&cut(line, width))),
        );
        lines.truncate(height);
        lines
    }

    fn title(&self, width: usize) -> String {
        let all = &self.findings.all;
        let left = format!(
            "{}  {:.0} s, {} s left",
            text::escaped(self.server.as_bytes()),
            self.findings.elapsed.as_secs_f64(),
            self.left
        );
        let right = format!("{} stores, {} swaps lost   q quits", all.stores, all.lost);
        let gap = width.saturating_sub(display_width(&left) + display_width(&right));
        let line = if gap > 0 {
            format!("{left}{}{right}", " ".repeat(gap))
        } else {
            left
        };
        self.paint.label(&cut(&line, width))
    }
}
