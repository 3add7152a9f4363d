//! `cas`: where the value comes from, what it is compared with, and what is said about the outcome.

use std::fs;

use crate::harness::mccas::{Mccas, mccas, mccas_at};
use crate::harness::proxy::Proxy;
use crate::harness::server::Memcached;

/// `cas k` for a key that does not exist.
fn create(server: &Memcached) -> Mccas {
    mccas(server).args(["cas", "k", "--token", "absent"])
}

/// Runs it on a server without the key; returns what is stored then.
#[track_caller]
fn stored(more: impl FnOnce(Mccas) -> Mccas) -> String {
    let server = Memcached::start();
    let outcome = more(create(&server)).run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    server.value("k")
}

#[test]
fn the_new_token_is_printed_and_swaps_again() {
    let server = Memcached::start();
    server.set("k", "one");
    let mut token = server.token("k").to_string();
    for value in ["two", "three", "three"] {
        let swap = mccas(&server).args(["cas", "k", value, "--token", &token]);
        let outcome = swap.run();
        assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
        assert_eq!(outcome.stdout_text(), format!("{}\n", server.token("k")));
        outcome.stdout_text().trim_end().clone_into(&mut token);
    }
    assert_eq!(server.value("k"), "three");
}

#[test]
fn a_value_comes_as_argument_from_stdin_or_from_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("value");
    fs::write(&path, "from a file\n").expect("a file");
    assert_eq!(stored(|cas| cas.arg("argument\n")), "argument\n");
    assert_eq!(stored(|cas| cas.arg("-").stdin("dash\n")), "dash\n");
    assert_eq!(stored(|cas| cas.arg("--file").arg(&path)), "from a file\n");
    assert_eq!(stored(|cas| cas.arg("")), "");
    assert_eq!(stored(|cas| cas.arg("-")), "");
    assert_eq!(stored(|cas| cas.arg("-5")), "-5");
    assert_eq!(
        stored(|cas| cas.args(["--", "--not-an-option"])),
        "--not-an-option"
    );
}

#[test]
fn stdin_is_read_only_when_it_is_asked_for() {
    let server = Memcached::start();
    server.set("k", "old");
    let token = server.token("k").to_string();
    // As in a loop with an unset variable: stdin is the rest of the loop's input.
    for condition in [["--token", &token], ["--expect", "old"]] {
        let outcome = mccas(&server)
            .args(["cas", "k"])
            .args(condition)
            .stdin("the rest of the loop")
            .run();
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(outcome.stderr.contains("--file"), "{outcome:?}");
        assert_eq!(server.value("k"), "old");
    }
}

#[test]
fn an_argument_is_preferred_to_a_pipe() {
    assert_eq!(stored(|cas| cas.arg("argument").stdin("piped")), "argument");
}

#[test]
fn chomp_drops_one_newline_and_no_more() {
    let chomped = |value: &str| stored(|cas| cas.args(["--chomp", "-"]).stdin(value));
    assert_eq!(chomped("v\n"), "v");
    assert_eq!(chomped("v\n\n"), "v\n");
    assert_eq!(chomped("v"), "v");
    assert_eq!(chomped("\n"), "");
    assert_eq!(chomped(""), "");
    assert_eq!(chomped("v\r\n"), "v\r");
    assert_eq!(stored(|cas| cas.args(["--chomp", "v\n"])), "v");
}

#[test]
fn a_value_and_a_file_together_are_a_usage_error() {
    let server = Memcached::start();
    let outcome = create(&server).args(["v", "--file", "/dev/null"]).run();
    assert_eq!((outcome.code, server.item("k")), (2, None));
}

#[test]
fn a_stale_token_is_a_conflict_that_names_the_winner_and_changes_nothing() {
    let server = Memcached::start();
    server.set("k", "old");
    let stale = server.token("k").to_string();
    server.set_with("k", "other", 7, 0);
    let before = server.item("k");
    let address = server.address();
    let now = server.token("k");
    mccas(&server)
        .args(["cas", "k", "new", "--token", &stale])
        .stderr(format!(
            "mccas: k on {address} does not have this token any more; nothing was written (now token {now}, value \"other\")\n"
        ))
        .code(3)
        .check();
    assert_eq!(server.item("k"), before);
}

#[test]
fn a_write_between_reading_and_swapping_is_a_conflict_as_well() {
    let server = Memcached::start();
    for args in [&["--token"][..], &["--expect", "old"]] {
        server.set("k", "old");
        let token = server.token("k").to_string();
        let proxy = Proxy::to(&server).on_request(2, |server| server.set("k", "other"));
        let swap = mccas_at(proxy.address())
            .args(["cas", "k", "new"])
            .args(args);
        let swap = if args.len() == 1 {
            swap.arg(&token)
        } else {
            swap
        };
        let outcome = swap.arg("--json").run();
        assert_eq!(outcome.code, 3, "{outcome:?}");
        let object = outcome.object();
        assert_eq!(
            (&object["status"], &object["current"]["value"]),
            (&"conflict".into(), &"other".into())
        );
        assert_eq!(
            (&object["attempts"], &object["conflicts"]),
            (&1.into(), &1.into())
        );
        assert_eq!(server.value("k"), "other");
    }
}

