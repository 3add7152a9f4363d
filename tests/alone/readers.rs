//! `mccas contention --reads` over two servers, while readers of three kinds from three hosts do their utmost and keys come
//! and go: what it says of each key and host is what the readers saw.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::alone;
use crate::foreign::pymemcache_readers;
use crate::harness::mccas::{mccas, mccas_at};
use crate::harness::observed::report;
use crate::harness::raw::Raw;
use crate::harness::running::Running;
use crate::harness::server::Memcached;

/// Keys that stay as they are: those of an even number are there, the others are not.
const STANDING: usize = 20;
/// Keys that come and go while they are read.
const CHANGING: usize = 6;
/// Room for what a burst brings, so that nothing is dropped (docs/contention.md).
const ROOM: [&str; 2] = ["-o", "worker_logbuf_size=4096,watcher_logbuf_size=16384"];
const TIME: Duration = Duration::from_secs(3);
/// `mccas gets` looks at the token before the value (protocol.md 2.9): two lookups for each key.
const LOOKS: u64 = 2;

/// How often a key was found, and how often not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reads {
    hits: u64,
    misses: u64,
}

/// What was read, by server, key and host.
type Done = BTreeMap<(String, String, String), Reads>;

impl AddAssign for Reads {
    fn add_assign(&mut self, other: Reads) {
        self.hits += other.hits;
        self.misses += other.misses;
    }
}

impl Reads {
    fn of(found: bool, times: u64) -> Reads {
        let (hits, misses) = if found { (times, 0) } else { (0, times) };
        Reads { hits, misses }
    }

    fn told(row: &Value) -> Reads {
        let number = |field: &str| row[field].as_u64().expect("a number");
        Reads {
            hits: number("hits"),
            misses: number("misses"),
        }
    }
}

fn standing() -> Vec<String> {
    (0..STANDING).map(|n| format!("standing:{n}")).collect()
}

fn changing() -> Vec<String> {
    (0..CHANGING).map(|n| format!("changing:{n}")).collect()
}

fn keys() -> Vec<String> {
    [standing(), changing()].concat()
}

/// Calls `act` with each key in turn until the time is up.
fn in_turn(keys: &[String], time: Duration, mut act: impl FnMut(usize, &str)) {
    let end = Instant::now() + time;
    for (turn, key) in keys.iter().cycle().enumerate() {
        if Instant::now() >= end {
            return;
        }
        act(turn, key);
    }
}

/// Reads over a bare socket, by commands of four kinds.
fn raw_reader(server: &Memcached, host: &str, time: Duration) -> Done {
    let mut raw = Raw::new(server, host);
    let mut done = Done::new();
    in_turn(&keys(), time, |turn, key| {
        let request = match turn % 4 {
            0 => format!("get {key}\r\n"),
            1 => format!("gets {key}\r\n"),
            2 => format!("mg {key} v\r\n"),
            _ => format!("mg {key} t\r\n"),
        };
        raw.send(&request);
        let answer = raw.line();
        let found = match answer.split(' ').next() {
            Some("VALUE" | "VA" | "HD") => true,
            Some("END" | "EN") => false,
            _ => panic!("{answer}"),
        };
        let behind = match (turn % 4, found) {
            (0 | 1, true) => 2,
            (2, true) => 1,
            _ => 0,
        };
        (0..behind).for_each(|_| drop(raw.line()));
        let of = (server.address(), key.to_string(), host.to_string());
        *done.entry(of).or_default() += Reads::of(found, 1);
    });
    done
}

/// Reads each time by a `mccas` of its own; only keys that do not change between its two looks.
fn mccas_reader(server: &Memcached, time: Duration) -> Done {
    let mut done = Done::new();
    in_turn(&standing(), time, |_, key| {
        let outcome = mccas(server).args(["--json", "gets", key]).run();
        let found = match outcome.object()["status"].as_str() {
            Some("found") => true,
            Some("missing") => false,
            _ => panic!("{outcome:?}"),
        };
        let of = (server.address(), key.to_string(), "127.0.0.1".into());
        *done.entry(of).or_default() += Reads::of(found, LOOKS);
    });
    done
}

fn python_readers(server: &Memcached, time: Duration) -> Done {
    let keys = keys();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut done = Done::new();
    for read in pymemcache_readers(server, 8, time, &keys) {
        let of = (server.address(), read.key, "127.0.0.1".into());
        *done.entry(of).or_default() += Reads {
            hits: read.hits,
            misses: read.misses,
        };
    }
    done
}

/// Lets keys come and go, which takes lookups that are no reads; deletes where the server tells of them.
fn change(server: &Memcached, time: Duration, deletes: bool) {
    let mut raw = Raw::new(server, "127.0.0.1");
    in_turn(&changing(), time, |turn, key| {
        raw.send(&format!("set {key} 0 0 1\r\n1\r\n"));
        assert_eq!(raw.line(), "STORED");
        if deletes && turn % 2 == 0 {
            raw.send(&format!("delete {key}\r\n"));
            assert_eq!(raw.line(), "DELETED");
        } else {
            raw.send(&format!("set {key} 0 -1 1\r\n1\r\n"));
            assert_eq!(raw.line(), "STORED");
        }
    });
}

