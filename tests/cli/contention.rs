//! `mccas contention`: what the report says is what was done to the server.

use std::fs;
use std::io::{Read, Write};

use serde_json::Value;

use crate::harness::inspect::show;
use crate::harness::mccas::{mccas, mccas_at};
use crate::harness::observed::{
    Counts, counts, in_the_end, observing, report, row, wait_for_stores,
};
use crate::harness::server::Memcached;
use crate::harness::wait;
use crate::harness::wire::{Connection, Peer};

#[test]
fn stores_of_every_kind_are_counted_and_swaps_by_outcome() {
    let server = Memcached::start();
    let running = observing(&server, &[]);
    server.raw(
        "set k 0 0 1\r\n1\r\nadd k 0 0 1\r\n1\r\nreplace k 0 0 1\r\n1\r\nappend k 0 0 1\r\n1\r\n",
    );
    let token = server.token("k");
    server.raw(format!(
        "cas k 0 0 1 {token}\r\n1\r\ncas k 0 0 1 {token}\r\n1\r\ncas no 0 0 1 9\r\n1\r\n"
    ));
    server.raw("incr k 1\r\ntouch k 100\r\ndelete k\r\n");
    let (report, _) = report(running);
    let expected = Counts {
        stores: 4,
        won: 1,
        lost: 1,
        missing: 0,
    };
    assert_eq!(
        counts(row(&report["keys"], "key", "k")),
        expected,
        "{report:#}"
    );
    assert_eq!(row(&report["keys"], "key", "k")["lost_ratio"], 0.5);
    assert_eq!(row(&report["keys"], "key", "no")["missing"], 1);
    assert_eq!(report["keys"][0]["key"], "k", "the hottest first");
}

#[test]
fn keys_are_bytes_and_patterns_choose_among_them() {
    let server = Memcached::start();
    let running = observing(&server, &["user:*", "\u{1}*"]);
    for key in [&b"user:1"[..], b"user:\xff", b"\x01 \r\nx", b"other"] {
        server.set(key, "v");
    }
    let (report, _) = report(running);
    assert_eq!(
        report["keys"].as_array().expect("rows").len(),
        3,
        "{report:#}"
    );
    row(&report["keys"], "key", "\u{1} \r\nx");
    row(&report["keys"], "key_base64", "dXNlcjr/");
    assert_eq!(report["totals"]["stores"], 4, "the log of all keys");
}

#[test]
fn clients_are_told_whether_they_were_there_before_or_came_later() {
    let server = Memcached::start();
    let mut early = server.session();
    early.ask("set k 0 0 1\r\n1\r\n");
    let running = observing(&server, &["--by", "client"]);
    early.ask("set k 0 0 1\r\n1\r\n".repeat(3));
    let mut late = server.session();
    late.ask("set k 0 0 1\r\n1\r\n".repeat(2));
    let (report, _) = report(running);
    let early = row(&report["clients"], "client", &early.address());
    assert_eq!(
        (&early["stores"], &early["keys"][0]["key"]),
        (&3.into(), &"k".into())
    );
    assert_eq!(
        row(&report["clients"], "client", &late.address())["stores"],
        2
    );
}

#[test]
fn clients_of_a_unix_socket_are_told_apart() {
    let server = Memcached::on_unix_socket();
    let running = observing(&server, &[]);
    let (mut one, mut other) = (server.session(), server.session());
    one.ask("set k 0 0 1\r\n1\r\n");
    other.ask("set k 0 0 1\r\n1\r\n");
    let (report, _) = report(running);
    let clients = report["keys"][0]["clients"].as_array().expect("clients");
    assert_eq!(clients.len(), 2, "{report:#}");
    assert!(
        clients
            .iter()
            .all(|client| show(client["client"].to_string().as_bytes()).contains("unix:"))
    );
}

#[test]
fn a_flood_is_told_as_a_lower_bound() {
    const SENT: u64 = 20_000;
    // Older servers do not count exactly what they drop (protocol.md 6).
    let server = Memcached::modern();
    let running = observing(&server, &[]);
    server.raw("ms k 1 q\r\n1\r\n".repeat(20_000));
    let (report, _) = report(running);
    let seen = counts(&report["keys"][0]).stores;
    let dropped = report["dropped"].as_u64().expect("a number");
    assert!(seen < SENT && dropped >= SENT - seen, "{report:#}");
    assert_eq!(report["lower_bound"], true);
}

