//! `mccas bench`: its rows, its key, and what it does when something is wrong.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde::Deserialize;

use crate::harness::mccas::{mccas, mccas_at};
use crate::harness::outcome::Outcome;
use crate::harness::server::Memcached;
use crate::harness::wait;

/// The JSON contract of a row, declared anew so that no field comes, goes or changes its type unseen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    strategy: String,
    workers: usize,
    increments: u64,
    increments_per_second: f64,
    attempts_per_increment: f64,
    max_attempts: u32,
    p50_us: f64,
    p99_us: f64,
    max_us: f64,
    fairness: f64,
    lost_updates: i64,
}

fn rows(outcome: &Outcome) -> Vec<Row> {
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let lines = outcome.stdout_text().lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_strategy_loses_nothing_and_the_figures_agree_with_each_other() {
    let server = Memcached::start();
    let outcome = mccas(&server)
        .args(["bench", "--workers", "1,8", "--increments", "400", "--json"])
        .run();
    let rows = rows(&outcome);
    let named: Vec<_> = rows
        .iter()
        .map(|row| (row.workers, row.strategy.as_str()))
        .collect();
    let strategies = ["guide", "cas", "fallback", "incr"];
    let wanted: Vec<_> = [1, 8]
        .iter()
        .flat_map(|&n| strategies.iter().map(move |&name| (n, name)))
        .collect();
    assert_eq!(named, wanted);
    for row in rows {
        assert_eq!((row.increments, row.lost_updates), (400, 0), "{row:?}");
        assert!(row.increments_per_second > 0.0, "{row:?}");
        assert!(
            row.attempts_per_increment >= 1.0
                && f64::from(row.max_attempts) >= row.attempts_per_increment,
            "{row:?}"
        );
        assert!(
            row.p50_us > 0.0 && row.p50_us <= row.p99_us && row.p99_us <= row.max_us,
            "{row:?}"
        );
        assert!(row.fairness > 0.0 && row.fairness <= 1.0, "{row:?}");
        if row.strategy == "fallback" {
            assert!(
                row.max_attempts <= 3,
                "one retry, then the server adds: {row:?}"
            );
        }
    }
}

#[test]
fn a_time_limit_ends_each_measurement() {
    let server = Memcached::start();
    let outcome = mccas(&server)
        .args([
            "bench",
            "--workers",
            "2",
            "--strategy",
            "cas",
            "--for",
            "200ms",
            "--json",
        ])
        .run();
    assert!(outcome.elapsed.as_millis() >= 200, "{outcome:?}");
    assert!(rows(&outcome)[0].increments > 0);
}

#[test]
fn the_private_key_is_deleted_and_no_other_is_touched() {
    let server = Memcached::start();
    server.set("mine", "41");
    mccas(&server)
        .args(["bench", "--workers", "2", "--increments", "20", "--json"])
        .run();
    assert_eq!(server.count("curr_items"), 1);
    assert_eq!(server.value("mine"), "41");
}

#[test]
fn a_signal_ends_it_and_the_private_key_is_deleted_and_that_is_said() {
    let server = Memcached::start();
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let before = server.count("total_items");
        let running = mccas(&server)
            .args(["bench", "--workers", "4", "--for", "5m"])
            .spawn();
        wait::until("a few increments", || {
            (server.count("total_items") > before + 10).then_some(())
        });
        running.signal(signal);
        let outcome = running.wait();
        assert_eq!((outcome.code, outcome.stdout_text()), (code, ""));
        let said = outcome.stderr.lines().last().unwrap_or_default();
        for word in [
            &format!("SIG{signal} came"),
            "mccas-bench-",
            &server.address(),
            "was deleted",
        ] {
            assert!(said.contains(word), "{word}: {outcome:?}");
        }
        assert_eq!(server.count("curr_items"), 0, "{outcome:?}");
    }
}

/// The server stands still: nobody can say that the key is gone.
#[test]
fn a_private_key_that_cannot_be_deleted_is_named() {
    let server = Memcached::start();
    let running = mccas(&server)
        .args(["bench", "--workers", "1", "--for", "5m", "--timeout", "1s"])
        .spawn();
    wait::until("a few increments", || {
        (server.count("total_items") > 10).then_some(())
    });
    server.freeze();
    running.signal("TERM");
    let outcome = running.wait();
    server.thaw();
    assert_eq!(outcome.code, 143, "{outcome:?}");
    assert!(
        outcome
            .stderr
            .contains("may still be there, for 1h at most"),
        "{outcome:?}"
    );
}

#[test]
fn a_key_that_is_named_is_counted_on_and_stays_and_that_is_said_before() {
    let server = Memcached::start();
    server.set_with("mine", "41", 7, 1000);
    let outcome = mccas(&server)
        .args([
            "bench",
            "--key",
            "mine",
            "--workers",
            "4",
            "--strategy",
            "guide,cas",
            "--increments",
            "50",
            "--json",
        ])
        .run();
    let address = server.address();
    assert_eq!(
        outcome.stderr,
        format!(
            "mccas: bench adds 1 to mine on {address} 50 times in each of 2 measurements, and leaves it so\n"
        )
    );
    let item = server.item("mine").unwrap();
    assert_eq!((item.value.as_slice(), item.flags), (b"141".as_slice(), 7));
    assert!((900..=1000).contains(&item.ttl), "{item:?}");
}

#[test]
fn what_happens_to_the_key_is_said_before_anything_is_written() {
    let server = Memcached::start();
    server.set("mine", "41");
    // As soon as the server is not asked any more, nothing can be written.
    server.freeze();
    let mut bench = mccas(&server)
        .args(["bench", "--key", "mine", "--for", "20ms"])
        .command()
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("mccas starts");
    let mut said = String::new();
    let mut stderr = BufReader::new(bench.stderr.take().expect("a pipe"));
    stderr.read_line(&mut said).expect("a line");
    assert!(said.contains("12 measurements of 20ms"), "{said}");
    let _ = bench.kill();
    let _ = bench.wait();
    server.thaw();
    assert_eq!(server.value("mine"), "41");
}

