//! `incr-cas` and `delete` of many keys: each outcome is true, whatever happens to the windows in which they travel.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::harness::filter::Dialect;
use crate::harness::mccas::{Mccas, mccas, mccas_at};
use crate::harness::proxy::{Fault, Proxy};
use crate::harness::server::Memcached;
use crate::harness::sockets::How;
use crate::harness::target::Target;

/// How many keys go together.
const WINDOW: u64 = 256;

/// Counters `k0`, `k1` ... with their numbers as values, flags and time left.
fn fill(server: &Memcached, count: usize) {
    for n in 0..count {
        server.set_with(format!("k{n}"), n.to_string(), 7, 5000);
    }
}

fn keys(count: usize) -> String {
    (0..count).fold(String::new(), |list, n| list + &format!("k{n}\n"))
}

/// `incr-cas --json` of as many counters.
fn increment(address: &str, count: usize) -> Mccas {
    mccas_at(address)
        .args(["incr-cas", "--json", "--keys-from", "-"])
        .stdin(keys(count))
}

/// Fails unless each counter is what the outcome of its key says; returns how many ended in each way.
#[track_caller]
fn ensure_true(objects: &[Value], server: &Memcached, count: usize) -> [usize; 3] {
    assert_eq!(objects.len(), count);
    let mut ended = [0; 3];
    for (n, object) in objects.iter().enumerate() {
        assert_eq!(object["key"], format!("k{n}"), "{object}");
        let item = server.item(format!("k{n}")).expect("a counter");
        let (old, new) = (n.to_string().into_bytes(), (n + 1).to_string().into_bytes());
        let (way, right) = match object["status"].as_str() {
            Some("stored") => (0, item.value == new),
            Some("unreachable") => (1, item.value == old),
            Some("unknown") => (2, item.value == old || item.value == new),
            _ => panic!("{object}"),
        };
        assert!(right, "{object}: {:?}", item.value);
        assert_eq!(item.flags, 7);
        ended[way] += 1;
    }
    ended
}

#[test]
fn several_counters_are_lines_of_value_and_key() {
    let server = Memcached::start();
    server.set("a", "1");
    server.set("b b", "-5");
    server.set("text", "hello");
    server.set("long", "x".repeat(100_000));
    let address = server.address();
    let outcome = mccas(&server)
        .args(["incr-cas", "a", "gone", "b b", "text", "a", "long"])
        .run();
    assert_eq!(outcome.stdout_text(), "2  a\n-4  b b\n3  a\n");
    let messages: Vec<&str> = outcome.stderr.lines().collect();
    assert_eq!(messages.len(), 3, "{outcome:?}");
    assert_eq!(
        messages[0],
        format!("mccas: gone is not on {address}; --initial N would create it")
    );
    assert!(messages[1].starts_with(&format!("mccas: text on {address}: the value \"hello\" is")));
    assert!(messages[2].starts_with(&format!("mccas: long on {address}: the value \"xxx")));
    assert_eq!(outcome.code, 8);
}

#[test]
fn a_list_of_counters_keeps_flags_and_expiry_and_counts_each_line() {
    let server = Memcached::start();
    let count = 700;
    fill(&server, count);
    let moments = |server: &Memcached| -> Vec<i64> {
        let ttl = |n| server.meta(&format!("k{n}")).expect("a counter").ttl;
        (0..count).map(ttl).collect()
    };
    let before = moments(&server);
    let outcome = increment(&server.address(), count).run();
    assert_eq!(ensure_true(&outcome.json(), &server, count), [count, 0, 0]);
    for (n, object) in outcome.json().iter().enumerate() {
        assert_eq!(
            (object["before"].as_u64(), object["after"].as_u64()),
            (Some(n as u64), Some(n as u64 + 1))
        );
        assert_eq!(object["token"], server.token(format!("k{n}")).to_string());
        assert_eq!(
            (&object["attempts"], &object["method"]),
            (&1.into(), &"cas".into())
        );
    }
    let after = moments(&server);
    // Time may have gone by, and nothing else.
    assert!(
        before
            .iter()
            .zip(&after)
            .all(|(before, after)| (0..30).contains(&(before - after)))
    );
    assert_eq!(outcome.code, 0);
    assert!(outcome.stderr.contains("700 keys in "), "{outcome:?}");
}

