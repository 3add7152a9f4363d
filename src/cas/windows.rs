//! Many keys at a time: their items are read together and their writes sent together, and only those that lost go round again,
//! together too. What becomes of each key is what would have become of it by itself.
//!
//! Whatever is not ordinary leaves the window: an item that has to be read alone is updated alone, and a write without an answer
//! is looked for by itself. A server that cannot be asked about one of them is not asked about the others: those stay unknown.

use std::collections::HashSet;
use std::time::Duration;

use super::delete::{self, Expected};
use super::pacer::{Lost, Pacer};
use super::resolve::{self, unknown};
use super::store::{Failure, InWindow};
use super::update::{Compute, Loop, Plan, Progress, Stopped, Updated, Why};
use super::{Item, Key, Store, StoreError, Swap, Token, Want, Written};

/// How many keys go together. More would save little, and leave others more time to come in between.
const WINDOW: usize = 256;

/// Parts of a list of keys that can go together: in none of them comes a key twice, as its second write has to wait for its
/// first.
pub(crate) fn windows(keys: &[Key]) -> impl Iterator<Item = &[Key]> {
    let mut rest = keys;
    std::iter::from_fn(move || {
        let mut seen = HashSet::new();
        let fitting = rest.iter().take(WINDOW);
        let count = fitting.take_while(|key| seen.insert(*key)).count();
        let (window, later) = rest.split_at(count);
        rest = later;
        (count > 0).then_some(window)
    })
}

/// One key of a window.
struct Run<T> {
    plan: Plan,
    progress: Progress,
    end: Option<Result<Updated<T>, Box<Stopped>>>,
}

/// Updates each of `keys`, of which none comes twice, to what `compute` makes of its item. The outcomes come in the order of
/// the keys.
pub(super) fn update_each<T>(
    store: &mut dyn Store,
    plan: &Plan,
    keys: &[Key],
    pacer: &mut dyn Pacer,
    compute: Compute<'_, T>,
) -> Vec<Result<Updated<T>, Box<Stopped>>> {
    let run = |key| Run {
        plan: plan.of(key),
        progress: Progress::default(),
        end: None,
    };
    let mut runs: Vec<Run<T>> = keys.iter().map(run).collect();
    loop {
        let wait = round(store, &mut runs, pacer, compute);
        if runs.iter().all(|run| run.end.is_some()) {
            return runs.into_iter().filter_map(|run| run.end).collect();
        }
        pacer.wait(wait);
    }
}

/// Attempts all that have not ended; returns how long those must wait that lost and have another attempt.
fn round<T>(
    store: &mut dyn Store,
    runs: &mut [Run<T>],
    pacer: &mut dyn Pacer,
    compute: Compute<'_, T>,
) -> Duration {
    let mut pacer = Together {
        pacer,
        longest: Duration::ZERO,
    };
    let open: Vec<usize> = (0..runs.len())
        .filter(|&at| runs[at].end.is_none())
        .collect();
    let keys: Vec<Key> = open.iter().map(|&at| runs[at].plan.key.clone()).collect();
    let started = pacer.elapsed();
    for &at in &open {
        runs[at].progress.started = started;
    }
    let mut alone = Vec::new();
    let (mut sent, mut swaps) = (Vec::new(), Vec::new());
    for (at, read) in open.into_iter().zip(store.read_window(&keys)) {
        let read = match read {
            Ok(InWindow::Alone) => {
                alone.push(at);
                continue;
            }
            Ok(InWindow::Read(item)) => Ok(item),
            Err(error) => Err(error),
        };
        if let Some((swap, with)) = runs[at].begin(store, &mut pacer, read, compute) {
            swaps.push(swap);
            sent.push((at, with));
        }
    }
    let answers = store.swap_window(&swaps);
    let mut silent = Silent::default();
    for (((at, with), swap), answer) in sent.into_iter().zip(swaps).zip(answers) {
        let item = runs[at].progress.item.as_ref();
        pacer.turn_to(&swap.key);
        let answer = silent.settled(
            &swap.key.clone(),
            answer,
            &mut pacer,
            store,
            |store, lost| resolve::settle(store, &swap, item, lost),
        );
        runs[at].finish(store, &mut pacer, swap, with, answer);
    }
    // These wait by themselves, one after the other.
    for at in alone {
        runs[at].go_alone(store, pacer.pacer, compute);
    }
    pacer.longest
}

