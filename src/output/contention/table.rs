//! The table of keys or clients, as wide as there is room.

use super::column::{Column, NAME};
use super::shown;
use crate::contention::findings::{By, Findings};
use crate::output::Paint;
use crate::output::columns::{Side, cut, display_width, filled, widest};

/// The widest that a name is shown.
const WIDEST_NAME: usize = 60;

/// A table, line by line, and what had no room in it.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) lines: Vec<String>,
    pub(crate) hidden: Vec<&'static str>,
}

/// The table of what was found, in `width` columns, or as wide as it gets.
pub(crate) fn table(findings: &Findings, width: Option<usize>, live: bool, paint: Paint) -> Table {
    let applies = |column: &Column| match column {
        Column::Sparks => live && findings.by == By::Key,
        Column::Changed => matches!(findings.by, By::Key | By::Prefix),
        Column::Reads | Column::Misses | Column::MissShare => findings.has_reads(),
        Column::Connections => findings.by == By::Host,
        Column::Server => findings.rows.iter().any(|row| row.server.is_some()),
        _ => true,
    };
    let mut columns: Vec<Column> = Column::ALL.into_iter().filter(applies).collect();
    let mut hidden = Vec::new();
    let names: Vec<String> = findings.rows.iter().map(|row| shown(&row.name)).collect();
    let longest = widest(names.iter().map(String::as_str));
    let wanted = longest.clamp(display_width(head(findings.by)), WIDEST_NAME);
    if let Some(width) = width {
        let mut spared = Column::SPARED.iter();
        while taken(&columns, findings) + wanted.min(NAME) > width
            && let Some(next) = spared.next()
        {
            if columns.contains(next) {
                columns.retain(|column| column != next);
                hidden.push(next.title(findings.by, findings.has_reads()));
            }
        }
    }
    let room = width.map_or(wanted.max(longest), |width| {
        width
            .saturating_sub(taken(&columns, findings))
            .clamp(1, wanted)
    });
    let lines = lines(findings, &columns, &names, room, paint);
    Table { lines, hidden }
}

fn head(by: By) -> &'static str {
    match by {
        By::Key => "KEY",
        By::Client => "CLIENT",
        By::Host => "HOST",
        By::Prefix => "PREFIX",
    }
}

/// The width of all columns beside the name's, with the gaps.
fn taken(columns: &[Column], findings: &Findings) -> usize {
    columns
        .iter()
        .map(|&column| 2 + column.width(findings))
        .sum()
}

fn lines(
    findings: &Findings,
    columns: &[Column],
    names: &[String],
    room: usize,
    paint: Paint,
) -> Vec<String> {
    let widths: Vec<usize> = columns
        .iter()
        .map(|&column| column.width(findings))
        .collect();
    let mut title = filled(head(findings.by), room, Side::Left);
    for (&column, &width) in columns.iter().zip(&widths) {
        title += "  ";
        title += &filled(
            column.title(findings.by, findings.has_reads()),
            width,
            column.side(),
        );
    }
    let mut lines = vec![paint.label(title.trim_end())];
    for (row, name) in findings.rows.iter().zip(names) {
        let mut line = paint.key(&filled(&cut(name, room), room, Side::Left));
        for (&column, &width) in columns.iter().zip(&widths) {
            let text = filled(&column.text(row), width, column.side());
            line += "  ";
            line += &column.painted(&text, row, paint);
        }
        lines.push(line.trim_end().into());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::cas::mutation::{Outcome, Writer};
    use crate::contention::testing::tried;
    use crate::contention::{Scope, Tally};
    use crate::output::When;

    fn findings(keys: &[(&str, u32, u32)]) -> Findings {
        let mut tally = Tally::new(Vec::new());
        let somebody = Arc::new(Writer::unnamed(1));
        for &(key, stored, lost) in keys {
            let swap = |outcome| tried(key, "cas", outcome, Some(&somebody));
            (0..stored).for_each(|_| tally.take(&swap(Outcome::Stored)));
            (0..lost).for_each(|_| tally.take(&swap(Outcome::Exists)));
        }
        tally.findings(By::Key, Scope::Whole)
    }

    fn plain(findings: &Findings, width: Option<usize>, live: bool) -> Table {
        table(findings, width, live, Paint::decide(When::Never, false))
    }

    #[test]
    fn columns_are_aligned_and_the_hottest_key_stands_first() {
        let table = plain(&findings(&[("cold", 100, 0), ("hot", 8, 24)]), None, false);
        let expected = [
            "KEY   STORES  WON  LOST  LOST%  MISSING  WRITERS  LAST CHANGE    HOTTEST CLIENTS (LOST)",
            "hot        8    8    24   75.0        0        1  00:00:05.000Z  ? (24)",
            "cold     100  100     0    0.0        0        1  00:00:05.000Z  ? (0)",
        ];
        assert_eq!(table.lines, expected);
        assert!(table.hidden.is_empty());
    }

    #[test]
    fn what_has_no_room_is_hidden_and_said() {
        let long = "a-key-with-a-rather-long-name-that-does-not-fit";
        let findings = findings(&[(long, 123_456, 24)]);
        for width in [60, 80, 100] {
            let table = plain(&findings, Some(width), true);
            assert!(
                table.lines.iter().all(|line| display_width(line) <= width),
                "{table:#?}"
            );
            assert!(!table.hidden.is_empty());
        }
        let narrow = plain(&findings, Some(50), true);
        assert!(
            narrow.lines[0].contains("LOST%") && narrow.lines[1].contains('…'),
            "{narrow:#?}"
        );
        assert_eq!(narrow.hidden.first(), Some(&"HOTTEST CLIENTS (LOST)"));
    }

    #[test]
    fn no_width_panics() {
        let findings = findings(&[("k", 1, 2)]);
        (0..120).for_each(|width| drop(plain(&findings, Some(width), true)));
    }
}