#[test]
fn a_key_that_comes_again_is_counted_again() {
    let server = Memcached::start();
    server.set("k", "0");
    server.set("other", "0");
    let list = "k\nk\nother\nk\n".repeat(100);
    let outcome = mccas(&server)
        .args(["incr-cas", "--max-retries", "0", "--keys-from", "-"])
        .stdin(list)
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(
        (server.value("k"), server.value("other")),
        ("300".into(), "100".into())
    );
    let mut expected = Vec::new();
    for n in 0..100 {
        let k = 3 * n;
        expected.extend([k + 1, k + 2].map(|k| format!("{k}  k")));
        expected.extend([format!("{}  other", n + 1), format!("{}  k", k + 3)]);
    }
    assert!(outcome.stdout_text().lines().eq(expected.iter()));
}

#[test]
fn missing_counters_are_created_together() {
    let server = Memcached::start();
    let outcome = mccas(&server)
        .args([
            "incr-cas",
            "--initial",
            "10",
            "--initial-ttl",
            "1h",
            "--keys-from",
            "-",
            "-q",
        ])
        .stdin(keys(300))
        .run();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
    assert!((0..300).all(|n| server.value(format!("k{n}")) == "11"));
    assert!(
        server
            .meta("k299")
            .is_some_and(|meta| (3590..=3600).contains(&meta.ttl.abs()))
    );
}

#[test]
fn only_the_counters_that_somebody_else_wrote_go_round_again() {
    let server = Memcached::start();
    let count = 100;
    fill(&server, count);
    // Between the read and the swaps.
    let proxy = Proxy::to(&server).on_request(2, |server: &Memcached| {
        for n in (0..100).step_by(10) {
            server.set_with(format!("k{n}"), "1000", 7, 5000);
        }
    });
    let outcome = increment(&proxy.address(), count).run();
    for (n, object) in outcome.json().iter().enumerate() {
        let (attempts, after) = if n % 10 == 0 {
            (2, 1001)
        } else {
            (1, n as u64 + 1)
        };
        assert_eq!(object["attempts"], attempts, "{object}");
        assert_eq!(object["after"], after, "{object}");
        assert_eq!(server.value(format!("k{n}")), after.to_string());
    }
    assert_eq!((outcome.code, proxy.round_trips()), (0, 4));
}

#[test]
fn two_runs_on_the_same_counters_lose_nothing() {
    let server = Memcached::start();
    let count = 3000;
    for n in 0..count {
        server.set(format!("k{n}"), "0");
    }
    let runs: Vec<_> = (0..3)
        .map(|_| increment(&server.address(), count).spawn())
        .collect();
    for run in runs {
        let outcome = run.wait();
        assert_eq!((outcome.code, outcome.json().len()), (0, count));
    }
    assert!((0..count).all(|n| server.value(format!("k{n}")) == "3"));
}

/// The bytes that go over a whole connection, in each direction.
fn traffic(server: &Memcached, count: usize) -> (usize, usize) {
    let proxy = Proxy::to(server);
    assert_eq!(increment(&proxy.address(), count).run().code, 0);
    let counts = proxy.counts();
    (counts.request_bytes, counts.reply_bytes)
}

#[test]
fn wherever_the_connection_breaks_each_outcome_is_true() {
    let count = 30;
    let whole = {
        let server = Memcached::start();
        fill(&server, count);
        traffic(&server, count)
    };
    let mut faults = Vec::new();
    for at in (1..whole.0).step_by(397) {
        faults.push(Fault::CutAfterRequest(at, How::Fin));
        faults.push(Fault::CutAfterRequest(at + 40, How::Rst));
    }
    for at in (1..whole.1).step_by(971) {
        faults.push(Fault::CutAfterReply(at, How::Fin));
        faults.push(Fault::CutAfterReply(at + 90, How::Rst));
    }
    let mut ways = [0; 3];
    for fault in faults {
        let server = Memcached::start();
        fill(&server, count);
        let proxy = Proxy::to(&server).fault(fault);
        let outcome = increment(&proxy.address(), count).run();
        let ended = ensure_true(&outcome.json(), &server, count);
        let code = match ended {
            [_, unreachable, 0] => 5 * i32::from(unreachable > 0),
            _ => 6,
        };
        assert_eq!(outcome.code, code, "{fault:?}: {ended:?}");
        ways = [ways[0] + ended[0], ways[1] + ended[1], ways[2] + ended[2]];
    }
    assert!(ways.iter().all(|&way| way > 0), "{ways:?}");
}

