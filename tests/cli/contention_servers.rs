//! `mccas contention` over several servers, and by host and prefix.

use std::time::Duration;

use crate::harness::inspect::show;
use crate::harness::mccas::{mccas, mccas_at};
use crate::harness::observed::{counts, in_the_end, observing, report, row};
use crate::harness::running::Running;
use crate::harness::server::Memcached;
use crate::harness::wait;

/// `mccas contention` on these servers, already reading.
fn observing_all(servers: &[&str], args: &[&str]) -> Running {
    let command = mccas_at(servers.join(",")).args(["--json", "contention"]);
    let command = command.args(["--interval", "100ms"]).args(args);
    let mut running = command.limit(Duration::from_secs(60)).spawn();
    assert_eq!(running.object()["event"], "interval");
    running
}

#[test]
fn a_key_is_told_with_its_server_and_the_totals_are_of_all() {
    let (one, other) = (Memcached::start(), Memcached::start());
    let running = observing_all(&[&one.address(), &other.address()], &[]);
    one.set("k", "v");
    other.raw("set k 0 0 1\r\nv\r\ncas k 0 0 1 9999999\r\nv\r\n");
    let (report, _) = report(running);
    assert_eq!(report["keys"].as_array().expect("rows").len(), 2);
    let hotter = &report["keys"][0];
    assert_eq!(
        (&hotter["server"], counts(hotter).lost),
        (&other.address().into(), 1)
    );
    assert_eq!(
        (
            counts(&report["totals"]).stores,
            counts(&report["totals"]).lost
        ),
        (2, 1)
    );
    assert!(report.get("server").is_none(), "{report:#}");
    let server = row(&report["servers"], "server", &other.address());
    assert_eq!(server["counters"]["cas_badval"], 1);
    assert_eq!(counts(&server["totals"]).lost, 1);
}

#[test]
fn one_server_that_cannot_be_watched_does_not_end_the_others() {
    let (open, closed) = (Memcached::start(), Memcached::start_with(&["-W"]));
    let servers = [closed.address(), open.address()];
    let running = observing_all(&servers.each_ref().map(String::as_str), &["--for", "2s"]);
    open.set("k", "v");
    let (report, outcome) = in_the_end(running);
    assert_eq!(counts(&report["totals"]).stores, 1);
    assert_eq!(report["lower_bound"], true);
    let server = row(&report["servers"], "server", &closed.address());
    assert!(
        server["error"]
            .as_str()
            .expect("an error")
            .contains("watch commands are not allowed")
    );
    assert_eq!(outcome.code, 7);
    assert!(outcome.stderr.contains(&closed.address()), "{outcome:?}");
}

#[test]
fn a_server_that_goes_away_does_not_end_the_others() {
    let (stays, goes) = (Memcached::start(), Memcached::start());
    let servers = [stays.address(), goes.address()];
    let servers = servers.each_ref().map(String::as_str);
    let mut running = observing_all(&servers, &["--for", "5s"]);
    goes.set("k", "v");
    wait::until("the store to be told", || {
        (running.object()["totals"]["stores"] == 1).then_some(())
    });
    goes.stop();
    wait::until("the end to be told", || {
        let interval = running.object();
        row(&interval["servers"], "server", &goes.address())
            .get("error")
            .map(|_| ())
    });
    stays.set("k", "v");
    let (report, outcome) = in_the_end(running);
    assert_eq!(counts(&report["totals"]).stores, 2, "{report:#}");
    assert_eq!(outcome.code, 5);
}

#[test]
fn where_no_server_can_be_watched_each_says_why() {
    let (one, other) = (Memcached::start_with(&["-W"]), Memcached::start());
    other.stop();
    let outcome = mccas_at([one.address(), other.address()].join(","))
        .args(["--json", "contention", "--for", "30s"])
        .run();
    assert_eq!(outcome.code, 7, "the worst");
    for server in [&one, &other] {
        assert!(outcome.stderr.contains(&server.address()), "{outcome:?}");
    }
    let objects = outcome.json();
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0]["servers"].as_array().expect("servers").len(), 2);
}

#[test]
fn people_see_which_server_and_how_each_is() {
    let (one, other) = (Memcached::start(), Memcached::start());
    let running = mccas_at([one.address(), other.address()].join(","))
        .arg("contention")
        .spawn();
    for server in [&one, &other] {
        wait::until("the log to be read", || {
            (server.count("log_watchers") == 1).then_some(())
        });
        server.set("k", "v");
    }
    running.signal("INT");
    let text = show(&running.wait().stdout);
    for part in [
        "KEY  SERVER",
        "2 keys on 2 servers in ",
        &format!("{}: 1 store; swaps 0 won", other.address()),
    ] {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[test]
fn short_lived_processes_of_a_host_are_one_row() {
    let server = Memcached::start();
    server.set("k", "0");
    let running = observing(&server, &["--by", "host"]);
    for _ in 0..5 {
        mccas(&server).args(["incr-cas", "k"]).run();
    }
    let (report, _) = report(running);
    let host = row(&report["hosts"], "host", "127.0.0.1");
    assert_eq!(
        (&host["stores"], &host["connections"]),
        (&5.into(), &5.into())
    );
    assert_eq!(host["keys"][0]["key"], "k");
    assert_eq!(report["tracked_hosts"], 1);
}

#[test]
fn clients_of_a_socket_file_are_one_host() {
    let server = Memcached::on_unix_socket();
    let running = observing(&server, &["--by", "host"]);
    server.set("k", "v");
    server.set("k", "w");
    let (report, _) = report(running);
    assert_eq!(
        row(&report["hosts"], "host", "unix")["stores"],
        2,
        "{report:#}"
    );
}

#[test]
fn keys_that_begin_alike_are_one_row() {
    let server = Memcached::start();
    for (args, prefix, stores) in [
        (&[][..], "user:", 3),
        (&["--depth", "2"], "user:1:", 2),
        (&["--delimiter", "/"], "a/", 1),
    ] {
        let running = observing(&server, &[&["--by", "prefix"], args].concat());
        for key in ["user:1:name", "user:1:mail", "user:2:name", "a/b", "alone"] {
            server.set(key, "v");
        }
        let (report, _) = report(running);
        assert_eq!(row(&report["prefixes"], "prefix", prefix)["stores"], stores);
        assert_eq!(row(&report["prefixes"], "key", "alone")["stores"], 1);
        let hosts = &row(&report["prefixes"], "prefix", prefix)["hosts"];
        assert_eq!(hosts[0]["host"], "127.0.0.1", "{report:#}");
    }
}
