//! `mccas check`: each thing that can be wrong with a server is found, and named by the step where it shows.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::certificates::{Certificates, HERE};
use crate::harness::inspect::show;
use crate::harness::mccas::{Mccas, mccas_at};
use crate::harness::outcome::Outcome;
use crate::harness::proxy::{Fault, Proxy};
use crate::harness::server::Memcached;
use crate::harness::sockets::How;
use crate::harness::wire::{Connection, Peer};

const STEPS: [&str; 15] = [
    "resolve",
    "connect",
    "tls",
    "authenticate",
    "speaks",
    "version",
    "cas",
    "create",
    "read",
    "swap",
    "stale",
    "expiry",
    "flags",
    "count",
    "delete",
];

fn check(address: &str) -> Mccas {
    let command = mccas_at(address).args(["check", "--json"]);
    command.args(["--timeout", "300ms"])
}

/// The steps of an outcome as "name outcome".
fn steps(outcome: &Outcome) -> Vec<String> {
    let object = outcome.object();
    let steps = object["steps"].as_array().expect("steps");
    let told = |step: &serde_json::Value| {
        let word = |name: &str| step[name].as_str().unwrap_or_default().to_string();
        format!("{} {}", word("name"), word("outcome"))
    };
    steps.iter().map(told).collect()
}

/// What fails, and that nothing else does; returns its detail.
#[track_caller]
fn fails(command: Mccas, code: i32, step: &str) -> String {
    let outcome = command.run();
    assert_eq!(outcome.code, code, "{outcome:?}");
    let failed: Vec<_> = steps(&outcome);
    let failed: Vec<_> = failed
        .iter()
        .filter(|step| step.ends_with(" failed"))
        .collect();
    assert_eq!(failed, [&format!("{step} failed")], "{outcome:?}");
    let object = outcome.object();
    let detail = object["steps"].as_array().expect("steps");
    let detail = detail.iter().find(|found| found["name"] == step);
    let detail = detail.expect("the step")["detail"]
        .as_str()
        .unwrap_or_default();
    assert!(outcome.stderr.contains(step), "{outcome:?}");
    assert!(
        object["error"]
            .as_str()
            .is_some_and(|error| error.contains(step))
    );
    detail.into()
}

/// Stores items of the size of a test's own until there is no room for another.
fn fill(server: &Memcached) {
    let full = "SERVER_ERROR out of memory storing object";
    for batch in 0..100 {
        let numbers = batch * 1000..(batch + 1) * 1000;
        let sets = numbers.map(|number| format!("set mccas-fill-{number:017x} 42 0 2\r\n41\r\n"));
        let sets: Vec<String> = sets.collect();
        if show(&server.raw(sets.concat())).contains(full) {
            return;
        }
    }
    panic!("100,000 items fit a server of 2 MiB");
}

/// Nothing of a test is left on the server.
#[track_caller]
fn ensure_clean(server: &Memcached) {
    assert_eq!(server.stat("curr_items"), "0");
}

#[test]
fn a_good_server_passes_every_step_quickly_and_keeps_nothing() {
    for server in [
        Memcached::start(),
        Memcached::modern(),
        Memcached::on_unix_socket(),
    ] {
        let outcome = check(&server.address()).args(["--strict"]).run();
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (0, ""),
            "{outcome:?}"
        );
        let found = steps(&outcome);
        let names: Vec<_> = found.iter().map(|step| step.split(' ').next()).collect();
        assert!(
            names[..15]
                .iter()
                .zip(STEPS)
                .all(|(name, step)| *name == Some(step))
        );
        assert!(
            !found.iter().any(|step| step.ends_with("warn")),
            "{found:?}"
        );
        assert_eq!(outcome.object()["status"], "ok");
        ensure_clean(&server);
    }
}

