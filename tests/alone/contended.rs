//! Many processes increment one key at once: nothing is lost, nothing doubled, and nobody gives up.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::alone;
use crate::harness::mccas::mccas;
use crate::harness::outcome::Outcome;
use crate::harness::server::Memcached;
use crate::harness::tell::tell;

const PROCESSES: usize = 64;
const INCREMENTS: usize = 20;
/// How long the server stands still each time.
const FROZEN: Duration = Duration::from_millis(300);

/// Starts 64 loops at once, each of 20 increments with default options, one process after the other.
fn contend(server: &Memcached) -> Vec<Outcome> {
    let start = Barrier::new(PROCESSES);
    let increment = || mccas(server).args(["--json", "incr-cas", "k"]).run();
    let worker = || {
        start.wait();
        (0..INCREMENTS).map(|_| increment()).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..PROCESSES).map(|_| scope.spawn(worker)).collect();
        let outcomes = workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("outcomes"));
        outcomes.collect()
    })
}

/// The values that the increments with this code say they have stored, or would have.
fn values(outcomes: &[Outcome], code: i32) -> Vec<u64> {
    let those = outcomes.iter().filter(|outcome| outcome.code == code);
    those
        .map(|outcome| outcome.object()["after"].as_u64().expect("a number"))
        .collect()
}

/// Every value from 1 on was stored by one increment that says so, or by one that does not know.
fn account(server: &Memcached, outcomes: &[Outcome]) {
    let (done, unknown) = (values(outcomes, 0), values(outcomes, 6));
    let total: usize = server.value("k").parse().expect("a number");
    let attempts: u64 = outcomes
        .iter()
        .filter_map(|outcome| outcome.object()["attempts"].as_u64())
        .sum();
    let longest = outcomes.iter().map(|outcome| outcome.elapsed).max();
    tell(format_args!(
        "contended: {} done, {} unknown, total {total}, {attempts} attempts, the longest in {:?}",
        done.len(),
        unknown.len(),
        longest.unwrap_or_default()
    ));
    assert!((done.len()..=done.len() + unknown.len()).contains(&total));
    let distinct: BTreeSet<u64> = done.iter().copied().collect();
    assert_eq!(distinct.len(), done.len(), "two were told the same value");
    let known: BTreeSet<u64> = done.iter().chain(&unknown).copied().collect();
    let unaccounted: Vec<_> = (1..=total as u64)
        .filter(|value| !known.contains(value))
        .collect();
    assert!(
        unaccounted.is_empty(),
        "{unaccounted:?} were stored by nobody"
    );
}

#[test]
fn sixty_four_processes_all_succeed() {
    let _turn = alone();
    let server = Memcached::start();
    server.set("k", "0");
    let outcomes = contend(&server);
    let failed = outcomes.iter().find(|outcome| outcome.code != 0);
    assert!(failed.is_none(), "{failed:?}");
    account(&server, &outcomes);
    assert_eq!(server.value("k"), (PROCESSES * INCREMENTS).to_string());
}

#[test]
fn a_server_that_freezes_in_the_middle_loses_and_doubles_nothing() {
    let _turn = alone();
    let server = Memcached::modern();
    server.set("k", "0");
    let over = AtomicBool::new(false);
    let outcomes = thread::scope(|scope| {
        scope.spawn(|| {
            let began = Instant::now();
            let mut frozen = 0;
            while !over.load(Ordering::SeqCst) && began.elapsed() < Duration::from_secs(60) {
                thread::sleep(Duration::from_millis(200));
                if frozen < 5 {
                    server.freeze();
                    thread::sleep(FROZEN);
                    server.thaw();
                    frozen += 1;
                }
            }
            assert!(frozen > 1, "it was over before the server froze twice");
        });
        let outcomes = contend(&server);
        over.store(true, Ordering::SeqCst);
        outcomes
    });
    // While the server stands still the deadline runs on: on a busy machine somebody may give up, and says so.
    let lost = outcomes
        .iter()
        .find(|outcome| !matches!(outcome.code, 0 | 3 | 6));
    assert!(lost.is_none(), "{lost:?}");
    account(&server, &outcomes);
}
