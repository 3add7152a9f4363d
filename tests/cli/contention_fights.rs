//! Who beats whom by `mccas contention`: fights whose winners are arranged, on several threads of the server.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::harness::mccas::{mccas, mccas_alone};
use crate::harness::observed::{observing, report, row, wait_for_stores};
use crate::harness::raw::Raw;
use crate::harness::server::Memcached;
use crate::harness::wait;

/// How many swaps each lost to each: winner, loser.
type Lost = BTreeMap<(String, String), u64>;

/// Writers who take turns, each step only after the one before is answered, so that it is sure who stored last.
struct Ring<'a> {
    server: &'a Memcached,
    writers: Vec<Raw>,
    last: usize,
}

impl Ring<'_> {
    /// A writer from each host; the first one stores.
    fn of<'a>(server: &'a Memcached, hosts: &[&str]) -> Ring<'a> {
        let writers = hosts.iter().map(|host| Raw::new(server, host));
        let writers: Vec<Raw> = writers.collect();
        let mut ring = Ring {
            server,
            writers,
            last: 0,
        };
        ring.store(0);
        ring
    }

    fn store(&mut self, by: usize) {
        self.writers[by].send("set k 0 0 1\r\n1\r\n");
        assert_eq!(self.writers[by].line(), "STORED");
        self.last = by;
    }

    fn lose(&mut self, by: usize) {
        self.writers[by].send("cas k 0 0 1 18446744073709551615\r\n1\r\n");
        assert_eq!(self.writers[by].line(), "EXISTS");
    }

    /// Fights in an order that looks drawn by chance, by all against all, but the first most against the second. Returns
    /// what came of it, each named by `name`.
    fn fight(&mut self, steps: usize, name: impl Fn(&Raw) -> String) -> Lost {
        let (mut lost, mut state) = (Lost::new(), 1_u64);
        let names: Vec<String> = self.writers.iter().map(name).collect();
        for _ in 0..steps {
            let mut below = |most: usize| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                usize::try_from((state >> 33) % most as u64).expect("small")
            };
            let (winner, loser) = match below(3) {
                0 => (below(names.len()), below(names.len())),
                _ => (0, 1),
            };
            self.store(winner);
            for _ in 0..=below(3) {
                self.lose(loser);
                *lost
                    .entry((names[winner].clone(), names[loser].clone()))
                    .or_default() += 1;
            }
        }
        assert!(self.server.count("cas_badval") >= lost.values().sum());
        lost
    }
}

fn told(fights: &Value) -> Lost {
    let text = |value: &Value| value.as_str().expect("a name").to_string();
    let fights = fights.as_array().expect("fights").iter();
    fights
        .map(|fight| {
            let lost = fight["lost"].as_u64().expect("a number");
            ((text(&fight["winner"]), text(&fight["loser"])), lost)
        })
        .collect()
}

/// By what a report names hosts.
fn host(raw: &Raw) -> String {
    let address = raw.address();
    address.rsplit_once(':').expect("a port").0.to_string()
}

#[test]
fn who_beats_whom_is_known_to_the_last_swap_whatever_thread_tells_it() {
    let server = Memcached::start_with(&["-t", "4"]);
    let running = observing(&server, &[]);
    let mut ring = Ring::of(
        &server,
        &["127.0.0.1", "127.0.0.2", "127.0.0.2", "127.0.0.3"],
    );
    let by_client = ring.fight(300, Raw::address);
    let mut by_host = Lost::new();
    let hosts: BTreeMap<String, String> = ring
        .writers
        .iter()
        .map(|raw| (raw.address(), host(raw)))
        .collect();
    for ((winner, loser), lost) in &by_client {
        let pair = (hosts[winner].clone(), hosts[loser].clone());
        *by_host.entry(pair).or_default() += lost;
    }
    let (report, _) = report(running);
    assert_eq!(report["dropped"], 0, "{report:#}");
    let key = row(&report["keys"], "key", "k");
    assert_eq!(told(&key["client_fights"]), by_client);
    assert_eq!(told(&key["fights"]), by_host);
    assert_eq!(key["lost"], by_client.values().sum::<u64>());
    assert!(key.get("fights_at_least").is_none() && key.get("client_fights_at_least").is_none());
    let most = &key["client_fights"][0];
    let first = (ring.writers[0].address(), ring.writers[1].address());
    assert_eq!(
        (&most["winner"], &most["loser"]),
        (&first.0.into(), &first.1.into())
    );
}

#[test]
fn a_recording_and_its_replay_tell_it_too() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fight.jsonl").display().to_string();
    let mut running = observing(&server, &["--record", &path]);
    let mut ring = Ring::of(&server, &["127.0.0.1", "127.0.0.2"]);
    let mut lost = Lost::new();
    for _ in 0..3 {
        for (pair, more) in ring.fight(20, host) {
            *lost.entry(pair).or_default() += more;
        }
        wait_for_stores(&mut running, 20);
    }
    let (live, _) = report(running);
    assert_eq!(told(&live["keys"][0]["fights"]), lost);
    let replayed = |path: &str| {
        let replay = ["--json", "contention", "--replay", path];
        let outcome = mccas_alone().args(replay).run();
        outcome.json().pop().expect("a report")
    };
    assert_eq!(replayed(&path), live);
    // Without the report at its end: by the intervals alone.
    let text = fs::read_to_string(&path).expect("the recording");
    let intervals = text.trim_end().rfind('\n').expect("lines") + 1;
    fs::write(&path, &text[..intervals]).expect("the recording");
    assert_eq!(told(&replayed(&path)["keys"][0]["fights"]), lost);
}

#[test]
fn people_read_it_below_the_table_and_on_the_page() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("page.html");
    let running = mccas(&server)
        .args(["contention", "--for", "1m", "--html"])
        .args([path.as_os_str()])
        .spawn();
    wait::until("the log to be read", || {
        (server.count("log_watchers") == 1).then_some(())
    });
    let mut ring = Ring::of(&server, &["127.0.0.1", "127.0.0.2"]);
    (0..7).for_each(|_| ring.lose(1));
    ring.store(1);
    (0..3).for_each(|_| ring.lose(0));
    running.signal("INT");
    let outcome = running.wait();
    let text = outcome.stdout_text();
    let line = "who beats whom on k: 127.0.0.1 beats 127.0.0.2 (7), 127.0.0.2 beats 127.0.0.1 (3), of 10 lost";
    assert!(text.lines().any(|other| other == line), "{text}");
    let page = fs::read_to_string(&path).expect("the page");
    let row = "<th scope=\"row\">127.0.0.1</th><td>7</td><td>0</td><td>7</td>";
    assert!(
        page.contains("Who fights whom") && page.contains(row),
        "{page}"
    );
}

#[test]
fn a_key_that_nobody_loses_has_none() {
    let server = Memcached::start();
    let running = observing(&server, &[]);
    server.set("k", "v");
    let (report, _) = report(running);
    let key = report["keys"][0].as_object().expect("a row");
    let fights = key.keys().filter(|field| field.contains("fights"));
    assert_eq!(fights.count(), 0, "{key:#?}");
}
