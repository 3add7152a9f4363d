//! `watch` of keys on several servers: each server is lost and found by itself.

use std::time::Duration;

use crate::harness::mccas::{Mccas, mccas_alone, mccas_at};
use crate::harness::running::Running;
use crate::harness::server::Memcached;

/// Two servers, and a key on each of them.
struct Pair {
    servers: [Memcached; 2],
    keys: [String; 2],
}

impl Pair {
    fn start() -> Pair {
        let servers = [(); 2].map(|()| Memcached::start());
        let list = servers.each_ref().map(Memcached::address).join(",");
        let names: Vec<String> = (0..64).map(|n| format!("k{n}")).collect();
        let located = mccas_alone()
            .args(["--json", "locate", "--hash", "pymemcache", "-s", &list])
            .args(&names)
            .run()
            .json();
        let keys = servers.each_ref().map(|server| {
            let mut there = located
                .iter()
                .filter(|told| told["server"] == server.address());
            let first = there.next().expect("one of so many keys is there");
            first["key"].as_str().expect("a text").to_string()
        });
        Pair { servers, keys }
    }

    fn watch(&self) -> Mccas {
        let list = self.servers.each_ref().map(Memcached::address).join(",");
        mccas_at(list)
            .args(["--hash", "pymemcache", "watch", "--json"])
            .args(["--interval", "5ms"])
            .args(&self.keys)
    }
}

/// What the next event tells of whom.
#[track_caller]
fn next(watch: &mut Running) -> (String, String) {
    let object = watch.object();
    let text = |field: &str| object[field].as_str().map(String::from);
    let whom = text("key").or(text("server")).expect("a key or a server");
    (text("event").expect("an event"), whom)
}

fn told(event: &str, whom: &str) -> (String, String) {
    (event.into(), whom.into())
}

#[test]
fn a_server_that_goes_takes_its_own_keys_only_and_comes_back_by_itself() {
    let pair = Pair::start();
    let [a, b] = &pair.servers;
    let [key_a, key_b] = pair.keys.each_ref().map(String::as_str);
    a.set(key_a, "1");
    b.set(key_b, "1");
    let mut watch = pair.watch().spawn();
    assert_eq!(next(&mut watch), told("present", key_a));
    assert_eq!(next(&mut watch), told("present", key_b));
    a.stop();
    assert_eq!(next(&mut watch), told("unreachable", &a.address()));
    for value in ["2", "3"] {
        b.set(key_b, value);
        assert_eq!(next(&mut watch), told("changed", key_b));
    }
    a.restart();
    assert_eq!(next(&mut watch), told("reachable", &a.address()));
    assert_eq!(next(&mut watch), told("deleted", key_a));
    b.set(key_b, "4");
    assert_eq!(next(&mut watch), told("changed", key_b));
}

#[test]
fn the_same_token_from_another_process_is_another_item() {
    let pair = Pair::start();
    let a = &pair.servers[0];
    let key = &pair.keys[0];
    a.set(key, "1");
    let mut watch = pair.watch().spawn();
    assert_eq!(next(&mut watch), told("present", key));
    assert_eq!(next(&mut watch), told("absent", &pair.keys[1]));
    let token = a.token(key);
    a.stop();
    assert_eq!(next(&mut watch), told("unreachable", &a.address()));
    a.restart();
    a.set(key, "2");
    assert_eq!(a.token(key), token);
    assert_eq!(next(&mut watch), told("reachable", &a.address()));
    let (event, whom) = next(&mut watch);
    // Whether a look fell in between restart and write is chance; the new value must come.
    assert!(event == "changed" || event == "deleted", "{event}");
    assert_eq!(&whom, key);
}

#[test]
fn a_server_that_is_down_from_the_start_is_exit_5_and_named() {
    let pair = Pair::start();
    let down = &pair.servers[1];
    down.stop();
    let outcome = pair.watch().args(["--for", "10s"]).run();
    assert_eq!(outcome.code, 5);
    let last = outcome.json().pop().expect("an object");
    assert_eq!(
        (&last["event"], &last["server"]),
        (&"unreachable".into(), &down.address().into())
    );
}

#[test]
fn a_silent_server_does_not_hold_up_the_others() {
    let pair = Pair::start();
    let [a, b] = &pair.servers;
    let mut watch = pair.watch().env("MCCAS_TIMEOUT", "300ms").spawn();
    for key in &pair.keys {
        assert_eq!(next(&mut watch), told("absent", key));
    }
    a.freeze();
    assert_eq!(next(&mut watch), told("unreachable", &a.address()));
    for value in ["1", "2"] {
        b.set(&pair.keys[1], value);
        let line = watch
            .line_within(Duration::from_secs(5))
            .expect("an event in time");
        assert!(line.contains(&pair.keys[1]), "{line}");
    }
}

#[test]
fn the_log_of_several_servers_is_a_usage_error_and_that_of_one_is_followed() {
    let pair = Pair::start();
    pair.watch()
        .args(["--for", "1s"])
        .arg("--log")
        .stderr_contains("cannot be used with")
        .code(2)
        .check();
    let list = pair.servers.each_ref().map(Memcached::address).join(",");
    let log = |keys: &[String]| {
        let watch = mccas_at(&list).args(["--hash", "pymemcache", "watch", "--log", "--json"]);
        watch.args(["--count", "1", "--for", "10s"]).args(keys)
    };
    log(&pair.keys)
        .stderr_contains("on several")
        .code(2)
        .check();
    let mut watch = log(&pair.keys[1..]).spawn();
    assert_eq!(next(&mut watch), told("absent", &pair.keys[1]));
    pair.servers[1].set(&pair.keys[1], "v");
    assert_eq!(next(&mut watch), told("changed", &pair.keys[1]));
    assert_eq!(watch.wait().code, 0);
}