#[test]
fn with_a_proof_nothing_that_was_sent_stays_unknown() {
    let count = 30;
    for at in [3000, 3500, 4000, 4500, 5000] {
        for fault in [
            Fault::CutAfterRequest(at, How::Rst),
            Fault::CutAfterReply(at + 4000, How::Fin),
        ] {
            let server = Memcached::modern();
            fill(&server, count);
            let proxy = Proxy::to(&server).fault(fault);
            let command = increment(&proxy.address(), count).arg("--exactly-once");
            let outcome = command.run();
            let [_, _, unknown] = ensure_true(&outcome.json(), &server, count);
            assert_eq!(unknown, 0, "{fault:?}: {outcome:?}");
        }
    }
}

/// `incr-cas` of 2,000 counters, whose server dies when the swaps of the second window have been sent. How many keys are stored,
/// unknown and unreachable, in this order.
fn die_in_second_window() -> [usize; 3] {
    let server = Memcached::start();
    let count = 2000;
    fill(&server, count);
    let stored = server.count("total_items");
    let seen = Arc::new(AtomicUsize::new(0));
    let mut proxy = Proxy::to(&server);
    for request in 1..8 {
        let seen = Arc::clone(&seen);
        proxy = proxy.on_request(request, move |server| {
            // The read of the second window is the first request behind the first one's swaps, and its swaps are the next.
            let is_behind = |server: &Memcached| server.count("total_items") == stored + WINDOW;
            if seen.load(Ordering::SeqCst) < 2
                && is_behind(server)
                && seen.fetch_add(1, Ordering::SeqCst) == 1
            {
                server.stop();
            }
        });
    }
    let outcome = increment(&proxy.address(), count).run();
    let statuses: Vec<String> = outcome
        .json()
        .iter()
        .map(|object| object["status"].as_str().expect("a status").into())
        .collect();
    let ways = ["stored", "unknown", "unreachable"];
    let order = |status: &String| ways.iter().position(|way| way == status);
    assert!(statuses.is_sorted_by_key(order), "{statuses:?}");
    let ends = ways.map(|way| statuses.iter().filter(|status| *status == way).count());
    assert_eq!(ends.iter().sum::<usize>(), count);
    assert_eq!(outcome.code, if ends[1] > 0 { 6 } else { 5 });
    let elapsed = outcome.elapsed;
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
    ends
}

#[test]
fn a_server_that_dies_on_the_way_leaves_the_sent_unknown_and_the_rest_unreachable() {
    // A tick of the server's clock in the middle has the second window read once more, and then nothing of it was sent. That
    // happens once a second at most, and each run takes a few milliseconds.
    let ends = (0..5).map(|_| die_in_second_window());
    let ends: Vec<_> = ends.collect();
    assert!(ends.contains(&[256, 256, 1488]), "{ends:?}");
}

#[test]
fn of_several_keys_each_message_says_which_it_is_about() {
    let nobody = "127.0.0.1:1";
    for args in [
        &["incr-cas", "a", "b"][..],
        &["delete", "a", "b", "--expect", "1"],
    ] {
        let outcome = mccas_at(nobody).args(args).run();
        let message = format!("cannot reach {nobody}: connection refused");
        for (line, key) in outcome.stderr.lines().zip(["a", "b"]) {
            let start = format!("mccas: {key}: {message}");
            assert!(line.starts_with(&start), "{outcome:?}");
        }
        assert_eq!((outcome.stderr.lines().count(), outcome.code), (2, 5));
        // What one key is about need not be said.
        let outcome = mccas_at(nobody).args(["incr-cas", "a"]).run();
        assert!(
            outcome.stderr.starts_with(&format!("mccas: {message}")),
            "{outcome:?}"
        );
    }
    // That a key is not for this server is said with its name, and once.
    let [key, other] = ["a b", "c d"];
    let server = Target::speaking(Dialect::V1_4);
    let outcome = mccas_at(server.address())
        .args(["incr-cas", key, other])
        .run();
    assert_eq!(outcome.stderr.matches(key).count(), 1, "{outcome:?}");
}

