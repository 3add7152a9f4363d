//! The objects of `--json`, one per operation, read by the strict types of `reports.rs`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde::de::DeserializeOwned;

use crate::harness::mccas::{Mccas, mccas, mccas_at};
use crate::harness::outcome::Outcome;
use crate::harness::proxy::Proxy;
use crate::harness::reports::{
    Conflict, Failure, Found, FoundBytes, StoredCounter, StoredValue, Unknown,
};
use crate::harness::server::Memcached;
use crate::harness::wire::{Connection, Peer};

/// Runs a command with `--json`; returns its only object, and how it ended.
#[track_caller]
fn object<T: DeserializeOwned>(command: Mccas) -> (T, Outcome) {
    let outcome = command.arg("--json").run();
    let line = outcome.stdout_text();
    assert_eq!(line.lines().count(), 1, "{outcome:?}");
    let object = serde_json::from_str(line);
    (
        object.unwrap_or_else(|error| panic!("{error}: {outcome:?}")),
        outcome,
    )
}

/// The same for a failure: the object's error is the message on stderr.
#[track_caller]
fn failure(command: Mccas, code: i32, status: &str) -> Failure {
    let (failure, outcome) = object::<Failure>(command);
    assert_eq!(
        (outcome.code, &*failure.status),
        (code, status),
        "{outcome:?}"
    );
    assert_eq!(outcome.stderr, format!("mccas: {}\n", failure.error));
    failure
}

#[test]
fn found_has_the_value_and_everything_about_it() {
    let server = Memcached::start();
    server.set_with("k", "grün \"quoted\"\n", 4_294_967_295, 5000);
    let (found, outcome) = object::<Found>(mccas(&server).args(["gets", "k"]));
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
    assert_eq!((&*found.status, &*found.key), ("found", "k"));
    assert_eq!(found.value, "grün \"quoted\"\n");
    assert_eq!(found.token, server.token("k").to_string());
    assert!(
        found.ttl.is_some_and(|ttl| (4990..=5000).contains(&ttl)),
        "{outcome:?}"
    );
    assert_eq!((found.flags, found.size), (u32::MAX, 15));
}

#[test]
fn an_empty_value_without_expiry_is_text_of_size_0_with_ttl_null() {
    let server = Memcached::start();
    server.set("k", "");
    let (found, outcome) = object::<Found>(mccas(&server).args(["gets", "k"]));
    assert_eq!(
        (&*found.value, found.ttl, found.flags, found.size),
        ("", None, 0, 0)
    );
    assert!(
        outcome.stdout_text().contains("\"ttl\":null"),
        "{outcome:?}"
    );
}

#[test]
fn bytes_that_are_no_text_are_base64() {
    let server = Memcached::start();
    let key = b"k\xff \x00\xfe";
    // An argument cannot hold a zero byte: this key can only be asked for without it.
    let key = [&key[..3], &key[4..]].concat();
    server.set(&key, b"\xff\x00");
    let command = mccas(&server).arg("gets").arg(OsStr::from_bytes(&key));
    let (found, outcome) = object::<FoundBytes>(command);
    assert_eq!((outcome.code, &*found.status), (0, "found"));
    assert_eq!(
        (&*found.key_base64, &*found.value_base64),
        ("a/8g/g==", "/wA=")
    );
    assert_eq!((found.ttl, found.flags, found.size), (None, 0, 2));
    assert_ne!(found.token, "");
}

#[test]
fn a_token_above_2_to_the_53_is_a_string_with_all_its_digits() {
    let server = Memcached::modern();
    let token = "9007199254740993";
    server.raw(format!("ms k 2 E{token}\r\n41\r\n"));
    let (found, _) = object::<Found>(mccas(&server).args(["gets", "k"]));
    assert_eq!(found.token, token);
    let (stored, _) = object::<StoredCounter>(mccas(&server).args(["incr-cas", "k"]));
    assert_eq!(stored.token_before, token);
    let largest = u64::MAX.to_string();
    server.raw(format!("ms k 2 E{largest}\r\n41\r\n"));
    let (found, _) = object::<Found>(mccas(&server).args(["gets", "k"]));
    assert_eq!(found.token, largest);
    let swap = mccas(&server).args(["cas", "k", "42", "--token", &largest]);
    assert_eq!(object::<StoredValue>(swap).0.token_before, Some(largest));
}

