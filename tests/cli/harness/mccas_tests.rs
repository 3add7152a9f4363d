//! The builder is strict, its environment is scrubbed, and nothing hangs a test.

use std::panic::{UnwindSafe, catch_unwind};
use std::time::Duration;

use crate::harness::mccas::{mccas, mccas_alone, mccas_at};
use crate::harness::server::Memcached;
use crate::harness::wire::{Connection, Peer};

const VERSION: &str = concat!("mccas ", env!("CARGO_PKG_VERSION"), "\n");

/// The message with which a test failed.
fn failure<T>(test: impl FnOnce() -> T + UnwindSafe) -> String {
    let panic = catch_unwind(test).err().expect("a failure");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => panic.downcast::<&str>().expect("a text").to_string(),
    }
}

#[test]
fn what_is_not_expected_must_not_happen() {
    mccas_alone().arg("--version").stdout(VERSION).check();
    let message = failure(|| mccas_alone().arg("--version").check());
    assert!(message.contains("stdout differs"), "{message}");
    let message = failure(|| mccas_alone().arg("--no-such-option").code(2).check());
    assert!(message.contains("stderr differs"), "{message}");
    let message = failure(|| {
        let command = mccas_alone().arg("--no-such-option");
        command
            .stderr_contains("--no-such-option")
            .stderr_contains("no such word")
            .check()
    });
    assert!(message.contains("exit code 2, expected 0"), "{message}");
    assert!(message.contains("\"no such word\""), "{message}");
    let message = failure(|| {
        mccas_alone()
            .arg("--no-such-option")
            .code(2)
            .stderr("")
            .check()
    });
    assert!(message.contains("stderr differs"), "{message}");
}

#[test]
fn an_expectation_that_nobody_would_compare_is_refused() {
    assert!(failure(|| mccas_alone().code(2).run()).contains("use check()"));
    assert!(failure(|| mccas_alone().stdout("x").spawn()).contains("look at the lines"));
}

#[test]
fn the_environment_holds_only_what_the_test_puts_there() {
    let command = mccas_alone().env("MCCAS_SERVER", "here").command();
    let set = |name: &str| {
        let variable = command.get_envs().find(|(key, _)| *key == name);
        variable
            .and_then(|(_, value)| value)
            .map(|value| value.to_string_lossy().into_owned())
    };
    assert_eq!(set("TERM").as_deref(), Some("dumb"));
    assert_eq!(set("MCCAS_SERVER").as_deref(), Some("here"));
    assert_eq!(set("NO_COLOR"), None);
}

#[test]
fn stdin_arrives_and_stdout_is_read_as_bytes_and_as_json() {
    let server = Memcached::start();
    let stored = mccas(&server)
        .args(["--json", "cas", "k", "-", "--token", "absent"])
        .stdin(b"a\0b\xff\n")
        .run();
    assert_eq!(stored.code, 0, "{stored:?}");
    assert_eq!(stored.object()["token"], server.token("k").to_string());
    let read = mccas(&server).args(["gets", "--raw", "k"]).run();
    assert_eq!(read.stdout, b"a\0b\xff\n");
}

#[test]
fn a_command_that_hangs_is_killed_and_fails_its_test() {
    let peer = Peer::always(Connection::new().silence());
    let address = peer.address();
    let message = failure(|| {
        let command = mccas_at(address).args(["--timeout", "60s", "gets", "k"]);
        command.limit(Duration::from_millis(300)).run()
    });
    assert!(message.contains("gets k: no end within 300ms"), "{message}");
}

#[test]
fn a_command_in_the_background_is_read_line_by_line() {
    let server = Memcached::start();
    let watch = ["--json", "watch", "k", "--interval", "10ms"];
    let mut watching = mccas(&server).args(watch).spawn();
    assert_eq!(watching.object()["event"], "absent");
    assert_eq!(watching.line_within(Duration::from_millis(50)), None);
    server.set("k", "v");
    assert!(watching.line().contains("\"created\""));
    server.set("k", "w");
    server.set("k", "x");
    // A death by a signal has the code that a shell gives it.
    watching.signal("INT");
    assert_eq!(watching.wait().code, 130);
}

#[test]
fn a_background_command_that_ends_early_fails_the_test_that_waits_for_a_line() {
    let message = failure(|| mccas_alone().arg("--no-such-option").spawn().line());
    assert!(
        message.contains("it ended without a further line"),
        "{message}"
    );
    assert!(message.contains("--no-such-option"), "{message}");
}
