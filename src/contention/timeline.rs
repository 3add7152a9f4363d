//! When it happened: what the hottest rows did, step by step, over a time of any length in bounded memory.
//!
//! A step is an interval at first. When there are too many, each two become one, so that all steps are alike and the whole
//! time is there.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::counts::Counts;
use super::findings::{Findings, Name, Row};

/// Rows of an interval that are remembered: the first ones.
pub(crate) const ROWS: usize = 50;
/// Steps that are remembered.
const STEPS: usize = 120;

/// What the hottest rows did, step by step.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    steps: Vec<Step>,
    /// How many times two steps have become one.
    halved: u32,
}

/// Some intervals, one after the other.
#[derive(Debug)]
pub(crate) struct Step {
    /// How long it took.
    pub(crate) time: Duration,
    /// All stores that the logs showed.
    pub(crate) all: Counts,
    rows: HashMap<Id, Counts>,
    intervals: u32,
}

/// What tells a row from all others.
type Id = (Name, Option<Arc<str>>);

impl Timeline {
    /// Adds the findings of an interval.
    pub(crate) fn push(&mut self, interval: &Findings) {
        let rows = interval.rows.iter().take(ROWS);
        let step = Step {
            time: interval.elapsed,
            all: interval.all,
            rows: rows.map(|row| (row.id(), row.counts)).collect(),
            intervals: 1,
        };
        let full = 1_u32 << self.halved.min(31);
        match self.steps.last_mut() {
            Some(last) if last.intervals < full || last.is_much_longer(&step) => last.add(step),
            _ => self.steps.push(step),
        }
        if self.steps.len() > STEPS {
            self.halve();
        }
    }

    /// From the first to the last.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What a row did in each step; nothing where it was not among the hottest.
    pub(crate) fn of(&self, row: &Row) -> Vec<Counts> {
        let id = row.id();
        let counts = |step: &Step| step.rows.get(&id).copied().unwrap_or_default();
        self.steps.iter().map(counts).collect()
    }

    /// The findings, with the history of each row.
    pub(crate) fn told(&self, mut findings: Findings) -> Findings {
        for row in &mut findings.rows {
            row.history = self.of(row);
        }
        findings
    }

    fn halve(&mut self) {
        self.halved += 1;
        let mut halved: Vec<Step> = Vec::with_capacity(STEPS);
        for (n, step) in self.steps.drain(..).enumerate() {
            match halved.last_mut() {
                Some(last) if n % 2 == 1 => last.add(step),
                _ => halved.push(step),
            }
        }
        self.steps = halved;
    }
}

impl Step {
    /// Where each interval had other rows, a step of many would have more and more of them.
    fn leave_the_hottest(&mut self) {
        if self.rows.len() > ROWS {
            let mut rows: Vec<(Id, Counts)> = self.rows.drain().collect();
            rows.sort_by_cached_key(|(id, counts)| {
                (Reverse(counts.lost), Reverse(counts.stores), id.clone())
            });
            self.rows = rows.into_iter().take(ROWS).collect();
        }
    }

    /// Whether the other is but the rest of an interval, whose rate would say little.
    fn is_much_longer(&self, other: &Step) -> bool {
        other.time.saturating_mul(2 * self.intervals) < self.time
    }

    fn add(&mut self, later: Step) {
        self.time = self.time.saturating_add(later.time);
        self.all = self.all.plus(&later.all);
        self.intervals += later.intervals;
        for (id, counts) in later.rows {
            let mine = self.rows.entry(id).or_default();
            *mine = mine.plus(&counts);
        }
        self.leave_the_hottest();
    }
}

impl Row {
    /// What tells it from all others.
    pub(super) fn id(&self) -> Id {
        (self.name.clone(), self.server.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::mutation::Outcome;
    use crate::contention::testing::tried;
    use crate::contention::{By, Scope, Tally};

    /// Intervals in which `k` loses as often as their number says, and a store of `other` comes in each.
    fn timeline(intervals: usize) -> (Timeline, Row) {
        let (mut tally, mut timeline) = (Tally::new(Vec::new()), Timeline::default());
        for n in 0..intervals {
            (0..n).for_each(|_| tally.take(&tried("k", "cas", Outcome::Exists, None)));
            tally.take(&tried("other", "set", Outcome::Stored, None));
            let mut findings = tally.findings(By::Key, Scope::Interval);
            findings.elapsed = Duration::from_secs(1);
            timeline.push(&findings);
            tally.mark();
        }
        let row = tally.findings(By::Key, Scope::Whole).rows.remove(0);
        (timeline, row)
    }

    #[test]
    fn each_interval_is_a_step() {
        let (timeline, row) = timeline(4);
        let lost: Vec<u64> = timeline.of(&row).iter().map(|counts| counts.lost).collect();
        assert_eq!(lost, [0, 1, 2, 3]);
        assert!(timeline.steps().iter().all(|step| step.all.stores == 1));
    }

    #[test]
    fn ever_new_keys_take_no_more_room() {
        let mut timeline = Timeline::default();
        for interval in 0..4 * STEPS {
            let mut tally = Tally::new(Vec::new());
            for n in 0..ROWS {
                let key = format!("{interval}:{n}");
                tally.take(&tried(&key, "set", Outcome::Stored, None));
            }
            tally.take(&tried("hot", "cas", Outcome::Exists, None));
            let mut findings = tally.findings(By::Key, Scope::Interval);
            findings.elapsed = Duration::from_secs(1);
            timeline.push(&findings);
        }
        let rows: Vec<usize> = timeline
            .steps()
            .iter()
            .map(|step| step.rows.len())
            .collect();
        assert!(rows.len() <= STEPS && rows.iter().all(|&rows| rows <= ROWS));
        let mut hot = Tally::new(Vec::new());
        hot.take(&tried("hot", "cas", Outcome::Exists, None));
        let row = hot.findings(By::Key, Scope::Whole).rows.remove(0);
        let lost: u64 = timeline.of(&row).iter().map(|counts| counts.lost).sum();
        assert_eq!(lost, 4 * STEPS as u64);
    }

    #[test]
    fn the_rest_of_an_interval_is_no_step_of_its_own() {
        let (mut timeline, row) = timeline(2);
        let mut rest = Findings::empty(By::Key, Scope::Interval);
        rest.elapsed = Duration::from_millis(20);
        rest.rows.push(row.clone());
        timeline.push(&rest);
        assert_eq!(timeline.steps().len(), 2);
        let lost: u64 = timeline.of(&row).iter().map(|counts| counts.lost).sum();
        assert_eq!(lost, 2 * row.counts.lost);
    }

    #[test]
    fn a_long_time_has_longer_steps_and_nothing_gets_lost() {
        for intervals in [STEPS, STEPS + 1, 2 * STEPS + 1, 1000] {
            let (timeline, row) = timeline(intervals);
            let told = timeline.steps();
            assert!(told.len() <= STEPS, "{intervals}: {}", told.len());
            let time: Duration = told.iter().map(|step| step.time).sum();
            assert_eq!(time.as_secs(), intervals as u64);
            let lost: u64 = timeline.of(&row).iter().map(|counts| counts.lost).sum();
            assert_eq!(lost, row.counts.lost);
            let each = told[0].intervals;
            let (newest, others) = told.split_last().unwrap();
            assert!(others.iter().all(|step| step.intervals == each));
            assert!(newest.intervals <= each);
        }
    }
}
