//! In which order rows are told.

use std::cmp::Reverse;

use super::findings::{Findings, Name, Row};

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Most swaps lost, then most stores: what findings come in.
    Lost,
    /// The largest share of swaps lost.
    Share,
    /// Most stores.
    Stores,
    /// Changed last.
    Changed,
    /// Most reads.
    Reads,
    /// Most reads that found nothing.
    Misses,
}

impl Sort {
    pub(crate) const ALL: [Sort; 6] = [
        Sort::Lost,
        Sort::Share,
        Sort::Stores,
        Sort::Changed,
        Sort::Reads,
        Sort::Misses,
    ];

    /// Its name for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Sort::Lost => "lost",
            Sort::Share => "share",
            Sort::Stores => "stores",
            Sort::Changed => "changed",
            Sort::Reads => "reads",
            Sort::Misses => "misses",
        }
    }

    /// What it is, for people.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Sort::Lost => "most swaps lost",
            Sort::Share => "the largest share of swaps lost",
            Sort::Stores => "most stores",
            Sort::Changed => "changed last",
            Sort::Reads => "most reads (--reads)",
            Sort::Misses => "most reads that found nothing (--reads)",
        }
    }

    /// Whether it says anything only where reads are watched.
    pub(crate) fn needs_reads(self) -> bool {
        matches!(self, Sort::Reads | Sort::Misses)
    }

    /// The next one, in a circle; those of reads only `with_reads`.
    pub(crate) fn next(self, with_reads: bool) -> Sort {
        let usable = |sort: &Sort| with_reads || !sort.needs_reads();
        let all = Sort::ALL.into_iter().filter(usable);
        let mut after = all.cycle().skip_while(|sort| *sort != self);
        after.nth(1).unwrap_or(Sort::Lost)
    }

    /// What rows are sorted by; of equal ones the hottest comes first, and names make the order the same each time.
    fn place(self, row: &Row) -> impl Ord + use<> {
        let counts = &row.counts;
        let first = match self {
            Sort::Lost => counts.lost,
            Sort::Share => share(row),
            Sort::Stores => counts.stores,
            Sort::Changed => row.changed.unwrap_or(0),
            Sort::Reads => counts.reads(),
            Sort::Misses => counts.misses,
        };
        let hotness = (Reverse(counts.lost), Reverse(counts.stores));
        let name: Name = row.name.clone();
        (Reverse(first), hotness, name, row.server.clone())
    }
}

impl Findings {
    /// The same in another order.
    pub(crate) fn sorted(mut self, sort: Sort) -> Findings {
        self.rows.sort_by_cached_key(|row| sort.place(row));
        self
    }
}

/// The share of swaps lost, in billionths.
fn share(row: &Row) -> u64 {
    let (lost, swaps) = (u128::from(row.counts.lost), u128::from(row.counts.swaps()));
    let share = (lost * 1_000_000_000).checked_div(swaps).unwrap_or(0);
    u64::try_from(share).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::fetch::Lookup;
    use crate::cas::mutation::Outcome;
    use crate::contention::testing::{named, read, tried};
    use crate::contention::{By, Scope, Tally};

    #[test]
    fn each_order_has_its_own_first() {
        let mut tally = Tally::new(Vec::new());
        let client = named(1, "a:1");
        let mut swap = |key: &str, outcome, times: usize| {
            let swap = tried(key, "cas", outcome, Some(&client));
            (0..times).for_each(|_| tally.take(&swap));
        };
        swap("lost", Outcome::Exists, 9);
        swap("lost", Outcome::Stored, 9);
        swap("share", Outcome::Exists, 5);
        swap("stores", Outcome::Stored, 50);
        (0..9).for_each(|_| tally.take_read(&read("reads", Lookup::Hit, &client)));
        (0..3).for_each(|_| tally.take_read(&read("misses", Lookup::Missing, &client)));
        let findings = tally.findings(By::Key, Scope::Whole);
        for sort in Sort::ALL.into_iter().filter(|sort| *sort != Sort::Changed) {
            let sorted = findings.clone().sorted(sort);
            let name = Name::Key(sort.name().as_bytes().into());
            assert_eq!(sorted.rows[0].name, name, "{sort:?}");
        }
        let names = |findings: Findings| findings.rows.into_iter().map(|row| row.name);
        let unsorted = names(findings.clone());
        assert!(unsorted.eq(names(findings.sorted(Sort::Lost))));
    }

    #[test]
    fn orders_follow_each_other_in_a_circle() {
        assert_eq!(Sort::Lost.next(false), Sort::Share);
        assert_eq!(Sort::Changed.next(false), Sort::Lost);
        assert_eq!(Sort::Changed.next(true), Sort::Reads);
        assert_eq!(Sort::Misses.next(true), Sort::Lost);
    }
}
