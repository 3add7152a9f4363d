//! `mccas contention --record` and `--replay`: what was seen is shown again, also if the recording broke off.

use std::fs;

use serde_json::Value;

use crate::harness::mccas::{mccas_alone, mccas_at};
use crate::harness::observed::{observing, report, wait_for_stores};
use crate::harness::outcome::Outcome;
use crate::harness::server::Memcached;
use crate::harness::tmux::Tmux;

/// A recording in a file of its own.
struct Recording {
    folder: tempfile::TempDir,
    /// What `--json` said meanwhile.
    said: Vec<Value>,
}

impl Recording {
    /// Of a fight over `fought`, which loses three swaps, beside stores of `busy`; in two intervals at least.
    fn of_a_fight(args: &[&str]) -> Recording {
        let server = Memcached::start();
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("fight.jsonl").display().to_string();
        let mut running = observing(&server, &[&["--record", &path], args].concat());
        for lost in [1, 2] {
            server.raw("set busy 0 0 1\r\n1\r\n".repeat(9));
            server.raw("set fought 0 0 1\r\n1\r\n");
            server.raw("cas fought 0 0 1 99999\r\n1\r\n".repeat(lost));
            wait_for_stores(&mut running, 10);
        }
        let (_, outcome) = report(running);
        let said = outcome.json();
        Recording { folder, said }
    }

    fn path(&self) -> String {
        self.folder.path().join("fight.jsonl").display().to_string()
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).expect("the recording")
    }

    fn replace(&self, text: &str) {
        fs::write(self.path(), text).expect("the recording");
    }

    /// `mccas --json contention --replay`, and no server.
    fn replayed(&self, args: &[&str]) -> Outcome {
        let command = mccas_alone().args(["--json", "contention", "--replay", &self.path()]);
        command.args(args).run()
    }
}

#[test]
fn no_file_takes_the_place_of_another_or_of_the_recording_that_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("fight");
    fs::write(&file, "recorded").expect("a file");
    for (first, second) in [
        ("--record", "--html"),
        ("--record", "--prometheus"),
        ("--prometheus", "--html"),
        ("--replay", "--html"),
    ] {
        let command = mccas_at("127.0.0.1:1").arg("contention");
        let command = command.arg(first).arg(&file).arg(second).arg(&file);
        let part = format!("{first} and {second} name the same file, ");
        command.code(2).stderr_contains(part).check();
        assert_eq!(fs::read_to_string(&file).expect("the file"), "recorded");
    }
}

#[test]
fn a_replay_looks_for_no_server() {
    let recording = Recording::of_a_fight(&[]);
    let command = mccas_alone().args(["--json", "contention", "--replay", &recording.path()]);
    let outcome = command
        .env("MCCAS_SERVER", "dnssrv+_memcache._tcp.nowhere")
        .env("MCCAS_NAMESERVER", "127.0.0.1:1")
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
}