#[test]
fn stored_by_incr_cas_has_the_numbers_before_and_after() {
    let server = Memcached::start();
    server.set_with("k", "41", 7, 5000);
    let before = server.token("k").to_string();
    let (stored, outcome) = object::<StoredCounter>(mccas(&server).args(["incr-cas", "k"]));
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
    assert_eq!(
        (&*stored.status, &*stored.key, &*stored.method),
        ("stored", "k", "cas")
    );
    assert_eq!((stored.before, stored.after), (41, 42));
    assert_eq!(
        (stored.token_before, stored.token),
        (before, server.token("k").to_string())
    );
    assert_eq!((stored.attempts, stored.conflicts, stored.flags), (1, 0, 7));
    assert_eq!(stored.server, server.address());
    assert!(stored.ttl.is_some_and(|ttl| (4990..=5000).contains(&ttl)));
    assert!(stored.elapsed_ms > 0.0 && stored.elapsed_ms < 10_000.0);
}

#[test]
fn counters_are_numbers_over_the_whole_range() {
    let server = Memcached::start();
    for (value, by, after) in [
        ("18446744073709551614", "1", i128::from(u64::MAX)),
        ("-9223372036854775807", "-1", i128::from(i64::MIN)),
    ] {
        server.set("k", value);
        let (stored, _) =
            object::<StoredCounter>(mccas(&server).args(["incr-cas", "k", "--by", by]));
        assert_eq!(
            (stored.before.to_string(), stored.after),
            (value.to_string(), after)
        );
    }
}

#[test]
fn stored_by_cas_has_both_tokens_unless_the_key_was_created() {
    let server = Memcached::start();
    server.set("k", "old");
    let token = server.token("k").to_string();
    let swap = mccas(&server).args(["cas", "k", "new", "--token", &token]);
    let (stored, outcome) = object::<StoredValue>(swap);
    assert_eq!(
        (outcome.code, &*stored.status, &*stored.key),
        (0, "stored", "k")
    );
    assert_eq!((stored.token_before, &*stored.method), (Some(token), "cas"));
    assert_eq!(stored.token, server.token("k").to_string());
    assert_eq!((stored.ttl, stored.flags), (None, 0));
    assert_eq!((stored.attempts, stored.conflicts), (1, 0));
    assert_eq!(stored.server, server.address());
    assert!(stored.elapsed_ms > 0.0);
    let swap = mccas(&server).args(["cas", "new", "v", "--token", "absent", "--ttl", "90s"]);
    let (stored, _) = object::<StoredValue>(swap);
    assert_eq!(
        (stored.token_before, &*stored.method, stored.ttl),
        (None, "add", Some(90))
    );
}

#[test]
fn a_conflict_has_the_token_and_the_value_that_won() {
    let server = Memcached::start();
    for (value, text, base64) in [
        (&b"other"[..], Some("other"), None),
        (b"\xff", None, Some("/w==")),
        (b"", Some(""), None),
    ] {
        server.set("k", value);
        let swap = mccas(&server).args(["cas", "k", "new", "--token", "99999"]);
        let (conflict, outcome) = object::<Conflict>(swap);
        assert_eq!(
            (outcome.code, &*conflict.status, &*conflict.key),
            (3, "conflict", "k")
        );
        assert_eq!((conflict.attempts, conflict.conflicts), (1, 1));
        assert_eq!(conflict.server, server.address());
        let current = conflict.current.expect("what won");
        assert_eq!(current.token, server.token("k").to_string());
        assert_eq!(
            (current.value.as_deref(), current.value_base64.as_deref()),
            (text, base64)
        );
        assert_eq!(outcome.stderr, format!("mccas: {}\n", conflict.error));
        assert!(conflict.elapsed_ms > 0.0);
    }
}

