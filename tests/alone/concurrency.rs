//! Many writers at once: no update is lost and none is applied twice.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use crate::alone;
use crate::harness::inspect::show;
use crate::harness::mccas::mccas;
use crate::harness::outcome::Outcome;
use crate::harness::server::Memcached;

/// Runs `work` on so many threads at once and returns what each of them brought.
fn at_once<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let work = &work;
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|n| scope.spawn(move || work(n))).collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("a thread without a panic"))
            .collect()
    })
}

/// What `incr-cas` printed; fails the test unless it succeeded.
#[track_caller]
fn counted(outcome: &Outcome) -> u64 {
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let text = outcome.stdout_text().trim_end();
    text.parse()
        .unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn eight_processes_of_fifty_increments_end_at_exactly_400() {
    let _turn = alone();
    let server = Memcached::start();
    server.set("k", "0");
    let seen = at_once(8, |_| {
        let run = |_| counted(&mccas(&server).args(["incr-cas", "k"]).run());
        (0..50).map(run).collect::<Vec<u64>>()
    });
    assert_eq!(server.value("k"), "400");
    // Each process was told the value that it wrote, and no two wrote the same.
    let values: Vec<u64> = seen.into_iter().flatten().collect();
    let distinct: BTreeSet<u64> = values.iter().copied().collect();
    assert_eq!(values.len(), 400);
    assert_eq!(distinct, (1..=400).collect());
}

#[test]
fn plain_increments_and_touches_in_between_are_all_kept() {
    const PLAIN: usize = 1000;
    let _turn = alone();
    let server = Memcached::start();
    server.set("k", "0");
    thread::scope(|scope| {
        let raw = scope.spawn(|| {
            let mut session = server.session();
            for n in 0..PLAIN {
                let answer = show(&session.ask("incr k 1\r\n"));
                let number = answer.trim_end().parse::<u64>();
                assert!(number.is_ok(), "incr answered {answer:?}");
                if n % 50 == 0 {
                    assert_eq!(session.ask("touch k 5000\r\n"), b"TOUCHED\r\n");
                }
                // Spread over the time that the processes need; the sum does not depend on it.
                thread::sleep(Duration::from_millis(1));
            }
        });
        at_once(16, |_| {
            for _ in 0..25 {
                counted(&mccas(&server).args(["incr-cas", "k"]).run());
            }
        });
        raw.join().expect("a raw client without a panic");
    });
    assert_eq!(server.value("k").trim_end(), "1400");
    // The two kinds of writers have really met.
    assert!(server.count("cas_badval") > 0);
}

#[test]
fn of_many_creators_one_creates_and_the_others_add() {
    let _turn = alone();
    let server = Memcached::start();
    let values: BTreeSet<u64> = at_once(16, |_| {
        let command = mccas(&server).args(["incr-cas", "k", "--initial", "100"]);
        counted(&command.run())
    })
    .into_iter()
    .collect();
    assert_eq!(values, (101..=116).collect());
    assert_eq!(server.value("k"), "116");
}

#[test]
fn of_many_swaps_with_one_token_exactly_one_is_stored() {
    let _turn = alone();
    let server = Memcached::start();
    server.set("k", "old");
    let token = server.token("k").to_string();
    let codes = at_once(16, |n| {
        let value = format!("new-{n}");
        let outcome = mccas(&server)
            .args(["cas", "k", &value, "--token", &token, "--quiet"])
            .run();
        (outcome.code, value)
    });
    ensure_one_winner(&server, codes);
}

#[test]
fn of_many_stores_of_an_absent_key_exactly_one_is_stored() {
    let _turn = alone();
    let server = Memcached::start();
    let codes = at_once(16, |n| {
        let value = format!("new-{n}");
        let outcome = mccas(&server)
            .args(["cas", "k", &value, "--token", "absent", "--quiet"])
            .run();
        (outcome.code, value)
    });
    ensure_one_winner(&server, codes);
}

#[track_caller]
fn ensure_one_winner(server: &Memcached, codes: Vec<(i32, String)>) {
    let (stored, lost): (Vec<_>, Vec<_>) = codes.into_iter().partition(|(code, _)| *code == 0);
    assert!(lost.iter().all(|(code, _)| *code == 3), "{lost:?}");
    let [(_, winner)] = &stored[..] else {
        panic!("not exactly one was stored: {stored:?}");
    };
    assert_eq!(server.value("k"), *winner);
}

#[test]
fn contended_negative_and_large_steps_lose_nothing_either() {
    let _turn = alone();
    let server = Memcached::start();
    server.set("k", "1000000000000");
    at_once(4, |n| {
        let by = ["7", "-3", "1000000007", "-1000000011"][n];
        for _ in 0..10 {
            counted(&mccas(&server).args(["incr-cas", "k", "--by", by]).run());
        }
    });
    assert_eq!(server.value("k"), "1000000000000");
}
