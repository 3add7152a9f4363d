//! `incr-cas` when it loses to other writers: retries, deadline, fallback, and what is said of it.

use std::thread;
use std::time::Duration;

use crate::harness::mccas::{Mccas, mccas, mccas_at};
use crate::harness::proxy::Proxy;
use crate::harness::server::Memcached;

fn incr(server: &Memcached) -> Mccas {
    mccas(server).args(["incr-cas", "k"])
}

/// A proxy through which every swap loses: the key is written before each.
fn always_losing(server: &Memcached) -> Proxy {
    Proxy::to(server).on_each_request(|server, n| {
        if n % 2 == 0 {
            server.raw("incr k 10\r\n");
        }
    })
}

#[test]
fn retries_are_counted_after_the_first_attempt() {
    for retries in [0_usize, 1, 3] {
        let server = Memcached::start();
        server.set("k", "0");
        let proxy = always_losing(&server);
        let command = mccas_at(proxy.address()).args(["incr-cas", "k", "--json", "--max-retries"]);
        let outcome = command.arg(retries.to_string()).run();
        let object = outcome.object();
        assert_eq!((outcome.code, &object["status"]), (3, &"exhausted".into()));
        assert_eq!(object["attempts"], retries + 1);
        assert!(
            object["error"].to_string().contains("--max-retries"),
            "{object}"
        );
        // Only the others have written, once per attempt, and once more before the look at the winner.
        let value: usize = server.value("k").trim_end().parse().expect("a number");
        assert_eq!(value % 10, 0);
    }
}

#[test]
fn who_stood_in_a_queue_waits_for_a_quarter_of_100_ms_at_least() {
    let server = Memcached::start();
    server.set("k", "0");
    let proxy = Proxy::to(&server).on_each_request(|server, n| {
        if n % 2 == 0 {
            server.raw("incr k 10\r\n");
            thread::sleep(Duration::from_millis(20));
        }
    });
    let command = mccas_at(proxy.address()).args(["incr-cas", "k", "-v", "--max-retries", "3"]);
    let outcome = command.run();
    assert_eq!(outcome.code, 3, "{outcome:?}");
    let waits: Vec<f64> = outcome
        .stderr
        .lines()
        .filter_map(|line| {
            line.split_once("again in ")?
                .1
                .strip_suffix(" ms")?
                .parse()
                .ok()
        })
        .collect();
    assert!(outcome.stderr.contains("again at once"), "{outcome:?}");
    assert_eq!(waits.len(), 2, "{outcome:?}");
    assert!((25.0..=100.0).contains(&waits[0]), "{outcome:?}");
    assert!((21.25..=100.0).contains(&waits[1]), "{outcome:?}");
}

#[test]
fn the_deadline_bounds_the_loop() {
    let server = Memcached::start();
    server.set("k", "0");
    let proxy = always_losing(&server);
    let command = mccas_at(proxy.address()).args(["incr-cas", "k", "--json"]);
    let outcome = command
        .args(["--deadline", "200ms", "--max-retries", "1000000"])
        .run();
    assert_eq!(
        (outcome.code, &outcome.object()["status"]),
        (3, &"exhausted".into())
    );
    assert!(outcome.stderr.contains("--deadline"), "{outcome:?}");
    assert!(outcome.elapsed < Duration::from_secs(2), "{outcome:?}");
}

#[test]
fn the_fallback_finishes_with_the_servers_own_arithmetic() {
    let server = Memcached::start();
    server.set_with("k", "0", 7, 5000);
    let proxy = always_losing(&server);
    let command = mccas_at(proxy.address()).args(["incr-cas", "k", "--by", "3", "--json"]);
    let outcome = command
        .args(["--max-retries", "1", "--fallback", "incr"])
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let stored = outcome.object();
    assert_eq!(
        (&stored["method"], &stored["conflicts"]),
        (&"incr".into(), &2.into())
    );
    let item = server.item("k").expect("the item");
    let value: i64 = String::from_utf8_lossy(&item.value)
        .trim_end()
        .parse()
        .expect("a number");
    assert_eq!((value % 10, &stored["after"]), (3, &value.into()));
    assert_eq!(stored["before"], value - 3);
    assert_eq!(stored["token"], item.token.to_string());
    assert!(item.flags == 7 && item.ttl > 4900, "{item:?}");
}

#[test]
fn the_fallback_is_not_needed_where_a_swap_succeeds() {
    let server = Memcached::start();
    server.set("k", "41");
    let stored = incr(&server)
        .args(["--fallback", "incr", "--json"])
        .run()
        .object();
    assert_eq!(
        (&stored["method"], &stored["after"]),
        (&"cas".into(), &42.into())
    );
}

#[test]
fn the_fallback_goes_without_what_the_server_cannot_do() {
    let server = Memcached::start();
    server.set("k", "41");
    for options in [
        ["--min", "0"],
        ["--max", "9"],
        ["--by", "-1"],
        ["--ttl", "9s"],
        ["--flags", "1"],
    ] {
        let outcome = incr(&server)
            .args(["--fallback", "incr"])
            .args(options)
            .run();
        assert_eq!(outcome.code, 2, "{options:?} {outcome:?}");
    }
    assert_eq!(server.value("k"), "41");
}

#[test]
fn many_lost_attempts_give_one_hint_and_verbose_tells_each() {
    let server = Memcached::start();
    server.set("k", "0");
    let proxy = (1..=20).fold(Proxy::to(&server), |proxy, n| {
        proxy.on_request(2 * n, |server| {
            server.raw("incr k 10\r\n");
        })
    });
    let outcome = mccas_at(proxy.address())
        .args(["incr-cas", "k", "--verbose"])
        .run();
    assert_eq!(
        (outcome.code, outcome.stdout_text()),
        (0, "201\n"),
        "{outcome:?}"
    );
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    assert_eq!(lines.len(), 22, "{outcome:?}");
    for (n, line) in lines[..20].iter().enumerate() {
        let attempt = format!(
            "mccas: k: attempt {} lost: another writer replaced token ",
            n + 1
        );
        assert!(
            line.starts_with(&attempt)
                && (line.contains("; again in ") || line.ends_with("; again at once")),
            "{line}"
        );
    }
    assert!(lines[0].ends_with("; again at once"), "{}", lines[0]);
    assert!(lines[1].contains("; again in "), "{}", lines[1]);
    assert!(lines[20].starts_with("mccas: k: attempt 21 stored with token "));
    assert!(lines[21].starts_with("mccas: hint: k is contended: 20 of 21 swaps lost"));
}