#[test]
fn used_up_retries_are_exhausted() {
    let server = Memcached::start();
    server.set("k", "1");
    let proxy = Proxy::to(&server).on_each_request(|server, n| {
        if n % 2 == 0 {
            server.set("k", "100");
        }
    });
    let incr = mccas_at(proxy.address()).args(["incr-cas", "k", "--max-retries", "2"]);
    let (exhausted, outcome) = object::<Conflict>(incr);
    assert_eq!((outcome.code, &*exhausted.status), (3, "exhausted"));
    assert_eq!((exhausted.attempts, exhausted.conflicts), (3, 3));
    assert_eq!(
        exhausted
            .current
            .and_then(|current| current.value)
            .as_deref(),
        Some("100")
    );
}

#[test]
fn unknown_says_what_was_there_and_what_was_sent() {
    let server = Memcached::start();
    server.set("k", "41");
    let token = server.token("k").to_string();
    let proxy = Proxy::to(&server).on_request(2, Memcached::freeze);
    let incr = mccas_at(proxy.address()).args(["incr-cas", "k", "--timeout", "200ms"]);
    let (unknown, outcome) = object::<Unknown>(incr);
    assert_eq!(
        (outcome.code, &*unknown.status, &*unknown.key),
        (6, "unknown", "k")
    );
    assert_eq!(
        (unknown.before, unknown.after, unknown.token_before),
        (41, 42, token)
    );
    assert_eq!((unknown.attempts, unknown.conflicts), (1, 0));
    assert_eq!(unknown.server, proxy.address());
    assert!(unknown.elapsed_ms >= 200.0);
    assert!(outcome.stderr.contains(&unknown.error), "{outcome:?}");
}

#[test]
fn a_failure_has_its_status_and_its_message() {
    let server = Memcached::start();
    server.set("word", "hello");
    let big = vec![b'x'; 1024 * 1024 + 1];
    let run = || mccas(&server);
    let missing = failure(run().args(["gets", "k"]), 4, "missing");
    assert_eq!(
        (missing.key.as_deref(), &*missing.server),
        (Some("k"), &*server.address())
    );
    failure(run().args(["cas", "k", "v", "--token", "1"]), 4, "missing");
    let missing = failure(run().args(["incr-cas", "k"]), 4, "missing");
    assert_eq!((missing.attempts, missing.conflicts), (Some(0), Some(0)));
    assert!(missing.elapsed_ms.is_some());
    failure(run().args(["incr-cas", "word"]), 8, "unsuitable");
    let large = run()
        .args(["cas", "k", "-", "--token", "absent"])
        .stdin(big);
    failure(large, 8, "unsuitable");
    server.stop();
    let unreachable = failure(run().args(["gets", "k"]), 5, "unreachable");
    assert_eq!(unreachable.server, server.address());
    failure(run().args(["incr-cas", "k"]), 5, "unreachable");
    failure(
        run().args(["cas", "k", "v", "--token", "1"]),
        5,
        "unreachable",
    );
    let without = Memcached::start_with(&["-C"]);
    without.set("k", "1");
    failure(mccas(&without).args(["gets", "k"]), 7, "no_cas");
    failure(mccas(&without).args(["incr-cas", "k"]), 7, "no_cas");
    let peer = Peer::always(
        Connection::new()
            .read(1)
            .reply("SERVER_ERROR no\r\n")
            .close(),
    );
    failure(mccas_at(peer.address()).args(["gets", "k"]), 7, "refused");
}

