//! `mccas contention` while writers do their utmost: it counts every swap, in memory that does not grow.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::alone;
use crate::foreign::pymemcache;
use crate::harness::mccas::mccas;
use crate::harness::observed::{Counts, counts, observing, report, row, wait_for_stores};
use crate::harness::process::resident_kib;
use crate::harness::server::Memcached;
use crate::harness::tell::tell;
use crate::harness::wait;

const KEYS: [&str; 3] = ["hot", "warm:1", "warm:2"];

/// Increments the keys in turn, each time by a `mccas` of its own; returns what they said of it.
fn mccas_writer(server: &Memcached, time: Duration) -> [Counts; 3] {
    let end = Instant::now() + time;
    let mut told = [Counts::default(); 3];
    for turn in 0.. {
        if Instant::now() >= end {
            break;
        }
        let at = turn % KEYS.len();
        let object = mccas(server)
            .args(["--json", "incr-cas", KEYS[at]])
            .run()
            .object();
        assert_eq!(object["status"], "stored", "{object}");
        let lost = object["conflicts"].as_u64().expect("a number");
        told[at] += Counts {
            stores: 1,
            won: 1,
            lost,
            missing: 0,
        };
    }
    told
}

/// Six writers in Python and two of `mccas`; report and writers must agree to the last swap.
fn fight(time: Duration) {
    let server = Memcached::start_with(&["-t", "4"]);
    for key in KEYS {
        server.set(key, "0");
    }
    let running = observing(&server, &["--for", "60s"]);
    let (foreign, own) = thread::scope(|scope| {
        let own = [(); 2].map(|()| {
            scope.spawn(|| {
                // Each mccas is a client of its own, and a key's clients are counted up to a number: the others first.
                wait::until("the others to write", || {
                    (server.count("cas_hits") > 60).then_some(())
                });
                mccas_writer(&server, time)
            })
        });
        let foreign = pymemcache(&server, 6, time, 200, &KEYS);
        (foreign, own.map(|writer| writer.join().expect("a writer")))
    });
    let (report, outcome) = report(running);
    assert_eq!(
        report["dropped"], 0,
        "the server dropped lines: {outcome:?}"
    );
    assert_eq!(report["lower_bound"], false);
    for (at, key) in KEYS.iter().enumerate() {
        let seen = row(&report["keys"], "key", key);
        let mine = own.iter().map(|told| told[at]).sum::<Counts>();
        let theirs = foreign.iter().filter(|told| told.key == *key);
        let total = theirs.map(|told| told.counts).sum::<Counts>() + mine;
        // The value set before the observation began is not in its log.
        assert_eq!(counts(seen), total, "{key}: {report:#}");
        assert_eq!(fought(seen), total.lost, "{key}: {report:#}");
    }
    for told in &foreign {
        let seen = row(&report["keys"], "key", &told.key);
        let client = row(&seen["clients"], "client", &told.client);
        assert_eq!(
            counts(client),
            told.counts,
            "{} on {}",
            told.client,
            told.key
        );
    }
    let (log, server) = (&report["totals"], &report["counters"]);
    assert_eq!(log["won"], server["cas_hits"]);
    assert_eq!(log["lost"], server["cas_badval"]);
    assert!(
        counts(row(&report["keys"], "key", "hot")).lost > 0,
        "nobody fought: {report:#}"
    );
}

/// Swaps of a key that are told with whose store made them lose.
fn fought(row: &Value) -> u64 {
    let fights = row["fights"].as_array().into_iter().flatten();
    let lost = fights.map(|fight| fight["lost"].as_u64().expect("a number"));
    lost.sum()
}

#[test]
fn the_report_equals_what_the_writers_counted() {
    let _turn = alone();
    fight(Duration::from_secs(number("MCCAS_TEST_FIGHT_SECONDS", 2)));
}

/// A number that a variable of the environment raises for a longer run.
fn number(variable: &str, usual: u64) -> u64 {
    let given = std::env::var(variable).ok();
    given.map_or(usual, |text| text.parse().expect(variable))
}

/// Sends more keys past the observer than it has places for, many times over, and looks at its memory.
#[test]
fn many_keys_leave_memory_flat() {
    const TEN: u64 = 10;
    let _turn = alone();
    // A million with MCCAS_TEST_THOUSAND_KEYS=1000.
    let batches = number("MCCAS_TEST_THOUSAND_KEYS", 100);
    let server = Memcached::start_with(&[
        "-m",
        "512",
        "-o",
        "worker_logbuf_size=8192,watcher_logbuf_size=65536",
    ]);
    let mut running = observing(&server, &["--for", "60s"]);
    let mut session = server.session();
    let mut measured = Vec::new();
    for batch in 0..batches {
        let first = batch * 7919 % 1000;
        let set = |n: u32| format!("ms flood:{first}:{n} 1 q\r\n1\r\n");
        let sets: Vec<String> = (0..1000).map(set).collect();
        session.ask(sets.concat());
        if batch % TEN == 0 {
            session.ask("set fought 0 0 1\r\n1\r\ncas fought 0 0 1 9999999\r\n1\r\n");
        }
        // No more is on its way at a time than the server's buffers hold: it drops nothing.
        if (batch + 1) % TEN == 0 {
            wait_for_stores(&mut running, TEN * 1000);
        }
        if (batch + 1) % (batches / TEN) == 0 {
            measured.push(resident_kib(running.pid()));
        }
    }
    tell(format_args!(
        "resident after each tenth, in KiB: {measured:?}"
    ));
    let (report, _) = report(running);
    let (early, late) = (measured[1], measured[9]);
    assert!(
        late <= early + 1024,
        "grew from {early} KiB to {late} KiB: {measured:?}"
    );
    assert_eq!(report["dropped"], 0, "{report:#}");
    assert_eq!(report["totals"]["stores"], batches * 1000 + batches / TEN);
    assert_eq!(counts(&report["keys"][0]).lost, batches / TEN);
    assert_eq!(report["keys"][0]["key"], "fought");
    assert_eq!(report["untracked_lost_at_most"], 0);
}
