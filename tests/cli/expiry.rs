//! Flags and the moment of expiry stay as they are, however many swaps follow each other.

use std::thread;
use std::time::{Duration, Instant};

use crate::harness::mccas::{mccas, mccas_at};
use crate::harness::proxy::Proxy;
use crate::harness::server::Memcached;

const DAY: i64 = 24 * 60 * 60;

/// The second of the server's clock at which a key expires. The clock and the time left belong
/// together only if no tick fell in between, hence the look before and after.
#[track_caller]
fn moment(server: &Memcached, key: &str) -> i64 {
    loop {
        let clock = || server.count("time").try_into().expect("a time");
        let before: i64 = clock();
        let item = server.item(key).expect("the item is there");
        if clock() == before {
            assert!(item.ttl > 0, "{key} has no expiry: {item:?}");
            return before + item.ttl;
        }
    }
}

#[test]
fn the_largest_and_the_smallest_flags_are_kept() {
    let server = Memcached::start();
    for flags in [u32::MAX, 0, 1 << 31] {
        server.set_with("k", "1", flags, 0);
        let token = server.token("k").to_string();
        assert_eq!(
            mccas(&server)
                .args(["cas", "k", "2", "--token", &token])
                .run()
                .code,
            0
        );
        assert_eq!(mccas(&server).args(["incr-cas", "k"]).run().code, 0);
        let item = server.item("k").expect("the item");
        assert_eq!((item.flags, &*item.value), (flags, &b"3"[..]));
    }
}

#[test]
fn a_key_without_expiry_stays_without() {
    let server = Memcached::start();
    server.set("k", "1");
    for _ in 0..5 {
        assert_eq!(mccas(&server).args(["incr-cas", "k"]).run().code, 0);
    }
    let token = server.token("k").to_string();
    assert_eq!(
        mccas(&server)
            .args(["cas", "k", "7", "--token", &token])
            .run()
            .code,
        0
    );
    let item = server.item("k").expect("the item");
    assert_eq!((item.ttl, &*item.value), (-1, &b"7"[..]));
}

#[test]
fn a_key_of_forty_days_survives_swaps_with_its_exact_expiry() {
    let server = Memcached::start();
    let now: i64 = server.count("time").try_into().expect("a time");
    // Above 30 days memcached wants the moment itself.
    server.set_with("k", "1", 7, now + 40 * DAY);
    let expires = moment(&server, "k");
    assert_eq!(mccas(&server).args(["incr-cas", "k"]).run().code, 0);
    assert_eq!(moment(&server, "k"), expires);
    let token = server.token("k").to_string();
    assert_eq!(
        mccas(&server)
            .args(["cas", "k", "9", "--token", &token])
            .run()
            .code,
        0
    );
    assert_eq!(moment(&server, "k"), expires);
    assert_eq!(server.value("k"), "9");
}

#[test]
fn a_ttl_of_forty_days_can_be_asked_for() {
    let server = Memcached::start();
    server.set("k", "1");
    let before: i64 = server.count("time").try_into().expect("a time");
    assert_eq!(
        mccas(&server)
            .args(["incr-cas", "k", "--ttl", "40days"])
            .run()
            .code,
        0
    );
    let after: i64 = server.count("time").try_into().expect("a time");
    let expires = moment(&server, "k");
    assert!((before + 40 * DAY..=after + 40 * DAY).contains(&expires));
    assert_eq!(server.value("k"), "2");
}

#[test]
fn a_duration_is_as_long_as_its_unit_says() {
    let server = Memcached::start();
    for (ttl, seconds) in [
        ("120s", 120),
        ("2m", 120),
        ("1h", 3600),
        ("1d", 86_400),
        ("2592001s", 2_592_001),
    ] {
        let created = mccas(&server)
            .args(["cas", ttl, "v", "--token", "absent", "--ttl", ttl])
            .run();
        assert_eq!(created.code, 0, "{created:?}");
        // A server's clock ticks once a second, and a busy machine may take a few.
        let left = server.item(ttl).expect("the item").ttl;
        assert!(
            (seconds - 10..=seconds + 1).contains(&left),
            "{ttl}: {left}"
        );
    }
}

#[test]
fn a_key_of_sixty_seconds_swapped_all_the_time_expires_at_its_moment() {
    let server = Memcached::start();
    server.set_with("k", "0", 7, 60);
    let expires = moment(&server, "k");
    let end = Instant::now() + Duration::from_secs(8);
    let swaps: usize = thread::scope(|scope| {
        let running: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut swaps = 0;
                    while Instant::now() < end {
                        let outcome = mccas(&server).args(["incr-cas", "k"]).run();
                        assert_eq!(outcome.code, 0, "{outcome:?}");
                        assert_eq!(moment(&server, "k"), expires, "after {swaps} swaps");
                        swaps += 1;
                    }
                    swaps
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .sum()
    });
    assert_eq!(server.value("k"), swaps.to_string());
    assert_eq!(moment(&server, "k"), expires);
    assert_eq!(server.item("k").map(|item| item.flags), Some(7));
}

#[test]
fn an_expiring_key_really_ends_at_its_moment() {
    let server = Memcached::start();
    server.set_with("k", "0", 0, 3);
    let started = Instant::now();
    let code = loop {
        let outcome = mccas(&server).args(["incr-cas", "k", "--quiet"]).run();
        if outcome.code != 0 {
            break outcome.code;
        }
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "it became immortal"
        );
    };
    assert_eq!(code, 4);
    // memcached's clock ticks once a second: an item lives up to a second less than asked for.
    assert!(
        started.elapsed() > Duration::from_millis(1900),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn a_lost_attempt_takes_over_the_expiry_and_the_flags_that_won() {
    for ttl in [0, 5000] {
        let server = Memcached::start();
        server.set_with("k", "1", 7, 100);
        let proxy =
            Proxy::to(&server).on_request(2, move |server| server.set_with("k", "10", 9, ttl));
        let outcome = mccas_at(proxy.address()).args(["incr-cas", "k"]).run();
        assert_eq!(
            (outcome.code, outcome.stdout_text()),
            (0, "11\n"),
            "{outcome:?}"
        );
        let item = server.item("k").expect("the item");
        assert_eq!(item.flags, 9);
        match ttl {
            0 => assert_eq!(item.ttl, -1),
            _ => assert!((4990..=5000).contains(&item.ttl), "{item:?}"),
        }
    }
}

#[test]
fn a_failed_swap_moves_nothing() {
    let server = Memcached::start();
    server.set_with("k", "hello", 7, 1000);
    let expires = moment(&server, "k");
    let before = server.token("k");
    let stale = (before + 100).to_string();
    for args in [
        &[
            "cas", "k", "new", "--token", &stale, "--ttl", "never", "--flags", "1",
        ][..],
        &["cas", "k", "new", "--expect", "other", "--ttl", "5s"],
        &["cas", "k", "new", "--token", "absent", "--ttl", "5s"],
        &["incr-cas", "k", "--ttl", "5s", "--flags", "1"],
    ] {
        let outcome = mccas(&server).args(args).run();
        assert!([3, 8].contains(&outcome.code), "{args:?} {outcome:?}");
    }
    let item = server.item("k").expect("the item");
    assert_eq!(
        (item.token, item.flags, &*item.value),
        (before, 7, &b"hello"[..])
    );
    assert_eq!(moment(&server, "k"), expires);
}
