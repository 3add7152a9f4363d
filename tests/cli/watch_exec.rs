//! `watch --exec`: a command per change, the value on its stdin, the rest in its environment.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::harness::mccas::{Mccas, mccas};
use crate::harness::server::Memcached;
use crate::harness::wait::{self, A_LOOK};

/// `watch k` with a short interval that runs a command at each change.
fn watch(server: &Memcached, command: &str) -> Mccas {
    let watch = mccas(server).args(["watch", "k", "--json", "--interval", "5ms"]);
    watch.args(["--exec", command])
}

#[test]
fn the_value_is_on_stdin_and_the_rest_in_the_environment() {
    let server = Memcached::start();
    server.set("k", "old");
    let print = "printf '%s %s %s ' \"$MCCAS_EVENT\" \"$MCCAS_KEY\" \"$MCCAS_TOKEN\"; cat; echo";
    let mut watch = watch(&server, print).args(["--count", "3"]).spawn();
    // The first look is no change: nothing is run for it.
    assert_eq!(watch.object()["event"], "present");
    server.set("k", "new");
    let token = server.token("k");
    assert_eq!(watch.object()["event"], "changed");
    assert_eq!(watch.line(), format!("changed k {token} new"));
    server.raw("touch k 5000\r\n");
    assert_eq!(watch.object()["event"], "touched");
    assert_eq!(watch.line(), format!("touched k {token} "));
    server.raw("delete k\r\n");
    assert_eq!(watch.object()["event"], "deleted");
    assert_eq!(watch.line(), "deleted k  ");
    let outcome = watch.wait();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
}

#[test]
fn a_large_binary_value_arrives_byte_for_byte() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("value");
    let value: Vec<u8> = (0..=255).cycle().take(900_000).collect();
    server.set("k", &value);
    let save = format!("cat > '{}'", path.display());
    let command = mccas(&server).args(["watch", "k", "--since", "99999", "--count", "1"]);
    let outcome = command.args(["--exec", &save]).run();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
    assert!(std::fs::read(path).expect("the file") == value);
}

#[test]
fn a_command_that_reads_nothing_does_no_harm() {
    let server = Memcached::start();
    server.set("k", vec![b'x'; 900_000]);
    let command = mccas(&server).args(["watch", "k", "--since", "99999", "--count", "1"]);
    let outcome = command.args(["--exec", "exit 0"]).run();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
}

#[test]
fn a_command_that_fails_is_told_the_watch_goes_on_and_says_so_at_its_end() {
    let server = Memcached::start();
    server.set("k", "0");
    let mut watch = watch(&server, "exit 3").args(["--count", "2"]).spawn();
    assert_eq!(watch.object()["event"], "present");
    for value in ["1", "2"] {
        server.set("k", value);
        assert_eq!(watch.object()["value"], value);
    }
    let outcome = watch.wait();
    assert_eq!(outcome.code, 1);
    let message = "mccas: --exec: the command ended with exit status 3\n";
    assert_eq!(outcome.stderr, message.repeat(2));
}

#[test]
fn one_failure_among_successes_is_not_forgotten() {
    let server = Memcached::start();
    server.set("k", "0");
    let mut watch = watch(&server, "read v; exit $v")
        .args(["--count", "2"])
        .spawn();
    assert_eq!(watch.object()["event"], "present");
    for value in ["1\n", "0\n"] {
        server.set("k", value);
        assert_eq!(watch.object()["value"], value);
    }
    assert_eq!(watch.wait().code, 1);
    // What was asked for and did not come says more than that.
    let late = ["--since", "99999", "--count", "2", "--for", A_LOOK];
    let outcome = mccas(&server)
        .args(["watch", "k"])
        .args(late)
        .args(["--exec", "exit 1"])
        .run();
    assert_eq!(outcome.code, 9, "{outcome:?}");
}

/// Waits for the end of the process with this number.
#[track_caller]
fn ensure_gone(pid: &str) {
    let path = Path::new("/proc").join(pid.trim()).join("stat");
    wait::until("the command to end", || {
        let stat = fs::read_to_string(&path).unwrap_or_default();
        (stat.is_empty() || stat.contains(") Z ")).then_some(())
    });
}

#[test]
fn the_time_given_ends_a_command_that_would_go_on() {
    let server = Memcached::start();
    server.set("small", "v");
    // More than a pipe holds, and nobody reads it.
    server.set("large", vec![b'x'; 900_000]);
    for (key, script) in [
        ("small", "echo $$; sleep 60"),
        ("large", "echo $$; sleep 60"),
        ("small", "trap '' TERM; echo $$; while :; do sleep 1; done"),
    ] {
        let command = mccas(&server).args(["watch", key, "--for", A_LOOK, "--interval", "5ms"]);
        let command = command.args(["--since", "99999", "--count", "1", "--exec", script]);
        let outcome = command.run();
        assert_eq!(outcome.code, 1, "{script} {outcome:?}");
        assert!(
            outcome.elapsed < Duration::from_secs(10),
            "{script} {outcome:?}"
        );
        assert!(outcome.stderr.contains("--for"), "{script} {outcome:?}");
        ensure_gone(outcome.stdout_text().lines().last().expect("its number"));
    }
}

#[test]
fn a_signal_reaches_the_command_and_ends_the_watch() {
    let server = Memcached::start();
    server.set("k", "v");
    let since = ["--since", "99999", "--exec"];
    for (script, name, code) in [
        ("echo $$; exec sleep 60", "INT", 130),
        ("echo $$; exec sleep 60", "TERM", 143),
        (
            "trap '' TERM INT; echo $$; while :; do sleep 1; done",
            "TERM",
            143,
        ),
    ] {
        let mut watch = mccas(&server)
            .args(["watch", "k"])
            .args(since)
            .arg(script)
            .spawn();
        assert!(watch.line().contains("changed"));
        let pid = watch.line();
        watch.signal(name);
        assert_eq!(watch.wait().code, code, "{script}");
        ensure_gone(&pid);
    }
}

#[test]
fn between_two_commands_a_signal_does_what_it_always_does() {
    let server = Memcached::start();
    server.set("k", "v");
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129), ("USR1", 138)] {
        let mut watch = watch(&server, "echo ran").spawn();
        assert_eq!(watch.object()["event"], "present");
        server.set("k", "w");
        assert_eq!(watch.object()["event"], "changed");
        assert_eq!(watch.line(), "ran");
        // The command may be about to end: then the signal is passed on to it, and ends the watch all the same.
        watch.signal(name);
        assert_eq!(watch.wait().code, code, "{name}");
    }
}

#[test]
fn keys_and_values_are_never_read_by_the_shell() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("owned");
    let evil = format!("$(touch {0}); touch {0}; `touch {0}`", path.display());
    server.set(&evil, &evil);
    let command = mccas(&server)
        .arg("watch")
        .arg(&evil)
        .args(["--since", "99999", "--count", "1"]);
    let outcome = command
        .args(["--exec", "printf '%s' \"$MCCAS_KEY\"; cat > /dev/null"])
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stdout_text().ends_with(&evil), "{outcome:?}");
    assert!(!path.exists());
}
