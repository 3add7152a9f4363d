//! The lease is lost while the command runs, or cannot be given back.

use std::path::Path;
use std::time::Duration;

use super::{Notes, ensure, lock, lock_at, outcome_of_last_line};
use crate::harness::outcome::Outcome;
use crate::harness::proxy::{Fault, Proxy};
use crate::harness::running::Running;
use crate::harness::server::Memcached;
use crate::harness::wait;

/// The shortest lease: renewed after 1.3 s.
const SHORTEST: [&str; 2] = ["--ttl", "4s"];

/// A command that runs until it is ended, in two processes, whose numbers it tells.
const ENDLESS: &str = "sleep 60 & echo $$ $!; wait";

struct Held {
    running: Running,
    pids: Vec<String>,
}

/// Starts the endless command under a short lease.
#[track_caller]
fn held_at(address: &str) -> Held {
    let mut running = lock_at(address, ENDLESS)
        .args(SHORTEST)
        .arg("--json")
        .spawn();
    let pids = running.line().split(' ').map(Into::into).collect();
    Held { running, pids }
}

impl Held {
    /// Waits for the end, after which nobody of the group may be left.
    #[track_caller]
    fn end(self) -> Outcome {
        let outcome = self.running.wait();
        for pid in self.pids {
            wait::until("the command to be gone", || {
                let stat = Path::new("/proc").join(&pid).join("stat");
                let stat = std::fs::read_to_string(stat).unwrap_or_default();
                (stat.is_empty() || stat.contains(") Z ")).then_some(())
            });
        }
        outcome
    }
}

#[track_caller]
fn ensure_lost(outcome: &Outcome, reason: &str) {
    ensure(outcome, 3, "lost", Some(143));
    for part in [reason, "the command was ended"] {
        assert!(outcome.stderr.contains(part), "{part}: {outcome:?}");
    }
    // At the renewal, long before the TTL is over.
    assert!(outcome.elapsed < Duration::from_secs(4), "{outcome:?}");
}

#[test]
fn a_lease_that_was_deleted_ends_the_command() {
    let server = Memcached::start();
    let held = held_at(&server.address());
    server.raw("delete k\r\n");
    ensure_lost(&held.end(), "the key is gone");
    assert_eq!(server.item("k"), None);
}

#[test]
fn a_lease_that_was_overwritten_ends_the_command_and_is_left_alone() {
    let server = Memcached::start();
    let held = held_at(&server.address());
    server.set("k", "another");
    ensure_lost(&held.end(), "overwritten");
    assert_eq!(server.value("k"), "another");
}

#[test]
fn a_lease_that_somebody_else_got_ends_the_command_and_names_him() {
    let server = Memcached::start();
    let held = held_at(&server.address());
    server.restart();
    let mut other = lock(&server, "echo got; exec sleep 60").spawn();
    assert_eq!(other.line(), "got");
    let taken = server.value("k");
    ensure_lost(&held.end(), &format!("held by process {}", other.pid()));
    assert_eq!(server.value("k"), taken);
}

#[test]
fn a_server_that_is_gone_ends_the_command_before_the_ttl_is_over() {
    let server = Memcached::start();
    let held = held_at(&server.address());
    server.stop();
    let outcome = held.end();
    ensure_lost(&outcome, "did not answer in time");
    // Not at the first renewal that fails: the server may come back.
    assert!(outcome.elapsed > Duration::from_secs(2), "{outcome:?}");
}

#[test]
fn a_renewal_without_an_answer_is_made_good() {
    let server = Memcached::start();
    // The look of the first renewal gets no answer; the next one is on a new connection.
    let proxy = Proxy::to(&server).fault(Fault::SilenceInReply(3, 0));
    let line = "sleep 7.3; echo done";
    let outcome = lock_at(&proxy.address(), line)
        .args(["--ttl", "7s", "--grace", "100ms", "-v"])
        .run();
    assert_eq!(
        (outcome.code, outcome.stdout_text()),
        (0, "done\n"),
        "{outcome:?}"
    );
    assert!(outcome.stderr.contains("was not answered"), "{outcome:?}");
    assert!(proxy.fault_has_struck());
    assert_eq!(server.item("k"), None);
}

#[test]
fn a_command_that_ignores_term_is_killed_after_the_grace() {
    let server = Memcached::start();
    let line = "trap '' TERM; echo ready; while :; do sleep 0.1; done";
    let command = lock(&server, line).args(["--ttl", "5s", "--grace", "300ms", "--json"]);
    let mut running = command.spawn();
    assert_eq!(running.line(), "ready");
    server.raw("delete k\r\n");
    ensure(&running.wait(), 3, "lost", Some(137));
}

#[test]
fn a_lease_that_was_lost_before_the_command_ended_is_told_at_its_end() {
    let server = Memcached::start();
    let line = "\"$BINARY\" -s \"$MCCAS_SERVER\" delete k --token $MCCAS_LOCK_TOKEN";
    let outcome = lock(&server, line)
        .env("BINARY", env!("CARGO_BIN_EXE_mccas"))
        .arg("--json")
        .run();
    ensure(&outcome, 3, "lost", Some(0));
    assert!(
        outcome.stderr.contains("had been lost before"),
        "{outcome:?}"
    );
}

#[test]
fn a_server_that_is_gone_at_the_end_leaves_the_lease_to_expire() {
    let server = Memcached::start();
    let notes = Notes::new();
    let line = format!(
        "echo ready; while ! test -e '{}'; do sleep 0.01; done; exit 7",
        notes.name()
    );
    let mut running = lock(&server, &line).arg("--json").spawn();
    assert_eq!(running.line(), "ready");
    server.stop();
    std::fs::write(&notes.path, "go\n").expect("a note");
    let outcome = running.wait();
    ensure(&outcome_of_last_line(&outcome), 7, "left", Some(7));
    assert!(outcome.stderr.contains("expires within 30s"), "{outcome:?}");
}

#[test]
fn a_signal_while_nobody_answers_the_release_is_obeyed_after_it_is_told() {
    let server = Memcached::start();
    let proxy = Proxy::to(&server).on_request(3, Memcached::freeze);
    let running = lock_at(&proxy.address(), "exit 7").arg("--json").spawn();
    wait::until("a frozen server", || {
        crate::harness::process::is_stopped(server.pid()).then_some(())
    });
    running.signal("TERM");
    let outcome = running.wait();
    server.thaw();
    ensure(&outcome, 143, "left", Some(7));
    assert!(outcome.elapsed < Duration::from_secs(3), "{outcome:?}");
}