#[test]
fn people_get_a_line_for_each_step_and_a_quiet_caller_none() {
    let server = Memcached::start();
    let text = mccas_at(server.address()).arg("check").run();
    assert_eq!(text.code, 0, "{text:?}");
    let lines: Vec<_> = text.stdout_text().lines().map(String::from).collect();
    assert_eq!(lines[0], server.address());
    assert_eq!(lines.len(), 1 + STEPS.len());
    assert!(lines[1].starts_with("  ✓ resolve "), "{lines:?}");
    let quiet = mccas_at(server.address()).args(["check", "-q"]);
    quiet.stdout("").stderr("").code(0).check();
    server.stop();
    let down = mccas_at(server.address()).args(["check", "-q"]).code(5);
    down.stderr_contains("connection refused").check();
    let silent = mccas_at(server.address()).args(["check", "-qq"]).code(5);
    silent.stdout("").stderr("").check();
}

#[test]
fn what_is_not_there_is_found_where_the_way_ends() {
    let server = Memcached::start();
    server.stop();
    let detail = fails(check(&server.address()), 5, "connect");
    assert!(detail.contains("connection refused"), "{detail}");
    let detail = fails(check("no-such-host.invalid"), 5, "resolve");
    assert!(detail.contains("no-such-host.invalid"), "{detail}");
    // A port of something else that hangs up, an HTTP server, and one that says nothing at all.
    let closing = Peer::always(Connection::new().if_asked("\r\n").close());
    let detail = fails(check(&closing.address()), 5, "speaks");
    assert!(detail.contains("closed the connection"), "{detail}");
    let answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    let http = Peer::always(Connection::new().read_until("\r\n").reply(answer).close());
    let detail = fails(check(&http.address()), 5, "speaks");
    assert!(detail.contains("HTTP server"), "{detail}");
    let silent = Peer::always(Connection::new().silence());
    let detail = fails(check(&silent.address()), 5, "speaks");
    assert!(detail.contains("did not answer within 300ms"), "{detail}");
}

#[test]
fn what_is_wrong_with_tls_is_found_in_the_handshake() {
    let certificates = Certificates::new();
    let ca = certificates.path("ca.pem");
    let good = certificates.serve(&certificates.signed("good.pem", HERE), "");
    let over_tls = |server: &Memcached| {
        let command = check(&format!("tls://{}", server.address()));
        command.arg("--tls-ca").arg(&ca)
    };
    let outcome = over_tls(&good).run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    // Of a certificate for two days somebody should hear.
    assert!(steps(&outcome).contains(&"tls warn".into()), "{outcome:?}");
    // TLS on one side only.
    let plain = Memcached::start();
    let detail = fails(over_tls(&plain), 5, "tls");
    assert!(detail.contains("is it a port without TLS?"), "{detail}");
    let detail = fails(check(&good.address()), 5, "speaks");
    assert!(detail.contains("tls://"), "{detail}");
    // Certificates.
    let unknown = check(&format!("tls://{}", good.address()));
    let detail = fails(unknown, 5, "tls");
    assert!(detail.contains("not trusted"), "{detail}");
    let old = certificates.signed_for("old.pem", "20190101000000Z", "20200102000000Z");
    let detail = fails(over_tls(&certificates.serve(&old, "")), 5, "tls");
    assert!(detail.contains("expired at 2020-01-02"), "{detail}");
    let other = certificates.signed("other.pem", "subjectAltName = DNS:other.example\n");
    let detail = fails(over_tls(&certificates.serve(&other, "")), 5, "tls");
    assert!(detail.contains("other.example"), "{detail}");
    let ask = format!(",ssl_verify_mode=2,ssl_ca_cert={}", ca.display());
    let mutual = certificates.serve(&certificates.path("good.pem"), &ask);
    let outcome = over_tls(&mutual).run();
    assert_eq!(outcome.code, 5, "{outcome:?}");
    assert!(outcome.stderr.contains("--tls-cert"), "{outcome:?}");
}

#[test]
fn a_login_that_fails_is_found_where_it_is_asked_for() {
    let users = tempfile::NamedTempFile::new().expect("a file");
    fs::write(users.path(), "bob:s3cret\n").expect("a file");
    let path = users.path().display().to_string();
    let server = Memcached::start_with(&["-Y", &path]);
    let as_bob = |password: &str| {
        let command = check(&server.address()).env("MCCAS_USERNAME", "bob");
        command.env("MCCAS_PASSWORD", password)
    };
    let detail = fails(check(&server.address()), 7, "authenticate");
    assert!(detail.contains("wants authentication"), "{detail}");
    let detail = fails(as_bob("wrong"), 7, "authenticate");
    assert!(
        detail.contains("refused the user name or the password"),
        "{detail}"
    );
    let outcome = as_bob("s3cret").run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(steps(&outcome).contains(&"authenticate ok".into()));
}

