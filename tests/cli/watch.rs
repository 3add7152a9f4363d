//! `watch`: which events come in which order, when it ends, and what it leaves behind: nothing.

use std::time::Duration;

use crate::harness::mccas::{Mccas, mccas, mccas_at};
use crate::harness::proxy::Proxy;
use crate::harness::reports::{Seen, SeenServer};
use crate::harness::running::Running;
use crate::harness::server::Memcached;
use crate::harness::target::Target;
use crate::harness::wait::A_LOOK;
use crate::harness::wire::{Connection, Peer};

/// `watch --json` with a short interval, for some keys.
pub(crate) fn watch(server: &Memcached, keys: &[&str]) -> Mccas {
    let command = mccas(server).arg("watch").args(keys);
    command.args(["--json", "--interval", "5ms"])
}

/// The next event of a key.
#[track_caller]
pub(crate) fn seen(watch: &mut Running) -> Seen {
    let line = watch.line();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// The next event must be this one.
#[track_caller]
pub(crate) fn ensure(watch: &mut Running, event: &str) -> Seen {
    let seen = seen(watch);
    assert_eq!(
        seen.event, event,
        "token {:?}, value {:?}",
        seen.token, seen.value
    );
    seen
}

#[test]
fn a_key_is_followed_from_absent_to_created_changed_touched_and_deleted() {
    let server = Memcached::start();
    let mut watch = watch(&server, &["k"]).args(["--count", "4"]).spawn();
    let absent = ensure(&mut watch, "absent");
    assert_eq!(
        (&*absent.key, absent.token, absent.value, absent.ttl),
        ("k", None, None, None)
    );
    server.set_with("k", "one", 7, 0);
    let created = ensure(&mut watch, "created");
    let first = server.token("k").to_string();
    assert_eq!(
        (created.value.as_deref(), created.token.as_ref()),
        (Some("one"), Some(&first))
    );
    assert_eq!(
        (created.ttl, created.flags, created.size),
        (Some(None), Some(7), Some(3))
    );
    assert_eq!((created.token_before, created.state), (None, None));
    let time = created.time;
    assert!(time.ends_with('Z') && time.len() == 24, "{time}");
    server.set_with("k", "two", 7, 0);
    let changed = ensure(&mut watch, "changed");
    let second = server.token("k").to_string();
    assert_eq!(
        (changed.value.as_deref(), changed.token.as_ref()),
        (Some("two"), Some(&second))
    );
    assert_eq!(changed.token_before, Some(first));
    server.raw("touch k 5000\r\n");
    let touched = ensure(&mut watch, "touched");
    assert_eq!(
        (touched.token.as_ref(), touched.value),
        (Some(&second), None)
    );
    let left = touched.ttl.flatten();
    assert!(
        left.is_some_and(|ttl| (4990..=5000).contains(&ttl)),
        "{left:?}"
    );
    server.raw("delete k\r\n");
    let deleted = ensure(&mut watch, "deleted");
    assert_eq!((deleted.token, deleted.token_before), (None, Some(second)));
    let outcome = watch.wait();
    assert_eq!(
        (outcome.code, &*outcome.stderr, outcome.stdout_text()),
        (0, "", "")
    );
}

#[test]
fn text_has_the_moment_the_key_the_event_and_the_item() {
    let server = Memcached::start();
    server.set("k", "one\ntwo");
    let token = server.token("k");
    let command = mccas(&server).args(["watch", "k", "--interval", "5ms", "--count", "1"]);
    let mut watch = command.spawn();
    let line = watch.line();
    let (time, rest) = line.split_once("  ").expect("a moment");
    assert!(time.ends_with('Z'), "{line}");
    assert_eq!(
        rest,
        format!("k  present  token {token}  ttl never  flags 0  7 B  \"one\\ntwo\"")
    );
    server.raw("delete k\r\n");
    assert!(watch.line().ends_with("  k  deleted"));
    assert_eq!(watch.wait().code, 0);
}

#[test]
fn several_keys_are_told_apart_and_counted_together() {
    let server = Memcached::start();
    server.set("a", "1");
    let mut watch = watch(&server, &["a", "b", "c"])
        .args(["--count", "2"])
        .spawn();
    let mut first: Vec<_> = (0..3)
        .map(|_| seen(&mut watch))
        .map(|s| (s.key, s.event))
        .collect();
    first.sort();
    let expected = [("a", "present"), ("b", "absent"), ("c", "absent")];
    assert_eq!(
        first,
        expected.map(|(key, event)| (key.to_string(), event.to_string()))
    );
    server.set("c", "1");
    assert_eq!(ensure(&mut watch, "created").key, "c");
    server.raw("delete a\r\n");
    assert_eq!(ensure(&mut watch, "deleted").key, "a");
    assert_eq!(watch.wait().code, 0);
}

#[test]
fn changes_faster_than_the_interval_are_seen_as_one_and_the_last_is_shown() {
    let server = Memcached::start();
    server.set("k", "0");
    // All of them between the first look's fetch and the next look.
    let proxy = Proxy::to(&server).on_request(4, |server| {
        for n in 1..=50 {
            server.set("k", n.to_string());
        }
    });
    let command = mccas_at(proxy.address()).args(["watch", "k", "--json", "--interval", "5ms"]);
    let mut watch = command.args(["--count", "1"]).spawn();
    ensure(&mut watch, "present");
    assert_eq!(ensure(&mut watch, "changed").value.as_deref(), Some("50"));
    assert_eq!(watch.wait().code, 0);
}

#[test]
fn an_expired_key_is_deleted() {
    let server = Memcached::start();
    server.set_with("k", "v", 0, 1);
    let mut watch = watch(&server, &["k"]).args(["--count", "1"]).spawn();
    // Where the machine was slow it is gone at the first look, and nothing can be deleted any more.
    if seen(&mut watch).event == "present" {
        ensure(&mut watch, "deleted");
        assert_eq!(watch.wait().code, 0);
    }
}

#[test]
fn an_expiry_that_only_comes_nearer_is_no_event() {
    let server = Memcached::start();
    server.set_with("k", "v", 0, 5000);
    let outcome = watch(&server, &["k"]).args(["--for", "2500ms"]).run();
    assert_eq!(outcome.json().len(), 1, "{outcome:?}");
}

#[test]
fn since_tells_at_once_what_was_missed() {
    let server = Memcached::start();
    server.set("k", "old");
    let old = server.token("k").to_string();
    let since = |token: &str| {
        let command = watch(&server, &["k"]).args(["--since", token]);
        command.args(["--count", "1", "--for", A_LOOK]).run()
    };
    assert_eq!(since(&old).code, 9);
    server.set("k", "new");
    let outcome = since(&old);
    let event = outcome.object();
    assert_eq!(
        (&event["event"], &event["value"]),
        (&"changed".into(), &"new".into())
    );
    assert_eq!((&event["token_before"], outcome.code), (&old.into(), 0));
    server.raw("delete k\r\n");
    assert_eq!(since("1").object()["event"], "deleted");
}

#[test]
fn the_time_given_ends_it_and_an_unreached_count_is_told() {
    let server = Memcached::start();
    server.set("k", "v");
    let outcome = watch(&server, &["k"]).args(["--for", A_LOOK]).run();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
    assert!(outcome.elapsed >= Duration::from_secs(1));
    let outcome = watch(&server, &["k"])
        .args(["--for", A_LOOK, "--count", "2"])
        .run();
    assert_eq!(outcome.code, 9);
    let last = outcome.stdout_text().lines().last().expect("an object");
    let last: SeenServer = serde_json::from_str(last).expect("how it ended");
    assert_eq!(last.event, "not_in_time");
    assert_eq!(
        (last.error.as_deref(), last.server),
        (
            Some("0 of 2 changes came in the time given"),
            server.address()
        )
    );
    // Also when the interval is longer than the time.
    let command = mccas(&server).args(["watch", "k", "--interval", "1m", "--for", "50ms"]);
    assert!(command.run().elapsed < Duration::from_secs(5));
}

#[test]
fn it_leaves_no_trace_on_an_item() {
    let server = Memcached::start();
    server.set("k", "v");
    let outcome = watch(&server, &["k"]).args(["--for", A_LOOK]).run();
    assert_eq!(outcome.object()["value"], "v");
    assert!(!server.meta("k").expect("the item").fetched);
    // Not even while it polls and fetches a change.
    let mut watch = watch(&server, &["k"]).args(["--count", "1"]).spawn();
    ensure(&mut watch, "present");
    server.set("k", "w");
    ensure(&mut watch, "changed");
    assert!(!server.meta("k").expect("the item").fetched);
}

#[test]
fn an_invalidated_item_is_shown_as_stale_and_its_win_is_left_to_others() {
    for server in [Memcached::start(), Memcached::modern()] {
        server.set("k", "v");
        let mut watch = watch(&server, &["k"]).args(["--for", "10s"]).spawn();
        ensure(&mut watch, "present");
        server.raw("md k I T600\r\n");
        let changed = ensure(&mut watch, "changed");
        assert_eq!(
            (changed.state.as_deref(), changed.value.as_deref()),
            (Some("stale"), Some("v"))
        );
        // The look gave the win back, which makes a new token: that is no further event.
        assert_eq!(changed.token, Some(server.token("k").to_string()));
        assert_eq!(watch.line_within(Duration::from_millis(100)), None);
        let answer = server.raw("mg k v\r\n");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.contains(" W"), "{answer}");
    }
}

