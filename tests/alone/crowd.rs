//! `mccas contention` over three servers, while writers of three kinds from four hosts do their utmost: what it says of each key,
//! host and server is what they did.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::alone;
use crate::foreign::pymemcache;
use crate::harness::mccas::{mccas, mccas_at};
use crate::harness::observed::{Counts, counts, report};
use crate::harness::raw::Raw;
use crate::harness::running::Running;
use crate::harness::server::Memcached;

const KEYS: usize = 40;

/// What was done, by server, key and host.
type Done = BTreeMap<(String, String, String), Counts>;

fn keys() -> Vec<String> {
    (0..KEYS).map(|n| format!("user:{n}")).collect()
}

/// Swaps the keys in turn over a bare socket from `host`.
fn raw_writer(server: &Memcached, host: &str, time: Duration) -> Done {
    let mut raw = Raw::new(server, host);
    let mut done = Done::new();
    let (end, keys) = (Instant::now() + time, keys());
    for key in keys.iter().cycle() {
        if Instant::now() >= end {
            break;
        }
        raw.send(&format!("gets {key}\r\n"));
        let head = raw.line();
        let token = head.rsplit(' ').next().expect("a token").to_string();
        let (value, _) = (raw.line(), raw.line());
        let next = value.parse::<u64>().expect("a number") + 1;
        let length = next.to_string().len();
        raw.send(&format!("cas {key} 0 0 {length} {token}\r\n{next}\r\n"));
        let counts = match raw.line().as_str() {
            "STORED" => (1, 1, 0),
            "EXISTS" => (0, 0, 1),
            other => panic!("{other}"),
        };
        let (stores, won, lost) = counts;
        *done
            .entry((server.address(), key.clone(), host.into()))
            .or_default() += Counts {
            stores,
            won,
            lost,
            missing: 0,
        };
    }
    done
}

/// Increments the keys in turn, each time by a `mccas` of its own.
fn mccas_writer(server: &Memcached, time: Duration) -> Done {
    let mut done = Done::new();
    let (end, keys) = (Instant::now() + time, keys());
    for key in keys.iter().cycle() {
        if Instant::now() >= end {
            break;
        }
        let object = mccas(server)
            .args(["--json", "incr-cas", key])
            .run()
            .object();
        assert_eq!(object["status"], "stored", "{object}");
        *done
            .entry((server.address(), key.clone(), "127.0.0.1".into()))
            .or_default() += Counts {
            stores: 1,
            won: 1,
            lost: object["conflicts"].as_u64().expect("a number"),
            missing: 0,
        };
    }
    done
}

fn python_writers(server: &Memcached, time: Duration) -> Done {
    let keys = keys();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let told = pymemcache(server, 2, time, 200, &keys);
    let mut done = Done::new();
    for told in told {
        let of = (server.address(), told.key, "127.0.0.1".into());
        *done.entry(of).or_default() += told.counts;
    }
    done
}

/// Lets two threads in Python, one bare socket and one `mccas` after the other write to each server.
fn fight(servers: &[Memcached], time: Duration) -> Vec<Done> {
    thread::scope(|scope| {
        let mut writers = Vec::new();
        for (at, server) in servers.iter().enumerate() {
            let host = format!("127.0.0.{}", at + 2);
            writers.push(scope.spawn(move || raw_writer(server, &host, time)));
            writers.push(scope.spawn(move || python_writers(server, time)));
            writers.push(scope.spawn(move || mccas_writer(server, time)));
        }
        let end = |writer: thread::ScopedJoinHandle<'_, Done>| writer.join().expect("a writer");
        writers.into_iter().map(end).collect()
    })
}

fn observing(servers: &[Memcached], by: &str) -> Running {
    let list: Vec<String> = servers.iter().map(Memcached::address).collect();
    let command = mccas_at(list.join(","))
        .args(["--json", "contention", "--interval", "100ms"])
        .args(["--for", "120s", "--top", "1000", "--by", by]);
    let mut running = command.limit(Duration::from_secs(130)).spawn();
    assert_eq!(running.object()["event"], "interval");
    running
}

