//! Odd keys work or are refused, and nothing else happens on the server.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::harness::inspect::RawItem;
use crate::harness::mccas::{Mccas, mccas, mccas_at};
use crate::harness::server::Memcached;
use crate::harness::wire::{Connection, Peer};

/// A server with two items that no test names.
fn with_bystanders() -> Memcached {
    let server = Memcached::start();
    server.set_with("bystander", "untouched", 7, 5000);
    server.set("k", "untouched as well");
    server
}

/// What must be as it was: the bystanders, the number of items, and how often all were flushed.
#[track_caller]
fn ensure_nothing_else_happened(server: &Memcached, items: u64) {
    let token_and_value = |item: RawItem| (item.token, item.flags, item.value);
    let bystander = server.item("bystander").map(token_and_value);
    assert_eq!(bystander.expect("the bystander").2, b"untouched");
    assert_eq!(server.value("k"), "untouched as well");
    assert_eq!(server.count("curr_items"), 2 + items);
    assert_eq!(server.count("cmd_flush"), 0);
    assert_eq!(
        server.count("delete_hits") + server.count("delete_misses"),
        0
    );
    assert_eq!(server.count("incr_hits") + server.count("touch_hits"), 0);
}

fn with_key(server: &Memcached, command: &str, key: &[u8]) -> Mccas {
    mccas(server).arg(command).arg(OsStr::from_bytes(key))
}

#[test]
fn keys_with_any_bytes_work_in_every_command() {
    let long = vec![b'\n'; 186];
    let plain = vec![b'k'; 250];
    let keys: [&[u8]; 14] = [
        b"a b",
        b" ",
        b"\t",
        b"k\r\nflush_all\r\n",
        b"\r\nflush_all\r\n",
        b"k 0 0 1\r\nx\r\ndelete bystander",
        b"\x01\x7f\x1b[2J",
        "schlüssel".as_bytes(),
        "ключ с пробелом".as_bytes(),
        "nbsp\u{a0}\u{2028}".as_bytes(),
        b"\xff\xfe",
        b"\xff \xfe",
        &long,
        &plain,
    ];
    for key in keys {
        let server = with_bystanders();
        let shown = OsStr::from_bytes(key);
        let created = with_key(&server, "cas", key)
            .args(["41", "--token", "absent"])
            .run();
        assert_eq!(created.code, 0, "{shown:?} {created:?}");
        assert_eq!(
            server.item(key).map(|item| item.value),
            Some(b"41".to_vec())
        );
        let added = with_key(&server, "incr-cas", key).run();
        assert_eq!(added.stdout_text(), "42\n", "{shown:?} {added:?}");
        let read = with_key(&server, "gets", key).arg("--raw").run();
        assert_eq!((read.code, &*read.stdout), (0, &b"42"[..]), "{shown:?}");
        let watched = with_key(&server, "watch", key)
            .args(["--json", "--since", "1", "--count", "1"])
            .run();
        let event = watched.object();
        assert_eq!(
            (&event["event"], &event["value"]),
            (&"changed".into(), &"42".into())
        );
        match str::from_utf8(key) {
            Ok(text) => assert_eq!(event["key"], text),
            Err(_) => assert_eq!(event["key_base64"], BASE64.encode(key)),
        }
        ensure_nothing_else_happened(&server, 1);
    }
}

#[test]
fn keys_that_the_wire_cannot_carry_are_refused_and_nothing_is_sent() {
    let peer = Peer::always(Connection::new());
    let keys = [
        Vec::new(),
        vec![b'k'; 251],
        vec![b' '; 187],
        vec![b'k'; 100_000],
    ];
    for key in &keys {
        for (command, rest) in [
            ("gets", &[][..]),
            ("cas", &["v", "--token", "1"]),
            ("cas", &["v", "--token", "absent"]),
            ("incr-cas", &["--initial", "0"]),
            ("watch", &["--count", "1"]),
        ] {
            let outcome = mccas_at(peer.address())
                .arg(command)
                .arg(OsStr::from_bytes(key))
                .args(rest)
                .run();
            assert_eq!(outcome.code, 2, "{command} {} bytes", key.len());
            assert_eq!(outcome.stdout_text(), "");
            let reason = if key.is_empty() {
                "empty"
            } else {
                "at most 250"
            };
            assert!(outcome.stderr.contains(reason), "{outcome:?}");
        }
    }
    assert_eq!(peer.connections(), 0);
}

#[test]
fn a_key_is_the_same_item_however_it_travels() {
    let server = Memcached::start();
    // Stored plainly by another client, with a byte that mccas sends as it is.
    server.raw("set k\u{a0}x 3 0 2\r\n41\r\n");
    let outcome = mccas(&server).args(["incr-cas", "k\u{a0}x"]).run();
    assert_eq!(outcome.stdout_text(), "42\n", "{outcome:?}");
    // Stored in base64 by another client, although the key needs none.
    server.raw(format!("ms {} 2 b\r\n41\r\n", BASE64.encode("plain")));
    let outcome = mccas(&server).args(["incr-cas", "plain"]).run();
    assert_eq!(outcome.stdout_text(), "42\n", "{outcome:?}");
}

#[test]
fn values_tokens_and_flags_cannot_carry_a_command_either() {
    let server = with_bystanders();
    let evil = "1\r\nflush_all\r\n";
    for args in [
        &["cas", "k", "v", "--token", evil][..],
        &["cas", "k", "v", "--token", "1", "--flags", evil],
        &["cas", "k", "v", "--token", "1", "--ttl", evil],
        &["incr-cas", "k", "--by", evil],
        &["watch", "k", "--since", evil],
    ] {
        let outcome = mccas(&server).args(args).run();
        assert_eq!(outcome.code, 2, "{args:?} {outcome:?}");
    }
    let outcome = mccas(&server)
        .args(["cas", "v", evil, "--token", "absent"])
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(server.value("v"), evil);
    ensure_nothing_else_happened(&server, 1);
}
