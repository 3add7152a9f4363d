//! Servers start, freeze, restart and end as told, and items are seen as they are.

use std::io::Read;
use std::time::Duration;

use crate::harness::inspect::show;
use crate::harness::server::Memcached;

#[test]
fn a_server_answers_at_its_address() {
    let server = Memcached::start();
    assert!(server.address().starts_with("127.0.0.1:"));
    assert!(show(&server.raw("version\r\n")).starts_with("VERSION 1."));
    assert_eq!(server.stat("pid"), server.pid().to_string());
}

#[test]
fn two_servers_share_nothing() {
    let (one, other) = (Memcached::start(), Memcached::start());
    one.set("k", "1");
    assert_eq!(other.item("k"), None);
}

#[test]
fn a_server_listens_on_a_unix_socket_and_on_ipv6() {
    for server in [Memcached::on_unix_socket(), Memcached::on_ipv6()] {
        server.set("k", "v");
        assert_eq!(server.value("k"), "v", "at {}", server.address());
    }
}

#[test]
fn a_server_takes_options() {
    let server = Memcached::start_with(&["-C"]);
    server.set("k", "v");
    assert_eq!(server.token("k"), 0);
}

#[test]
fn a_modern_server_takes_the_token_of_the_client() {
    let server = Memcached::modern();
    assert_eq!(server.raw("ms k 1 E77 c\r\nv\r\n"), b"HD c77\r\n");
    assert_eq!(server.token("k"), 77);
    let without_cas = Memcached::modern_with(&["-C"]);
    assert_eq!(without_cas.raw("ms k 1 E77 c\r\nv\r\n"), b"HD c0\r\n");
}

#[test]
fn an_item_is_seen_with_flags_and_ttl() {
    for server in [Memcached::start(), Memcached::modern()] {
        server.set_with("k", "a\r\nEND\r\n", u32::MAX, 100);
        server.set("forever", "");
        let item = server.item("k").expect("the item");
        assert_eq!(item.value, b"a\r\nEND\r\n");
        assert_eq!(item.flags, u32::MAX);
        assert!((99..=100).contains(&item.ttl), "{item:?}");
        assert_eq!(server.item("forever").expect("the item").ttl, -1);
        assert_eq!(server.item("nope"), None);
    }
}

#[test]
fn a_key_of_any_bytes_reaches_the_server() {
    let server = Memcached::start();
    for key in [
        &b"a b"[..],
        b"\r\nflush_all\r\n",
        "\u{fc}".as_bytes(),
        b"\0\xff",
    ] {
        server.set_with(key, "v", 5, 100);
        let item = server.item(key).expect("the item");
        assert_eq!((item.value, item.flags), (b"v".to_vec(), 5));
        assert!((99..=100).contains(&item.ttl));
    }
    assert_eq!(server.count("curr_items"), 4);
}

#[test]
fn looking_at_an_item_takes_no_win_and_meta_leaves_no_trace() {
    let server = Memcached::start();
    server.set("k", "v");
    let before = server.meta("k").expect("the item");
    assert!(!server.meta("k").expect("the item").fetched);
    assert_eq!(before.token, server.token("k"));
    assert_eq!(before.ttl, -1);
    assert!(
        server.meta("k").expect("the item").fetched,
        "gets is a read"
    );
    server.raw("md k I T30\r\n");
    server.item("k");
    let first_reader = show(&server.raw("mg k v\r\n"));
    assert!(
        first_reader.contains(" W"),
        "the win is still there: {first_reader}"
    );
}

#[test]
fn a_frozen_server_accepts_and_is_silent_until_it_thaws() {
    let server = Memcached::start();
    server.set("k", "v");
    server.freeze();
    let mut stream = server.dial().expect("a connection by the kernel");
    std::io::Write::write_all(&mut stream, b"mn\r\n").expect("room in the buffers");
    let limit = Some(Duration::from_millis(50));
    stream.set_read_timeout(limit).expect("a timeout");
    assert!(stream.read(&mut [0; 4]).is_err(), "it answered");
    server.thaw();
    assert_eq!(server.value("k"), "v");
}

#[test]
fn a_restarted_server_is_another_one_at_the_same_address() {
    for server in [Memcached::start(), Memcached::on_unix_socket()] {
        server.set("k", "v");
        let (address, pid) = (server.address(), server.pid());
        server.restart();
        assert_eq!(server.address(), address);
        assert_ne!(server.pid(), pid);
        assert_eq!(server.item("k"), None);
    }
}

#[test]
fn a_stopped_server_refuses_connections() {
    let server = Memcached::start();
    server.freeze();
    server.stop();
    assert!(server.dial().is_err());
}