#[test]
fn a_key_that_goes_between_reading_and_swapping_is_no_success() {
    let server = Memcached::start();
    server.set("k", "old");
    let token = server.token("k").to_string();
    let proxy = Proxy::to(&server).on_request(2, |server| {
        server.raw("delete k\r\n");
    });
    let swap = mccas_at(proxy.address()).args(["cas", "k", "new", "--token", &token]);
    let outcome = swap.run();
    assert!([3, 4].contains(&outcome.code), "{outcome:?}");
    assert_eq!(server.item("k"), None);
}

#[test]
fn a_token_of_a_deleted_and_created_key_is_stale() {
    let server = Memcached::start();
    server.set("k", "v");
    let token = server.token("k").to_string();
    server.raw("delete k\r\n");
    server.set("k", "v");
    let swap = mccas(&server).args(["cas", "k", "new", "--token", &token]);
    assert_eq!(swap.run().code, 3);
    assert_eq!(server.value("k"), "v");
}

#[test]
fn absent_stores_only_where_nothing_is() {
    let server = Memcached::start();
    assert_eq!(create(&server).arg("v").run().code, 0);
    let before = server.item("k");
    create(&server)
        .arg("w")
        .code(3)
        .stderr_contains("exists already; nothing was written")
        .check();
    assert_eq!(server.item("k"), before);
    // Created by somebody else after the look.
    let server = Memcached::start();
    let proxy = Proxy::to(&server).on_request(2, |server| server.set("k", "first"));
    let swap = mccas_at(proxy.address()).args(["cas", "k", "v", "--token", "absent"]);
    assert_eq!(swap.run().code, 3);
    assert_eq!(server.value("k"), "first");
}

#[test]
fn absent_fills_no_lease_of_somebody_else() {
    let server = Memcached::start();
    server.raw("mg k v N600\r\n");
    let outcome = create(&server).arg("v").run();
    assert_eq!((outcome.code, &*server.value("k")), (3, ""), "{outcome:?}");
}

#[test]
fn expect_compares_the_value() {
    let server = Memcached::start();
    server.set_with("k", "running", 7, 5000);
    let swap = |value: &str, expected: &str| {
        let command = mccas(&server).args(["cas", "k", value, "--expect", expected, "--quiet"]);
        command.run().code
    };
    assert_eq!(swap("done", "stopped"), 3);
    assert_eq!(swap("-5", "running"), 0);
    assert_eq!(swap("", "-5"), 0);
    assert_eq!(swap("full", ""), 0);
    let item = server.item("k").expect("the item");
    assert_eq!((&*item.value, item.flags), (&b"full"[..], 7));
    assert!(item.ttl > 4900);
}

#[test]
fn ttl_and_flags_are_kept_or_set() {
    let server = Memcached::start();
    for (options, flags, ttl) in [
        (&[][..], 7, 4990..=5000),
        (&["--ttl", "keep", "--flags", "keep"], 7, 4990..=5000),
        (&["--ttl", "never"], 7, -1..=-1),
        (&["--ttl", "90s"], 7, 80..=90),
        (&["--ttl", "2h"], 7, 7190..=7200),
        (&["--ttl", "1h 30m"], 7, 5390..=5400),
        (&["--flags", "0"], 0, 4990..=5000),
        (
            &["--flags", "4294967295", "--ttl", "never"],
            u32::MAX,
            -1..=-1,
        ),
    ] {
        server.set_with("k", "old", 7, 5000);
        let token = server.token("k").to_string();
        let swap = mccas(&server).args(["cas", "k", "new", "--token", &token]);
        assert_eq!(swap.args(options).run().code, 0, "{options:?}");
        let item = server.item("k").expect("the item");
        assert_eq!(item.flags, flags, "{options:?}");
        assert!(ttl.contains(&item.ttl), "{options:?} {item:?}");
    }
    assert_eq!(
        create(&Memcached::start())
            .args(["v", "--ttl", "500ms"])
            .run()
            .code,
        2
    );
}

#[test]
fn what_is_created_never_expires_unless_told() {
    for (options, flags, ttl) in [
        (&[][..], 0, -1..=-1),
        (&["--ttl", "90s", "--flags", "5"], 5, 80..=90),
    ] {
        let server = Memcached::start();
        assert_eq!(create(&server).arg("v").args(options).run().code, 0);
        let item = server.item("k").expect("the item");
        assert_eq!(item.flags, flags);
        assert!(ttl.contains(&item.ttl), "{item:?}");
    }
}

#[test]
fn an_instance_that_is_gone_is_a_conflict() {
    let server = Memcached::start();
    server.set("k", "v");
    let found = mccas(&server)
        .args(["gets", "k", "--instance", "--json"])
        .run()
        .object();
    let (token, instance) = (found["token"].as_str(), found["instance"].as_str());
    let (token, instance) = (token.expect("a token"), instance.expect("an instance"));
    let swap =
        || mccas(&server).args(["cas", "k", "new", "--token", token, "--instance", instance]);
    server.restart();
    // A new process hands out the same small numbers again.
    while server
        .item("k")
        .is_none_or(|item| item.token.to_string() != *token)
    {
        server.set("k", "of another process");
    }
    swap()
        .code(3)
        .stderr_contains("nothing was written")
        .check();
    assert_eq!(server.value("k"), "of another process");
}
