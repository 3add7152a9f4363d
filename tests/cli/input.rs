//! Where a value comes from is read no further than a value can be long, and never waited for without end.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::harness::mccas::{Mccas, collect, end_within, mccas, mccas_at, take};
use crate::harness::outcome::code_of;
use crate::harness::server::Memcached;
use crate::harness::wait::PATIENCE;
use crate::harness::wire::{Connection, Peer};

const MEBIBYTE: usize = 1024 * 1024;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn named_pipe(folder: &Path) -> PathBuf {
    let path = folder.join("pipe");
    let status = Command::new("mkfifo").arg(&path).status().expect("mkfifo");
    assert!(status.success());
    path
}

/// A writer who has the pipe open and says nothing is there: it has the time that it takes.
#[test]
fn a_list_of_keys_may_come_by_a_named_pipe_however_slowly() {
    let server = Memcached::start();
    server.set("k", "1");
    server.set("other", "2");
    let folder = folder();
    let pipe = named_pipe(folder.path());
    for (args, field, told) in [
        (&["gets"][..], "value", ["1", "2"]),
        (
            &["incr-cas"],
            "token_before",
            [
                &server.token("k").to_string(),
                &server.token("other").to_string(),
            ],
        ),
    ] {
        let command = mccas(&server)
            .args(args)
            .args(["--json", "--timeout", "300ms"]);
        let mut running = command.arg("--keys-from").arg(&pipe).spawn();
        // This waits until the other side has opened it, too.
        let mut writer = File::options().write(true).open(&pipe).expect("a reader");
        assert_eq!(running.line_within(Duration::from_millis(500)), None);
        writer.write_all(b"k\noth").expect("a reader");
        assert_eq!(running.object()[field], told[0]);
        writer.write_all(b"er\n").expect("a reader");
        assert_eq!(running.object()[field], told[1]);
        drop(writer);
        assert_eq!(running.wait().code, 0);
    }
}

