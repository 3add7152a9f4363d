//! `mccas contention --prometheus`: a file that Prometheus' own parser reads, never half of one, and no counter in it falls.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::inspect::show;
use crate::harness::mccas::{mccas, mccas_at};
use crate::harness::observed::{observing, wait_for_stores};
use crate::harness::server::Memcached;
use crate::harness::wait;

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
    assert_eq!(outcome.code, 0, "{outcome:?}");
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
    assert_eq!(of("mccas_watched", &[]), Some(1.0));
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
    let report = outcome.json().pop().expect("a report");
    assert_eq!(
        (&report["event"], &report["totals"]["stores"]),
        (&"report".into(), &1.into())
    );
}