#[test]
fn a_failure_without_an_outcome_of_its_own_has_an_object_with_what_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let (nowhere, broken) = (folder.path().join("nowhere"), folder.path().join("broken"));
    std::fs::write(&broken, "no recording\n").expect("a file");
    let (nowhere, broken) = (nowhere.to_str().unwrap(), broken.to_str().unwrap());
    let server = Memcached::start();
    let address = server.address();
    let about_k = (Some("k"), Some(&*address));
    for (arguments, about) in [
        (vec!["cas", "k", "--token", "1", "--file", nowhere], about_k),
        (vec!["cas", "k", "--token", "1", "--file", "/"], about_k),
        (
            vec!["update", "k", "--initial-file", nowhere, "--", "cat"],
            about_k,
        ),
        (vec!["gets", "--keys-from", nowhere], (None, None)),
        (vec!["gets", "--keys-from", "/"], (None, None)),
        (vec!["incr-cas", "--keys-from", "/"], (None, None)),
        (
            vec!["delete", "--expect", "v", "--keys-from", "/"],
            (None, None),
        ),
        (vec!["contention", "--replay", broken], (None, None)),
    ] {
        let outcome = mccas(&server).arg("--json").args(&arguments).run();
        let object = outcome.object();
        let field = |name: &str| object.get(name).map(|value| value.as_str().unwrap());
        assert_eq!((outcome.code, field("status")), (1, Some("failed")));
        assert_eq!((field("key"), field("server")), about, "{arguments:?}");
        let error = field("error").expect("an error");
        assert_eq!(outcome.stderr, format!("mccas: {error}\n"));
        // In silence, too.
        let outcome = mccas(&server).args(["--json", "-qq"]).args(&arguments);
        let outcome = outcome.run();
        assert_eq!((outcome.object(), &*outcome.stderr), (object, ""));
    }
    // Usage errors have none: nothing had begun.
    let outcome = mccas(&server).args(["--json", "cas", "k", "--token", "1"]);
    let outcome = outcome.run();
    assert_eq!((outcome.code, outcome.stdout_text()), (2, ""));
}

#[test]
fn a_recording_that_breaks_off_in_the_middle_is_a_failure_behind_its_report() {
    let server = Memcached::modern();
    let recorded = mccas(&server)
        .args(["--json", "contention", "--for", "50ms"])
        .run();
    assert_eq!(recorded.code, 0, "{recorded:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("recording");
    let interval = recorded.stdout_text().replace("\"report\"", "\"interval\"");
    std::fs::write(&path, format!("{interval}no findings\n")).expect("a file");
    let command = mccas(&server).args(["--json", "contention", "--replay"]);
    let outcome = command.arg(&path).run();
    let last = outcome.json().pop().expect("an object");
    assert_eq!((outcome.code, &last["status"]), (1, &"failed".into()));
    let error = last["error"].as_str().expect("an error");
    assert_eq!(outcome.stderr, format!("mccas: {error}\n"));
}

#[test]
fn each_of_several_keys_has_its_object_whatever_ails_their_server() {
    let server = Memcached::start();
    let down = server.address();
    server.stop();
    let without = Memcached::start_with(&["-C"]);
    for key in ["a", "b", "c"] {
        without.set(key, "1");
    }
    let silent = Peer::always(Connection::new().silence());
    for (address, code, status) in [
        (down.clone(), 5, "unreachable"),
        (without.address(), 7, "no_cas"),
        (silent.address(), 5, "unreachable"),
    ] {
        let gets: &[&str] = &["gets", "b", "a", "c"];
        let incr: &[&str] = &["incr-cas", "b", "a", "c"];
        let delete: &[&str] = &["delete", "b", "a", "c", "--expect", "v"];
        for arguments in [gets, incr, delete] {
            let command = mccas_at(&*address).args(["--json", "--timeout", "200ms"]);
            let outcome = command.args(arguments).run();
            assert_eq!(outcome.code, code, "{outcome:?}");
            let told = outcome.json();
            let keys: Vec<_> = told.iter().map(|object| &object["key"]).collect();
            assert_eq!(keys, ["b", "a", "c"], "{outcome:?}");
            for object in &told {
                let said = (&object["status"], &object["server"]);
                assert_eq!(said, (&status.into(), &address.as_str().into()));
            }
            if arguments == gets {
                let error = told[0]["error"].as_str().expect("an error");
                assert_eq!(outcome.stderr, format!("mccas: {error}\n"));
            }
        }
    }
    // One key is no exception.
    let unreachable = failure(mccas_at(down).args(["gets", "k"]), 5, "unreachable");
    assert_eq!(unreachable.key.as_deref(), Some("k"));
}

#[test]
fn quiet_silences_the_message_and_not_the_object() {
    let server = Memcached::start();
    let (missing, outcome) = object::<Failure>(mccas(&server).args(["incr-cas", "k", "--quiet"]));
    assert_eq!(
        (&*missing.status, &*outcome.stderr, outcome.code),
        ("missing", "", 4)
    );
}
