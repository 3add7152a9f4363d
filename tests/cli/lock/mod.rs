//! `lock`: who holds it, what the command gets, and what becomes of both when something fails.

mod cuts; // The connection is cut at every byte of the creation and of the release.
mod losses; // The lease is lost while the command runs.
mod stops; // The command is stopped while the lock is held.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use crate::harness::mccas::{Mccas, mccas, mccas_at};
use crate::harness::outcome::Outcome;
use crate::harness::process::{is_stopped, signal};
use crate::harness::proxy::Proxy;
use crate::harness::server::Memcached;
use crate::harness::wait;

/// `lock k` for a line of sh.
fn lock(server: &Memcached, line: &str) -> Mccas {
    lock_at(&server.address(), line)
}

fn lock_at(address: &str, line: &str) -> Mccas {
    mccas_at(address).args(["lock", "k", "--shell", line])
}

#[track_caller]
fn ensure(outcome: &Outcome, code: i32, status: &str, command_exit: Option<i32>) {
    let object = outcome.json().pop().expect("an object");
    assert_eq!(
        (outcome.code, &object["status"], &object["exit"]),
        (code, &status.into(), &code.into()),
        "{outcome:?}"
    );
    let told = object.get("command_exit");
    let told = told.and_then(serde_json::Value::as_i64);
    assert_eq!(told, command_exit.map(i64::from), "{outcome:?}");
}

/// A file for what a command has to tell.
struct Notes {
    _folder: TempDir,
    path: PathBuf,
}

impl Notes {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notes");
        Self {
            _folder: folder,
            path,
        }
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn read(&self) -> String {
        fs::read_to_string(&self.path).unwrap_or_default()
    }

    /// Waits until there is a whole line.
    #[track_caller]
    fn wait(&self) -> String {
        wait::until("a note", || {
            Some(self.read()).filter(|it| it.ends_with('\n'))
        })
    }
}

#[test]
fn the_key_is_there_while_the_command_runs_and_gone_afterwards() {
    let server = Memcached::start();
    let outcome = lock(
        &server,
        "mccas() { \"$BINARY\" -s \"$MCCAS_SERVER\" \"$@\"; }\n\
         test \"$(mccas gets --raw \"$MCCAS_LOCK_KEY\")\" = \"$MCCAS_LOCK_OWNER\" || exit 1\n\
         test \"$(mccas gets --token-only k)\" = \"$MCCAS_LOCK_TOKEN\" || exit 2\n\
         mccas gets --json k; echo \"$MCCAS_KEY ${MCCAS_LOCK_SLOT-no slot}\"",
    )
    .env("BINARY", env!("CARGO_BIN_EXE_mccas"))
    .env("MCCAS_LOCK_SLOT", "of an outer one")
    .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let (item, rest) = outcome.stdout_text().split_once('\n').expect("two lines");
    let item: serde_json::Value = serde_json::from_str(item).expect("an object");
    assert!(
        (29..=30).contains(&item["ttl"].as_u64().expect("a ttl")),
        "{item}"
    );
    let value = item["value"].as_str().expect("a value");
    assert!(value.starts_with("mccas-lock host="), "{value}");
    assert_eq!(rest, "k no slot\n");
    assert_eq!(server.item("k"), None);
}

#[test]
fn the_status_of_the_command_is_passed_on_and_told_in_json() {
    let server = Memcached::start();
    lock(&server, "cat; echo done")
        .stdin("in ")
        .stdout("in done\n")
        .check();
    let outcome = lock(&server, "echo out").arg("--json").run();
    ensure(&outcome_of_last_line(&outcome), 0, "released", Some(0));
    assert!(outcome.stdout_text().starts_with("out\n"), "{outcome:?}");
    let object: serde_json::Value =
        serde_json::from_str(outcome.stdout_text().lines().last().unwrap()).unwrap();
    assert_eq!(
        (&object["key"], &object["server"]),
        (&"k".into(), &server.address().into())
    );
    assert!(object["held_ms"].as_f64().is_some() && object["token"].is_string());
    for (line, code, told) in [
        ("exit 3", 3, "exit status 3"),
        ("exit 64", 64, "exit status 64"),
        ("kill -9 $$", 137, "signal 9 (SIGKILL)"),
    ] {
        let message = format!("mccas: k: the command ended with {told}\n");
        lock(&server, line).stderr(&message).code(code).check();
        let outcome = lock(&server, line).arg("--json").run();
        ensure(&outcome, code, "command_failed", Some(code));
        assert_eq!(server.item("k"), None);
    }
    for (program, code) in [("mccas-has-no-such-command", 127), ("/etc/passwd", 126)] {
        let command = mccas(&server).args(["lock", "k", "--json", "--", program]);
        let outcome = command.run();
        ensure(&outcome, code, "command_failed", Some(code));
        assert!(outcome.stderr.contains(program), "{outcome:?}");
        assert_eq!(server.item("k"), None);
    }
}

