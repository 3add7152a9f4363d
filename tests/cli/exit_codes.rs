//! One way to each exit code, end to end, and the table of `--help`.

use std::time::Duration;

use crate::harness::mccas::{mccas, mccas_alone, mccas_at};
use crate::harness::proxy::Proxy;
use crate::harness::server::Memcached;
use crate::harness::wait::A_LOOK;
use crate::harness::wire::{Connection, Peer};

/// The table of the contract.
const TABLE: [(&str, &str); 11] = [
    ("0", "done"),
    ("1", "failed"),
    ("2", "usage"),
    ("3", "conflict"),
    ("4", "missing"),
    ("5", "unreachable"),
    ("6", "unknown"),
    ("7", "refused"),
    ("8", "unsuitable"),
    ("9", "not in time"),
    ("128+n", ""),
];

#[test]
fn the_table_in_help_is_the_contract() {
    // Wide enough for every row to be one line.
    let outcome = mccas_alone().arg("--help").env("COLUMNS", "200").run();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
    let (_, table) = outcome
        .stdout_text()
        .split_once("Exit codes:\n")
        .expect("a table");
    let rows: Vec<(&str, &str)> = table
        .lines()
        .take_while(|line| !line.is_empty())
        // A meaning of several lines goes on below where it began.
        .filter(|line| !line.starts_with("          "))
        .map(|line| {
            line.trim_start()
                .split_once("  ")
                .expect("a code and its name")
        })
        .map(|(code, rest)| (code, rest.split("  ").next().unwrap_or_default().trim_end()))
        .collect();
    assert_eq!(rows.len(), TABLE.len(), "{rows:?}");
    for ((code, rest), (expected, name)) in rows.iter().zip(TABLE) {
        assert_eq!(*code, expected);
        assert!(
            rest.starts_with(name),
            "{code} is called {rest:?} and not {name:?}"
        );
    }
}

#[test]
fn done_is_0() {
    let server = Memcached::start();
    server.set("k", "41");
    mccas(&server)
        .args(["incr-cas", "k"])
        .stdout("42\n")
        .code(0)
        .check();
    mccas_alone()
        .arg("--version")
        .stdout(concat!("mccas ", env!("CARGO_PKG_VERSION"), "\n"))
        .check();
}

#[test]
fn anything_that_has_no_code_of_its_own_is_1() {
    let server = Memcached::start();
    let args = ["cas", "k", "--token", "absent", "--file", "/no/such/file"];
    mccas(&server)
        .args(args)
        .stderr_contains("mccas: cannot read /no/such/file: ")
        .code(1)
        .check();
    assert_eq!(server.item("k"), None);
}

#[test]
fn bad_arguments_are_2() {
    let peer = Peer::always(Connection::new());
    for args in [
        &[][..],
        &["frobnicate"],
        &["gets"],
        &["gets", ""],
        &["gets", "a", "b", "--raw"],
        &["gets", "a", "--timeout", "5"],
        &["cas", "k", "v"],
        &["cas", "k", "v", "--token", "0"],
        &["cas", "k", "v", "--token", "-1"],
        &["cas", "k", "v", "--token", "18446744073709551616"],
        &["cas", "k", "v", "--token", "x"],
        &["cas", "k", "v", "--token", "1", "--expect", "x"],
        &["cas", "k", "v", "--token", "1", "--ttl", "60"],
        &["cas", "k", "v", "--token", "1", "--flags", "4294967296"],
        &["cas", "k", "v", "--token", "1", "--file", "x"],
        &["incr-cas", "k", "--by", "1.5"],
        &["incr-cas", "k", "--by", "99999999999999999999"],
        &["incr-cas", "k", "--min", "2", "--max", "1"],
        &["incr-cas", "k", "--fallback", "incr", "--max", "1"],
        &["incr-cas", "k", "--max-retries", "-1"],
        &["incr-cas", "k", "--deadline", "0s"],
        &["watch"],
        &["watch", "a", "b", "--since", "1"],
        &["watch", "a", "--count", "0"],
        &["gets", "k", "--quiet", "--verbose"],
    ] {
        let outcome = mccas_at(peer.address()).args(args).run();
        assert_eq!(outcome.code, 2, "{args:?} {outcome:?}");
        assert_eq!(outcome.stdout_text(), "", "{args:?}");
        assert_ne!(outcome.stderr, "", "{args:?}");
    }
    for address in [
        "h:65536", "h:0", "h:", "", "http://h", "a,b", "[::1", "tls://",
    ] {
        let outcome = mccas_at(address).args(["gets", "k"]).run();
        assert_eq!(outcome.code, 2, "{address:?} {outcome:?}");
    }
    assert_eq!(peer.connections(), 0);
}

