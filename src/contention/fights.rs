//! Who beat whom: of each swap that lost, whose store of the key came last before it.
//!
//! That store is the one whose value the swap met, so that it alone is enough to make it lose; others may have come between
//! the loser's read and it. It can be the loser's own, by another of its commands.
//!
//! The server numbers the lines of its log while it holds the key, so that the numbers are the order of what happened to it.
//! Its threads write their lines each for itself, and lines come up to a tenth of a second out of this order: under load that is
//! hundreds of stores of a hot key, and whoever takes them as they come names somebody else in half of the cases. So what
//! happens to a key waits here until so many lines have come that none can be missing before it. Until then it is told as
//! far as it is known.

use std::borrow::Cow;
use std::sync::Arc;

use super::findings::{Fight, Fighters, Fights, Name, Scope};
use crate::cas::mutation::{Mutation, Writer};

/// Pairs of a key that are counted one by one.
const PAIRS: usize = 16;

/// The fights over one key.
#[derive(Debug, Default)]
pub(super) struct Over {
    waiting: Vec<Event>,
    settled: Known,
}

/// A store, or a swap that lost.
#[derive(Debug, Clone)]
struct Event {
    number: u64,
    lost: bool,
    writer: Option<Arc<Writer>>,
}

/// What is known when all until some moment has been taken in its order.
#[derive(Debug, Clone, Default)]
struct Known {
    /// The last store: its number, and whose it was.
    last: Option<(u64, Option<Arc<Writer>>)>,
    /// Nothing for the many keys of which none was lost.
    met: Option<Box<Met>>,
}

/// Who met whom, told in two ways.
#[derive(Debug, Clone, Default)]
struct Met {
    clients: Pairs<Client>,
    hosts: Pairs<Host>,
}

/// A connection; `None` where it is not known whose a line is.
#[derive(Debug, Clone)]
struct Client(Option<Arc<Writer>>);

/// All connections of an address, by one of them.
#[derive(Debug, Clone)]
struct Host(Option<Arc<Writer>>);

/// Pairs of winner and loser: the heaviest of them, by Space-Saving (see [`Top`](super::top::Top)), in as little room as
/// it takes.
#[derive(Debug, Clone)]
struct Pairs<T> {
    pairs: Vec<Pair<T>>,
    overflowed: bool,
}

#[derive(Debug, Clone)]
struct Pair<T> {
    winner: T,
    loser: T,
    lost: u64,
    /// How many of them were told at the last mark.
    mark: u64,
    /// What the pairs had that were in this place before.
    inherited: u64,
}

impl Over {
    /// Takes a store of the key, or a swap that lost; nothing else matters here.
    pub(super) fn take(&mut self, mutation: &Mutation) {
        let lost = mutation.has_lost();
        if lost || mutation.is_stored() {
            self.waiting.push(Event {
                number: mutation.number,
                lost,
                writer: mutation.writer.clone(),
            });
        }
    }

    /// Takes what waits as it is in order until this number: nothing before it comes any more.
    pub(super) fn settle(&mut self, until: u64) {
        self.waiting.sort_unstable_by_key(|event| event.number);
        let ready = self.waiting.partition_point(|event| event.number <= until);
        for event in self.waiting.drain(..ready) {
            self.settled.take(&event);
        }
        self.waiting.shrink_to_fit();
    }

    /// Begins a new interval.
    pub(super) fn mark(&mut self) {
        let known = self.known();
        let Some(told) = &known.met else {
            return;
        };
        let told = told.clone();
        let met = self.settled.met.get_or_insert_default();
        met.clients.mark(&told.clients);
        met.hosts.mark(&told.hosts);
    }

    /// What is known now.
    pub(super) fn told(&self, scope: Scope) -> Fights {
        let known = self.known();
        let Some(met) = &known.met else {
            return Fights::default();
        };
        Fights {
            hosts: met.hosts.told(scope, Host::name),
            clients: met.clients.told(scope, Client::name),
        }
    }

    /// With what still waits, in the order of what has come.
    fn known(&self) -> Cow<'_, Known> {
        if !self.waiting.iter().any(|event| event.lost) {
            return Cow::Borrowed(&self.settled);
        }
        let mut waiting: Vec<&Event> = self.waiting.iter().collect();
        waiting.sort_unstable_by_key(|event| event.number);
        let mut known = self.settled.clone();
        for event in waiting {
            known.take(event);
        }
        Cow::Owned(known)
    }
}

impl Known {
    fn take(&mut self, event: &Event) {
        let before = self.last.as_ref();
        // Who comes too late must not stand for what happened since, and of what was before it nothing is known any more.
        let before = before.filter(|(number, _)| *number < event.number);
        if event.lost {
            let winner = before.and_then(|(_, writer)| writer.as_ref());
            let loser = event.writer.as_ref();
            let met = self.met.get_or_insert_default();
            let clients = (Client(winner.cloned()), Client(loser.cloned()));
            met.clients.count(clients.0, clients.1);
            met.hosts.count(Host(winner.cloned()), Host(loser.cloned()));
        } else if before.is_some() || self.last.is_none() {
            self.last = Some((event.number, event.writer.clone()));
        }
    }
}