/// A server that is full and may not evict.
#[test]
fn a_key_for_which_there_is_no_room_keeps_none_of_the_others_from_being_written() {
    let server = Memcached::start_with(&["-M", "-m", "2"]);
    for key in ["a", "b", "c"] {
        server.set(key, "10");
    }
    // Items of many lengths, so that the room for one as long as the new one's is used up as well.
    let long = "k".repeat(200);
    for size in [90_000, 1_000, 300, 100, 1] {
        let (value, mut number) = ("x".repeat(size), 0..);
        let mut set = |_| {
            format!(
                "set {long}{:06} 0 0 {size}\r\n{value}\r\n",
                number.next().unwrap()
            )
        };
        let mut some = || (0..20).map(&mut set).collect::<String>();
        while !server.raw(some()).starts_with(b"SERVER_ERROR") {}
    }
    let list = format!("a\n{long}\nb\nc\n");
    let command = mccas(&server).args(["incr-cas", "--keys-from", "-", "--initial", "0", "--json"]);
    let outcome = command.stdin(list).run();
    let statuses: Vec<Value> = outcome
        .json()
        .into_iter()
        .map(|told| told["status"].clone())
        .collect();
    assert_eq!(
        statuses,
        ["stored", "refused", "stored", "stored"],
        "{outcome:?}"
    );
    assert_eq!(outcome.code, 7);
}

#[test]
fn a_signal_waits_until_the_outcomes_are_told() {
    let server = Memcached::start();
    fill(&server, 300);
    let (send, frozen) = std::sync::mpsc::channel();
    let proxy = Proxy::to(&server).on_request(2, move |server: &Memcached| {
        server.freeze();
        let _ = send.send(());
    });
    let mut run = increment(&proxy.address(), 300).spawn();
    frozen.recv().expect("a second request");
    run.signal("TERM");
    for n in 0..256 {
        let object = run.object();
        assert_eq!(
            (&object["key"], &object["status"]),
            (&format!("k{n}").into(), &"unknown".into())
        );
    }
    let outcome = run.wait();
    server.thaw();
    assert_eq!((outcome.code, outcome.stdout_text()), (128 + 15, ""));
}

#[test]
fn deletes_of_many_keys_go_by_the_value_of_each() {
    let server = Memcached::start();
    let count = 600;
    for n in (0..count).filter(|n| n % 5 > 0) {
        server.set(format!("k{n}"), if n % 5 == 1 { "theirs" } else { "mine" });
    }
    server.set("k0", format!("mine{}", "x".repeat(50_000)));
    let outcome = mccas(&server)
        .args(["delete", "--expect", "mine", "--json", "--keys-from", "-"])
        .stdin(keys(count))
        .run();
    for (n, object) in outcome.json().iter().enumerate() {
        let expected = match n % 5 {
            _ if n == 0 => "conflict",
            0 => "missing",
            1 => "conflict",
            _ => "deleted",
        };
        assert_eq!(object["status"], expected, "{object}");
        assert_eq!(object["key"], format!("k{n}"));
        assert_eq!(
            server.item(format!("k{n}")).is_some(),
            expected == "conflict"
        );
    }
    assert_eq!(outcome.code, 3);
    assert!(
        outcome
            .stderr
            .contains("360 deleted, 121 conflict, 119 missing"),
        "{outcome:?}"
    );
}

#[test]
fn a_delete_of_several_keys_says_nothing_if_all_went_well() {
    let server = Memcached::start();
    server.set("a", "v");
    server.set("b", "v");
    mccas(&server)
        .args(["delete", "a", "b", "--expect", "v"])
        .check();
    assert_eq!(server.count("curr_items"), 0);
    let outcome = mccas(&server)
        .args(["delete", "a", "b", "--token", "5"])
        .run();
    assert_eq!((outcome.code, outcome.stdout_text()), (2, ""));
    assert!(outcome.stderr.contains("--expect"), "{outcome:?}");
}

#[test]
fn wherever_a_delete_of_many_breaks_each_outcome_is_true() {
    let count = 30;
    for at in (1..6000).step_by(997) {
        for fault in [
            Fault::CutAfterRequest(at, How::Rst),
            Fault::CutAfterReply(at, How::Fin),
        ] {
            let server = Memcached::start();
            fill(&server, count);
            for n in 0..count {
                server.set(format!("k{n}"), "v");
            }
            let proxy = Proxy::to(&server).fault(fault);
            let outcome = mccas_at(proxy.address())
                .args(["delete", "--expect", "v", "--json", "--keys-from", "-"])
                .stdin(keys(count))
                .run();
            let objects = outcome.json();
            assert_eq!(objects.len(), count);
            for (n, object) in objects.iter().enumerate() {
                let gone = server.item(format!("k{n}")).is_none();
                let right = match object["status"].as_str() {
                    Some("deleted") => gone,
                    Some("unreachable") => !gone,
                    Some("unknown") => true,
                    _ => false,
                };
                assert!(right, "{fault:?}: {object}, gone: {gone}");
            }
        }
    }
}
