//! What makes no sense in the environment troubles the commands that use it, and no other.

use std::fs;

use crate::harness::mccas::{Mccas, mccas, mccas_alone};
use crate::harness::server::Memcached;

/// Each variable with something that it cannot mean.
const NONSENSE: [(&str, &str); 13] = [
    ("MCCAS_SERVER", "h:99999"),
    ("MEMCACHED_SERVERS", "h:99999"),
    ("MCCAS_HASH", "foo"),
    ("MCCAS_TIMEOUT", "soon"),
    ("MCCAS_MAX_RETRIES", "many"),
    ("MCCAS_NAMESERVER", "ns.example.com"),
    ("MCCAS_TLS_INSECURE", "perhaps"),
    ("MCCAS_TLS_CA", "/nowhere"),
    ("MCCAS_TLS_CERT", "/nowhere"),
    ("MCCAS_TLS_KEY", "/nowhere"),
    ("MCCAS_TLS_SERVER_NAME", "no name"),
    ("MCCAS_USERNAME", "a\nb"),
    ("MCCAS_PASSWORD", "a\r\nb"),
];

/// Runs the command with each of the variables but those that it uses, and with none: nothing may differ.
#[track_caller]
fn ensure_unused(command: impl Fn() -> Mccas, used: &[&str]) {
    let told = |command: Mccas| {
        let outcome = command.run();
        let stdout = outcome.stdout_text().to_string();
        (outcome.code, stdout, outcome.stderr)
    };
    let without = told(command());
    assert_eq!((without.0, &*without.2), (0, ""));
    let unused = NONSENSE.iter().filter(|(name, _)| !used.contains(name));
    for (name, value) in unused {
        assert_eq!(told(command().env(name, value)), without, "{name}");
    }
}

/// The command with each of these is a usage error that names the variable.
#[track_caller]
fn ensure_used(command: impl Fn() -> Mccas, used: &[&str]) {
    for (name, value) in NONSENSE {
        if used.contains(&name) {
            let outcome = command().env(name, value).run();
            assert_eq!(outcome.code, 2, "{name}: {outcome:?}");
            assert!(outcome.stderr.contains(name), "{name}: {outcome:?}");
        }
    }
}

#[test]
fn what_asks_no_server_uses_no_variable() {
    for line in [
        "completions bash",
        "completions zsh --json",
        "man",
        "man gets",
        "--version",
        "gets --version",
        "--help",
        "help incr-cas",
        "contention -h",
    ] {
        ensure_unused(|| mccas_alone().args(line.split(' ')), &[]);
    }
}

#[test]
fn a_recording_is_replayed_whatever_the_environment_says_of_servers() {
    let server = Memcached::modern();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("recording");
    let args = ["--json", "contention", "--for", "50ms"];
    let recorded = mccas(&server).args(args).run();
    fs::write(&path, &recorded.stdout).expect("a file");
    let replay = || mccas_alone().args(["contention", "--replay"]).arg(&path);
    ensure_unused(replay, &[]);
}

#[test]
fn locate_uses_what_decides_where_a_key_is() {
    let all = ["MCCAS_SERVER", "MEMCACHED_SERVERS", "MCCAS_HASH"];
    let locate = || mccas_alone().args(["locate", "k"]);
    ensure_unused(locate, &all);
    ensure_used(locate, &all);
    let options = ["-s", "tls://a,tls://b", "--hash", "ketama"];
    ensure_unused(|| locate().args(options), &[]);
    // Whom to ask of a service is another matter.
    let service = || locate().args(["-s", "dnssrv+_m._tcp.h", "--hash", "ketama"]);
    ensure_used(service, &["MCCAS_NAMESERVER", "MCCAS_TIMEOUT"]);
}

#[test]
fn a_server_by_plain_tcp_is_asked_whatever_is_said_of_others() {
    let server = Memcached::start();
    server.set("k", "1");
    let login = ["MCCAS_USERNAME", "MCCAS_PASSWORD"];
    for (line, used) in [
        ("gets k", &["MCCAS_HASH", "MCCAS_TIMEOUT"][..]),
        ("gets --all-servers k", &["MCCAS_TIMEOUT"]),
        ("check --read-only -q", &["MCCAS_TIMEOUT"]),
        ("contention --for 1ms", &["MCCAS_TIMEOUT"]),
        (
            "incr-cas n --initial 0 -q",
            &["MCCAS_HASH", "MCCAS_TIMEOUT", "MCCAS_MAX_RETRIES"],
        ),
    ] {
        let command = || mccas(&server).args(line.split(' '));
        ensure_used(command, used);
        if line.starts_with("gets k") || line.starts_with("check") {
            ensure_unused(command, &[used, &login].concat());
        }
    }
}

#[test]
fn a_server_by_tls_is_not_trusted_by_a_word_that_says_neither_yes_nor_no() {
    let gets = || mccas_alone().args(["gets", "k", "-s", "tls://127.0.0.1:1"]);
    ensure_used(gets, &["MCCAS_TLS_INSECURE"]);
}
