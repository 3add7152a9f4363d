//! `gets`: what it shows of items, plain, stale and being renewed, and that it disturbs nothing.

use crate::harness::mccas::mccas;
use crate::harness::server::Memcached;

#[test]
fn an_item_is_a_line_about_it_and_its_value() {
    let server = Memcached::start();
    server.set_with("k", "hello", 7, 5000);
    let token = server.token("k");
    let outcome = mccas(&server).args(["gets", "k"]).run();
    let (head, value) = outcome.stdout_text().split_once('\n').expect("two lines");
    let words: Vec<&str> = head.split("  ").collect();
    assert_eq!((words[0], words[1]), ("k", &*format!("token {token}")));
    // 5000 s, of which some may have passed.
    let left = words[2].strip_prefix("ttl ");
    let left = left.and_then(|ttl| ttl.strip_suffix('s')).expect("a ttl");
    assert!(
        (4990..=5000).contains(&left.parse().expect("seconds")),
        "{head}"
    );
    assert_eq!(words[3..], ["flags 7", "5 B"]);
    assert_eq!((value, outcome.code, &*outcome.stderr), ("hello\n", 0, ""));
}

#[test]
fn several_keys_are_shown_in_their_order_and_misses_are_told_after_the_hits() {
    let server = Memcached::start();
    server.set("a", "1");
    server.set("b", "2");
    let (a, b) = (server.token("a"), server.token("b"));
    let address = server.address();
    mccas(&server)
        .args(["gets", "b", "missing", "a", "gone"])
        .stdout(format!(
            "b  token {b}  ttl never  flags 0  1 B\n2\na  token {a}  ttl never  flags 0  1 B\n1\n"
        ))
        .stderr(format!(
            "mccas: missing is not on {address}\nmccas: gone is not on {address}\n"
        ))
        .code(4)
        .check();
}

#[test]
fn json_and_raw_are_at_odds_wherever_they_stand() {
    let server = Memcached::start();
    server.set("k", "v");
    for option in ["--raw", "--token-only"] {
        for args in [
            ["--json", "gets", option, "k"],
            ["gets", "k", option, "--json"],
        ] {
            let outcome = mccas(&server).args(args).run();
            assert_eq!(
                (outcome.code, outcome.stdout_text()),
                (2, ""),
                "{outcome:?}"
            );
            assert!(
                outcome.stderr.contains("cannot be used with"),
                "{outcome:?}"
            );
        }
    }
}

#[test]
fn raw_is_the_value_and_nothing_else() {
    let server = Memcached::start();
    server.set("k", "v\n");
    mccas(&server)
        .args(["gets", "k", "--raw"])
        .stdout("v\n")
        .check();
    mccas(&server)
        .args(["gets", "--raw", "missing"])
        .stderr(format!("mccas: missing is not on {}\n", server.address()))
        .code(4)
        .check();
}

#[test]
fn token_only_is_what_cas_takes() {
    let server = Memcached::start();
    server.set("k", "old");
    let outcome = mccas(&server).args(["gets", "--token-only", "k"]).run();
    assert_eq!(outcome.stdout_text(), format!("{}\n", server.token("k")));
    let token = outcome.stdout_text().trim_end();
    assert_eq!(
        mccas(&server)
            .args(["cas", "k", "new", "--token", token])
            .run()
            .code,
        0
    );
    let outcome = mccas(&server)
        .args(["gets", "--token-only", "missing"])
        .run();
    assert_eq!((outcome.code, outcome.stdout_text()), (4, ""));
}

#[test]
fn options_that_contradict_each_other_are_usage_errors() {
    let server = Memcached::start();
    server.set("k", "v");
    for options in [
        &["--raw", "--json"][..],
        &["--raw", "--token-only"],
        &["--token-only", "--json"],
        &["--raw", "other"],
        &["--token-only", "other"],
    ] {
        let outcome = mccas(&server).args(["gets", "k"]).args(options).run();
        assert_eq!(
            (outcome.code, outcome.stdout_text()),
            (2, ""),
            "{options:?}"
        );
    }
}

#[test]
fn a_read_leaves_no_trace_on_the_item() {
    let server = Memcached::start();
    server.set("k", "v");
    for options in [&[][..], &["--json"], &["--raw"], &["--token-only"]] {
        assert_eq!(
            mccas(&server).args(["gets", "k"]).args(options).run().code,
            0
        );
        let meta = server.meta("k").expect("the item");
        assert!(!meta.fetched, "{options:?} {meta:?}");
    }
}