#[test]
fn what_a_server_does_not_do_is_found() {
    let no_cas = Memcached::start_with(&["-C"]);
    let detail = fails(check(&no_cas.address()), 7, "cas");
    assert!(detail.contains("-C"), "{detail}");
    let small = Memcached::start_with(&["-m", "8", "-I", "512k"]);
    let detail = fails(check(&small.address()).arg("--strict"), 1, "item_size");
    assert!(detail.contains("524288 bytes"), "{detail}");
    ensure_clean(&small);
    let unwatched = Memcached::start_with(&["-W"]);
    let detail = fails(check(&unwatched.address()).arg("--strict"), 1, "watch");
    assert!(detail.contains("-W"), "{detail}");
    // Full, and not allowed to make room.
    let full = Memcached::start_with(&["-M", "-m", "2"]);
    fill(&full);
    let detail = fails(check(&full.address()), 7, "create");
    assert!(detail.contains("out of memory"), "{detail}");
}

#[test]
fn a_clock_that_is_wrong_and_a_server_that_cannot_read_are_found() {
    let miss = "EN O0\r\nSTAT time 5000\r\nEND\r\nSTAT cas_enabled yes\r\nEND\r\nEN O2\r\n";
    let first = Connection::new().read_until("u O2\r\n").reply(miss);
    let first = first.read_until("version\r\n").reply("VERSION 1.6.38\r\n");
    let stats = "STAT time 5000\r\nEND\r\nSTAT item_size_max 1048576\r\nEND\r\n";
    let first = first.read_until("settings\r\n").reply(stats).silence();
    let log = Connection::new()
        .read_until("\r\n")
        .reply("OK\r\n")
        .silence();
    let peer = Peer::serve([first, log]);
    let command = check(&peer.address()).args(["--read-only", "--strict"]);
    let detail = fails(command, 1, "clock");
    assert!(detail.ends_with("s behind ours"), "{detail}");
    let error = "SERVER_ERROR out of memory reading request\r\n";
    let broken = Peer::always(Connection::new().read_until("\r\n").reply(error).silence());
    let detail = fails(check(&broken.address()), 7, "speaks");
    assert!(detail.contains("out of memory reading request"), "{detail}");
}

#[test]
fn nothing_is_written_if_nothing_may_be() {
    let server = Memcached::start();
    let before = server.stat("cmd_set");
    let outcome = check(&server.address()).arg("--read-only").run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(server.stat("cmd_set"), before);
    for step in &steps(&outcome)[7..] {
        assert!(step.ends_with(" skipped"), "{step}");
    }
}

#[test]
fn a_server_that_starts_up_is_waited_for() {
    let server = Memcached::start();
    server.stop();
    let running = check(&server.address()).args(["--wait", "20s"]).spawn();
    // Long enough that at least one test has failed, which the count of rounds shows.
    thread::sleep(Duration::from_millis(600));
    server.restart();
    let outcome = running.wait();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let rounds = outcome.object()["rounds"].as_u64();
    assert!(rounds.is_some_and(|rounds| rounds > 1), "{outcome:?}");
}

#[test]
fn a_server_that_does_not_come_up_is_told_when_the_time_is_over() {
    let server = Memcached::start();
    server.stop();
    let command = check(&server.address()).args(["--wait", "700ms"]);
    let outcome = command.run();
    assert_eq!(outcome.code, 9, "{outcome:?}");
    assert_eq!(outcome.object()["status"], "not_in_time");
    assert!(outcome.stderr.contains("connection refused"), "{outcome:?}");
    assert!(
        outcome.stderr.contains("not up within 700ms"),
        "{outcome:?}"
    );
}

