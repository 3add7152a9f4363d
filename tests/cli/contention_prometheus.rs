//! `mccas contention --prometheus`: a file that Prometheus' own parser reads, never half of one, and no counter in it falls.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::inspect::show;
use crate::harness::mccas::{end_within, mccas, mccas_at};
use crate::harness::observed::{observing, wait_for_stores};
use crate::harness::outcome::Outcome;
use crate::harness::server::Memcached;
use crate::harness::wait::{self, PATIENCE};

/// Reads the file on stdin, as Prometheus does, and prints `[name, {label: value}, value]` a line.
const PARSER: &str = "
import json, sys
from prometheus_client.parser import text_string_to_metric_families as parse
for family in parse(sys.stdin.read()):
    for sample in family.samples:
        print(json.dumps([sample.name, sample.labels, sample.value, family.type]))
";

fn parsed(path: &Path) -> Vec<Value> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pymemcache/bin/python");
    assert!(
        python.exists(),
        "{} is missing: run make test, or scripts/install-pymemcache.sh, which installs it",
        python.display()
    );
    let file = fs::File::open(path).expect("the file");
    let output = Command::new(python)
        .args(["-c", PARSER])
        .stdin(file)
        .output();
    let output = output.expect("python");
    assert!(output.status.success(), "{}", show(&output.stderr));
    let lines = show(&output.stdout);
    lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn value(samples: &[Value], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let fits = |sample: &&Value| {
        sample[0] == name
            && labels
                .iter()
                .all(|(label, value)| sample[1][label] == *value)
    };
    samples
        .iter()
        .find(fits)
        .and_then(|sample| sample[2].as_f64())
}

#[test]
fn swaps_and_stores_are_counters_that_prometheus_reads() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mccas.prom");
    let file = path.display().to_string();
    let mut running = observing(&server, &["--for", "forever", "--prometheus", &file]);
    let hostile = "k\"\\\n\u{202e}";
    server.set(hostile, "1");
    server.set("k", "1");
    // Their series begin with an interval after the first store.
    wait::until("the series", || {
        running.object();
        value(&parsed(&path), "mccas_stores_total", &[("key", "k")]).map(|_| ())
    });
    server.raw("set k 0 0 1\r\n1\r\ncas k 0 0 1 99999\r\n1\r\n");
    running.signal("TERM");
    let outcome = running.wait();
    assert_eq!(outcome.code, 143, "{outcome:?}");
    let samples = parsed(&path);
    let address = server.address();
    let of = |name, labels: &[(&str, &str)]| {
        let labels = [labels, &[("server", address.as_str())]].concat();
        value(&samples, name, &labels)
    };
    assert_eq!(
        of("mccas_stores_total", &[("key", "k")]),
        Some(1.0),
        "{samples:#?}"
    );
    assert_eq!(of("mccas_stores_total", &[("key", "")]), Some(2.0));
    let lost = [("key", "k"), ("outcome", "lost")];
    assert_eq!(of("mccas_swaps_total", &lost), Some(1.0));
    assert_eq!(of("mccas_server_stores_total", &[]), Some(3.0));
    let lost = [("outcome", "lost")];
    assert_eq!(of("mccas_server_swaps_total", &lost), Some(1.0));
    assert_eq!(of("mccas_log_lines_dropped_total", &[]), Some(0.0));
    let types: Vec<&Value> = samples
        .iter()
        .filter(|sample| sample[0] == "mccas_swaps_total")
        .map(|sample| &sample[3])
        .collect();
    assert!(types.iter().all(|kind| **kind == "counter"), "{types:?}");
    let mode = fs::metadata(&path).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o644, "node_exporter is another user");
    let left = fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 1, "nothing but the file itself");
}

#[test]
fn keys_that_look_alike_have_series_of_their_own() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mccas.prom");
    let file = path.display().to_string();
    let mut running = observing(&server, &["--for", "forever", "--prometheus", &file]);
    let keys: [&[u8]; 6] = [b"p\\nq", b"p\nq", b"\\u{1b}", b"\x1b", b"\\xff", b"\xff"];
    for key in keys {
        server.set(key, "1");
    }
    let labels = [
        "p\\\\nq",
        "p\\nq",
        "\\\\u{1b}",
        "\\u{1b}",
        "\\\\xff",
        "\\xff",
        "",
    ];
    wait::until("a series for each", || {
        running.object();
        let samples = parsed(&path);
        let stores = samples
            .iter()
            .filter(|sample| sample[0] == "mccas_stores_total");
        let found: Vec<&str> = stores
            .filter_map(|sample| sample[1]["key"].as_str())
            .collect();
        let different: BTreeSet<&str> = found.iter().copied().collect();
        assert_eq!(found.len(), different.len(), "twice: {found:?}");
        (different == BTreeSet::from(labels)).then_some(())
    });
}

