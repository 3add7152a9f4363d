//! The table of keys or clients, as wide as there is room.

use super::json::time;
use super::shown;
use crate::contention::report::{By, Report, Row};
use crate::output::Paint;

/// The column of names never gets narrower than this to make room for others.
const NAME: usize = 20;
/// The widest that a name is shown.
const WIDEST_NAME: usize = 60;
/// The parts of a row (a key's clients) that are named, and how wide a sparkline is.
const PARTS: usize = 2;
const SPARKS: usize = 20;

/// What stands beside the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Stores,
    Won,
    Lost,
    Share,
    Missing,
    Writers,
    Changed,
    Sparks,
    Parts,
}

/// A table, line by line, and what had no room in it.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) lines: Vec<String>,
    pub(crate) hidden: Vec<&'static str>,
}

impl Column {
    /// From left to right.
    const ALL: [Column; 9] = [
        Column::Stores,
        Column::Won,
        Column::Lost,
        Column::Share,
        Column::Missing,
        Column::Writers,
        Column::Sparks,
        Column::Changed,
        Column::Parts,
    ];
    /// What is left out first where there is little room.
    const SPARED: [Column; 6] = [
        Column::Parts,
        Column::Changed,
        Column::Missing,
        Column::Writers,
        Column::Sparks,
        Column::Won,
    ];

    fn title(self, by: By) -> &'static str {
        match self {
            Column::Stores => "STORES",
            Column::Won => "WON",
            Column::Lost => "LOST",
            Column::Share => "LOST%",
            Column::Missing => "MISSING",
            Column::Writers if by == By::Client => "KEYS",
            Column::Writers => "WRITERS",
            Column::Changed => "LAST CHANGE",
            Column::Sparks => "LOST BY INTERVAL",
            Column::Parts if by == By::Client => "HOTTEST KEYS (LOST)",
            Column::Parts => "HOTTEST CLIENTS (LOST)",
        }
    }

    fn is_number(self) -> bool {
        !matches!(self, Column::Changed | Column::Sparks | Column::Parts)
    }

    fn text(self, row: &Row) -> String {
        let counts = &row.counts;
        match self {
            Column::Stores => counts.stores.to_string(),
            Column::Won => counts.won.to_string(),
            Column::Lost => counts.lost.to_string(),
            Column::Share => share(row),
            Column::Missing => counts.missing.to_string(),
            Column::Writers => row.parts.len().to_string() + if row.more_parts { "+" } else { "" },
            // The day is today's.
            Column::Changed => row.changed.map_or("-".into(), |at| {
                time(at).get(11..).unwrap_or("-").to_string()
            }),
            Column::Sparks => sparks(&row.history),
            Column::Parts => parts(row),
        }
    }

    fn painted(self, text: &str, row: &Row, paint: Paint) -> String {
        match self {
            Column::Lost | Column::Share
                if row.counts.lost_ratio().is_some_and(|share| share >= 0.5) =>
            {
                paint.bad(text)
            }
            Column::Lost | Column::Share if row.counts.lost > 0 => paint.warning(text),
            Column::Sparks => paint.warning(text),
            Column::Changed | Column::Parts => paint.label(text),
            _ => text.into(),
        }
    }
}

/// The table of a report in `width` columns, or as wide as it gets.
pub(crate) fn table(report: &Report, width: Option<usize>, live: bool, paint: Paint) -> Table {
    let applies = |column: &Column| match column {
        Column::Sparks => live && report.by == By::Key,
        Column::Changed => report.by == By::Key,
        _ => true,
    };
    let mut columns: Vec<Column> = Column::ALL.into_iter().filter(applies).collect();
    let mut hidden = Vec::new();
    let names: Vec<String> = report.rows.iter().map(|row| shown(&row.name)).collect();
    let longest = names.iter().map(|name| characters(name)).max().unwrap_or(0);
    let wanted = longest.clamp(characters(head(report.by)), WIDEST_NAME);
    if let Some(width) = width {
        let mut spared = Column::SPARED.iter();
        while taken(&columns, report) + wanted.min(NAME) > width
            && let Some(next) = spared.next()
        {
            if columns.contains(next) {
                columns.retain(|column| column != next);
                hidden.push(next.title(report.by));
            }
        }
    }
    let room = width.map_or(wanted.max(longest), |width| {
        width
            .saturating_sub(taken(&columns, report))
            .clamp(1, wanted)
    });
    let lines = lines(report, &columns, &names, room, paint);
    Table { lines, hidden }
}

fn head(by: By) -> &'static str {
    match by {
        By::Key => "KEY",
        By::Client => "CLIENT",
    }
}

/// The width of all columns beside the name's, with the gaps.
fn taken(columns: &[Column], report: &Report) -> usize {
    columns
        .iter()
        .map(|&column| 2 + width_of(column, report))
        .sum()
}

