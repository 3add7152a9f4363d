//! A `mccas contention` that runs in the background, and what its report says.

use std::iter::Sum;
use std::ops::{Add, AddAssign};
use std::time::Duration;

use serde_json::Value;

use crate::harness::mccas::mccas;
use crate::harness::outcome::Outcome;
use crate::harness::running::Running;
use crate::harness::server::Memcached;

/// What a writer did to a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) stores: u64,
    pub(crate) won: u64,
    pub(crate) lost: u64,
    pub(crate) missing: u64,
}

/// `mccas contention` with JSON, already reading the log: its first interval has come.
#[track_caller]
pub(crate) fn observing(server: &Memcached, args: &[&str]) -> Running {
    let command = mccas(server).args(["--json", "contention", "--interval", "100ms"]);
    let mut running = command.args(args).limit(Duration::from_secs(60)).spawn();
    assert_eq!(running.object()["event"], "interval");
    running
}

/// Waits until its intervals tell of this many stores.
#[track_caller]
pub(crate) fn wait_for_stores(running: &mut Running, stores: u64) {
    let mut told = 0;
    while told < stores {
        let interval = running.object();
        told += interval["totals"]["stores"].as_u64().expect("a number");
    }
}

/// Ends it by a signal, and returns the final report.
#[track_caller]
pub(crate) fn report(running: Running) -> (Value, Outcome) {
    running.signal("TERM");
    let (report, outcome) = in_the_end(running);
    let asked = 143;
    assert_eq!(outcome.code, asked, "{outcome:?}");
    (report, outcome)
}

/// Waits until it has ended by itself, and returns the final report.
#[track_caller]
pub(crate) fn in_the_end(running: Running) -> (Value, Outcome) {
    let outcome = running.wait();
    let report = outcome.json().pop().expect("a report");
    assert_eq!(report["event"], "report", "{outcome:?}");
    (report, outcome)
}

/// The row or the client of this name.
#[track_caller]
pub(crate) fn row<'a>(rows: &'a Value, field: &str, name: &str) -> &'a Value {
    let rows = rows.as_array().expect("rows");
    let row = rows.iter().find(|row| row[field] == name);
    row.unwrap_or_else(|| panic!("no {name} in {rows:#?}"))
}

/// What a row, a client or the totals say was done.
#[track_caller]
pub(crate) fn counts(entry: &Value) -> Counts {
    let number = |field: &str| entry[field].as_u64().expect("a number");
    Counts {
        stores: number("stores"),
        won: number("won"),
        lost: number("lost"),
        missing: number("missing"),
    }
}

impl Add for Counts {
    type Output = Counts;

    fn add(self, other: Counts) -> Counts {
        Counts {
            stores: self.stores + other.stores,
            won: self.won + other.won,
            lost: self.lost + other.lost,
            missing: self.missing + other.missing,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        *self = *self + other;
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Counts>>(counts: I) -> Counts {
        counts.fold(Counts::default(), Counts::add)
    }
}