#[test]
fn a_server_that_is_silent_is_waited_for_no_longer_than_the_time_given() {
    let silent = Peer::always(Connection::new().silence());
    let command = check(&silent.address()).args(["--wait", "400ms", "--timeout", "20s"]);
    let outcome = command.run();
    assert_eq!(outcome.code, 9, "{outcome:?}");
    let elapsed = outcome.elapsed;
    let allowed = Duration::from_millis(390)..Duration::from_secs(5);
    assert!(allowed.contains(&elapsed), "{elapsed:?}");
}

#[test]
fn a_server_is_not_called_down_for_the_time_that_another_one_took() {
    let (one, silent) = (
        Memcached::start(),
        Peer::always(Connection::new().silence()),
    );
    let both = format!("{},{}", silent.address(), one.address());
    let outcome = check(&both).args(["--wait", "300ms"]).run();
    assert_eq!(outcome.code, 9, "{outcome:?}");
    let servers: Vec<_> = outcome.json();
    let told = servers.iter().map(|object| object["status"].as_str());
    assert_eq!(told.collect::<Vec<_>>(), [Some("not_in_time"), Some("ok")]);
}

#[test]
fn what_no_waiting_cures_is_told_at_once() {
    let certificates = Certificates::new();
    let ca = certificates.path("ca.pem");
    let good = certificates.serve(&certificates.signed("good.pem", HERE), "");
    let ask = format!(",ssl_verify_mode=2,ssl_ca_cert={}", ca.display());
    let mutual = certificates.serve(&certificates.path("good.pem"), &ask);
    let no_cas = Memcached::start_with(&["-C"]);
    let answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    let http = Peer::always(Connection::new().read_until("\r\n").reply(answer).close());
    let over_tls = |server: &Memcached| check(&format!("tls://{}", server.address()));
    for (command, code) in [
        (over_tls(&good), 5),
        (over_tls(&mutual).arg("--tls-ca").arg(&ca), 5),
        (check(&no_cas.address()), 7),
        (check(&http.address()), 5),
    ] {
        let began = Instant::now();
        let outcome = command.args(["--wait", "30s"]).run();
        assert_eq!(outcome.code, code, "{outcome:?}");
        assert!(began.elapsed() < Duration::from_secs(15), "{outcome:?}");
    }
}

#[test]
fn of_several_servers_each_is_tested_and_the_worst_counts() {
    let (one, other) = (Memcached::start(), Memcached::start());
    other.stop();
    let both = format!("{},{}", other.address(), one.address());
    let outcome = check(&both).run();
    assert_eq!(outcome.code, 5, "{outcome:?}");
    let servers: Vec<_> = outcome.json();
    let told = servers.iter().map(|object| object["status"].as_str());
    assert_eq!(told.collect::<Vec<_>>(), [Some("unreachable"), Some("ok")]);
}

#[test]
fn wherever_the_connection_breaks_nothing_is_left_behind() {
    let server = Memcached::start();
    let mut struck = 0;
    for reply in 1.. {
        let proxy = Proxy::to(&server).fault(Fault::CutInReply(reply, 0, How::Fin));
        let outcome = check(&proxy.address()).run();
        assert_eq!(server.count("curr_items"), 0, "reply {reply}: {outcome:?}");
        if !proxy.fault_has_struck() {
            assert_eq!(outcome.code, 0, "{outcome:?}");
            break;
        }
        assert_eq!(outcome.code, 5, "{outcome:?}");
        struck += 1;
    }
    // Each step that asks something, and what comes before them.
    assert!(struck > 8, "{struck}");
}

#[test]
fn a_server_that_has_no_room_for_a_connection_is_waited_for() {
    let full = Connection::new()
        .reply("ERROR Too many open connections\r\n")
        .close();
    let peer = Peer::always(full);
    let outcome = check(&peer.address()).run();
    assert_eq!(outcome.code, 7, "{outcome:?}");
    let outcome = check(&peer.address()).args(["--wait", "400ms"]).run();
    assert_eq!(
        (outcome.code, &outcome.object()["status"]),
        (9, &"not_in_time".into()),
        "{outcome:?}"
    );
    assert!(
        outcome.stderr.contains("Too many open connections"),
        "{outcome:?}"
    );
    assert!(peer.connections() > 2, "{outcome:?}");
}