/// The same with nothing on stdout but its last line.
fn outcome_of_last_line(outcome: &Outcome) -> Outcome {
    let last = outcome.stdout_text().lines().last().expect("a line");
    Outcome {
        stdout: last.into(),
        ..outcome.clone()
    }
}

#[test]
fn arguments_reach_the_command_as_they_are() {
    let server = Memcached::start();
    mccas(&server)
        .args(["lock", "k", "--", "printf", "%s|", "a b", "--json", "$HOME"])
        .stdout("a b|--json|$HOME|")
        .check();
}

#[test]
fn a_lock_of_somebody_else_is_a_conflict_that_names_the_holder() {
    let server = Memcached::start();
    let notes = Notes::new();
    let mut holder = lock(&server, "echo held; sleep 30").spawn();
    assert_eq!(holder.line(), "held");
    let run = format!("echo ran > '{}'", notes.name());
    let outcome = lock(&server, &run).arg("--json").run();
    ensure(&outcome, 3, "conflict", None);
    let object = outcome.object();
    assert_eq!(object["current"]["value"], server.value("k"));
    for part in [
        &format!("held by process {} on ", holder.pid()),
        "since 20",
        "--wait",
    ] {
        assert!(outcome.stderr.contains(part), "{part}: {outcome:?}");
    }
    lock(&server, &run).arg("-q").code(3).check();
    let late = lock(&server, &run)
        .args(["--wait", "300ms", "--json", "-v"])
        .run();
    ensure(&late, 9, "not_in_time", None);
    assert!(late.elapsed >= Duration::from_millis(300));
    assert_eq!(late.stderr.matches("; waiting").count(), 1, "{late:?}");
    holder.signal("TERM");
    assert_eq!(holder.wait().code, 143);
    assert_eq!(server.item("k"), None);
    assert_eq!(notes.read(), "");
    lock(&server, &run).check();
    assert_eq!(notes.read(), "ran\n");
}

#[test]
fn a_value_that_is_no_lock_is_left_alone_and_shown() {
    let server = Memcached::start();
    server.set("k", "hello");
    let outcome = lock(&server, "echo ran").run();
    assert_eq!((outcome.code, outcome.stdout_text()), (3, ""));
    assert!(
        outcome
            .stderr
            .contains("it holds \"hello\", which no lock wrote"),
        "{outcome:?}"
    );
    assert_eq!(server.value("k"), "hello");
}

#[test]
fn whoever_waits_gets_it_when_it_is_given_back() {
    let server = Memcached::start();
    let notes = Notes::new();
    let line = format!(
        "echo $MCCAS_LOCK_OWNER >> '{}'; read -r _ < \"$FIFO\"",
        notes.name()
    );
    let fifo = notes.path.with_extension("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo").success());
    let holder = lock(&server, &line).env("FIFO", &fifo).spawn();
    let first = notes.wait();
    let next = format!("echo next >> '{}'", notes.name());
    let waiting = lock(&server, &next).args(["--wait", "20s", "-v"]).spawn();
    // It has looked at least once.
    let gets = server.count("cmd_get");
    wait::until("a look", || (server.count("cmd_get") > gets).then_some(()));
    assert_eq!(notes.read(), first);
    fs::write(&fifo, "\n").expect("the holder");
    assert_eq!(holder.wait().code, 0);
    let outcome = waiting.wait();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stderr.contains("since 20"), "{outcome:?}");
    assert_eq!(notes.read(), format!("{first}next\n"));
    assert_eq!(server.item("k"), None);
}

#[test]
fn a_signal_reaches_the_whole_group_of_the_command() {
    let server = Memcached::start();
    let notes = Notes::new();
    let name = notes.name();
    let member = format!(
        "trap 'echo member >> {name}; exit' TERM; echo ready; while :; do sleep 0.01; done"
    );
    let line = format!("trap 'wait; echo leader >> {name}; exit 5' TERM; sh -c \"$MEMBER\" & wait");
    let mut running = lock(&server, &line).env("MEMBER", &member).spawn();
    assert_eq!(running.line(), "ready");
    running.signal("TERM");
    let outcome = running.wait();
    assert_eq!(outcome.code, 5, "{outcome:?}");
    assert_eq!(notes.read(), "member\nleader\n");
    assert_eq!(server.item("k"), None);
}

#[test]
fn a_signal_while_it_waits_ends_it_and_leaves_nothing() {
    let server = Memcached::start();
    server.set("k", "taken");
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129), ("USR1", 138)] {
        let gets = server.count("cmd_get");
        let waiting = lock(&server, "echo ran").args(["--wait", "20s"]).spawn();
        wait::until("a look", || (server.count("cmd_get") > gets).then_some(()));
        waiting.signal("WINCH");
        waiting.signal(name);
        let outcome = waiting.wait();
        assert_eq!(
            (outcome.code, outcome.stdout_text()),
            (code, ""),
            "{outcome:?}"
        );
    }
    assert_eq!(server.value("k"), "taken");
}