#[test]
fn a_lease_placeholder_is_told_and_left_to_its_winner() {
    let server = Memcached::start();
    let mut watch = watch(&server, &["k"]).args(["--for", "10s"]).spawn();
    ensure(&mut watch, "absent");
    server.raw("mg k v N600\r\n");
    let token = server.token("k");
    assert_eq!(
        ensure(&mut watch, "created").state.as_deref(),
        Some("placeholder")
    );
    assert_eq!(server.raw(format!("ms k 1 C{token}\r\nv\r\n")), b"HD\r\n");
    assert_eq!(ensure(&mut watch, "changed").value.as_deref(), Some("v"));
}

/// The two questions of a look that come before the values, each with a real server's answer.
fn glance(server: &Memcached, script: Connection) -> Connection {
    let answer = server.raw("me k\r\n");
    script.read_until("me k\r\n").reply(answer)
}

/// The same, where nobody has answered anything yet: a question comes first whose answer shows the dialect.
fn first_glance(server: &Memcached) -> Connection {
    glance(
        server,
        Connection::new().read_until(" b\r\n").reply("EN O0\r\n"),
    )
}

fn stats(server: &Memcached, script: Connection) -> Connection {
    let answers = ["stats\r\n", "stats settings\r\n"].map(|question| server.raw(question));
    let script = script.read_until("stats\r\n");
    script
        .read_until("stats settings\r\n")
        .reply(answers.concat())
}

