//! How often the program waits for the server, counted by a proxy between the two.

use serde_json::json;

use crate::harness::mccas::mccas_at;
use crate::harness::proxy::Proxy;
use crate::harness::server::Memcached;

/// Runs a command through a new proxy; returns how many round trips it made and how it ended.
#[track_caller]
fn round_trips(server: &Memcached, args: &[&str]) -> (usize, i32) {
    let proxy = Proxy::to(server);
    let outcome = mccas_at(proxy.address()).args(args).run();
    assert_eq!(proxy.connections(), 1, "{outcome:?}");
    (proxy.round_trips(), outcome.code)
}

#[test]
fn gets_of_a_hundred_keys_is_one_round_trip() {
    let server = Memcached::start();
    // Some keys as long as they may be, so that the request is as large as a hundred keys can make it.
    let keys: Vec<String> = (0..100)
        .map(|n| format!("{n}-{}", "k".repeat(if n % 2 == 0 { 5 } else { 240 })))
        .collect();
    for key in &keys {
        server.set(key, "value of ".to_string() + key);
    }
    let args: Vec<&str> = ["gets", "--json"]
        .into_iter()
        .chain(keys.iter().map(String::as_str))
        .collect();
    assert_eq!(round_trips(&server, &args), (1, 0));
}

#[test]
fn gets_of_a_missing_key_is_one_round_trip() {
    assert_eq!(round_trips(&Memcached::start(), &["gets", "k"]), (1, 4));
}

#[test]
fn gets_of_a_stale_item_takes_one_more_to_give_the_win_back() {
    let server = Memcached::modern();
    server.set("k", "v");
    server.raw("md k I T60\r\n");
    let token = server.token("k");
    assert_eq!(round_trips(&server, &["gets", "k"]), (2, 0));
    assert_eq!(server.token("k"), token, "reading spends nobody's token");
}

#[test]
fn cas_that_keeps_flags_and_expiry_takes_two_round_trips() {
    let server = Memcached::start();
    server.set_with("k", "v", 7, 1000);
    let token = server.token("k").to_string();
    let args = ["cas", "k", "new", "--token", &token];
    assert_eq!(round_trips(&server, &args), (2, 0));
    assert_eq!(server.value("k"), "new");
}

#[test]
fn the_other_forms_of_cas_take_two_round_trips_as_well() {
    let server = Memcached::start();
    server.set("k", "v");
    for args in [
        &["cas", "absent", "new", "--token", "absent"][..],
        &["cas", "k", "new", "--expect", "v"],
        &["cas", "k", "newer", "--expect", "new", "--ttl", "90s"],
        &["cas", "k", "last", "--expect", "newer", "--flags", "5"],
    ] {
        assert_eq!(round_trips(&server, args), (2, 0), "{args:?}");
    }
}

#[test]
fn a_stale_token_is_found_out_in_one_round_trip() {
    let server = Memcached::start();
    server.set("k", "v");
    let stale = server.token("k").to_string();
    server.set("k", "other");
    let (trips, code) = round_trips(&server, &["cas", "k", "new", "--token", &stale]);
    assert_eq!(code, 3);
    // One to see it and one to tell which value won.
    assert!(trips <= 2, "{trips} round trips");
}

#[test]
fn incr_cas_without_contention_takes_two_round_trips() {
    let server = Memcached::start();
    server.set("k", "41");
    server.set_with("expiring", "41", 7, 1000);
    for args in [
        &["incr-cas", "k"][..],
        &["incr-cas", "expiring"],
        &["incr-cas", "absent", "--initial", "0"],
        &["incr-cas", "k", "--ttl", "90s", "--flags", "1"],
    ] {
        assert_eq!(round_trips(&server, args), (2, 0), "{args:?}");
    }
    assert_eq!(server.value("expiring"), "42");
}

#[test]
fn each_lost_attempt_adds_at_most_two_round_trips() {
    for ttl in [0, 1000] {
        let server = Memcached::start();
        server.set_with("k", "1", 0, ttl);
        // The swaps are the second, fourth and sixth request.
        let proxy = [2, 4, 6].into_iter().fold(Proxy::to(&server), |proxy, n| {
            proxy.on_request(n, move |server| {
                server.set_with("k", (n * 100).to_string(), 0, ttl);
            })
        });
        let outcome = mccas_at(proxy.address())
            .args(["incr-cas", "k", "--json"])
            .run();
        let object = outcome.object();
        assert_eq!(object["conflicts"], 3, "{outcome:?}");
        assert_eq!(object["attempts"], 4);
        assert_eq!(
            (&object["before"], &object["after"]),
            (&json!(600), &json!(601))
        );
        assert!(
            proxy.round_trips() <= 2 + 3 * 2,
            "{} round trips",
            proxy.round_trips()
        );
    }
}

#[test]
fn writers_that_move_the_expiry_cost_one_round_trip_more_in_all() {
    let server = Memcached::start();
    server.set_with("k", "1", 0, 1000);
    // The first retry finds the expiry moved and asks the clock again; from then on each read asks it by itself.
    let proxy = [2, 5, 7].into_iter().fold(Proxy::to(&server), |proxy, n| {
        proxy.on_request(n, move |server| {
            server.set_with("k", "7", 0, 1000 + 100 * i64::try_from(n).unwrap());
        })
    });
    let outcome = mccas_at(proxy.address())
        .args(["incr-cas", "k", "--json"])
        .run();
    assert_eq!(outcome.object()["conflicts"], 3, "{outcome:?}");
    assert_eq!(proxy.round_trips(), 2 + 3 * 2 + 1, "{outcome:?}");
    let item = server.item("k").unwrap();
    assert_eq!(item.value, b"8");
    assert!((1695..=1700).contains(&item.ttl), "{item:?}");
}

#[test]
fn watch_asks_once_per_look_and_fetches_only_what_changed() {
    let server = Memcached::start();
    server.set("a", "1");
    server.set("b", "1");
    // The first look, the question which process answers, and the fetch; then nine looks at which
    // nothing changed, one with a change, and its fetch.
    let proxy = Proxy::to(&server).on_request(13, |server| server.set("b", "2"));
    let outcome = mccas_at(proxy.address())
        .args(["watch", "a", "b", "--json"])
        .args(["--interval", "5ms", "--count", "1"])
        .run();
    assert_eq!(outcome.json().len(), 3, "{outcome:?}");
    assert_eq!(proxy.round_trips(), 14);
}
