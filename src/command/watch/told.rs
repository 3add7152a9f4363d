//! The stores that a server's log tells of, in the order in which it did them.

use std::collections::HashSet;
use std::time::SystemTime;

use crate::cas::mutation::{Mutation, Outcome};
use crate::output::calendar;

/// One store that was tried.
pub(super) struct Told {
    pub(super) index: usize,
    pub(super) outcome: Outcome,
    pub(super) command: String,
    pub(super) client: String,
    pub(super) at: SystemTime,
    /// Whether a later line tells of another store of the key.
    pub(super) again: bool,
    /// Whether its line came only after the items had been fetched.
    pub(super) late: bool,
}

impl Told {
    pub(super) fn of(mutation: &Mutation, index: usize) -> Told {
        let writer = mutation.writer.as_ref();
        let client = writer.and_then(|writer| writer.name());
        Told {
            index,
            outcome: mutation.outcome,
            command: String::from_utf8_lossy(mutation.command).into_owned(),
            client: client.unwrap_or("?").into(),
            at: mutation
                .at
                .and_then(calendar::moment)
                .unwrap_or_else(SystemTime::now),
            again: false,
            late: false,
        }
    }

    /// The index of the key that it changed, if it did.
    pub(super) fn changed(&self) -> Option<usize> {
        (self.outcome == Outcome::Stored).then_some(self.index)
    }
}

/// Brings a batch into the order of time, with what `later` has that happened before its end; returns the rest of that.
pub(super) fn in_order(batch: &mut Vec<Told>, later: Vec<Told>) -> Vec<Told> {
    // By the lines first: clocks can be set back.
    mark_again(batch, &later);
    let end = batch.iter().map(|told| told.at).max();
    let (mut earlier, later): (Vec<Told>, Vec<Told>) =
        later.into_iter().partition(|told| Some(told.at) < end);
    for told in &mut earlier {
        told.late = true;
    }
    batch.append(&mut earlier);
    batch.sort_by_key(|told| told.at);
    mark_again(batch, &later);
    later
}

/// Marks each store that another one of the same key follows.
fn mark_again(batch: &mut [Told], later: &[Told]) {
    let mut stored: HashSet<usize> = later.iter().filter_map(Told::changed).collect();
    for told in batch.iter_mut().rev() {
        told.again |= stored.contains(&told.index);
        stored.extend(told.changed());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A store of a key at a second.
    fn stored(index: usize, second: u64) -> Told {
        Told {
            index,
            outcome: Outcome::Stored,
            command: "set".into(),
            client: "?".into(),
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(second),
            again: false,
            late: false,
        }
    }

    fn shown(batch: &[Told]) -> Vec<(usize, u64, bool)> {
        let second = |told: &Told| {
            told.at
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap()
                .as_secs()
        };
        batch
            .iter()
            .map(|told| (told.index, second(told), told.again))
            .collect()
    }

    #[test]
    fn stores_come_in_the_order_of_time_whatever_thread_tells_them() {
        let mut batch = vec![stored(0, 3), stored(1, 1)];
        let later = in_order(&mut batch, vec![stored(2, 2), stored(3, 4)]);
        assert_eq!(shown(&batch), [(1, 1, false), (2, 2, false), (0, 3, false)]);
        assert_eq!(shown(&later), [(3, 4, false)]);
        let late: Vec<bool> = batch.iter().map(|told| told.late).collect();
        assert_eq!(late, [false, true, false], "it was not there to be fetched");
    }

    #[test]
    fn a_store_that_another_one_follows_is_marked_by_line_and_by_time() {
        let mut batch = vec![stored(0, 1), stored(0, 2), stored(1, 3)];
        in_order(&mut batch, vec![stored(1, 9)]);
        assert_eq!(shown(&batch), [(0, 1, true), (0, 2, false), (1, 3, true)]);
        // A clock that was set back: the last line is not the last by time, and neither has a value.
        let mut batch = vec![stored(0, 5), stored(0, 2)];
        in_order(&mut batch, Vec::new());
        assert_eq!(shown(&batch), [(0, 2, true), (0, 5, true)]);
    }
}