#[test]
fn a_key_is_not_taken_for_one_to_count_on_unless_it_is_said_so() {
    let server = Memcached::start();
    server.set("jobs", "41");
    let outcome = mccas(&server).args(["bench", "jobs"]).run();
    assert_eq!((outcome.code, outcome.stdout_text()), (2, ""));
    assert!(outcome.stderr.contains("'jobs'"), "{outcome:?}");
    assert_eq!(server.value("jobs"), "41");
}

#[test]
fn the_table_names_every_strategy_and_compares_with_the_guide() {
    let server = Memcached::start();
    let outcome = mccas(&server)
        .args(["bench", "--workers", "2", "--increments", "50"])
        .run();
    let text = outcome.stdout_text();
    for word in [
        "workers", "guide", "cas", "fallback", "incr", "p99", "fairness", "x guide",
    ] {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
    assert!(
        !text.contains('\x1b') && outcome.stderr.is_empty(),
        "{outcome:?}"
    );
}

#[test]
fn what_cannot_be_counted_on_is_told() {
    let server = Memcached::start();
    server.set("text", "hello");
    let missing = mccas(&server)
        .args(["bench", "--key", "nope", "--json"])
        .run();
    assert_eq!(
        (missing.code, missing.object()["status"].as_str()),
        (4, Some("missing"))
    );
    let text = mccas(&server)
        .args(["bench", "--key", "text", "--json"])
        .run();
    assert_eq!(
        (text.code, text.object()["status"].as_str()),
        (8, Some("unsuitable"))
    );
    let down = mccas_at("127.0.0.1:1").args(["bench", "--json"]).run();
    assert_eq!(
        (down.code, down.object()["status"].as_str()),
        (5, Some("unreachable"))
    );
    let no_cas = Memcached::start_with(&["-C"]);
    let no_cas = mccas(&no_cas).args(["bench", "--json"]).run();
    assert_eq!(
        (no_cas.code, no_cas.object()["status"].as_str()),
        (7, Some("no_cas"))
    );
    for wrong in ["0", "2000", "x"] {
        assert_eq!(
            mccas(&server)
                .args(["bench", "--workers", wrong])
                .run()
                .code,
            2,
            "{wrong}"
        );
    }
    assert_eq!(
        mccas(&server)
            .args(["bench", "--strategy", "magic"])
            .run()
            .code,
        2
    );
}

#[test]
fn results_go_to_files_as_well() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let [markdown, json] = ["table.txt", "results.json"].map(|name| folder.path().join(name));
    let path = |path: &std::path::Path| path.display().to_string();
    let outcome = mccas(&server)
        .args([
            "bench",
            "--workers",
            "1,2",
            "--strategy",
            "cas",
            "--increments",
            "20",
        ])
        .args([
            "--export-markdown",
            &path(&markdown),
            "--export-json",
            &path(&json),
        ])
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let markdown = std::fs::read_to_string(markdown).expect("a table");
    assert!(
        markdown.starts_with("| workers | strategy | incr/s |"),
        "{markdown}"
    );
    assert_eq!(markdown.lines().count(), 4);
    let json = std::fs::read_to_string(json).expect("results");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let workers = json["results"].as_array().expect("results").iter();
    let workers: Vec<_> = workers.map(|result| result["workers"].as_u64()).collect();
    assert_eq!(workers, [Some(1), Some(2)]);
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_measured() {
    let command = mccas_at("127.0.0.1:1").args(["bench", "--export-json", "/nowhere/at/all.json"]);
    command
        .code(2)
        .stderr_contains("cannot write /nowhere/at/all.json")
        .check();
}

#[test]
fn a_file_keeps_what_is_in_it_until_the_results_are_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("results");
    std::fs::write(&file, "of yesterday").expect("a file");
    for option in ["--export-json", "--export-markdown", "--html"] {
        let command = mccas_at("127.0.0.1:1").args(["bench", "--for", "20ms", option]);
        assert_eq!(command.arg(&file).run().code, 5);
        let kept = std::fs::read_to_string(&file).expect("the file");
        assert_eq!(kept, "of yesterday");
    }
}

#[test]
fn two_files_of_one_name_are_refused() {
    let command =
        mccas_at("127.0.0.1:1").args(["bench", "--export-json", "out", "--html", "./out"]);
    let part = "--export-json and --html name the same file, ";
    command.code(2).stderr_contains(part).check();
}

#[test]
fn what_warms_up_is_not_measured() {
    let server = Memcached::start();
    server.set("k", "0");
    let outcome = mccas(&server)
        .args([
            "--json",
            "bench",
            "--key",
            "k",
            "--workers",
            "1",
            "--strategy",
            "cas",
        ])
        .args(["--increments", "20", "--warmup", "50ms"])
        .run();
    assert_eq!(outcome.object()["increments"], 20, "{outcome:?}");
    assert!(server.value("k").parse::<u64>().expect("a number") > 20);
}

#[test]
fn bars_are_of_what_the_locale_has() {
    let server = Memcached::start();
    for (locale, bar) in [("C", "#"), ("C.UTF-8", "█")] {
        let command = mccas(&server).env("LC_ALL", locale);
        let outcome = command
            .args(["bench", "--workers", "1", "--increments", "20"])
            .run();
        assert!(outcome.stdout_text().contains(bar), "{outcome:?}");
        assert_eq!(
            outcome.stdout_text().is_ascii(),
            locale == "C",
            "{outcome:?}"
        );
    }
}
