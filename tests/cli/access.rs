//! Servers that want to be spoken to in another way: another protocol, no CAS, no room.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::harness::mccas::{mccas, mccas_at};
use crate::harness::proxy::Proxy;
use crate::harness::server::Memcached;
use crate::harness::wire::{Connection, Peer};

#[test]
fn a_server_that_speaks_only_the_binary_protocol_is_named_as_that() {
    let server = Memcached::start_with(&["-B", "binary"]);
    for args in [
        &["gets", "k"][..],
        &["cas", "k", "v", "--token", "1"],
        &["incr-cas", "k"],
        &["watch", "k"],
        &["watch", "--log", "k", "--for", "1s"],
        &["contention", "--for", "1s"],
    ] {
        // A busy machine may answer late, and then it is silence.
        let named = (0..5).any(|_| {
            let outcome = mccas(&server).args(args).args(["--timeout", "500ms"]).run();
            assert_eq!(outcome.code, 5, "{args:?} {outcome:?}");
            assert!(outcome.elapsed.as_millis() < 3000, "{outcome:?}");
            outcome
                .stderr
                .contains("speaks the binary protocol only (-S or -B binary)")
        });
        assert!(named, "{args:?}");
    }
}

#[test]
fn who_has_answered_once_is_not_asked_whether_it_speaks_the_binary_protocol() {
    let once = Connection::new()
        .read_until("\r\n")
        .reply("EN O0\r\n")
        .silence();
    let peer = Peer::always(once);
    let command = mccas_at(peer.address()).args(["gets", "a", "b", "--timeout", "200ms"]);
    assert_eq!(command.run().code, 5);
    assert_eq!(peer.connections(), 1);
}

#[test]
fn a_server_without_cas_is_told_after_one_exchange() {
    for start in [Memcached::start_with, Memcached::modern_with] {
        let server = start(&["-C"]);
        server.set("k", "41");
        for args in [
            &["gets", "k"][..],
            &["cas", "k", "v", "--token", "1"],
            &["cas", "k", "v", "--token", "absent"],
            &["cas", "k", "v", "--expect", "41"],
            &["cas", "missing", "v", "--token", "absent"],
            &["incr-cas", "k"],
            &["incr-cas", "k", "--fallback", "incr"],
            &["incr-cas", "missing", "--initial", "0"],
            &["watch", "k"],
        ] {
            let proxy = Proxy::to(&server);
            let outcome = mccas_at(proxy.address()).args(args).arg("--json").run();
            assert_eq!(outcome.code, 7, "{args:?} {outcome:?}");
            let object = outcome.object();
            let status = if args[0] == "watch" {
                "event"
            } else {
                "status"
            };
            assert_eq!(object[status], "no_cas", "{outcome:?}");
            assert_eq!(
                (proxy.connections(), proxy.round_trips()),
                (1, 1),
                "{args:?}"
            );
        }
        assert_eq!(server.value("k"), "41");
        assert_eq!(server.item("missing"), None);
    }
}

#[test]
fn a_server_with_no_room_for_connections_is_refused_or_unreachable_and_not_waited_for() {
    let server = Memcached::start_with(&["-c", "32"]);
    // One after the other, as the server closes some of a crowd that comes at once and has room again.
    let held: Vec<_> = std::iter::from_fn(|| served(&server)).take(60).collect();
    assert!(held.len() < 60, "the server has room for everybody");
    let outcome = mccas(&server)
        .args(["gets", "k", "--timeout", "500ms"])
        .run();
    assert!([5, 7].contains(&outcome.code), "{outcome:?}");
    assert!(outcome.elapsed.as_millis() < 2000, "{outcome:?}");
    drop(held);
}

#[test]
fn a_server_with_no_room_for_connections_is_refused_and_says_so() {
    let answer = "ERROR Too many open connections\r\n";
    let peer = Peer::always(Connection::new().read(1).reply(answer).close());
    let outcome = mccas_at(peer.address()).args(["gets", "k"]).run();
    assert_eq!(outcome.code, 7, "{outcome:?}");
    assert!(
        outcome
            .stderr
            .contains("Too many open connections (raise its -c"),
        "{outcome:?}"
    );
}

/// A connection that the server answers on, if it has room for one more.
fn served(server: &Memcached) -> Option<TcpStream> {
    let mut stream = server.dial().ok()?;
    stream.write_all(b"mn\r\n").ok()?;
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).ok()?;
    (answer == *b"MN").then_some(stream)
}
