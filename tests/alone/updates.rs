//! Many processes edit one value through a command: nothing is lost, nothing comes twice, and nothing else moves.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use crate::alone;
use crate::harness::mccas::mccas_at;
use crate::harness::outcome::Outcome;
use crate::harness::server::Memcached;
use crate::harness::tell::tell;

const PROCESSES: usize = 32;

/// How many elements each process adds: a few in the suite, more by the environment.
fn elements_each() -> usize {
    match std::env::var("MCCAS_TEST_ELEMENTS") {
        Ok(text) => text.parse().expect("a number"),
        Err(_) => 5,
    }
}

/// Each process adds its elements to the array in `k`, one update after the other; returns each element and its outcome.
fn edit(address: &str, options: &[&str]) -> Vec<(String, Outcome)> {
    let start = Barrier::new(PROCESSES);
    let add = |element: String| {
        let outcome = mccas_at(address)
            .args(["update", "k", "--json", "--chomp", "--deadline", "5m"])
            .args(["--max-retries", "1000000"])
            .args(options)
            .args(["--", "jq", "-c", "--arg", "new", &element, ". + [$new]"])
            .limit(Duration::from_secs(400))
            .run();
        (element, outcome)
    };
    let worker = |process: usize| {
        start.wait();
        let elements = (0..elements_each()).map(|n| format!("{process}-{n}"));
        elements.map(add).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let worker = &worker;
        let workers: Vec<_> = (0..PROCESSES)
            .map(|process| scope.spawn(move || worker(process)))
            .collect();
        let outcomes = workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("outcomes"));
        outcomes.collect()
    })
}

/// The elements of the array in `k`.
#[track_caller]
fn elements(server: &Memcached) -> Vec<String> {
    serde_json::from_str(&server.value("k")).expect("a JSON array of strings")
}

fn total(outcomes: &[(String, Outcome)], name: &str) -> u64 {
    outcomes
        .iter()
        .filter_map(|(_, outcome)| outcome.object()[name].as_u64())
        .sum()
}

#[test]
fn thirty_two_processes_add_twenty_elements_each_to_one_array() {
    let _turn = alone();
    let server = Memcached::start();
    server.set_with("k", "[]", 7, 1_000_000);
    let expiry = server.item("k").expect("the item").ttl;
    let outcomes = edit(&server.address(), &[]);
    let failed = outcomes.iter().find(|(_, outcome)| outcome.code != 0);
    assert!(failed.is_none(), "{failed:?}");
    let longest = outcomes.iter().map(|(_, outcome)| outcome.elapsed).max();
    tell(format_args!(
        "updates: {} attempts, {} lost; the longest update took {longest:?}",
        total(&outcomes, "attempts"),
        total(&outcomes, "conflicts")
    ));
    let found = elements(&server);
    let distinct: BTreeSet<&String> = found.iter().collect();
    let added: BTreeSet<&String> = outcomes.iter().map(|(element, _)| element).collect();
    assert_eq!(found.len(), PROCESSES * elements_each());
    assert_eq!(distinct, added);
    let item = server.item("k").expect("the item");
    assert_eq!(item.flags, 7);
    assert!((expiry - 400..=expiry).contains(&item.ttl), "{item:?}");
}
