//! The result of a log, or of one interval of it: rows, hottest first, and how far to trust them.

use std::sync::Arc;
use std::time::Duration;

use super::counts::Counts;
use crate::cas::mutation::Counters;

/// With fewer swaps than this, the share of lost ones says little.
pub(crate) const ENOUGH_SWAPS: u64 = 10;

/// What a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Key,
    Client,
}

/// Which time is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Since the last mark.
    Interval,
    /// All of it.
    Whole,
}

/// The data of one interval, or of the whole time.
#[derive(Debug, Clone)]
pub(crate) struct Findings {
    pub(crate) scope: Scope,
    pub(crate) by: By,
    pub(crate) elapsed: Duration,
    /// Hottest first: by swaps lost, then by stores.
    pub(crate) rows: Vec<Row>,
    /// Rows left out because only so many were wanted.
    pub(crate) more: usize,
    /// All stores that the log showed, whatever their keys.
    pub(crate) all: Counts,
    pub(crate) bound: Bound,
    /// Lines that the server dropped or skipped.
    pub(crate) dropped: u64,
    /// Whether the server had more of its log to tell when the time was up.
    pub(crate) behind: bool,
    /// What the server itself counted in the same time, if it says.
    pub(crate) server: Option<Counters>,
}

/// How far the counts are exact, by the means of counting (see [`Top`](super::top::Top)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Bound {
    /// Keys that are counted one by one.
    pub(crate) tracked: usize,
    /// Whether there were more keys than can be counted one by one.
    pub(crate) overflowed: bool,
    /// The most swaps that a key can have lost without being counted.
    pub(crate) lost_unseen: u64,
}

/// One key or one client.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: Name,
    pub(crate) counts: Counts,
    /// When the key was last changed, by the server's clock, in microseconds of unix time.
    pub(crate) changed: Option<u64>,
    /// The clients of the key, or the keys of the client; hottest first.
    pub(crate) parts: Vec<Part>,
    /// Lost swaps per interval, the last one last.
    pub(crate) history: Vec<u64>,
    /// How many lost swaps at most happened before the row was counted.
    pub(crate) error: u64,
    /// Whether the counts may lack what happened before the row was counted.
    pub(crate) partial: bool,
    /// Whether there were more parts than can be counted one by one.
    pub(crate) more_parts: bool,
}

/// The share of one client in a key, or of one key in a client.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) name: Name,
    pub(crate) counts: Counts,
    /// Whether the counts may lack what happened before the part was counted.
    pub(crate) partial: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    Key(Arc<[u8]>),
    /// `None` if it is not sure.
    Client(Option<String>),
}

impl Findings {
    /// Whether more may have happened than was found.
    pub(crate) fn is_lower_bound(&self) -> bool {
        self.dropped > 0 || self.behind || self.rows.iter().any(|row| row.partial)
    }

    /// The hottest key of which more than `ratio` of the swaps lost, if there were enough of them to tell.
    pub(crate) fn above(&self, ratio: f64) -> Option<&Row> {
        self.rows.iter().find(|row| {
            row.counts.swaps() >= ENOUGH_SWAPS
                && row.counts.lost_ratio().is_some_and(|lost| lost > ratio)
        })
    }

    /// Leaves the hottest `most` rows.
    pub(crate) fn cut(mut self, most: usize) -> Findings {
        self.more += self.rows.len().saturating_sub(most);
        self.rows.truncate(most);
        self
    }
}