#[test]
fn a_stale_token_and_used_up_retries_are_3() {
    let server = Memcached::start();
    server.set("k", "1");
    let stale = server.token("k").to_string();
    server.set("k", "2");
    let cas = mccas(&server).args(["cas", "k", "new", "--token", &stale]);
    cas.code(3).stderr_contains("nothing was written").check();
    let proxy = Proxy::to(&server).on_request(2, |server| server.set("k", "3"));
    let incr = mccas_at(proxy.address()).args(["incr-cas", "k", "--max-retries", "0"]);
    incr.code(3).stderr_contains("nothing was written").check();
    assert_eq!(server.value("k"), "3");
}

#[test]
fn a_missing_key_is_4() {
    let server = Memcached::start();
    for args in [
        &["gets", "k"][..],
        &["cas", "k", "v", "--token", "1"],
        &["cas", "k", "v", "--expect", "v"],
        &["incr-cas", "k"],
    ] {
        mccas(&server)
            .args(args)
            .code(4)
            .stderr_contains("k is not on ")
            .check();
    }
    assert_eq!(server.item("k"), None);
}

#[test]
fn a_server_that_is_down_is_5() {
    let server = Memcached::start();
    server.stop();
    for args in [
        &["gets", "k"][..],
        &["cas", "k", "v", "--token", "1"],
        &["incr-cas", "k"],
        &["watch", "k"],
    ] {
        let command = mccas(&server).args(args).code(5);
        command
            .stderr(format!(
                "mccas: cannot reach {}: connection refused (is memcached running there?)\n",
                server.address()
            ))
            .check();
    }
}

#[test]
fn a_swap_without_an_answer_is_6() {
    let server = Memcached::start();
    server.set("k", "41");
    let proxy = Proxy::to(&server).on_request(2, Memcached::freeze);
    let command = mccas_at(proxy.address()).args(["incr-cas", "k", "--timeout", "200ms"]);
    command
        .code(6)
        .stderr_contains("it may have been applied")
        .check();
}

#[test]
fn a_server_without_cas_is_7() {
    let server = Memcached::start_with(&["-C"]);
    server.set("k", "41");
    let command = mccas(&server).args(["incr-cas", "k"]);
    command
        .code(7)
        .stderr_contains("was started with -C")
        .check();
    assert_eq!(server.value("k"), "41");
}

#[test]
fn a_value_that_cannot_be_worked_on_is_8() {
    let server = Memcached::start();
    server.set("word", "hello");
    server.set("top", "18446744073709551615");
    server.set("empty", "");
    for args in [
        &["incr-cas", "word"][..],
        &["incr-cas", "top"],
        &["incr-cas", "empty"],
        &["incr-cas", "top", "--by", "0", "--max", "10"],
    ] {
        let command = mccas(&server).args(args).code(8);
        command.stderr_contains("nothing was written").check();
    }
    assert_eq!(server.count("cmd_set"), 3);
}

#[test]
fn a_change_that_did_not_come_is_9() {
    let server = Memcached::start();
    server.set("k", "v");
    let command = mccas(&server).args(["watch", "k", "--count", "1", "--for", A_LOOK]);
    let outcome = command.run();
    assert_eq!(outcome.code, 9, "{outcome:?}");
    assert_eq!(
        outcome.stderr,
        "mccas: 0 of 1 changes came in the time given\n"
    );
}

#[test]
fn an_end_by_a_signal_is_128_and_its_number() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let server = Memcached::start();
        server.set("k", "v");
        let command = mccas(&server).args(["watch", "k", "--json", "--interval", "10ms"]);
        let mut watch = command.limit(Duration::from_secs(10)).spawn();
        assert_eq!(watch.object()["event"], "present");
        watch.signal(signal);
        let outcome = watch.wait();
        assert_eq!((outcome.code, &*outcome.stderr), (code, ""));
    }
}