#[test]
fn however_many_keys_there_are_few_have_series() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mccas.prom");
    let file = path.display().to_string();
    let mut running = observing(&server, &["--top", "3", "--prometheus", &file]);
    for round in 0..5 {
        for n in 0..20 {
            server.set(format!("k{}", n * 5 + round), "v");
        }
        running.object();
    }
    running.signal("INT");
    running.wait();
    let samples = parsed(&path);
    let stores = samples
        .iter()
        .filter(|sample| sample[0] == "mccas_stores_total");
    assert!(stores.count() <= 4, "{samples:#?}");
}

#[test]
fn keys_come_and_go_and_the_total_of_the_server_has_them_all() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mccas.prom");
    let file = path.display().to_string();
    let mut running = observing(
        &server,
        &["--for", "forever", "--top", "1", "--prometheus", &file],
    );
    // Each is stored more often than all before it, and so takes the only series over.
    for (key, stores) in [("a", 2), ("b", 4), ("c", 8)] {
        for _ in 0..stores {
            server.set(key, "v");
        }
        wait::until("its series", || {
            running.object();
            value(&parsed(&path), "mccas_stores_total", &[("key", key)]).map(|_| ())
        });
    }
    running.signal("TERM");
    running.wait();
    let samples = parsed(&path);
    let total = value(&samples, "mccas_server_stores_total", &[]);
    assert_eq!(total, Some(14.0), "{samples:#?}");
    assert_eq!(value(&samples, "mccas_stores_total", &[("key", "a")]), None);
}

/// All counters of the file, each with its labels.
fn counters(path: &Path) -> BTreeMap<String, f64> {
    let samples = parsed(path).into_iter();
    let counters = samples.filter(|sample| sample[3] == "counter");
    counters
        .map(|sample| {
            let value = sample[2].as_f64().expect("a number");
            let name = sample[0].as_str().expect("a name");
            (format!("{name} {}", sample[1]), value)
        })
        .collect()
}

/// By how much those of a name have grown since each was last there; one that was never there begins at 0.
fn growth(name: &str, before: &BTreeMap<String, f64>, now: &BTreeMap<String, f64>) -> f64 {
    let of_name = now.iter().filter(|(series, _)| series.starts_with(name));
    let grown = of_name.map(|(series, now)| now - before.get(series).unwrap_or(&0.0));
    grown.sum()
}

#[test]
#[expect(clippy::float_cmp, reason = "the numbers are whole")]
fn no_counter_falls_and_all_grow_together_as_the_server_does() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mccas.prom");
    let file = path.display().to_string();
    let mut running = observing(
        &server,
        &["--for", "forever", "--top", "2", "--prometheus", &file],
    );
    // What each said when it was last there, and which keys have been.
    let mut before = counters(&path);
    let mut seen = BTreeSet::new();
    let mut returned = 0;
    let mut expected = 0.0;
    for step in 1..=24 {
        // Three keys overtake each other in turn, each by what the others have and a little.
        let stores = 3 * step;
        server.raw(format!("set k{} 0 0 1\r\n1\r\n", step % 3).repeat(stores));
        expected += f64::from(u32::try_from(stores).expect("few"));
        let now = wait::until("the stores in the file", || {
            running.object();
            let now = counters(&path);
            let of_server = now
                .iter()
                .find(|(name, _)| name.starts_with("mccas_server_stores"));
            of_server
                .is_some_and(|(_, stores)| *stores == expected)
                .then_some(now)
        });
        for (name, value) in &now {
            let before = before.get(name).unwrap_or(&0.0);
            assert!(value >= before, "{name} fell from {before} to {value}");
            let keyed = name.starts_with("mccas_stores") && !name.contains("\"key\":\"\"");
            returned += i32::from(keyed && seen.contains(name));
        }
        for name in ["stores", "swaps"] {
            let (keys, of_server) = (format!("mccas_{name}"), format!("mccas_server_{name}"));
            let grown = growth(&keys, &before, &now);
            assert_eq!(grown, growth(&of_server, &before, &now), "{step}: {now:#?}");
        }
        seen = before
            .keys()
            .filter(|name| !now.contains_key(*name))
            .cloned()
            .collect();
        before.extend(now);
    }
    assert!(returned > 3, "no key came back: {before:#?}");
    running.signal("TERM");
    running.wait();
}

