//! `incr-cas`: the values it takes and gives, its bounds, and what it does with a missing key.

use crate::harness::mccas::{Mccas, mccas, mccas_at};
use crate::harness::proxy::Proxy;
use crate::harness::server::Memcached;

fn incr(server: &Memcached) -> Mccas {
    mccas(server).args(["incr-cas", "k"])
}

#[test]
fn the_new_value_is_printed_and_stored_plainly() {
    let server = Memcached::start();
    for (value, by, after) in [
        ("41", "1", "42"),
        ("41", "0", "41"),
        ("0", "-1", "-1"),
        ("-1", "1", "0"),
        ("  7 ", "1", "8"),
        ("007", "1", "8"),
        ("9", "1", "10"),
        ("10", "-1", "9"),
        ("18446744073709551614", "1", "18446744073709551615"),
        (
            "18446744073709551615",
            "-9223372036854775808",
            "9223372036854775807",
        ),
        ("-9223372036854775807", "-1", "-9223372036854775808"),
        (
            "-9223372036854775808",
            "18446744073709551615",
            "9223372036854775807",
        ),
    ] {
        server.set("k", value);
        incr(&server)
            .args(["--by", by, "--quiet"])
            .stdout(format!("{after}\n"))
            .check();
        assert_eq!(server.value("k"), after);
    }
}

#[test]
fn a_counter_that_goes_below_zero_is_noted_once() {
    let server = Memcached::start();
    server.set("k", "1");
    let decrement = || incr(&server).args(["--by", "-1"]);
    decrement().stdout("0\n").check();
    let outcome = decrement().run();
    assert_eq!((outcome.code, outcome.stdout_text()), (0, "-1\n"));
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    for word in ["k is below zero", "incr", "--min 0"] {
        assert!(outcome.stderr.contains(word), "{outcome:?}");
    }
    // It is so, and it was said.
    assert!(server.raw("incr k 1\r\n").starts_with(b"CLIENT_ERROR"));
    decrement().stdout("-2\n").check();
    incr(&server).stdout("-1\n").check();
    // With --json stdout has its one object, and the note stands where people read.
    server.set("k", "0");
    let outcome = decrement().arg("--json").run();
    assert_eq!(outcome.object()["after"], -1);
    assert!(outcome.stderr.contains("below zero"), "{outcome:?}");
    // A creation below zero is one more way to get there.
    server.raw("delete k\r\n");
    let outcome = incr(&server).args(["--initial", "-5"]).run();
    assert!(outcome.stderr.contains("below zero"), "{outcome:?}");
    server.set("k", "0");
    decrement().arg("--quiet").stdout("-1\n").check();
}

#[test]
fn what_is_no_counter_or_would_overflow_is_unsuitable_and_stays() {
    let server = Memcached::start();
    for (value, by) in [
        ("hello", "1"),
        ("", "1"),
        (" ", "1"),
        ("1.5", "1"),
        ("0x10", "1"),
        ("+1", "1"),
        ("1 2", "1"),
        ("1\n", "1"),
        ("\u{661}", "1"),
        ("18446744073709551615", "1"),
        ("18446744073709551616", "-1"),
        ("-9223372036854775808", "-1"),
        ("99999999999999999999999999999999999999999999", "-1"),
    ] {
        server.set("k", value);
        let token = server.token("k");
        let outcome = incr(&server).args(["--by", by]).run();
        assert_eq!(
            (outcome.code, outcome.stdout_text()),
            (8, ""),
            "{value:?} {outcome:?}"
        );
        assert!(
            outcome.stderr.contains("nothing was written"),
            "{outcome:?}"
        );
        assert_eq!(
            (server.value("k"), server.token("k")),
            (value.to_string(), token)
        );
    }
}