impl Client {
    fn name(&self) -> Name {
        let name = self.0.as_ref().and_then(|writer| writer.name());
        Name::Client(name.map(String::from))
    }
}

impl Host {
    fn of(&self) -> Option<&str> {
        self.0.as_ref()?.host()
    }

    fn name(&self) -> Name {
        Name::Host(self.of().map(Arc::from))
    }
}

impl PartialEq for Host {
    fn eq(&self, other: &Host) -> bool {
        self.of() == other.of()
    }
}

impl PartialEq for Client {
    fn eq(&self, other: &Client) -> bool {
        let number = |client: &Client| client.0.as_ref().map(|writer| writer.number());
        number(self) == number(other)
    }
}

impl<T> Default for Pairs<T> {
    fn default() -> Pairs<T> {
        Pairs {
            pairs: Vec::new(),
            overflowed: false,
        }
    }
}

impl<T: Clone + PartialEq> Pairs<T> {
    fn count(&mut self, winner: T, loser: T) {
        if let Some(pair) = self.pair(&winner, &loser) {
            pair.lost += 1;
            return;
        }
        let new = Pair {
            winner,
            loser,
            lost: 1,
            mark: 0,
            inherited: 0,
        };
        if self.pairs.len() < PAIRS {
            // Most keys have one pair, and no room for others then.
            self.pairs.reserve_exact(usize::from(self.pairs.is_empty()));
            self.pairs.push(new);
        } else if let Some(lightest) = self.pairs.iter_mut().min_by_key(|pair| pair.weight()) {
            // Without a weight it is no pair that met, but what was told of one in an interval.
            self.overflowed |= lightest.weight() > 0;
            let inherited = lightest.weight();
            *lightest = Pair { inherited, ..new };
        }
    }

    fn pair(&mut self, winner: &T, loser: &T) -> Option<&mut Pair<T>> {
        let mut pairs = self.pairs.iter_mut();
        pairs.find(|pair| pair.winner == *winner && pair.loser == *loser)
    }

    /// Remembers how much has been told of each.
    fn mark(&mut self, told: &Pairs<T>) {
        for told in &told.pairs {
            if let Some(pair) = self.pair(&told.winner, &told.loser) {
                pair.mark = told.lost;
            } else if self.pairs.len() < PAIRS {
                self.pairs.push(Pair {
                    lost: 0,
                    mark: told.lost,
                    inherited: 0,
                    ..told.clone()
                });
            }
        }
    }

    fn told(&self, scope: Scope, name: impl Fn(&T) -> Name) -> Fighters {
        let fights = self.pairs.iter().map(|pair| Fight {
            winner: name(&pair.winner),
            loser: name(&pair.loser),
            lost: match scope {
                Scope::Interval => pair.lost.saturating_sub(pair.mark),
                Scope::Whole => pair.lost,
            },
        });
        Fighters::new(fights.collect(), self.overflowed)
    }
}

