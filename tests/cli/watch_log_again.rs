//! `mccas watch --log` whose log breaks: what is known stays known, and the log is followed again.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::harness::inspect::Session;
use crate::harness::mccas::mccas_at;
use crate::harness::proxy::Proxy;
use crate::harness::running::Running;
use crate::harness::server::Memcached;
use crate::harness::sockets::locked;
use crate::harness::wait;

/// As many as a server lets watch it.
const WATCHERS: usize = 20;

/// A watch of the log of what is at `address`, until so many changes; what the key was at first has been told.
fn watching(address: &str, first: &str, count: &str) -> Running {
    let args = ["--json", "watch", "k", "--log", "--count", count];
    let mut running = mccas_at(address).args(args).spawn();
    expect(&mut running, &[first]);
    running
}

#[track_caller]
fn expect(running: &mut Running, events: &[&str]) {
    for event in events {
        let told = running.object();
        assert_eq!(told["event"], *event, "{told}");
    }
}

/// The next event must be a store, with its writer: only the log knows that. (Through a proxy nothing proves its value.)
#[track_caller]
fn expect_logged(running: &mut Running, writer: &Session) {
    let told = running.object();
    assert_eq!(
        (&told["event"], &told["client"]),
        (&"changed".into(), &writer.address().into()),
        "{told}"
    );
}

fn store(writer: &mut Session, value: &str) {
    let length = value.len();
    let answer = writer.ask(format!("set k 0 0 {length}\r\n{value}\r\n"));
    assert_eq!(answer, b"STORED\r\n");
}

#[test]
fn a_log_that_breaks_and_is_back_is_no_change() {
    let server = Memcached::start();
    server.set("k", "first");
    let mut writer = server.session();
    let proxy = Proxy::to(&server);
    let mut running = watching(&proxy.address(), "present", "2");
    proxy.cut_all();
    expect(&mut running, &["unreachable", "reachable"]);
    store(&mut writer, "told by the log");
    expect_logged(&mut running, &writer);
    // What the log has told is known as well.
    proxy.cut_all();
    expect(&mut running, &["unreachable", "reachable"]);
    store(&mut writer, "new");
    expect_logged(&mut running, &writer);
    let outcome = running.wait();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
}

#[test]
fn a_server_that_is_started_again_is_followed_by_its_log_again() {
    let server = Memcached::start();
    let mut running = watching(&server.address(), "absent", "3");
    for told in [&[][..], &["deleted"]] {
        server.restart();
        expect(&mut running, &["unreachable", "reachable"]);
        expect(&mut running, told);
        let mut writer = server.session();
        store(&mut writer, "v");
        expect_logged(&mut running, &writer);
    }
    let outcome = running.wait();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
}

/// The requests by which it comes back: who answers, is it a proxy, its clients, the log, its clients again, the look.
#[test]
fn a_store_at_any_moment_of_the_return_is_told_once() {
    thread::scope(|scope| {
        for moment in 1..=6 {
            scope.spawn(move || told_once(moment));
        }
    });
}

fn told_once(moment: usize) {
    let server = Memcached::start();
    server.set("k", "first");
    let left = Arc::new(AtomicUsize::new(0));
    let proxy = Proxy::to(&server).on_each_request({
        let left = Arc::clone(&left);
        move |server, _| {
            let step = |left: usize| left.checked_sub(1);
            if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step) == Ok(1) {
                server.set("k", "between");
            }
        }
    });
    let mut running = watching(&proxy.address(), "present", "2");
    left.store(moment, Ordering::SeqCst);
    proxy.cut_all();
    expect(&mut running, &["unreachable", "reachable"]);
    let between = running.object();
    let token = server.token("k").to_string();
    assert_eq!(
        (&between["event"], &between["value"], &between["token"]),
        (&"changed".into(), &"between".into(), &token.into()),
        "at request {moment}: {between}"
    );
    // Longer than lines are held back.
    assert_eq!(running.line_within(Duration::from_secs(3)), None);
    let mut writer = server.session();
    store(&mut writer, "end");
    expect_logged(&mut running, &writer);
    assert_eq!(running.wait().code, 0);
}

#[test]
fn where_the_log_is_not_to_be_had_it_polls_says_so_and_asks_again() {
    let server = Memcached::start();
    let (full, crowd) = (AtomicBool::new(false), Arc::new(Mutex::new(Vec::new())));
    let full = Arc::new(full);
    let proxy = Proxy::to(&server).on_each_request({
        let (full, crowd) = (Arc::clone(&full), Arc::clone(&crowd));
        move |server, _| {
            if full.swap(false, Ordering::SeqCst) {
                // The place of the log that has broken is free only when the server has noticed that.
                wait::until("the log to end", || {
                    (server.count("log_watchers") == 0).then_some(())
                });
                let watcher = || {
                    let mut watcher = server.dial().expect("a connection");
                    watcher
                        .write_all(b"watch evictions\r\n")
                        .expect("a request");
                    watcher.read_exact(&mut [0; 4]).expect("OK");
                    watcher
                };
                locked(&crowd).extend((0..WATCHERS).map(|_| watcher()));
            }
        }
    });
    let mut running = watching(&proxy.address(), "absent", "1000");
    full.store(true, Ordering::SeqCst);
    proxy.cut_all();
    expect(&mut running, &["unreachable", "reachable"]);
    server.set("k", "polled");
    let told = running.object();
    assert_eq!(
        (&told["event"], &told["value"], &told["client"]),
        (&"created".into(), &"polled".into(), &Value::Null)
    );
    locked(&crowd).clear();
    let mut writer = server.session();
    for value in 0.. {
        store(&mut writer, &value.to_string());
        let told = running.object();
        assert_eq!(told["event"], "changed");
        if told["client"] == writer.address() {
            break;
        }
    }
    running.signal("TERM");
    let outcome = running.wait();
    let address = proxy.address();
    let messages = format!(
        "mccas: {address} does not show its log: as many programs watch it as it allows (20); end one of them; polling until its log can be had\n\
         mccas: {address} shows its log now; following it\n"
    );
    assert_eq!((outcome.code, outcome.stderr), (143, messages));
}