/// Of each server ten bare sockets from two hosts, eight threads in Python and four times one `mccas` after the other.
fn read(servers: &[Memcached], time: Duration) -> Vec<Done> {
    thread::scope(|scope| {
        let mut readers = Vec::new();
        for (at, server) in servers.iter().enumerate() {
            for n in 0..10 {
                let host = format!("127.0.0.{}", 2 + n % 2);
                readers.push(scope.spawn(move || raw_reader(server, &host, time)));
            }
            readers.push(scope.spawn(move || python_readers(server, time)));
            for _ in 0..4 {
                readers.push(scope.spawn(move || mccas_reader(server, time)));
            }
            scope.spawn(move || change(server, time, at == 1));
        }
        let end = |reader: thread::ScopedJoinHandle<'_, Done>| reader.join().expect("a reader");
        readers.into_iter().map(end).collect()
    })
}

fn observing(servers: &[Memcached], by: &str) -> Running {
    let list: Vec<String> = servers.iter().map(Memcached::address).collect();
    let command = mccas_at(list.join(","))
        .args(["--json", "contention", "--reads", "--max-drop", "1"])
        .args(["--interval", "100ms", "--for", "120s"])
        .args(["--top", "1000", "--by", by]);
    let mut running = command.limit(Duration::from_secs(130)).spawn();
    assert_eq!(running.object()["event"], "interval");
    running
}

/// Sums up what was read by whatever `of` chooses.
fn summed(
    done: &[Done],
    of: impl Fn(&(String, String, String)) -> String,
) -> BTreeMap<String, Reads> {
    let mut sums = BTreeMap::<String, Reads>::new();
    for (by, reads) in done.iter().flatten() {
        *sums.entry(of(by)).or_default() += *reads;
    }
    sums.retain(|_, reads| *reads != Reads::default());
    sums
}

/// The rows of a report that tell of reads, named by `of`.
fn told(rows: &Value, of: impl Fn(&Value) -> String) -> BTreeMap<String, Reads> {
    let rows = rows.as_array().expect("rows").iter();
    let mut told: BTreeMap<_, _> = rows.map(|row| (of(row), Reads::told(row))).collect();
    told.retain(|_, reads| *reads != Reads::default());
    told
}

fn text(row: &Value, field: &str) -> String {
    row[field].as_str().expect("a text").into()
}

#[test]
fn readers_of_three_kinds_are_counted_to_the_last_miss() {
    let _alone = alone();
    let servers = [
        Memcached::start_with(&[&["-t", "4"], ROOM.as_slice()].concat()),
        Memcached::modern_with(&[&["-t", "4"], ROOM.as_slice()].concat()),
    ];
    for server in &servers {
        for key in standing().iter().step_by(2) {
            server.set(key, "v");
        }
    }
    let (by_key, by_host) = (observing(&servers, "key"), observing(&servers, "host"));
    let done = read(&servers, TIME);
    let ((keys, _), (hosts, _)) = (report(by_key), report(by_host));
    for report in [&keys, &hosts] {
        assert_eq!(report["dropped"], 0, "the servers have room");
        assert_eq!(report["lookups_like_reads"], 0);
    }
    let of_key = |row: &Value| text(row, "server") + " " + &text(row, "key");
    assert_eq!(
        told(&keys["keys"], of_key),
        summed(&done, |(server, key, _)| format!("{server} {key}"))
    );
    assert_eq!(
        told(&hosts["hosts"], |row| text(row, "host")),
        summed(&done, |(_, _, host)| host.clone())
    );
    let all = summed(&done, |_| String::new())[""];
    assert_eq!(Reads::told(&keys["totals"]), all);
    crate::harness::tell::tell(format_args!("{} hits, {} misses", all.hits, all.misses));
}

#[test]
fn what_a_server_drops_is_all_that_is_missing_of_its_reads() {
    let _alone = alone();
    // Older servers do not count exactly what they drop (protocol.md 6).
    let server = [Memcached::modern_with(&["-t", "1"])];
    let observed = observing(&server, "key");
    let mut raw = Raw::new(&server[0], "127.0.0.1");
    let (rounds, each) = (40_u64, 5_000_u64);
    let burst = "mg k v\r\n".repeat(5_000);
    for _ in 0..rounds {
        raw.send(&burst);
        (0..each).for_each(|_| assert_eq!(raw.line(), "EN"));
    }
    let (report, _) = report(observed);
    let dropped = report["dropped"].as_u64().expect("a number");
    assert!(dropped > 0, "{report:#}");
    let Reads { hits, misses } = Reads::told(&report["totals"]);
    // Lines of connections can be among those that were dropped.
    let missing = rounds * each - misses;
    assert!(hits == 0 && missing <= dropped, "{missing}: {report:#}");
    assert_eq!(report["lower_bound"], true);
}
