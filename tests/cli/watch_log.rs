//! `mccas watch --log`: each store as the server's log tells it, with the value only if it is that store's.

use std::time::Duration;

use serde_json::Value;

use crate::harness::mccas::mccas;
use crate::harness::running::Running;
use crate::harness::server::Memcached;
use crate::harness::wait::A_LOOK;

/// A watch of the log that is under way: what the keys were at first has been told.
fn watching(server: &Memcached, args: &[&str]) -> (Running, Value) {
    let command = mccas(server).args(["--json", "watch", "--log"]);
    let mut running = command.args(args).spawn();
    let first = running.object();
    (running, first)
}

#[test]
fn a_store_is_told_with_its_client_its_token_and_its_value() {
    let server = Memcached::start();
    let (mut running, first) = watching(&server, &["k"]);
    assert_eq!(first["event"], "absent");
    let mut writer = server.session();
    writer.ask("set other 0 0 1\r\n1\r\nset k 5 0 3\r\nnew\r\n");
    let told = running.object();
    assert_eq!(
        (&told["event"], &told["key"], &told["command"]),
        (&"changed".into(), &"k".into(), &"set".into())
    );
    assert_eq!(
        (&told["value"], &told["flags"]),
        (&"new".into(), &5.into()),
        "{told}"
    );
    assert_eq!(told["token"], server.token("k").to_string());
    assert_eq!(told["client"], writer.address());
}

#[test]
fn lost_swaps_are_told_and_change_nothing() {
    let server = Memcached::start();
    server.set("k", "v");
    let (mut running, first) = watching(&server, &["k", "no", "--count", "1"]);
    assert_eq!(
        (&first["event"], &first["value"]),
        (&"present".into(), &"v".into())
    );
    running.object();
    server.raw("cas k 0 0 1 9999999\r\n1\r\ncas no 0 0 1 9\r\n1\r\nadd k 0 0 1\r\n1\r\n");
    let events: Vec<Value> = (0..3).map(|_| running.object()["event"].clone()).collect();
    assert_eq!(events, ["lost", "missing", "not_stored"]);
    server.set("k", "w");
    assert_eq!(running.object()["value"], "w");
    assert_eq!(running.wait().code, 0);
}

#[test]
fn a_store_that_was_written_over_has_no_value() {
    let server = Memcached::start();
    let (running, _) = watching(&server, &["k", "--count", "3"]);
    server.raw("set k 0 0 1\r\n1\r\nset k 0 0 1\r\n2\r\nset k 0 0 1\r\n3\r\n");
    let told = running.wait().json();
    let values: Vec<Option<&str>> = told.iter().map(|told| told["value"].as_str()).collect();
    assert_eq!(values, [None, None, Some("3")]);
}

#[test]
fn people_are_told_why_a_value_is_not_shown() {
    let server = Memcached::start();
    let mut running = mccas(&server)
        .args(["watch", "--log", "k", "--count", "2"])
        .spawn();
    running.line();
    server.raw("set k 0 0 1\r\n1\r\nset k 0 0 1\r\n2\r\n");
    let text = running.wait().stdout_text().to_string();
    assert!(
        text.contains("(set)  (value and token not seen: it has changed again)\n"),
        "{text}"
    );
    assert!(text.contains("\"2\""), "{text}");
}

#[test]
fn without_a_log_polling_takes_over_with_one_message() {
    let server = Memcached::start_with(&["-W"]);
    let (mut running, first) = watching(&server, &["k", "--count", "1"]);
    assert_eq!(first["event"], "absent");
    server.set("k", "v");
    let told = running.object();
    assert_eq!(
        (&told["event"], &told["value"]),
        (&"created".into(), &"v".into())
    );
    let outcome = running.wait();
    let message = "does not show its log: watch commands are not allowed there (it was started with -W); polling instead\n";
    assert_eq!(
        outcome.stderr,
        format!("mccas: {} {message}", server.address())
    );
}

#[test]
fn a_time_that_passes_without_enough_stores_is_not_in_time() {
    let server = Memcached::start();
    let (running, _) = watching(&server, &["k", "--count", "1", "--for", A_LOOK]);
    let outcome = running.wait();
    assert_eq!(outcome.code, 9);
    assert!(outcome.elapsed < Duration::from_secs(3), "{outcome:?}");
}
