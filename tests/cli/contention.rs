//! `mccas contention`: what the report says is what the writers did.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::foreign::{Counts, pymemcache};
use crate::harness::inspect::show;
use crate::harness::mccas::{mccas, mccas_at};
use crate::harness::outcome::Outcome;
use crate::harness::running::Running;
use crate::harness::server::Memcached;
use crate::harness::wait;
use crate::harness::wire::{Connection, Peer};

const KEYS: [&str; 3] = ["hot", "warm:1", "warm:2"];

/// `mccas contention` with JSON, already reading the log: its first interval has come.
fn observing(server: &Memcached, args: &[&str]) -> Running {
    let command = mccas(server).args(["--json", "contention", "--interval", "100ms"]);
    let mut running = command.args(args).limit(Duration::from_secs(60)).spawn();
    assert_eq!(running.object()["event"], "interval");
    running
}

/// Ends it as Ctrl-C does, and returns the final report.
fn report(running: Running) -> (Value, Outcome) {
    running.signal("INT");
    let outcome = running.wait();
    let report = outcome.json().pop().expect("a report");
    assert_eq!(report["event"], "report", "{outcome:?}");
    (report, outcome)
}

fn row<'a>(rows: &'a Value, field: &str, name: &str) -> &'a Value {
    let rows = rows.as_array().expect("rows");
    let row = rows.iter().find(|row| row[field] == name);
    row.unwrap_or_else(|| panic!("no {name} in {rows:#?}"))
}

fn counts(entry: &Value) -> Counts {
    let number = |field: &str| entry[field].as_u64().expect("a number");
    Counts {
        stores: number("stores"),
        won: number("won"),
        lost: number("lost"),
        missing: number("missing"),
    }
}

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

#[test]
fn the_report_equals_what_the_writers_counted() {
    fight(Duration::from_secs(number("MCCAS_TEST_FIGHT_SECONDS", 2)));
}

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
    let server = Memcached::start();
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
    let command = mccas(&server)
        .args(["contention", "--for", "700ms"])
        .spawn();
    thread::sleep(Duration::from_millis(300));
    server.raw("ms k 1 q\r\n1\r\n".repeat(20_000));
    let outcome = command.wait();
    let text = outcome.stdout_text();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
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
    let running = observing(&server, &["--fail-above", "0.5"]);
    swaps(&server, 8);
    let (_, outcome) = report(running);
    assert_eq!(
        (outcome.code, &*outcome.stderr),
        (0, ""),
        "nine swaps say little"
    );
    let running = observing(&server, &["--fail-above", "0.5"]);
    swaps(&server, 9);
    let (_, outcome) = report(running);
    assert_eq!(outcome.code, 3);
    assert_eq!(
        outcome.stderr,
        "mccas: \"k\" lost 9 of 10 swaps, that is 90.0% and above the 50.0% allowed\n"
    );
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
    let running = observing(&server, &["--for", "30s"]);
    server.set("k", "v");
    thread::sleep(Duration::from_millis(300));
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

/// A number that a variable of the environment raises for a longer run.
fn number(variable: &str, usual: u64) -> u64 {
    let given = std::env::var(variable).ok();
    given.map_or(usual, |text| text.parse().expect(variable))
}

/// Sends more keys past the observer than it has places for, many times over, and looks at its memory.
#[test]
fn many_keys_leave_memory_flat() {
    // A million with MCCAS_TEST_THOUSAND_KEYS=1000.
    let batches = number("MCCAS_TEST_THOUSAND_KEYS", 100);
    let server = Memcached::start_with(&[
        "-m",
        "512",
        "-o",
        "worker_logbuf_size=8192,watcher_logbuf_size=65536",
    ]);
    let running = observing(&server, &["--for", "60s"]);
    let memory = || resident(running.pid());
    let mut session = server.session();
    let mut measured = Vec::new();
    for batch in 0..batches {
        let first = batch * 7919 % 1000;
        let set = |n: u32| format!("ms flood:{first}:{n} 1 q\r\n1\r\n");
        let sets: Vec<String> = (0..1000).map(set).collect();
        session.ask(sets.concat());
        if batch % 10 == 0 {
            session.ask("set fought 0 0 1\r\n1\r\ncas fought 0 0 1 9999999\r\n1\r\n");
        }
        if (batch + 1) % (batches / 10) == 0 {
            measured.push(memory());
        }
        thread::sleep(Duration::from_millis(15));
    }
    let (report, _) = report(running);
    let (early, late) = (measured[1], measured[9]);
    assert!(
        late <= early + 1024,
        "grew from {early} KiB to {late} KiB: {measured:?}"
    );
    assert!(
        report["totals"]["stores"].as_u64().expect("a number") > batches * 900,
        "{report:#}"
    );
    assert_eq!(counts(&report["keys"][0]).lost, batches / 10);
    assert_eq!(report["keys"][0]["key"], "fought");
    assert_eq!(report["untracked_lost_at_most"], 0);
    let mut stderr = std::io::stderr();
    let told = writeln!(stderr, "resident after each tenth, in KiB: {measured:?}");
    told.expect("stderr");
}

/// Resident memory in KiB.
fn resident(pid: u32) -> u64 {
    let output = Command::new("ps")
        .args(["-o", "rss=", "-p", &pid.to_string()])
        .stdin(Stdio::null())
        .output();
    show(&output.expect("ps").stdout)
        .trim()
        .parse()
        .expect("a size")
}