#[test]
fn a_peer_of_which_no_whole_look_was_ever_understood_is_not_watched() {
    let server = Memcached::start();
    server.set("k", "v");
    // It shows the key's token, and answers the question for its value with what belongs to no question.
    let foreign = stats(&server, first_glance(&server))
        .read_until("mg k")
        .reply("HD O7\r\nHD O9\r\n")
        .silence();
    let peer = Peer::always(foreign);
    let watch = |address: String| {
        let command = mccas_at(address).args(["watch", "k", "--json", "--interval", "5ms"]);
        command.args(["--timeout", "2s", "--for", "10s"])
    };
    let outcome = watch(peer.address()).run();
    assert_eq!(outcome.code, 5, "{outcome:?}");
    assert_eq!(outcome.object()["event"], "unreachable");
    assert!(outcome.stderr.contains("out of step"), "{outcome:?}");
    assert!(outcome.elapsed < Duration::from_secs(9), "{outcome:?}");
}

#[test]
fn reachable_is_said_only_of_answers_that_were_understood() {
    let server = Memcached::start();
    server.set("k", "v");
    // The connection ends whenever a value is asked for: that may get better, and the watch tries on.
    let first = stats(&server, first_glance(&server));
    // A new connection is asked first who answers.
    let later = glance(&server, stats(&server, Connection::new()));
    let scripts = [first].into_iter().chain(vec![later; 5]);
    let peer = Peer::serve(scripts.map(|script| script.read_until("mg k").close()));
    let command = mccas_at(peer.address()).args(["watch", "k", "--json", "--interval", "5ms"]);
    let mut watch = command.args(["--timeout", "2s", "--for", "1s"]).spawn();
    assert_eq!(watch.object()["event"], "unreachable");
    let outcome = watch.wait();
    assert!(
        peer.connections() > 5,
        "it has not looked again: {outcome:?}"
    );
    assert_eq!(outcome.code, 5, "{outcome:?}");
    // One object says how it ended, and no other came in between.
    assert_eq!(outcome.object()["event"], "unreachable", "{outcome:?}");
    assert!(
        outcome.stderr.contains("no answer that could be used"),
        "{outcome:?}"
    );
}

#[test]
fn a_proxy_that_cannot_answer_while_its_server_is_away_is_watched_on() {
    let target = Target::built_in_proxy();
    let server = target.server();
    server.set("k", "one");
    let args = ["watch", "k", "--json", "--interval", "5ms", "--count", "1"];
    let mut watch = mccas_at(target.address()).args(args).spawn();
    ensure(&mut watch, "present");
    server.stop();
    assert_eq!(watch.object()["event"], "unreachable");
    server.restart();
    assert_eq!(watch.object()["event"], "reachable");
    // The new process has nothing.
    ensure(&mut watch, "deleted");
    assert_eq!(watch.wait().code, 0);
}