fn width_of(column: Column, report: &Report) -> usize {
    let texts = report.rows.iter().map(|row| characters(&column.text(row)));
    texts
        .max()
        .unwrap_or(0)
        .max(characters(column.title(report.by)))
}

fn lines(
    report: &Report,
    columns: &[Column],
    names: &[String],
    room: usize,
    paint: Paint,
) -> Vec<String> {
    let widths: Vec<usize> = columns
        .iter()
        .map(|&column| width_of(column, report))
        .collect();
    let mut title = filled(head(report.by), room, false);
    for (&column, &width) in columns.iter().zip(&widths) {
        title += "  ";
        title += &filled(column.title(report.by), width, column.is_number());
    }
    let mut lines = vec![paint.label(title.trim_end())];
    for (row, name) in report.rows.iter().zip(names) {
        let mut line = paint.key(&filled(&cut(name, room), room, false));
        for (&column, &width) in columns.iter().zip(&widths) {
            let text = filled(&column.text(row), width, column.is_number());
            line += "  ";
            line += &column.painted(&text, row, paint);
        }
        lines.push(line.trim_end().into());
    }
    lines
}

fn filled(text: &str, width: usize, right: bool) -> String {
    if right {
        format!("{text:>width$}")
    } else {
        format!("{text:<width$}")
    }
}

/// The text, or as much of it as there is room for.
pub(super) fn cut(text: &str, room: usize) -> String {
    if characters(text) <= room {
        return text.into();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    kept + "…"
}

pub(super) fn characters(text: &str) -> usize {
    text.chars().count()
}

fn share(row: &Row) -> String {
    row.counts
        .lost_ratio()
        .map_or("-".into(), |share| format!("{:.1}", share * 100.0))
}

/// Who takes part, the hottest first.
fn parts(row: &Row) -> String {
    let named = row.parts.iter().take(PARTS);
    let mut text: Vec<String> = named
        .map(|part| {
            format!(
                "{} ({})",
                cut(&shown(&part.name), NAME + 1),
                part.counts.lost
            )
        })
        .collect();
    if row.parts.len() > PARTS {
        text.push(format!("{} more", row.parts.len() - PARTS));
    }
    text.join(", ")
}

/// A bar per interval, as high as its part of the highest.
fn sparks(history: &[u64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let shown = &history[history.len().saturating_sub(SPARKS)..];
    let highest = shown.iter().copied().max().unwrap_or(0).max(1);
    let bar = |&lost: &u64| match lost {
        0 => '·',
        _ => BARS[usize::try_from(u128::from(lost) * 7 / u128::from(highest)).unwrap_or(7)],
    };
    shown.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contention::{Scope, Tally};
    use crate::output::When;

    fn report(keys: &[(&str, usize, usize)]) -> Report {
        let mut tally = Tally::new(Vec::new());
        for &(key, stored, lost) in keys {
            let line = |status| {
                format!("ts=5.6 gid=9 type=item_store key={key} status={status} cmd=cas cfd=1")
            };
            (0..stored).for_each(|_| tally.take(line("stored").as_bytes()));
            (0..lost).for_each(|_| tally.take(line("exists").as_bytes()));
        }
        tally.report(By::Key, Scope::Whole)
    }

    fn plain(report: &Report, width: Option<usize>, live: bool) -> Table {
        table(report, width, live, Paint::decide(When::Never, false))
    }

    #[test]
    fn columns_are_aligned_and_the_hottest_key_stands_first() {
        let table = plain(&report(&[("cold", 100, 0), ("hot", 8, 24)]), None, false);
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
        let report = report(&[(long, 123_456, 24)]);
        for width in [60, 80, 100] {
            let table = plain(&report, Some(width), true);
            assert!(
                table.lines.iter().all(|line| characters(line) <= width),
                "{table:#?}"
            );
            assert!(!table.hidden.is_empty());
        }
        let narrow = plain(&report, Some(50), true);
        assert!(
            narrow.lines[0].contains("LOST%") && narrow.lines[1].contains('…'),
            "{narrow:#?}"
        );
        assert_eq!(narrow.hidden.first(), Some(&"HOTTEST CLIENTS (LOST)"));
    }

    #[test]
    fn no_width_panics() {
        let report = report(&[("k", 1, 2)]);
        (0..120).for_each(|width| drop(plain(&report, Some(width), true)));
    }

    #[test]
    fn sparks_show_the_shape() {
        assert_eq!(sparks(&[0, 1, 7, 14]), "·▁▄█");
        assert_eq!(sparks(&[]), "");
        assert_eq!(characters(&sparks(&[3; 100])), SPARKS);
        assert_eq!(sparks(&[u64::MAX]), "█");
    }
}
