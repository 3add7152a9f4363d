//! What a swap must never do: destroy the old item, or change a byte of a value.

use std::fs;

use crate::harness::mccas::mccas;
use crate::harness::server::Memcached;

/// Every byte there is, in both directions, with what ends lines and replies in the protocol.
fn every_byte() -> Vec<u8> {
    let up: Vec<u8> = (0..=255).collect();
    let down = up.iter().rev();
    [
        &up[..],
        b"\r\nEND\r\nVA 3 c1\r\n",
        &down.copied().collect::<Vec<_>>(),
    ]
    .concat()
}

/// Bytes without a pattern that a buffer's size could hide.
fn noise(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    (0..length).map(|_| random.u8(..)).collect()
}

#[test]
fn a_value_of_a_mebibyte_and_one_byte_is_unsuitable_and_the_old_item_stays() {
    let server = Memcached::start();
    server.set_with("k", "old", 7, 0);
    let before = server.item("k");
    let token = server.token("k").to_string();
    let writes = server.count("cmd_set");
    for condition in [
        ["--token", &token],
        ["--token", "99999"],
        ["--expect", "old"],
    ] {
        let outcome = mccas(&server)
            .args(["cas", "k", "-", "--json"])
            .args(condition)
            .stdin(vec![b'x'; 1024 * 1024 + 1])
            .run();
        let expected = if condition[1] == "99999" { 3 } else { 8 };
        assert_eq!(outcome.code, expected, "{condition:?} {outcome:?}");
    }
    let outcome = mccas(&server)
        .args(["cas", "absent", "-", "--token", "absent"])
        .stdin(vec![b'x'; 1024 * 1024 + 1])
        .run();
    assert_eq!(outcome.code, 8, "{outcome:?}");
    assert!(outcome.stderr.contains("1048577 bytes"), "{outcome:?}");
    assert_eq!(server.item("k"), before);
    assert_eq!(server.item("absent"), None);
    // Nothing that could have failed was sent.
    assert_eq!(server.count("cmd_set"), writes);
}

#[test]
fn every_size_around_the_limit_is_stored_or_refused_and_never_destroys() {
    let server = Memcached::start();
    // 1024 * 1024 - 59 for the header - 1 for the key: what memcached itself takes.
    let largest = 1_048_516;
    for size in [
        largest - 25,
        largest - 21,
        largest - 1,
        largest,
        largest + 1,
    ] {
        server.set("k", "old");
        let token = server.token("k").to_string();
        let outcome = mccas(&server)
            .args(["cas", "k", "-", "--token", &token, "--quiet"])
            .stdin(vec![b'x'; size])
            .run();
        let (code, left) = if size > largest { (8, 3) } else { (0, size) };
        assert_eq!(outcome.code, code, "{size} {outcome:?}");
        assert_eq!(server.item("k").map(|item| item.value.len()), Some(left));
    }
}

#[test]
fn the_limit_is_the_servers_own() {
    let server = Memcached::start_with(&["-I", "2m"]);
    server.set("k", "old");
    let token = server.token("k").to_string();
    let value = noise(1024 * 1024 + 1);
    let outcome = mccas(&server)
        .args(["cas", "k", "-", "--token", &token])
        .stdin(&value)
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(server.item("k").map(|item| item.value), Some(value));
}

#[test]
fn a_full_server_without_evictions_keeps_the_old_item() {
    let server = Memcached::start_with(&["-M"]);
    server.set("k", "old");
    server.set("n", "41");
    let full = (0..10_000).find(|n| {
        let block = [
            format!("set f{n} 0 0 100000\r\n").as_bytes(),
            &noise(100_000),
            b"\r\n",
        ]
        .concat();
        server.raw(block).starts_with(b"SERVER_ERROR")
    });
    assert!(full.is_some(), "the server takes more than it has");
    let before = server.item("k");
    let token = server.token("k").to_string();
    let outcome = mccas(&server)
        .args(["cas", "k", "-", "--token", &token])
        .stdin(noise(100_000))
        .run();
    assert_eq!(outcome.code, 7, "{outcome:?}");
    assert!(outcome.stderr.contains("out of memory"), "{outcome:?}");
    assert_eq!(server.item("k"), before);
    // What still fits works, and tells its token although classic cas does not.
    let outcome = mccas(&server).args(["incr-cas", "n", "--json"]).run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let token = server.token("n").to_string();
    assert_eq!(outcome.object()["token"], token);
    assert_eq!(server.value("n"), "42");
}

#[test]
fn values_pass_byte_for_byte_in_both_directions() {
    for value in [
        every_byte(),
        Vec::new(),
        b"\n".to_vec(),
        b"\r\n".to_vec(),
        b"\0".to_vec(),
        noise(900_000),
    ] {
        let server = Memcached::start();
        server.set("k", "old");
        let token = server.token("k").to_string();
        let outcome = mccas(&server)
            .args(["cas", "k", "-", "--token", &token])
            .stdin(&value)
            .run();
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let stored = server.item("k").expect("the item");
        assert!(stored.value == value, "{} bytes were changed", value.len());
        let outcome = mccas(&server).args(["gets", "--raw", "k"]).run();
        assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
        assert!(
            outcome.stdout == value,
            "{} bytes were changed",
            value.len()
        );
    }
}

#[test]
fn a_value_from_a_file_is_stored_byte_for_byte() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("value");
    for value in [every_byte(), Vec::new(), noise(900_000)] {
        fs::write(&path, &value).expect("a file");
        server.raw("delete k\r\n");
        let outcome = mccas(&server)
            .args(["cas", "k", "--token", "absent", "--file"])
            .arg(&path)
            .run();
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let stored = server.item("k").expect("the item");
        assert!(stored.value == value, "{} bytes were changed", value.len());
    }
}

#[test]
fn an_expected_value_is_compared_byte_for_byte() {
    let server = Memcached::start();
    server.set("k", "grün\r\nEND\r\n");
    let cas = |expected: &str| {
        let command = mccas(&server).args(["cas", "k", "new", "--quiet", "--expect", expected]);
        command.run().code
    };
    for other in [
        "grün",
        "grün\r\nEND",
        "grün\r\nEND\r\n\r\n",
        "",
        "GRÜN\r\nEND\r\n",
    ] {
        assert_eq!(cas(other), 3, "{other:?}");
    }
    assert_eq!(cas("grün\r\nEND\r\n"), 0);
    assert_eq!(server.value("k"), "new");
}