#[test]
fn what_was_recorded_is_told_again_word_for_word() {
    for args in [
        &[][..],
        &["--by", "host"],
        &["--by", "prefix"],
        &["--by", "client"],
    ] {
        let recording = Recording::of_a_fight(args);
        let outcome = recording.replayed(&[]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let told = outcome.json();
        assert_eq!(told.last(), recording.said.last(), "the report");
        let lines = recording.text().lines().count();
        assert_eq!(told.len(), lines, "an object for each line");
        // The last of them began after the last one that was told live.
        let intervals = |all: &[Value]| -> Vec<Value> {
            all.iter()
                .filter(|one| one["event"] == "interval")
                .cloned()
                .collect()
        };
        let (told, said) = (intervals(&told), intervals(&recording.said));
        assert!(told.ends_with(&said) || told[..told.len() - 1].ends_with(&said));
    }
}

#[test]
fn a_recording_that_broke_off_is_told_as_far_as_it_goes() {
    let recording = Recording::of_a_fight(&[]);
    let whole = recording.text();
    let report_begins = whole.trim_end().rfind('\n').expect("lines") + 1;
    // The report is not there, or half of it.
    for end in [report_begins, report_begins + 40] {
        recording.replace(&whole[..end]);
        let outcome = recording.replayed(&[]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let report = outcome.json().pop().expect("a report");
        let expected = recording.said.last().expect("a report");
        assert_eq!(report["event"], "report");
        for field in ["totals", "server"] {
            assert_eq!(report[field], expected[field], "{field}");
        }
        let lost: Vec<_> = [&report, expected]
            .map(|one| one["keys"][0]["lost"].clone())
            .into();
        assert_eq!(lost, [3, 3]);
    }
}

#[test]
fn it_can_be_sorted_cut_and_judged_anew() {
    let recording = Recording::of_a_fight(&[]);
    let outcome = recording.replayed(&["--sort", "stores", "--top", "1"]);
    let report = outcome.json().pop().expect("a report");
    assert_eq!(
        (&report["keys"][0]["key"], &report["more"]),
        (&"busy".into(), &1.into())
    );
    let outcome = recording.replayed(&["--fail-above", "0.2"]);
    assert_eq!(outcome.code, 0, "three swaps are too few to tell");
    let outcome = recording.replayed(&["--sort", "reads"]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    let outcome = recording.replayed(&["--by", "host"]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
}

#[test]
fn the_output_of_json_is_a_recording_too() {
    let recording = Recording::of_a_fight(&[]);
    let said = recording.said.iter().map(|object| format!("{object}\n"));
    recording.replace(&said.clone().collect::<String>());
    let outcome = recording.replayed(&[]);
    assert_eq!(outcome.json().last(), recording.said.last());
    // Behind its report a run may have told that it failed.
    let failed = "{\"status\":\"failed\",\"error\":\"cannot write page.html\"}\n";
    recording.replace(&(said.collect::<String>() + failed));
    let outcome = recording.replayed(&[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(outcome.json().last(), recording.said.last());
}

#[test]
fn what_is_no_recording_is_refused_with_its_line() {
    let recording = Recording::of_a_fight(&[]);
    let whole = recording.text();
    let first = whole.lines().next().expect("a line");
    for (text, said) in [
        (String::new(), "nothing is recorded in it"),
        (
            "GET / HTTP/1.1\r\n".into(),
            "line 1: not what mccas contention writes",
        ),
        (
            format!("{first}\nhello\n"),
            "line 2: not what mccas contention writes",
        ),
        (
            first.replacen("\"version\":1", "\"version\":9", 1),
            "line 1: written by a newer mccas",
        ),
        (
            "[".repeat(100_000),
            "line 1: not what mccas contention writes",
        ),
        (
            first.replacen("\"keys\":", "\"hosts\":", 1) + "\n" + first + "\n",
            "line 2: it begins another recording",
        ),
    ] {
        recording.replace(&text);
        let outcome = recording.replayed(&[]);
        assert_eq!(outcome.code, 1, "{outcome:?}");
        let stderr = &outcome.stderr;
        assert!(stderr.contains(said), "{said}: {stderr}");
    }
    let missing = ["contention", "--replay", "/nowhere"];
    mccas_alone()
        .args(missing)
        .code(1)
        .stderr_contains("cannot read /nowhere")
        .check();
}

#[test]
fn a_recording_that_cannot_be_written_is_known_at_once() {
    let server = Memcached::start();
    let args = ["contention", "--for", "1h", "--record", "/nowhere/file"];
    let command = crate::harness::mccas::mccas(&server).args(args).code(1);
    command
        .stderr_contains("cannot write /nowhere/file")
        .check();
}

#[test]
fn on_a_terminal_it_is_shown_as_it_was() {
    let recording = Recording::of_a_fight(&[]);
    let tmux = Tmux::shell((110, 24));
    let program = env!("CARGO_BIN_EXE_mccas");
    tmux.line(&format!(
        "clear; {program} contention --replay {}",
        recording.path()
    ));
    let screen = tmux.wait_for("final table", |screen| screen.ends_with('>'));
    for part in ["fought", "busy", "2 keys in"] {
        assert!(screen.contains(part), "{part:?} is not in:\n{screen}");
    }
}
