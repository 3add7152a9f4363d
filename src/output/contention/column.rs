//! The columns of the table beside the name: what stands in them, and which are spared first.

use super::shown;
use crate::contention::Counts;
use crate::contention::findings::{By, Findings, Row};
use crate::output::calendar::utc;
use crate::output::columns::{Side, cut, display_width};
use crate::output::glyphs::Glyphs;
use crate::output::{Paint, text};

/// The column of names never gets narrower than this to make room for others.
pub(super) const NAME: usize = 20;
/// The parts of a row (a key's clients) that are named, and how wide a sparkline is.
const PARTS: usize = 2;
const SPARKS: usize = 20;

/// What stands beside the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Server,
    Stores,
    Won,
    Lost,
    Share,
    Missing,
    Reads,
    Misses,
    MissShare,
    Connections,
    Writers,
    Changed,
    Sparks,
    Parts,
}

impl Column {
    /// From left to right.
    pub(super) const ALL: [Column; 14] = [
        Column::Server,
        Column::Stores,
        Column::Won,
        Column::Lost,
        Column::Share,
        Column::Missing,
        Column::Reads,
        Column::Misses,
        Column::MissShare,
        Column::Connections,
        Column::Writers,
        Column::Sparks,
        Column::Changed,
        Column::Parts,
    ];
    /// What is left out first where there is little room.
    pub(super) const SPARED: [Column; 7] = [
        Column::Parts,
        Column::Changed,
        Column::Missing,
        Column::Connections,
        Column::Writers,
        Column::Sparks,
        Column::Won,
    ];

    pub(super) fn title(self, by: By, reads: bool) -> &'static str {
        match self {
            Column::Server => "SERVER",
            Column::Stores => "STORES",
            Column::Won => "WON",
            Column::Lost => "LOST",
            Column::Share => "LOST%",
            Column::Missing => "MISSING",
            Column::Reads => "READS",
            Column::Misses => "MISSES",
            Column::MissShare => "MISS%",
            Column::Connections => "CONNECTIONS",
            Column::Writers => match by {
                By::Key if reads => "CLIENTS",
                By::Key => "WRITERS",
                By::Client | By::Host => "KEYS",
                By::Prefix => "HOSTS",
            },
            Column::Changed => "LAST CHANGE",
            Column::Sparks => "LOST% OVER TIME",
            Column::Parts => match by {
                By::Key => "HOTTEST CLIENTS (LOST)",
                By::Client | By::Host => "HOTTEST KEYS (LOST)",
                By::Prefix => "HOTTEST HOSTS (LOST)",
            },
        }
    }

    /// Numbers stand at the right.
    pub(super) fn side(self) -> Side {
        match self {
            Column::Server | Column::Changed | Column::Sparks | Column::Parts => Side::Left,
            _ => Side::Right,
        }
    }

    /// The width of the widest text, the title's included.
    pub(super) fn width(self, findings: &Findings) -> usize {
        let texts = findings
            .rows
            .iter()
            .map(|row| display_width(&self.text(row)));
        texts
            .max()
            .unwrap_or(0)
            .max(display_width(self.title(findings.by, findings.has_reads())))
    }

    pub(super) fn text(self, row: &Row) -> String {
        let counts = &row.counts;
        match self {
            Column::Server => server(row),
            Column::Stores => counts.stores.to_string(),
            Column::Won => counts.won.to_string(),
            Column::Lost => counts.lost.to_string(),
            Column::Share => share(counts.lost_ratio()),
            Column::Missing => counts.missing.to_string(),
            Column::Reads => counts.reads().to_string(),
            Column::Misses => counts.misses.to_string(),
            Column::MissShare => share(counts.miss_ratio()),
            Column::Connections => row.connections.to_string(),
            Column::Writers => {
                row.parts.len().max(1).to_string() + if row.more_parts { "+" } else { "" }
            }
            // The day is today's.
            Column::Changed => row.changed.map_or("-".into(), |at| {
                utc(at).get(11..).unwrap_or("-").to_string()
            }),
            Column::Sparks => sparks(&row.history, Glyphs::here()),
            Column::Parts => parts(row),
        }
    }

    pub(super) fn painted(self, text: &str, row: &Row, paint: Paint) -> String {
        match self {
            Column::Lost | Column::Share
                if row.counts.lost_ratio().is_some_and(|share| share >= 0.5) =>
            {
                paint.bad(text)
            }
            Column::Lost | Column::Share if row.counts.lost > 0 => paint.warning(text),
            Column::Sparks => paint.warning(text),
            Column::Server | Column::Changed | Column::Parts => paint.label(text),
            _ => text.into(),
        }
    }
}

fn server(row: &Row) -> String {
    let server = row.server.as_deref().unwrap_or_default();
    text::escaped(server.as_bytes())
}

fn share(ratio: Option<f64>) -> String {
    ratio.map_or("-".into(), |share| format!("{:.1}", share * 100.0))
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

/// A bar per step, as high as the share of swaps that lost.
fn sparks(history: &[Counts], glyphs: Glyphs) -> String {
    let bars = glyphs.heights();
    let shown = &history[history.len().saturating_sub(SPARKS)..];
    let bar = |counts: &Counts| match (counts.lost, counts.swaps()) {
        (0, _) => glyphs.none(),
        (lost, swaps) => {
            bars[usize::try_from(u128::from(lost) * 7 / u128::from(swaps)).unwrap_or(7)]
        }
    };
    shown.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparks_show_the_shape() {
        let history = |lost: &[u64]| -> Vec<Counts> {
            let counts = lost.iter().map(|&lost| Counts {
                lost,
                won: 14_u64.saturating_sub(lost),
                ..Counts::default()
            });
            counts.collect()
        };
        let shape = history(&[0, 1, 7, 14]);
        assert_eq!(sparks(&shape, Glyphs::Ascii), " _-#");
        let sparks = |lost: &[u64]| sparks(&history(lost), Glyphs::Blocks);
        assert_eq!(sparks(&[0, 1, 7, 14]), "·▁▄█");
        assert_eq!(sparks(&[]), "");
        assert_eq!(display_width(&sparks(&[3; 100])), SPARKS);
        assert_eq!(sparks(&[u64::MAX]), "█");
        let idle = Counts::default();
        assert_eq!(super::sparks(&[idle], Glyphs::Blocks), "·");
    }
}