/// Sums up what was done by whatever `of` chooses.
fn summed(
    done: &[Done],
    of: impl Fn(&(String, String, String)) -> String,
) -> BTreeMap<String, Counts> {
    let mut sums = BTreeMap::<String, Counts>::new();
    for (by, counts) in done.iter().flatten() {
        *sums.entry(of(by)).or_default() += *counts;
    }
    sums.retain(|_, counts| *counts != Counts::default());
    sums
}

/// The rows of a report, named by `of`.
fn told(rows: &Value, of: impl Fn(&Value) -> String) -> BTreeMap<String, Counts> {
    let rows = rows.as_array().expect("rows").iter();
    rows.map(|row| (of(row), counts(row))).collect()
}

fn text(row: &Value, field: &str) -> String {
    row[field].as_str().expect("a text").into()
}

/// Whose store made a swap lose is told of each, also where lines come out of order.
#[track_caller]
fn ensure_fights_add_up(row: &Value) {
    let mut lost = BTreeMap::new();
    for fight in row["fights"].as_array().into_iter().flatten() {
        let count = fight["lost"].as_u64().expect("a number");
        assert_ne!(fight["winner"], "?", "{row:#}");
        *lost.entry(text(fight, "loser")).or_insert(0) += count;
    }
    let hosts = told(&row["hosts"], |host| text(host, "host")).into_iter();
    let hosts = hosts.map(|(host, counts)| (host, counts.lost));
    let hosts: BTreeMap<String, u64> = hosts.filter(|&(_, lost)| lost > 0).collect();
    assert_eq!(lost, hosts, "{row:#}");
    assert!(row.get("fights_at_least").is_none());
    let clients = row["client_fights"].as_array().into_iter().flatten();
    let clients: u64 = clients
        .map(|fight| fight["lost"].as_u64().expect("a number"))
        .sum();
    let all = counts(row).lost;
    match row.get("client_fights_at_least") {
        Some(_) => assert!(clients <= all, "{row:#}"),
        None => assert_eq!(clients, all, "{row:#}"),
    }
}

/// How long they write: `MCCAS_TEST_CROWD_SECONDS` for longer.
fn time() -> Duration {
    let seconds = std::env::var("MCCAS_TEST_CROWD_SECONDS").ok();
    Duration::from_secs(seconds.map_or(3, |text| text.parse().expect("seconds")))
}

#[test]
fn three_servers_and_twelve_writers_are_counted_to_the_last_swap() {
    let _alone = alone();
    let servers = [(); 3].map(|()| Memcached::start_with(&["-t", "2"]));
    for server in &servers {
        for key in keys() {
            server.set(key, "0");
        }
    }
    let (by_key, by_host) = (observing(&servers, "key"), observing(&servers, "host"));
    let done = fight(&servers, time());
    let ((keys, _), (hosts, _)) = (report(by_key), report(by_host));
    assert_eq!(
        (&keys["dropped"], &hosts["dropped"]),
        (&0.into(), &0.into())
    );
    assert_eq!(
        told(&keys["keys"], |row| text(row, "server")
            + " "
            + &text(row, "key")),
        summed(&done, |(server, key, _)| format!("{server} {key}"))
    );
    assert_eq!(
        told(&hosts["hosts"], |row| text(row, "host")),
        summed(&done, |(_, _, host)| host.clone())
    );
    for report in [&keys, &hosts] {
        let servers = report["servers"].as_array().expect("servers").iter();
        let totals = servers.map(|server| (text(server, "server"), counts(&server["totals"])));
        assert_eq!(
            totals.collect::<BTreeMap<_, _>>(),
            summed(&done, |(server, _, _)| server.clone())
        );
    }
    for row in keys["keys"].as_array().expect("rows") {
        ensure_fights_add_up(row);
    }
    let lost: u64 = done.iter().flatten().map(|(_, counts)| counts.lost).sum();
    assert!(lost > 0, "nobody met anybody");
    crate::harness::tell::tell(format_args!(
        "{} stores, {lost} swaps lost",
        keys["totals"]["stores"]
    ));
}