impl<T> Run<T> {
    /// One step of the loop that [`update`](super::update::update) is.
    fn step<R>(
        &mut self,
        store: &mut dyn Store,
        pacer: &mut dyn Pacer,
        step: impl FnOnce(&mut Loop<'_>) -> Result<R, Why>,
    ) -> Option<R> {
        pacer.turn_to(&self.plan.key);
        let mut run = Loop {
            store,
            plan: &self.plan,
            pacer,
            progress: std::mem::take(&mut self.progress),
        };
        let outcome = step(&mut run);
        self.progress = run.progress;
        outcome
            .map_err(|why| {
                let progress = std::mem::take(&mut self.progress);
                self.end = Some(Err(progress.stop(why)));
            })
            .ok()
    }

    fn begin(
        &mut self,
        store: &mut dyn Store,
        pacer: &mut dyn Pacer,
        read: Result<Option<Item>, StoreError>,
        compute: Compute<'_, T>,
    ) -> Option<(Swap, T)> {
        self.step(store, pacer, |run| run.begin(read, compute))
    }

    fn finish(
        &mut self,
        store: &mut dyn Store,
        pacer: &mut dyn Pacer,
        swap: Swap,
        with: T,
        answer: Result<Written, StoreError>,
    ) {
        let ended = self.step(store, pacer, |run| run.end(swap, with, answer));
        if let Some(Some(updated)) = ended {
            self.end = Some(Ok(updated));
        }
    }

    fn go_alone(&mut self, store: &mut dyn Store, pacer: &mut dyn Pacer, compute: Compute<'_, T>) {
        pacer.turn_to(&self.plan.key);
        let run = Loop {
            store,
            plan: &self.plan,
            pacer,
            progress: std::mem::take(&mut self.progress),
        };
        self.end = Some(run.finish(compute));
    }
}

/// Deletes each of `keys`, of which none comes twice, if its item is the one expected; returns the items that went, in the
/// order of the keys.
pub(crate) fn delete_each(
    store: &mut dyn Store,
    keys: &[Key],
    expected: &Expected,
    pacer: &mut dyn Pacer,
) -> Vec<Result<Item, Box<Stopped>>> {
    let reads = store.read_window(keys);
    let begun: Vec<Result<Item, Box<Stopped>>> = keys
        .iter()
        .zip(reads)
        .map(|(key, read)| {
            let read = match read {
                Ok(InWindow::Read(item)) => Ok(item),
                Ok(InWindow::Alone) => store.read(key, Want::Value),
                Err(error) => Err(error),
            };
            delete::begin(store, key, expected, read)
        })
        .collect();
    let token = |(key, item): (_, &Result<Item, _>)| Some((key, item.as_ref().ok()?.token));
    let sent: Vec<(&Key, Token)> = keys.iter().zip(&begun).filter_map(token).collect();
    let mut answers = store.delete_window(&sent).into_iter();
    let mut silent = Silent::default();
    keys.iter()
        .zip(begun)
        .map(|(key, item)| {
            let item = item?;
            let answer = answers.next().expect("an answer for each delete");
            pacer.turn_to(key);
            let answer = silent.settled(key, answer, pacer, store, |store, lost| {
                delete::settle(store, key, &item, lost)
            });
            delete::end(item, answer)
        })
        .collect()
}

/// The servers that could not be asked what became of a write, and why.
#[derive(Default)]
struct Silent(Vec<(String, String)>);

impl Silent {
    /// What became of a write: if its answer was lost, by `settle`, unless its server could not be asked before.
    fn settled(
        &mut self,
        key: &Key,
        answer: Result<Written, StoreError>,
        pacer: &mut dyn Pacer,
        store: &mut dyn Store,
        settle: impl FnOnce(&mut dyn Store, &Failure) -> Result<Result<Written, StoreError>, String>,
    ) -> Result<Written, StoreError> {
        let lost = match answer {
            Err(StoreError::Unknown(lost)) => lost,
            answered => return answered,
        };
        pacer.unanswered(&lost);
        let server = store.server(key);
        if let Some((_, why)) = self.0.iter().find(|(silent, _)| *silent == server) {
            return unknown(&lost, why);
        }
        settle(store, &lost).unwrap_or_else(|why| {
            let answer = unknown(&lost, &why);
            self.0.push((server, why));
            answer
        })
    }
}

/// A pacer that does not wait but remembers how long: those that lost wait together.
struct Together<'a> {
    pacer: &'a mut dyn Pacer,
    longest: Duration,
}