#[test]
fn a_stale_item_is_shown_as_such_and_its_win_is_given_back() {
    for server in [Memcached::start(), Memcached::modern()] {
        for key in ["k", "key with spaces"] {
            server.set_with(key, "old", 7, 5000);
            let (wire, mark) = wire(key);
            assert_eq!(server.raw(format!("md {wire} I T600{mark}\r\n")), b"HD\r\n");
            for _ in 0..2 {
                let outcome = mccas(&server).args(["gets", key]).run();
                assert_eq!(outcome.code, 0);
                let (head, value) = outcome.stdout_text().split_once('\n').expect("two lines");
                assert!(head.ends_with("  stale"), "{outcome:?}");
                assert_eq!(value, "old\n");
            }
            let object = mccas(&server).args(["gets", key, "--json"]).run().object();
            assert_eq!(
                (&object["state"], &object["flags"]),
                (&"stale".into(), &7.into())
            );
            // The client that the item is meant for still wins, and the expiry is still its own.
            let answer = server.raw(format!("mg {wire} t s{mark}\r\n"));
            let answer = String::from_utf8_lossy(&answer).into_owned();
            assert!(answer.contains(" W") && answer.contains(" X"), "{answer}");
            let left = answer
                .split(" t")
                .nth(1)
                .and_then(|rest| rest.split(' ').next());
            let left: u64 = left.and_then(|left| left.parse().ok()).expect("a ttl");
            assert!((590..=600).contains(&left), "{answer}");
        }
    }
}

/// A key as it stands in a meta command, and what must follow it.
fn wire(key: &str) -> (String, &'static str) {
    use base64::Engine;
    if key.contains(' ') {
        (base64::engine::general_purpose::STANDARD.encode(key), " b")
    } else {
        (key.to_string(), "")
    }
}

#[test]
fn the_token_shown_of_a_stale_item_is_the_one_that_swaps() {
    let server = Memcached::start();
    server.set("k", "old");
    server.raw("md k I T600\r\n");
    let outcome = mccas(&server).args(["gets", "--token-only", "k"]).run();
    let token = outcome.stdout_text().trim_end();
    let swap = mccas(&server)
        .args(["cas", "k", "new", "--token", token])
        .run();
    assert_eq!(swap.code, 0, "{swap:?}");
    let outcome = mccas(&server).args(["gets", "k", "--json"]).run();
    assert_eq!(outcome.object()["value"], "new");
    assert!(outcome.object().get("state").is_none(), "{outcome:?}");
}

#[test]
fn a_lease_placeholder_is_no_empty_value_and_stays_with_its_winner() {
    let server = Memcached::start();
    let lease = server.raw("mg k v c N600\r\n");
    assert!(lease.ends_with(b" W\r\n\r\n"), "{lease:?}");
    let before = server.token("k");
    for _ in 0..2 {
        let outcome = mccas(&server).args(["gets", "k"]).run();
        let head = outcome.stdout_text().lines().next().expect("a line");
        assert!(head.ends_with("  0 B  placeholder"), "{outcome:?}");
        let object = mccas(&server).args(["gets", "k", "--json"]).run().object();
        assert_eq!(object["state"], "placeholder");
    }
    // The winner's token is the one it was told: it can fill the placeholder.
    assert_eq!(server.token("k"), before);
    assert_eq!(server.raw(format!("ms k 1 C{before}\r\nv\r\n")), b"HD\r\n");
    assert_eq!(server.value("k"), "v");
}

#[test]
fn an_item_that_is_being_renewed_is_an_ordinary_value() {
    let server = Memcached::start();
    server.set_with("k", "v", 0, 20);
    // Somebody wins the right to renew it ahead of its expiry.
    let answer = server.raw("mg k v R30\r\n");
    assert!(answer.starts_with(b"VA 1 W"), "{answer:?}");
    let outcome = mccas(&server).args(["gets", "k", "--json"]).run();
    let object = outcome.object();
    assert_eq!(object["value"], "v");
    assert!(object.get("state").is_none(), "{outcome:?}");
}

#[test]
fn the_instance_is_the_process_that_hands_out_the_tokens() {
    let server = Memcached::start();
    server.set("k", "v");
    let instance = || {
        let outcome = mccas(&server)
            .args(["gets", "k", "--instance", "--json"])
            .run();
        outcome.object()["instance"]
            .as_str()
            .expect("an instance")
            .to_string()
    };
    let first = instance();
    assert_eq!(instance(), first);
    let text = mccas(&server).args(["gets", "k", "--instance"]).run();
    assert!(
        text.stdout_text()
            .contains(&format!("  instance {first}\n")),
        "{text:?}"
    );
    server.restart();
    server.set("k", "v");
    assert_ne!(instance(), first);
}

#[test]
fn several_keys_are_several_objects_in_the_order_asked_for() {
    let server = Memcached::start();
    server.set("a", "1");
    server.set("c", "3");
    let command = mccas(&server).args(["gets", "c", "b", "a", "c", "--json"]);
    let outcome = command.run();
    assert_eq!(outcome.code, 4);
    let seen: Vec<(String, String)> = outcome
        .json()
        .iter()
        .map(|object| (object["key"].to_string(), object["status"].to_string()))
        .collect();
    let expected = [
        ("c", "found"),
        ("b", "missing"),
        ("a", "found"),
        ("c", "found"),
    ];
    assert_eq!(
        seen,
        expected.map(|(key, status)| (format!("{key:?}"), format!("{status:?}")))
    );
}