impl<T> Pair<T> {
    fn weight(&self) -> u64 {
        self.lost.saturating_add(self.inherited)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cas::mutation::Outcome;
    use crate::contention::testing::{named, tried};

    /// Three connections of two hosts, and two whose name is not known.
    fn writers() -> Vec<Arc<Writer>> {
        let names = (1..).zip(["a:1", "a:2", "b:1"]);
        let mut writers: Vec<_> = names.map(|(number, name)| named(number, name)).collect();
        writers.extend([4, 5].map(|number| Arc::new(Writer::unnamed(number))));
        writers
    }

    /// A store (`true`) or a lost swap, by the writer of this index.
    type Done = (bool, usize);

    fn take(over: &mut Over, number: u64, (stored, by): Done, writers: &[Arc<Writer>]) {
        let outcome = if stored {
            Outcome::Stored
        } else {
            Outcome::Exists
        };
        let mutation = Mutation {
            number,
            ..tried("k", "cas", outcome, writers.get(by))
        };
        over.take(&mutation);
    }

    fn over(done: &[Done]) -> Over {
        let (mut over, writers) = (Over::default(), writers());
        for (number, &done) in (1..).zip(done) {
            take(&mut over, number, done, &writers);
        }
        over
    }

    /// `winner>loser lost`, the heaviest first.
    fn shown(fighters: &Fighters) -> Vec<String> {
        let name = |name: &Name| match name {
            Name::Client(client) => client.clone().unwrap_or("?".into()),
            Name::Host(host) => host.as_deref().unwrap_or("?").into(),
            other => panic!("{other:?}"),
        };
        let fights = fighters.fights.iter();
        fights
            .map(|fight| {
                format!(
                    "{}>{} {}",
                    name(&fight.winner),
                    name(&fight.loser),
                    fight.lost
                )
            })
            .collect()
    }

    #[test]
    fn the_last_store_before_it_beats_a_swap() {
        let fights = over(&[
            (true, 0),
            (false, 2),
            (true, 1),
            (false, 2),
            (false, 0),
            (false, 2),
        ])
        .told(Scope::Whole);
        assert_eq!(
            shown(&fights.clients),
            ["a:2>b:1 2", "a:1>b:1 1", "a:2>a:1 1"]
        );
        assert_eq!(shown(&fights.hosts), ["a>b 3", "a>a 1"]);
        assert_eq!((fights.hosts.lost(), fights.clients.more), (4, false));
    }

    #[test]
    fn who_comes_between_its_own_read_and_swap_beats_itself() {
        let fights = over(&[(true, 0), (false, 0)]).told(Scope::Whole);
        assert_eq!(shown(&fights.clients), ["a:1>a:1 1"]);
    }

    #[test]
    fn whom_nobody_knows_is_told_as_such() {
        // Stored before the log began; then a writer without a name, and a line that cannot be trusted to have one.
        let fights = over(&[(false, 0), (true, 3), (false, 0), (true, 9), (false, 9)]);
        let fights = fights.told(Scope::Whole);
        assert_eq!(shown(&fights.clients), ["?>a:1 2", "?>? 1"]);
        assert_eq!(shown(&fights.hosts), ["?>a 2", "?>? 1"]);
    }

    #[test]
    fn an_interval_has_its_own_and_what_was_told_is_told_once() {
        let writers = writers();
        let mut over = over(&[(true, 0), (false, 1)]);
        over.mark();
        assert_eq!(shown(&over.told(Scope::Interval).clients), [""; 0]);
        take(&mut over, 3, (false, 1), &writers);
        over.settle(3);
        assert_eq!(shown(&over.told(Scope::Interval).clients), ["a:1>a:2 1"]);
        assert_eq!(shown(&over.told(Scope::Whole).clients), ["a:1>a:2 2"]);
    }

    #[test]
    fn who_comes_too_late_changes_nothing_that_happened_since() {
        let writers = writers();
        let mut over = over(&[(true, 0), (true, 1)]);
        over.settle(2);
        // As if the first line came only now.
        take(&mut over, 1, (true, 2), &writers);
        take(&mut over, 1, (false, 2), &writers);
        take(&mut over, 3, (false, 2), &writers);
        let fights = over.told(Scope::Whole);
        assert_eq!(shown(&fights.clients), ["?>b:1 1", "a:2>b:1 1"]);
    }

    #[test]
    fn of_many_pairs_the_heaviest_stay_and_the_rest_is_said_to_be_there() {
        let (mut over, short_lived) = (Over::default(), 500);
        let writers: Vec<_> = (0..short_lived)
            .map(|n| named(n, &format!("a:{n}")))
            .collect();
        for n in 1..500 {
            let by = usize::try_from(n).expect("small");
            take(&mut over, 4 * n, (true, 0), &writers);
            take(&mut over, 4 * n + 1, (false, 1), &writers);
            take(&mut over, 4 * n + 2, (false, by), &writers);
        }
        let fights = over.told(Scope::Whole);
        assert_eq!(fights.clients.fights.len(), PAIRS);
        assert!(fights.clients.more && !fights.hosts.more);
        assert_eq!(shown(&fights.clients)[0], "a:0>a:1 500");
        assert_eq!(shown(&fights.hosts), ["a>a 998"]);
    }

    #[test]
    fn what_is_known_only_for_now_takes_no_place() {
        let (mut over, writers) = (Over::default(), writers());
        // Taken as they come, each loses to nobody that is known.
        (0..5).for_each(|by| take(&mut over, 10 + by as u64, (false, by), &writers));
        over.mark();
        // Each store comes only now: fifteen pairs that met, for sixteen places with five in them.
        take(&mut over, 1, (true, 0), &writers);
        over.settle(100);
        for (round, winner) in (1..).zip([1, 2]) {
            take(&mut over, round * 100, (true, winner), &writers);
            (0..5).for_each(|by| {
                take(
                    &mut over,
                    round * 100 + 1 + by as u64,
                    (false, by),
                    &writers,
                );
            });
            over.settle(round * 100 + 99);
        }
        let fights = over.told(Scope::Whole).clients;
        assert_eq!((fights.lost(), fights.more), (15, false), "{fights:?}");
    }

    proptest! {
        /// Whatever the order of the lines, and whenever it is looked at: what is told at the end is what happened.
        #[test]
        fn the_order_of_lines_does_not_matter(
            // Three writers, so that no pair goes without a place.
            done in proptest::collection::vec((any::<bool>(), 0_usize..3), 1..60),
            at in proptest::collection::vec(0_usize..12, 60), looks in proptest::collection::vec(0_usize..60, 0..4)
        ) {
            let truth = over(&done).told(Scope::Whole);
            let writers = writers();
            let mut lines: Vec<usize> = (0..done.len()).collect();
            // Each up to twelve lines late.
            lines.sort_by_key(|&line| line + at[line]);
            let mut late = Over::default();
            for (come, &line) in lines.iter().enumerate() {
                take(&mut late, line as u64 + 1, done[line], &writers);
                if looks.contains(&come) {
                    late.mark();
                    late.settle((come as u64).saturating_sub(12));
                }
            }
            prop_assert_eq!(late.told(Scope::Whole), truth.clone());
            late.settle(u64::MAX);
            prop_assert_eq!(late.told(Scope::Whole), truth);
        }
    }
}
