//! A reader of stdout that goes away ends the program quietly; a full one is waited for.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};

use crate::harness::inspect::show;
use crate::harness::mccas::{Mccas, collect, end_within, mccas, take};
use crate::harness::outcome::code_of;
use crate::harness::server::Memcached;
use crate::harness::wait::{A_LOOK, PATIENCE};

/// Starts a command with a stdout that the test holds.
fn start(command: &Mccas) -> Child {
    let mut command = command.command();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().expect("the binary of mccas")
}

/// Waits for a quiet end with 0.
#[track_caller]
fn ensure_quiet_end(mut child: Child) {
    let stderr = collect(child.stderr.take().expect("a pipe"));
    let status = end_within(&mut child, PATIENCE).expect("an end");
    let stderr = show(&take(&stderr).expect("the end of stderr"));
    assert_eq!((code_of(status), &*stderr), (0, ""));
}

#[test]
fn gets_ends_quietly_when_its_reader_has_read_enough() {
    let server = Memcached::start();
    // Together more than a pipe holds, so that the program must notice.
    let keys: Vec<String> = (0..20).map(|n| format!("k{n}")).collect();
    for key in &keys {
        server.set(key, vec![b'x'; 100_000]);
    }
    for options in [&[][..], &["--json"]] {
        let mut child = start(&mccas(&server).arg("gets").args(&keys).args(options));
        let mut line = String::new();
        let mut stdout = BufReader::with_capacity(1, child.stdout.take().expect("a pipe"));
        stdout.read_line(&mut line).expect("a line");
        assert!(line.contains("k0"), "{line}");
        drop(stdout);
        ensure_quiet_end(child);
    }
}

#[test]
fn a_watch_ends_in_time_although_nobody_reads_what_it_tells() {
    let server = Memcached::start();
    server.set("k", vec![b'x'; 500_000]);
    for options in [&[][..], &["--json"]] {
        let command = mccas(&server).args(["watch", "k", "--for", A_LOOK]);
        let mut child = start(&command.args(options));
        let status = end_within(&mut child, PATIENCE).expect("an end, with stdout full");
        assert_eq!(code_of(status), 9);
        let stderr = collect(child.stderr.take().expect("a pipe"));
        let stderr = show(&take(&stderr).expect("the end of stderr"));
        assert!(stderr.contains("--for"), "{stderr}");
    }
}

#[test]
fn a_raw_value_ends_quietly_when_its_reader_has_read_enough() {
    let server = Memcached::start();
    server.set("k", vec![b'x'; 900_000]);
    let mut child = start(&mccas(&server).args(["gets", "--raw", "k"]));
    let mut first = [0; 10];
    let mut stdout = child.stdout.take().expect("a pipe");
    stdout.read_exact(&mut first).expect("ten bytes");
    drop(stdout);
    ensure_quiet_end(child);
}

#[test]
fn watch_ends_quietly_at_the_first_event_that_nobody_reads() {
    let server = Memcached::start();
    server.set("k", "1");
    let command = mccas(&server).args(["watch", "k", "--interval", "5ms"]);
    let mut child = start(&command);
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    stdout.read_line(&mut line).expect("a line");
    assert!(line.contains("present"), "{line}");
    drop(stdout);
    server.set("k", "2");
    ensure_quiet_end(child);
}

#[test]
fn an_increment_whose_answer_nobody_reads_has_happened_once() {
    let server = Memcached::start();
    server.set("k", "41");
    let mut child = start(&mccas(&server).args(["incr-cas", "k"]));
    drop(child.stdout.take());
    ensure_quiet_end(child);
    assert_eq!(server.value("k"), "42");
}

#[test]
fn help_ends_quietly_without_a_reader() {
    let server = Memcached::start();
    for args in [&["--help"][..], &["completions", "bash"]] {
        let mut child = start(&mccas(&server).args(args));
        drop(child.stdout.take());
        ensure_quiet_end(child);
    }
}

#[test]
fn a_stderr_that_nobody_reads_changes_no_exit_code() {
    let server = Memcached::start();
    let mut child = start(&mccas(&server).args(["gets", "missing"]));
    drop(child.stderr.take());
    let stdout = collect(child.stdout.take().expect("a pipe"));
    let status = end_within(&mut child, PATIENCE).expect("an end");
    assert_eq!(code_of(status), 4);
    assert_eq!(take(&stdout), Some(Vec::new()));
}

#[test]
fn a_full_disk_is_a_failure_and_not_a_success() {
    let server = Memcached::start();
    server.set("k", "v");
    for args in [
        &["gets", "k"][..],
        &["--help"],
        &["-h"],
        &["--version"],
        &["-V"],
        &["help"],
        &["help", "cas"],
        &["cas", "--help"],
        &["watch", "-h"],
        &["gets", "--version"],
        &["completions", "bash"],
        &["completions", "zsh"],
    ] {
        let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
            return; // Only Linux has it.
        };
        let mut command = mccas(&server).args(args).command();
        let output = command.stdout(full).output().expect("the binary of mccas");
        let said = show(&output.stderr);
        assert_eq!(code_of(output.status), 1, "{args:?} {said}");
        assert!(
            said.contains("mccas: cannot write to stdout"),
            "{args:?} {said}"
        );
        assert!(said.contains("No space left"), "{args:?} {said}");
    }
}

#[test]
fn a_full_disk_behind_stderr_changes_no_exit_code() {
    let server = Memcached::start();
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        return; // Only Linux has it.
    };
    for (args, code) in [(&["gets", "missing"][..], 4), (&["gets"], 2), (&[], 2)] {
        let mut command = mccas(&server).args(args).command();
        let full = full.try_clone().expect("a copy");
        let output = command.stderr(full).output().expect("the binary of mccas");
        assert_eq!(code_of(output.status), code, "{args:?}");
    }
}

#[test]
fn watch_ends_when_nobody_reads_any_more_although_nothing_changes() {
    let server = Memcached::start();
    server.set("quiet", "v");
    let mut child = mccas(&server)
        .args(["watch", "quiet", "--interval", "60s"])
        .command()
        .stdout(Stdio::piped())
        .spawn()
        .expect("mccas starts");
    let mut first = [0; 1];
    let mut stdout = child.stdout.take().expect("a pipe");
    stdout.read_exact(&mut first).expect("the first look");
    drop(stdout);
    let status = end_within(&mut child, PATIENCE);
    assert!(status.is_some_and(|status| status.success()), "{status:?}");
}