#[test]
fn bounds_may_be_reached_and_not_crossed() {
    let server = Memcached::start();
    for (value, options, expected) in [
        ("9", &["--max", "10"][..], Some("10")),
        ("10", &["--max", "10"], None),
        ("1", &["--by", "-1", "--min", "0"], Some("0")),
        ("0", &["--by", "-1", "--min", "0"], None),
        ("-4", &["--by", "-1", "--min", "-5"], Some("-5")),
        ("5", &["--min", "5", "--max", "6"], Some("6")),
        // Outside already: going back in is no crossing, staying outside is refused.
        ("20", &["--by", "-10", "--max", "10"], Some("10")),
        ("20", &["--by", "-1", "--max", "10"], None),
    ] {
        server.set("k", value);
        let outcome = incr(&server).args(options).run();
        let code = if expected.is_some() { 0 } else { 8 };
        assert_eq!(outcome.code, code, "{value} {options:?} {outcome:?}");
        assert_eq!(server.value("k"), expected.unwrap_or(value));
    }
}

#[test]
fn a_bound_is_judged_by_the_value_that_won() {
    let server = Memcached::start();
    server.set("k", "5");
    let proxy = Proxy::to(&server).on_request(2, |server| server.set("k", "10"));
    let outcome = mccas_at(proxy.address())
        .args(["incr-cas", "k", "--max", "10"])
        .run();
    assert_eq!(
        (outcome.code, &*server.value("k")),
        (8, "10"),
        "{outcome:?}"
    );
}

#[test]
fn initial_counts_only_where_the_key_is_missing() {
    let server = Memcached::start();
    let run = |options: &[&str]| incr(&server).args(options).run();
    assert_eq!(
        run(&["--initial", "10", "--by", "-20"]).stdout_text(),
        "-10\n"
    );
    assert_eq!(
        run(&["--initial", "10", "--by", "-20"]).stdout_text(),
        "-30\n"
    );
    server.raw("delete k\r\n");
    let stored = run(&["--initial", "-5", "--ttl", "90s", "--flags", "3", "--json"]).object();
    assert_eq!(
        (&stored["before"], &stored["after"]),
        (&(-5).into(), &(-4).into())
    );
    assert_eq!(stored["method"], "add");
    assert!(stored.get("token_before").is_none(), "{stored}");
    let item = server.item("k").expect("the item");
    assert_eq!((item.flags, &*item.value), (3, &b"-4"[..]));
    assert!((80..=90).contains(&item.ttl), "{item:?}");
    server.raw("delete k\r\n");
    assert_eq!(run(&["--initial", "10", "--max", "10"]).code, 8);
    assert_eq!(server.item("k"), None);
}

#[test]
fn an_initial_ttl_is_set_by_the_creation_and_kept_by_everything_after() {
    for server in [Memcached::start(), Memcached::modern()] {
        let proxy = Proxy::to(&server);
        let window = || {
            let options = ["--initial", "0", "--initial-ttl", "90s", "--max", "3"];
            let command = mccas_at(proxy.address()).args(["incr-cas", "k", "--json"]);
            command.args(options).run()
        };
        let created = window();
        assert_eq!(created.object()["method"], "add", "{created:?}");
        assert_eq!(created.object()["ttl"], 90);
        // One read and one write that carries value and expiry together: nothing in between to be killed in.
        assert_eq!(proxy.round_trips(), 2);
        let moment =
            || server.count("time") + u64::try_from(server.item("k").unwrap().ttl).unwrap();
        assert!((88..=90).contains(&server.item("k").expect("the item").ttl));
        // Half a minute of the window has gone.
        server.raw("touch k 60\r\n");
        let (before, after) = (moment(), window());
        assert_eq!(after.object()["method"], "cas", "{after:?}");
        assert!(moment().abs_diff(before) <= 1, "the window has moved");
        assert_eq!([window().code, window().code], [0, 8]);
        assert!(moment().abs_diff(before) <= 1, "the window has moved");
        // A key that never expires is given no expiry either.
        server.set("k", "1");
        assert_eq!(window().object()["ttl"], serde_json::Value::Null);
        assert_eq!(server.item("k").expect("the item").ttl, -1);
    }
}