#[test]
fn a_list_of_keys_may_come_from_a_process_in_the_shell() {
    let server = Memcached::start();
    server.set("k", "1");
    let command = mccas(&server).args(["gets", "--json"]).command();
    let mut bash = Command::new("bash");
    bash.args(["-c", "\"$0\" \"$@\" --keys-from <(echo k; echo gone)"])
        .arg(command.get_program())
        .args(command.get_args());
    let output = bash.output().expect("bash");
    let shown = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].contains(r#""value":"1""#), "{shown}");
    assert!(lines[1].contains(r#""status":"missing""#), "{shown}");
    assert_eq!(
        (lines.len(), output.status.code()),
        (2, Some(4)),
        "{output:?}"
    );
}

#[test]
fn a_list_of_keys_that_nobody_writes_is_waited_for_as_long_as_the_timeout() {
    let folder = folder();
    let pipe = named_pipe(folder.path());
    for args in [&["gets"][..], &["incr-cas"], &["delete", "--expect", "v"]] {
        let peer = Peer::always(Connection::new());
        let command = mccas_at(peer.address())
            .args(args)
            .args(["--json", "--timeout", "100ms"]);
        let outcome = command.arg("--keys-from").arg(&pipe).run();
        assert_eq!(outcome.code, 9, "{outcome:?}");
        assert_eq!(outcome.object()["status"], "not_in_time");
        assert!(outcome.elapsed >= Duration::from_millis(100), "{outcome:?}");
        for word in [
            &*pipe.display().to_string(),
            "the keys",
            "100ms",
            "--timeout",
        ] {
            assert!(outcome.stderr.contains(word), "{word} {outcome:?}");
        }
        assert_eq!(peer.connections(), 0);
    }
}

/// `cas k` with an upper limit of ten bytes, at a peer that nobody must speak to.
fn at_most_ten(peer: &Peer) -> Mccas {
    let command = mccas_at(peer.address()).args(["cas", "k", "--token", "absent", "--json"]);
    command.args(["--max-value", "10"])
}

#[test]
fn what_is_longer_than_the_limit_is_refused_and_nothing_is_sent() {
    let folder = folder();
    let file = folder.path().join("value");
    for (bytes, chomp) in [
        ("0123456789\n", false),
        ("0123456789a", true),
        ("0123456789\n\n", true),
    ] {
        fs::write(&file, bytes).expect("a file");
        let peer = Peer::always(Connection::new());
        let chomp = chomp.then_some("--chomp");
        for command in [
            at_most_ten(&peer).arg("--file").arg(&file),
            at_most_ten(&peer).arg("-").stdin(bytes),
            at_most_ten(&peer).arg(bytes),
        ] {
            let outcome = command.args(chomp).run();
            assert_eq!(outcome.code, 8, "{bytes:?} {outcome:?}");
            assert_eq!(outcome.object()["status"], "unsuitable");
            for word in ["10 bytes", "--max-value", "nothing was sent"] {
                assert!(outcome.stderr.contains(word), "{outcome:?}");
            }
        }
        assert_eq!(peer.connections(), 0);
    }
}

#[test]
fn what_is_as_long_as_the_limit_is_stored() {
    let server = Memcached::start();
    let limited = ["cas", "k", "--max-value", "10", "--quiet", "--token"];
    for (stdin, more) in [("0123456789", None), ("0123456789\n", Some("--chomp"))] {
        server.raw("delete k\r\n");
        let command = mccas(&server)
            .args(limited)
            .args(["absent", "-"])
            .args(more);
        assert_eq!(command.stdin(stdin).run().code, 0, "{stdin:?}");
        assert_eq!(server.value("k"), "0123456789");
    }
}

/// Runs it with an endless stdin; returns how many bytes it took before it ended with 8.
#[track_caller]
fn taken_of_an_endless_stdin(command: &Mccas) -> usize {
    let mut command = command.command();
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("mccas starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let stderr = collect(child.stderr.take().expect("a pipe"));
    let (mut taken, chunk) = (0, vec![b'y'; 65536]);
    while let Ok(written) = stdin.write(&chunk) {
        taken += written;
        assert!(taken < 512 * MEBIBYTE, "it goes on reading");
    }
    let status = end_within(&mut child, PATIENCE).expect("an end");
    let stderr = String::from_utf8(take(&stderr).expect("an end")).expect("text");
    assert_eq!(code_of(status), 8, "{stderr}");
    taken
}

#[test]
fn an_endless_stdin_is_read_to_the_limit() {
    let server = Memcached::start();
    // What the pipe itself holds was written, and perhaps never read.
    let slack = 2 * MEBIBYTE;
    let cas = mccas(&server).args(["cas", "k", "-", "--token", "absent"]);
    let limit = 128 * MEBIBYTE;
    assert!((limit..limit + slack).contains(&taken_of_an_endless_stdin(&cas)));
    let cas = cas.args(["--max-value", "3MiB"]);
    let limit = 3 * MEBIBYTE;
    assert!((limit..limit + slack).contains(&taken_of_an_endless_stdin(&cas)));
}

#[test]
fn an_endless_file_is_read_to_the_limit() {
    let server = Memcached::start();
    let cas = mccas(&server).args(["cas", "k", "--file", "/dev/zero", "--token", "absent"]);
    let outcome = cas.run();
    assert_eq!(outcome.code, 8, "{outcome:?}");
    assert!(outcome.stderr.contains("longer than 128MiB"), "{outcome:?}");
}

#[test]
fn a_limit_that_is_none_is_a_usage_error() {
    let server = Memcached::start();
    for (size, word) in [
        ("0", "zero"),
        ("2GiB", "1GiB"),
        ("1MB", "MiB"),
        ("much", "KiB"),
    ] {
        let outcome = mccas(&server)
            .args(["gets", "k", "--max-value", size])
            .run();
        assert_eq!(outcome.code, 2, "{size} {outcome:?}");
        assert!(outcome.stderr.contains(word), "{size} {outcome:?}");
    }
}

#[test]
fn a_named_pipe_without_a_writer_is_waited_for_as_long_as_the_timeout() {
    let folder = folder();
    let pipe = named_pipe(folder.path());
    let peer = Peer::always(Connection::new());
    let command = mccas_at(peer.address()).args(["cas", "k", "--token", "absent", "--json"]);
    let outcome = command
        .args(["--timeout", "100ms", "--file"])
        .arg(&pipe)
        .run();
    assert_eq!(outcome.code, 9, "{outcome:?}");
    assert_eq!(outcome.object()["status"], "not_in_time");
    assert!(outcome.elapsed >= Duration::from_millis(100), "{outcome:?}");
    let pipe = pipe.display().to_string();
    for word in [&*pipe, "named pipe", "100ms", "--timeout"] {
        assert!(outcome.stderr.contains(word), "{word} {outcome:?}");
    }
    assert_eq!(peer.connections(), 0);
}

#[test]
fn a_named_pipe_whose_writer_comes_later_and_pauses_is_read_to_its_end() {
    let server = Memcached::start();
    let folder = folder();
    let pipe = named_pipe(folder.path());
    let command = mccas(&server).args(["cas", "k", "--token", "absent", "--quiet", "--file"]);
    let running = command.arg(&pipe).spawn();
    // This waits until the other side has opened it, too.
    let mut writer = File::options().write(true).open(&pipe).expect("a reader");
    let value = vec![b'v'; 300_000];
    for part in value.chunks(100_000) {
        // More than a pipe holds: each part is being read before the next one comes.
        writer.write_all(part).expect("a reader");
    }
    drop(writer);
    let outcome = running.wait();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(server.value("k").len(), value.len());
}

#[test]
fn a_folder_and_a_file_that_is_not_there_are_failures_with_their_names() {
    let server = Memcached::start();
    let folder = folder();
    let missing = folder.path().join("missing");
    for path in [folder.path(), &missing] {
        let command = mccas(&server).args(["cas", "k", "--token", "absent", "--file"]);
        let outcome = command.arg(path).run();
        assert_eq!(outcome.code, 1, "{outcome:?}");
        assert!(
            outcome.stderr.contains(&*path.to_string_lossy()),
            "{outcome:?}"
        );
    }
}

const CRLF: &str = "mccas: note: the first key of the list ends with a carriage return (\\r), which is taken as part of it; \
    if the list has the line ends of Windows, give it without them (tr -d '\\r'), and with -0 if the keys are meant so\n";

#[test]
fn a_list_with_the_line_ends_of_windows_keeps_its_bytes_and_is_noted_once() {
    let server = Memcached::start();
    for command in [
        &["gets"][..],
        &["incr-cas", "--initial", "0"],
        &["delete", "--expect", "0"],
    ] {
        let list = |options: &[&str], keys: &str| {
            let command = mccas(&server).args(command).args(["--keys-from", "-"]);
            command.args(options).stdin(keys).run()
        };
        let noted = list(&[], "k1\r\nk2\r\n").stderr;
        assert_eq!(noted.matches("note: ").count(), 1, "{noted}");
        assert!(noted.starts_with(CRLF), "{noted}");
        if command[0] == "incr-cas" {
            for (key, held) in [("k1\r", true), ("k2\r", true), ("k1", false)] {
                assert_eq!(server.item(key).is_some(), held, "{key:?}");
            }
        }
        for (options, keys) in [
            (&["-q"][..], "k1\r\nk2\r\n"),
            (&["-0"], "k1\r\0k2\r\0"),
            (&[], "k1\nk2\r\n"),
        ] {
            let outcome = list(options, keys);
            assert!(!outcome.stderr.contains("note: "), "{outcome:?}");
        }
    }
}
