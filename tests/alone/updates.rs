//! Many processes edit one value through a command: nothing is lost, nothing comes twice, and nothing else moves.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use crate::alone;
use crate::harness::mccas::mccas_at;
use crate::harness::outcome::Outcome;
use crate::harness::proxy::{Fault, Proxy};
use crate::harness::server::Memcached;
use crate::harness::sockets::How;
use crate::harness::tell::tell;

const PROCESSES: usize = 32;

/// How many elements each process adds, by the environment.
fn elements_wanted() -> Option<usize> {
    let text = std::env::var("MCCAS_TEST_ELEMENTS").ok()?;
    Some(text.parse().expect("a number"))
}

/// Which connections are cut, and where, follows from this number.
fn seed() -> u64 {
    match std::env::var("MCCAS_TEST_SEED") {
        Ok(text) => text.parse().expect("a number"),
        Err(_) => fastrand::u64(..),
    }
}

/// How many processes add how many elements each.
#[derive(Clone, Copy)]
struct Crowd {
    processes: usize,
    elements_each: usize,
}

/// Each process adds its elements to the array in `k`, one update after the other; returns each element with each outcome. What
/// was certainly not applied is repeated, as the exit code says that it may be.
fn edit(address: &str, crowd: Crowd, options: &[&str]) -> Vec<(String, Outcome)> {
    let start = Barrier::new(crowd.processes);
    let try_once = |element: &str| {
        mccas_at(address)
            .args(["update", "k", "--json", "--chomp", "--deadline", "5m"])
            .args(["--max-retries", "1000000"])
            .args(options)
            .args(["--", "jq", "-c", "--arg", "new", element, ". + [$new]"])
            .limit(Duration::from_secs(400))
            .run()
    };
    let add = |element: String| {
        let mut outcomes = vec![try_once(&element)];
        while outcomes.last().is_some_and(|last| last.code == 5) {
            outcomes.push(try_once(&element));
        }
        outcomes
            .into_iter()
            .map(move |outcome| (element.clone(), outcome))
    };
    let worker = |process: usize| {
        start.wait();
        let elements = (0..crowd.elements_each).map(|n| format!("{process}-{n}"));
        elements.flat_map(add).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let worker = &worker;
        let workers: Vec<_> = (0..crowd.processes)
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

/// Flags and expiry of the item in `k` before, where all elements go.
const FLAGS: u32 = 7;

/// Makes the empty array; returns the seconds that it has left.
fn create(server: &Memcached) -> i64 {
    server.set_with("k", "[]", FLAGS, 1_000_000);
    server.item("k").expect("the item").ttl
}

#[track_caller]
fn ensure_flags_and_expiry(server: &Memcached, ttl: i64) {
    let item = server.item("k").expect("the item");
    assert_eq!(item.flags, FLAGS);
    assert!((ttl - 400..=ttl).contains(&item.ttl), "{item:?}");
}

#[test]
fn thirty_two_processes_add_twenty_elements_each_to_one_array() {
    let _turn = alone();
    let server = Memcached::start();
    let ttl = create(&server);
    let crowd = Crowd {
        processes: PROCESSES,
        elements_each: elements_wanted().unwrap_or(5),
    };
    let outcomes = edit(&server.address(), crowd, &[]);
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
    assert_eq!(found.len(), crowd.processes * crowd.elements_each);
    assert_eq!(distinct, added);
    ensure_flags_and_expiry(&server, ttl);
}

/// Three connections of four are cut, each at a byte of its own, most of them early.
fn cut_at_random(proxy: Proxy, random: &mut fastrand::Rng) -> Proxy {
    let mut fault = || {
        let how = [How::Fin, How::Rst][random.usize(..2)];
        let end = 1 << random.usize(5..15);
        match random.usize(..4) {
            0 => Fault::None,
            1 => Fault::CutInReply(random.usize(1..8), random.usize(..32), how),
            _ => Fault::CutAfterRequest(random.usize(..end), how),
        }
    };
    // More connections than any run has.
    (0..50_000).fold(proxy, |proxy, nth| proxy.fault_on(nth, fault()))
}

/// Every element that was acknowledged is there once, one of which nobody knows at most once, and no other.
fn add_while_connections_are_cut(name: &str, server: &Memcached, options: &[&str]) {
    let _turn = alone();
    let crowd = match elements_wanted() {
        Some(elements_each) => Crowd {
            processes: PROCESSES,
            elements_each,
        },
        None => Crowd {
            processes: 8,
            elements_each: 4,
        },
    };
    let ttl = create(server);
    let seed = seed();
    let proxy = cut_at_random(Proxy::to(server), &mut fastrand::Rng::with_seed(seed));
    let outcomes = edit(&proxy.address(), crowd, options);
    let found = elements(server);
    let with = |code: i32| {
        outcomes
            .iter()
            .filter(move |(_, outcome)| outcome.code == code)
    };
    let count = |code: i32| with(code).count();
    let summary = format!(
        "updates in bad weather, {name}, MCCAS_TEST_SEED={seed}: {} connections; {} done, {} not applied and repeated, {} \
         unknown; {} elements",
        proxy.connections(),
        count(0),
        count(5),
        count(6),
        found.len()
    );
    tell(&summary);
    let strange = outcomes
        .iter()
        .find(|(_, outcome)| ![0, 5, 6].contains(&outcome.code));
    assert!(strange.is_none(), "{summary}\n{strange:?}");
    assert!(count(5) > 0, "nothing was cut: {summary}");
    let distinct: BTreeSet<&String> = found.iter().collect();
    assert_eq!(distinct.len(), found.len(), "{summary}\n{found:?}");
    let known: BTreeSet<&String> = with(0).map(|(element, _)| element).collect();
    let unknown: BTreeSet<&String> = with(6).map(|(element, _)| element).collect();
    assert!(
        known.is_subset(&distinct),
        "an acknowledged element is lost: {summary}\n{found:?}"
    );
    let nobodys = distinct
        .iter()
        .find(|element| !known.contains(**element) && !unknown.contains(**element));
    assert_eq!(nobodys, None, "{summary}\n{found:?}");
    ensure_flags_and_expiry(server, ttl);
}

#[test]
fn each_acknowledged_element_is_there_once_while_connections_are_cut() {
    add_while_connections_are_cut("installed", &Memcached::start(), &[]);
}

#[test]
fn each_acknowledged_element_is_there_once_with_a_proof_while_connections_are_cut() {
    add_while_connections_are_cut("modern", &Memcached::modern(), &["--exactly-once"]);
}