/// What the file says of whether the server is watched.
fn watched(path: &Path) -> Option<f64> {
    value(&parsed(path), "mccas_watched", &[])
}

#[test]
fn the_last_file_says_that_nobody_watches_any_more() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mccas.prom");
    let file = path.display().to_string();
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let running = observing(&server, &["--for", "forever", "--prometheus", &file]);
        assert_eq!(watched(&path), Some(1.0), "{signal}");
        running.signal(signal);
        assert_eq!(running.wait().code, code);
        assert_eq!(watched(&path), Some(0.0), "{signal}");
    }
    let args = ["--for", "300ms", "--prometheus", &file];
    let mut running = observing(&server, &args);
    assert_eq!(watched(&path), Some(1.0));
    while running.object()["event"] != "report" {}
    running.wait();
    assert_eq!(watched(&path), Some(0.0));
}

#[test]
fn the_last_file_is_written_though_nobody_hears_the_report() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mccas.prom");
    let mut child = mccas(&server)
        .args(["--json", "contention", "--for", "forever"])
        .args(["--interval", "100ms", "--prometheus"])
        .args([path.as_os_str()])
        .command()
        .stdout(Stdio::piped())
        .spawn()
        .expect("mccas starts");
    let mut first = [0; 1];
    let mut stdout = child.stdout.take().expect("a pipe");
    stdout.read_exact(&mut first).expect("the first interval");
    drop(stdout);
    let status = end_within(&mut child, PATIENCE);
    assert!(status.is_some_and(|status| status.success()), "{status:?}");
    assert_eq!(watched(&path), Some(0.0));
}

#[test]
fn a_server_that_is_not_there_is_not_watched_whatever_the_file_said_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mccas.prom");
    fs::write(&path, "mccas_watched{server=\"127.0.0.1:1\"} 1\n").expect("a file");
    let file = path.display().to_string();
    let command = mccas_at("127.0.0.1:1").args(["contention", "--prometheus", &file]);
    command.code(5).stderr_contains("127.0.0.1:1").check();
    assert_eq!(watched(&path), Some(0.0));
}

#[test]
fn a_file_that_cannot_be_written_ends_it_at_once() {
    let server = Memcached::start();
    let command = mccas(&server).args(["contention", "--prometheus", "/nowhere/at/all.prom"]);
    command
        .code(1)
        .stderr_contains("cannot write /nowhere/at/all.prom")
        .check();
    let command = mccas_at("127.0.0.1:1").args(["contention", "--for", "never"]);
    command.code(2).stderr_contains("not a duration").check();
}

/// Told are the one store and, behind that, what failed.
#[track_caller]
fn ensure_report_and_failure(outcome: &Outcome) {
    let mut told = outcome.json();
    let failure = told.pop().expect("a failure");
    assert_eq!(failure["status"], "failed", "{outcome:?}");
    let report = told.pop().expect("a report");
    assert_eq!(
        (&report["event"], &report["totals"]["stores"]),
        (&"report".into(), &1.into())
    );
}

#[test]
fn a_file_that_cannot_be_written_any_more_ends_it_with_the_report() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let [here, gone] = ["here", "gone"].map(|name| folder.path().join(name));
    fs::create_dir(&here).expect("a folder");
    let file = here.join("mccas.prom").display().to_string();
    let mut running = observing(&server, &["--for", "forever", "--prometheus", &file]);
    server.set("k", "1");
    wait_for_stores(&mut running, 1);
    fs::rename(here, gone).expect("a folder");
    let outcome = running.wait();
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(outcome.stderr.contains("cannot write"), "{outcome:?}");
    ensure_report_and_failure(&outcome);
}

#[test]
fn a_last_file_that_cannot_be_written_costs_no_report() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let [here, gone] = ["here", "gone"].map(|name| folder.path().join(name));
    fs::create_dir(&here).expect("a folder");
    let path = here.join("mccas.prom");
    let running = mccas(&server)
        .args(["--json", "contention", "--for", "forever"])
        .args(["--interval", "1h", "--prometheus"])
        .args([path.as_os_str()])
        .spawn();
    wait::until("the first file", || path.exists().then_some(()));
    server.set("k", "1");
    fs::rename(here, gone).expect("a folder");
    running.signal("TERM");
    let outcome = running.wait();
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(outcome.stderr.contains("cannot write"), "{outcome:?}");
    ensure_report_and_failure(&outcome);
}