#[test]
fn a_creation_that_loses_keeps_the_expiry_of_the_winner() {
    let server = Memcached::start();
    let proxy = Proxy::to(&server).on_request(2, |server| server.set_with("k", "5", 0, 1000));
    let options = ["--initial", "0", "--initial-ttl", "10s"];
    let command = mccas_at(proxy.address()).args(["incr-cas", "k"]);
    command.args(options).stdout("6\n").check();
    let ttl = server.item("k").expect("the item").ttl;
    assert!((990..=1000).contains(&ttl), "{ttl}");
}

#[test]
fn an_initial_ttl_beyond_30_days_is_no_date_in_1970() {
    let server = Memcached::start();
    let options = ["--initial", "0", "--initial-ttl", "40days"];
    incr(&server).args(options).stdout("1\n").check();
    let ttl = server.item("k").expect("the item").ttl;
    assert!((3_455_990..=3_456_000).contains(&ttl), "{ttl}");
}

#[test]
fn an_initial_ttl_that_cannot_be_meant_is_a_usage_error() {
    let server = Memcached::start();
    server.set("k", "1");
    for (options, word) in [
        (&["--initial-ttl", "1m"][..], "--initial"),
        (&["--initial", "0", "--initial-ttl", "60"], "60s"),
        (&["--initial", "0", "--initial-ttl", "never"], "duration"),
        (&["--initial", "0", "--initial-ttl", "0s"], "1s"),
        (
            &["--initial", "0", "--initial-ttl", "1m", "--ttl", "2m"],
            "--ttl",
        ),
        (
            &["--initial", "0", "--initial-ttl", "1m", "--ttl", "never"],
            "--ttl",
        ),
    ] {
        let outcome = incr(&server).args(options).run();
        assert_eq!(outcome.code, 2, "{options:?} {outcome:?}");
        assert!(outcome.stderr.contains(word), "{options:?} {outcome:?}");
    }
    let keep = ["--initial", "0", "--initial-ttl", "1m", "--ttl", "keep"];
    incr(&server).args(keep).stdout("2\n").check();
}

#[test]
fn a_creation_that_loses_adds_to_what_was_created() {
    let server = Memcached::start();
    let proxy = Proxy::to(&server).on_request(2, |server| server.set("k", "100"));
    let command = mccas_at(proxy.address()).args(["incr-cas", "k", "--initial", "0", "--json"]);
    let stored = command.run().object();
    assert_eq!(
        (&stored["after"], &stored["conflicts"]),
        (&101.into(), &1.into()),
        "{stored}"
    );
}

#[test]
fn a_key_deleted_in_between_is_missing_or_created_anew() {
    for (options, code, value) in [(&[][..], 4, None), (&["--initial", "0"], 0, Some("1"))] {
        let server = Memcached::start();
        server.set("k", "41");
        let proxy = Proxy::to(&server).on_request(2, |server| {
            server.raw("delete k\r\n");
        });
        let command = mccas_at(proxy.address()).args(["incr-cas", "k", "--quiet"]);
        let outcome = command.args(options).run();
        assert_eq!(outcome.code, code, "{outcome:?}");
        let left = server.item("k").map(|item| item.value);
        assert_eq!(left.as_deref(), value.map(str::as_bytes));
    }
}

#[test]
fn stale_items_and_placeholders_are_not_added_to_and_stay_to_be_renewed() {
    let server = Memcached::start();
    server.set("stale", "41");
    server.raw("md stale I T600\r\n");
    server.raw("mg lease v N600\r\n");
    for key in ["stale", "lease"] {
        let outcome = mccas(&server)
            .args(["incr-cas", key, "--initial", "0"])
            .run();
        assert_eq!(outcome.code, 8, "{outcome:?}");
    }
    let answer = server.raw("mg stale v\r\n");
    assert!(
        answer.starts_with(b"VA 2 W X") || answer.starts_with(b"VA 2 X W"),
        "{answer:?}"
    );
    assert_eq!(server.value("lease"), "");
}