#[test]
fn a_signal_while_the_creation_is_under_way_leaves_no_lease() {
    let server = Memcached::start();
    let proxy = Proxy::to(&server).on_request(2, Memcached::freeze);
    let running = lock_at(&proxy.address(), "echo ran").spawn();
    wait::until("a frozen server", || is_stopped(server.pid()).then_some(()));
    running.signal("TERM");
    server.thaw();
    let outcome = running.wait();
    assert_eq!(
        (outcome.code, outcome.stdout_text()),
        (143, ""),
        "{outcome:?}"
    );
    assert_eq!(server.item("k"), None);
}

#[test]
fn a_signal_while_nobody_answers_tells_what_is_in_doubt() {
    let server = Memcached::start();
    let proxy = Proxy::to(&server).on_request(2, Memcached::freeze);
    let running = lock_at(&proxy.address(), "echo ran")
        .args(["--json", "--timeout", "300ms"])
        .spawn();
    wait::until("a frozen server", || is_stopped(server.pid()).then_some(()));
    signal(running.pid(), "TERM");
    let outcome = running.wait();
    server.thaw();
    ensure(&outcome, 143, "unknown", None);
    assert!(outcome.stderr.contains("did not run"), "{outcome:?}");
}

#[test]
fn slots_are_so_many_locks_under_keys_of_their_own() {
    let server = Memcached::start();
    let slot = || mccas(&server).args(["lock", "k", "--slots", "2", "--shell"]);
    let holders: Vec<_> = (0..2)
        .map(|_| {
            let mut holder = slot().arg("echo $MCCAS_LOCK_KEY; exec sleep 30").spawn();
            let key = holder.line();
            (holder, key)
        })
        .collect();
    let mut keys: Vec<_> = holders.iter().map(|(_, key)| &**key).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["k:slot:0", "k:slot:1"]);
    let outcome = slot().args(["echo ran", "--json"]).run();
    ensure(&outcome, 3, "conflict", None);
    assert!(outcome.stderr.contains("all 2 slots of k"), "{outcome:?}");
    for (holder, _) in &holders {
        let named = format!("held by process {} ", holder.pid());
        assert!(outcome.stderr.contains(&named), "{outcome:?}");
    }
    for (holder, key) in holders {
        holder.signal("TERM");
        assert_eq!(holder.wait().code, 143);
        let outcome = slot().args(["true", "--json"]).run();
        ensure(&outcome, 0, "released", Some(0));
        let number = outcome.object()["slot"].to_string();
        assert_eq!(key, format!("k:slot:{number}"));
        server.set(&key, "taken");
    }
}

#[test]
fn what_cannot_be_a_lock_is_a_usage_error_and_nothing_is_sent() {
    let server = Memcached::start();
    let long = "k".repeat(245);
    for (args, told) in [
        (&["lock", "k"][..], "CMD"),
        (&["lock", "k", "--shell", "x", "--", "y"], "--shell"),
        (
            &["lock", "k", "--ttl", "10s", "--grace", "5s", "--", "x"],
            "at least 19s with this --grace",
        ),
        (&["lock", "k", "--ttl", "3s", "--", "x"], "at least 4s\n"),
        (&["lock", "k", "--ttl", "31days", "--", "x"], "30 days"),
        (&["lock", "k", "--ttl", "30", "--", "x"], "lacks a unit"),
        (&["lock", "k", "--slots", "0", "--", "x"], "0"),
        (&["lock", &long, "--slots", "2", "--", "x"], "too long"),
    ] {
        let outcome = mccas(&server).args(args).run();
        assert_eq!(
            (outcome.code, outcome.stdout_text()),
            (2, ""),
            "{outcome:?}"
        );
        assert!(outcome.stderr.contains(told), "{told}: {outcome:?}");
    }
    assert_eq!((server.count("cmd_get"), server.count("cmd_set")), (0, 0));
}

#[test]
fn a_server_that_cannot_be_had_runs_nothing() {
    let down = mccas_at("127.0.0.1:1").args(["lock", "k", "--json", "--wait", "20s", "--", "echo"]);
    let outcome = down.run();
    ensure(&outcome, 5, "unreachable", None);
    assert!(outcome.elapsed < Duration::from_secs(10), "{outcome:?}");
    let no_cas = Memcached::start_with(&["-C"]);
    ensure(
        &lock(&no_cas, "echo ran").arg("--json").run(),
        7,
        "no_cas",
        None,
    );
    assert_eq!(no_cas.item("k"), None);
}

#[test]
fn a_server_that_goes_away_while_somebody_waits_may_come_back() {
    let server = Memcached::start();
    server.set("k", "taken");
    let waiting = lock(&server, "echo ran").args(["--wait", "20s"]).spawn();
    wait::until("a look", || (server.count("cmd_get") > 0).then_some(()));
    server.restart();
    let outcome = waiting.wait();
    assert_eq!(
        (outcome.code, outcome.stdout_text()),
        (0, "ran\n"),
        "{outcome:?}"
    );
}