#[test]
fn people_get_a_table_and_what_it_cannot_see() {
    let server = Memcached::start();
    let running = mccas(&server).arg("contention").spawn();
    wait::until("the log to be read", || {
        (server.count("log_watchers") == 1).then_some(())
    });
    server.raw("ms k 1 q\r\n1\r\n".repeat(20_000));
    running.signal("INT");
    let outcome = running.wait();
    let text = outcome.stdout_text();
    assert_eq!((outcome.code, &*outcome.stderr), (130, ""));
    for part in [
        "KEY  STORES  WON  LOST  LOST%",
        "lower bound: the server dropped ",
        "not seen in this log: arithmetic in place",
        "server's counters: swaps 0 won",
    ] {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[test]
fn a_key_that_loses_too_much_fails_the_check() {
    let server = Memcached::start();
    server.set("k", "v");
    let swaps = |server: &Memcached, lost: usize| {
        let token = server.token("k");
        server.raw(format!("cas k 0 0 1 {token}\r\n1\r\n"));
        server.raw("cas k 0 0 1 9999999\r\n1\r\n".repeat(lost));
    };
    let args = ["--fail-above", "0.5", "--for", "2s"];
    let running = observing(&server, &args);
    swaps(&server, 8);
    let (_, outcome) = in_the_end(running);
    assert_eq!(
        (outcome.code, &*outcome.stderr),
        (0, ""),
        "nine swaps say little"
    );
    let running = observing(&server, &args);
    swaps(&server, 9);
    let (_, outcome) = in_the_end(running);
    assert_eq!(outcome.code, 3);
    assert_eq!(
        outcome.stderr,
        "mccas: \"k\" lost 9 of 10 swaps, that is 90.0% and above the 50.0% allowed\n"
    );
}

#[test]
fn a_signal_ends_it_with_its_report_and_is_what_ended_it() {
    let server = Memcached::start();
    server.set("k", "v");
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let files = ["page.html", "fight.jsonl", "mccas.prom"].map(file);
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let mut args = vec!["--for", "forever", "--fail-above", "0.5"];
        for (option, file) in ["--html", "--record", "--prometheus"].iter().zip(&files) {
            args.extend([option, &**file]);
        }
        let mut running = observing(&server, &args);
        server.raw("cas k 0 0 1 9999999\r\n1\r\n".repeat(12));
        server.set("k", "v");
        wait_for_stores(&mut running, 1);
        running.signal(name);
        let outcome = running.wait();
        assert_eq!(outcome.code, code, "{outcome:?}");
        assert!(
            outcome.stderr.contains("lost 12 of 12 swaps"),
            "{outcome:?}"
        );
        let report = outcome.json().pop().expect("a report");
        assert_eq!(
            (&report["event"], &report["keys"][0]["lost"]),
            (&"report".into(), &12.into())
        );
        let text = files
            .each_ref()
            .map(|file| fs::read_to_string(file).expect("a file"));
        assert!(text[0].contains("12 of 12 swaps lost"));
        let recorded = text[1].lines().last().expect("a line");
        let recorded: Value = serde_json::from_str(recorded).expect("JSON");
        assert_eq!(recorded, report);
        assert!(text[2].contains("mccas_watched{"));
    }
}

#[test]
fn a_log_that_is_not_shown_is_refused_with_the_reason() {
    let closed = Memcached::start_with(&["-W"]);
    let command = mccas(&closed).args(["contention", "--for", "1s"]);
    let message = format!(
        "mccas: {} does not show its log: watch commands are not allowed there (it was started with -W)\n",
        closed.address()
    );
    command.code(7).stderr(message).check();

    let crowded = Memcached::start();
    let watchers: Vec<_> = (0..20)
        .map(|_| {
            let mut watcher = crowded.dial().expect("a connection");
            watcher
                .write_all(b"watch evictions\r\n")
                .expect("a request");
            let mut answer = [0; 4];
            watcher.read_exact(&mut answer).expect("OK");
            watcher
        })
        .collect();
    let command = mccas(&crowded).args(["contention", "--for", "1s"]);
    command
        .code(7)
        .stderr_contains("as many programs watch it as it allows")
        .check();
    drop(watchers);

    let settings = "STAT item_size_max 1048576\r\nSTAT binding_protocol proxy\r\nEND\r\n";
    let proxy = Peer::always(
        Connection::new()
            .read_until("settings\r\n")
            .reply(format!("STAT pid 1\r\nEND\r\n{settings}"))
            .silence(),
    );
    let command = mccas_at(proxy.address()).args(["contention", "--for", "1s"]);
    command
        .code(7)
        .stderr_contains("is a proxy: its log tells nothing of the stores behind it")
        .check();
}

#[test]
fn a_server_that_goes_away_ends_the_report() {
    let server = Memcached::start();
    let mut running = observing(&server, &["--for", "30s"]);
    server.set("k", "v");
    wait_for_stores(&mut running, 1);
    server.stop();
    let outcome = running.wait();
    assert_eq!(outcome.code, 5, "{outcome:?}");
    let report = outcome.json().pop().expect("a report");
    assert_eq!(
        (&report["event"], &report["keys"][0]["key"]),
        (&"report".into(), &"k".into())
    );
    assert!(
        report["error"]
            .as_str()
            .is_some_and(|error| error.contains("the log")),
        "{report:#}"
    );
    mccas(&server)
        .args(["contention", "--for", "1s"])
        .code(5)
        .stderr_contains("cannot reach")
        .check();
}

#[test]
fn what_cannot_be_meant_is_a_usage_error() {
    for (args, part) in [
        (["a[b", "--top=1"], "the [ is not closed"),
        (["", "--top=1"], "the key is empty"),
        (["k", "--top=0"], "0 is not in 1.."),
        (["k", "--fail-above=2"], "give a share from 0 to 1"),
        (["k", "--for=10"], "it lacks a unit"),
    ] {
        let command = mccas_at("127.0.0.1:1").arg("contention").args(args);
        command.code(2).stderr_contains(part).check();
    }
}