impl Pacer for Together<'_> {
    fn turn_to(&mut self, key: &Key) {
        self.pacer.turn_to(key);
    }
    fn elapsed(&self) -> Duration {
        self.pacer.elapsed()
    }
    fn random(&mut self) -> u64 {
        self.pacer.random()
    }
    fn wait(&mut self, time: Duration) {
        self.longest = self.longest.max(time);
    }
    fn lost(&mut self, attempt: &Lost) {
        self.pacer.lost(attempt);
    }
    fn unanswered(&mut self, failure: &Failure) {
        self.pacer.unanswered(failure);
    }
    fn proof_ignored(&mut self, token: Token) {
        self.pacer.proof_ignored(token);
    }
    fn stored(&mut self, attempt: u32, token: Option<Token>) {
        self.pacer.stored(attempt, token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::store::Fault;
    use crate::cas::testing::{Scripted, Still, cut, item, plan, token};
    use crate::cas::update::Computed;

    fn keys(names: &str) -> Vec<Key> {
        names
            .split(' ')
            .map(|name| Key::new(name).unwrap())
            .collect()
    }

    /// Appends an x to the value of each key, with so many retries; returns the new value or why there is none.
    fn append(
        store: &mut Scripted,
        names: &str,
        retries: u32,
    ) -> (Vec<Result<String, Why>>, Still) {
        let mut pacer = Still::default();
        let outcomes = update_each(
            store,
            &plan(retries),
            &keys(names),
            &mut pacer,
            &mut |item| {
                let value = [item.expect("an item").value.as_slice(), b"x"].concat();
                let with = String::from_utf8(value.clone()).unwrap();
                Ok(Computed { value, with })
            },
        );
        let outcomes = outcomes.into_iter().map(|outcome| {
            outcome
                .map(|updated| updated.with)
                .map_err(|stopped| stopped.why)
        });
        (outcomes.collect(), pacer)
    }

    #[test]
    fn a_key_that_comes_again_begins_another_window() {
        let shown = |names: &str| -> Vec<usize> {
            let keys = keys(names);
            windows(&keys).map(<[Key]>::len).collect()
        };
        assert_eq!(shown("a b c"), [3]);
        assert_eq!(shown("a a a"), [1, 1, 1]);
        assert_eq!(shown("a b a c b a"), [2, 3, 1]);
        let many: Vec<Key> = (0..600).map(|n| Key::new(n.to_string()).unwrap()).collect();
        let lengths: Vec<usize> = windows(&many).map(<[Key]>::len).collect();
        assert_eq!(lengths, [WINDOW, WINDOW, 600 - 2 * WINDOW]);
        assert_eq!(windows(&[]).count(), 0);
    }

    #[test]
    fn only_those_that_lost_go_round_again() {
        let mut store = Scripted::new()
            .read(Some(item("a", 1)))
            .read(Some(item("b", 2)))
            .read(Some(item("c", 3)))
            .stored(11)
            .swap(Ok(Written::Conflict))
            .stored(13)
            .read(Some(item("B", 4)))
            .stored(14);
        let (outcomes, _) = append(&mut store, "a b c", 1);
        assert_eq!(
            outcomes,
            [Ok("ax".into()), Ok("Bx".into()), Ok("cx".into())]
        );
        assert_eq!(
            store.finish().join(", "),
            "together, read, read, read, together, swap 1, swap 2, swap 3, \
             together, read, together, swap 4"
        );
    }

    #[test]
    fn those_that_lost_wait_together_and_each_has_its_own_retries() {
        let mut store = Scripted::new()
            .read(Some(item("a", 1)))
            .read(Some(item("b", 2)))
            .swap(Ok(Written::Conflict))
            .swap(Ok(Written::Conflict))
            .read(Some(item("A", 3)))
            .read(Some(item("B", 4)))
            .swap(Ok(Written::Conflict))
            .stored(14);
        let (outcomes, pacer) = append(&mut store, "a b", 1);
        assert_eq!(outcomes, [Err(Why::OutOfRetries), Ok("Bx".into())]);
        assert_eq!((pacer.waits.len(), pacer.lost.len()), (1, 3));
        store.finish();
    }

    #[test]
    fn what_was_not_sent_is_unreachable_and_what_was_is_looked_for_by_itself() {
        let unsent = StoreError::Unreachable(Failure {
            fault: Fault::Cut,
            message: "not sent".into(),
        });
        let mut store = Scripted::new()
            .read(Some(item("a", 1)))
            .read(Some(item("b", 2)))
            .read(Some(item("c", 3)))
            .stored(11)
            .swap(Err(cut()))
            .swap(Err(unsent.clone()))
            .finds(super::super::Process::Same, Some(item("b", 2)))
            .again(Ok((Written::Stored(Some(token(12))), None)));
        let (outcomes, _) = append(&mut store, "a b c", 1);
        assert_eq!(
            outcomes,
            [Ok("ax".into()), Ok("bx".into()), Err(Why::Store(unsent))]
        );
        store.finish();
    }

    #[test]
    fn a_server_that_cannot_be_asked_about_one_is_not_asked_about_the_others() {
        let StoreError::Unknown(failure) = cut() else {
            unreachable!()
        };
        let refused = Failure {
            fault: Fault::Dial,
            message: "refused".into(),
        };
        let mut store = Scripted::new()
            .read(Some(item("a", 1)))
            .read(Some(item("b", 2)))
            .swap(Err(cut()))
            .swap(Err(cut()))
            .finds_nobody(StoreError::Unreachable(refused));
        let (outcomes, _) = append(&mut store, "a b", 1);
        for outcome in outcomes {
            let Err(Why::Store(StoreError::Unknown(lost))) = outcome else {
                panic!("{outcome:?}")
            };
            assert_eq!(lost.message, format!("{}; refused", failure.message));
        }
        let calls = store.finish();
        assert_eq!(calls.iter().filter(|call| *call == "look again").count(), 1);
    }

    #[test]
    fn each_delete_has_its_own_outcome() {
        let mut store = Scripted::new()
            .read(Some(item("me", 1)))
            .read(None)
            .read(Some(item("you", 3)))
            .read(Some(item("me", 4)))
            .delete(Ok(Written::Stored(None)))
            .delete(Ok(Written::Conflict));
        let outcomes = delete_each(
            &mut store,
            &keys("a b c d"),
            &Expected::Value(b"me".to_vec()),
            &mut Still::default(),
        );
        let shown: Vec<_> = outcomes
            .into_iter()
            .map(|outcome| {
                outcome
                    .map(|item| item.token)
                    .map_err(|stopped| stopped.why)
            })
            .collect();
        assert_eq!(
            shown,
            [
                Ok(token(1)),
                Err(Why::Missing),
                Err(Why::Conflict),
                Err(Why::Conflict)
            ]
        );
        assert_eq!(store.finish()[5..], ["together", "delete 1", "delete 4"]);
    }
}
