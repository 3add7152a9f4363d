//! `mccas contention --reads`: what was read is told from what looks like a read.

use std::thread;

use crate::harness::inspect::show;
use crate::harness::mccas::{mccas, mccas_at};
use crate::harness::observed::{counts, observing, report, row};
use crate::harness::server::Memcached;
use crate::harness::wait;

fn reads(row: &serde_json::Value) -> (u64, u64) {
    let number = |field: &str| row[field].as_u64().expect("a number");
    (number("hits"), number("misses"))
}

/// Those with a log of deletes and one without.
fn servers() -> [Memcached; 2] {
    [Memcached::modern(), Memcached::start()]
}

#[test]
fn hits_and_misses_of_a_key_are_those_of_its_readers() {
    for server in servers() {
        server.set("k", "v");
        let running = observing(&server, &["--reads"]);
        server.raw("get k\r\ngets k\r\nmg k v\r\nmg k t\r\nget k k no\r\nmg no v\r\n");
        let (report, _) = report(running);
        assert_eq!(
            reads(row(&report["keys"], "key", "k")),
            (6, 0),
            "{report:#}"
        );
        assert_eq!(reads(row(&report["keys"], "key", "no")), (0, 2));
        assert_eq!(row(&report["keys"], "key", "no")["miss_ratio"], 1.0);
        assert_eq!(reads(&report["totals"]), (6, 2));
        assert_eq!(report["keys"][0]["key"], "k", "the most read first");
        assert_eq!(report["lookups_like_reads"], 0);
        assert!(report["log_lines"].as_u64().expect("a number") >= 8);
    }
}

#[test]
fn the_lookups_of_stores_and_deletes_are_no_reads() {
    for server in servers() {
        let running = observing(&server, &["--reads"]);
        server.raw(
            "set k 0 0 1\r\n1\r\nset k 0 0 1\r\n1\r\nadd k 0 0 1\r\n1\r\nms k 1\r\n1\r\nappend k 0 0 1\r\n1\r\n",
        );
        let token = server.token("k");
        server.raw(format!("cas k 0 0 1 {token}\r\n1\r\n"));
        let (report, _) = report(running);
        let row = row(&report["keys"], "key", "k");
        assert_eq!(
            reads(row),
            (2, 0),
            "the two looks for the token: {report:#}"
        );
        assert_eq!(counts(row).stores, 5);
    }
    let server = Memcached::modern();
    server.set("k", "v");
    let running = observing(&server, &["--reads"]);
    server.raw("get k\r\ndelete k\r\n");
    let (report, _) = report(running);
    assert_eq!(
        reads(row(&report["keys"], "key", "k")),
        (1, 0),
        "{report:#}"
    );
}

#[test]
fn what_cannot_be_told_from_a_read_is_counted_by_the_server() {
    let server = Memcached::start();
    server.set("k", "1");
    let running = observing(&server, &["--reads"]);
    server.raw("incr k 1\r\ntouch k 100\r\ndelete k\r\nget k\r\n");
    let (report, _) = report(running);
    assert_eq!(report["lookups_like_reads"], 3, "{report:#}");
}

#[test]
fn people_see_reads_beside_stores_and_what_it_takes() {
    let server = Memcached::start();
    let running = mccas(&server).args(["contention", "--reads"]).spawn();
    wait::until("the log to be read", || {
        (server.count("log_watchers") == 1).then_some(())
    });
    server.raw("set k 0 0 1\r\n1\r\nget k\r\nget no\r\n");
    running.signal("INT");
    let text = show(&running.wait().stdout);
    for part in [
        "READS  MISSES  MISS%  CLIENTS",
        "reads of all keys: 1 hit, 1 miss; ",
        " lines of log a second",
    ] {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[test]
fn a_miss_storm_is_named() {
    let server = Memcached::start();
    let running = observing(&server, &["--reads"]);
    // More than twice as many as a storm takes: at most one tick of the clock falls in between.
    let mut clients: Vec<_> = (0..24).map(|_| server.session()).collect();
    for client in &mut clients {
        client.ask("mg popular v\r\n");
    }
    let (report, _) = report(running);
    let storm = row(&report["miss_storms"], "key", "popular");
    assert!(storm["misses"].as_u64() >= Some(12), "{report:#}");
    assert!(storm["clients"].as_u64() >= Some(12));
    assert_eq!(storm["expired"], false);
}

#[test]
fn a_server_that_drops_too_much_of_it_is_left_alone() {
    let server = Memcached::start_with(&["-o", "worker_logbuf_size=64"]);
    server.set("k", "v");
    let running = mccas(&server)
        .args(["--json", "contention", "--reads", "--for", "60s"])
        .spawn();
    wait::until("the log to be read", || {
        (server.count("log_watchers") == 1).then_some(())
    });
    let flood = "get k\r\n".repeat(50_000);
    let outcome = thread::scope(|scope| {
        let ends = scope.spawn(|| running.wait());
        while !ends.is_finished() {
            server.raw(&flood);
        }
        ends.join().expect("an outcome")
    });
    assert_eq!(outcome.code, 7, "{outcome:?}");
    assert!(
        outcome.stderr.contains("more than --max-drop lets it"),
        "{outcome:?}"
    );
    let report = outcome.json().pop().expect("a report");
    assert!(report["dropped"].as_u64() > Some(0));
    assert!(reads(&report["keys"][0]).0 > 0, "what came is told");
}

#[test]
fn without_reads_there_is_nothing_to_sort_by_them() {
    for sort in ["reads", "misses"] {
        let command = mccas_at("127.0.0.1:1").args(["contention", "--sort", sort]);
        command.code(2).stderr_contains("need --reads").check();
    }
}

#[test]
fn the_report_comes_in_the_order_that_is_asked_for() {
    let server = Memcached::start();
    let running = observing(&server, &["--sort", "stores"]);
    server.raw("set busy 0 0 1\r\n1\r\n".repeat(3));
    server.raw("set fought 0 0 1\r\n1\r\ncas fought 0 0 1 99999\r\n1\r\n");
    let (report, _) = report(running);
    assert_eq!(report["keys"][0]["key"], "busy", "{report:#}");
}

#[test]
fn a_read_that_waits_is_counted_when_the_server_goes_away() {
    let server = Memcached::start();
    server.set("k", "v");
    let mut running = observing(&server, &["--reads"]);
    // The second one shows that the first was a read; nothing follows the second.
    let mut reader = server.session();
    reader.ask("get k\r\nget k\r\n");
    let mut told = 0;
    while told < 1 {
        told += reads(&running.object()["totals"]).0;
    }
    server.stop();
    let outcome = running.wait();
    assert_eq!(outcome.code, 5, "{outcome:?}");
    let report = outcome.json().pop().expect("a report");
    assert_eq!(
        reads(row(&report["keys"], "key", "k")),
        (2, 0),
        "{report:#}"
    );
}
