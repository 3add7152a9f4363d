//! The scripted peer plays its scripts, tells what it received, and fails what it cannot play.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::harness::wait;
use crate::harness::wire::{Connection, Peer};

fn dial(peer: &Peer) -> TcpStream {
    TcpStream::connect(peer.address()).expect("a connection")
}

fn read_all(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an end in order");
    bytes
}

#[test]
fn scripts_are_played_in_order() {
    let peer = Peer::serve([
        Connection::new()
            .read_until("\r\n")
            .reply("HD\r\n")
            .read(3)
            .drip("EN\r\n", Duration::from_millis(1))
            .close(),
        Connection::new().reply("second"),
    ]);
    let mut first = dial(&peer);
    first.write_all(b"mg k\r\nabc").expect("a request");
    assert_eq!(read_all(first), b"HD\r\nEN\r\n");
    assert_eq!(read_all(dial(&peer)), b"second");
    assert_eq!(read_all(dial(&peer)), b"", "no script: closed at once");
    assert_eq!(peer.finish(3), [&b"mg k\r\nabc"[..], b"", b""]);
    assert_eq!(peer.connections(), 3);
}

#[test]
fn a_reset_is_an_error_and_a_close_is_not() {
    let peer = Peer::serve([Connection::new().read(1).reset(), Connection::new().close()]);
    let mut stream = dial(&peer);
    stream.write_all(b"x").expect("a request");
    let error = stream.read(&mut [0; 1]).expect_err("a reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    // Unread bytes must not turn the end in order into a reset.
    let mut stream = dial(&peer);
    stream.write_all(b"never read").expect("a request");
    assert_eq!(read_all(stream), b"");
    assert_eq!(peer.finish(2), [&b"x"[..], b"never read"]);
}

#[test]
fn silence_lasts_until_the_client_or_the_peer_ends() {
    let peer = Peer::always(Connection::new().silence());
    let mut stream = dial(&peer);
    stream.write_all(b"mn\r\n").expect("a request");
    let limit = Some(Duration::from_millis(30));
    stream.set_read_timeout(limit).expect("a timeout");
    assert!(stream.read(&mut [0; 1]).is_err());
    drop(stream);
    assert_eq!(peer.finish(1), [b"mn\r\n"]);
    let still_open = dial(&peer);
    drop(peer);
    assert_eq!(read_all(still_open), b"");
}

#[test]
fn a_script_that_cannot_be_played_fails_the_test() {
    let peer = Peer::serve([Connection::new().read_until("\r\n")]);
    let mut stream = dial(&peer);
    stream.write_all(b"half a li").expect("a request");
    drop(stream);
    let arrived = || (peer.received() == [b"half a li"]).then_some(());
    wait::until("the request to arrive", arrived);
    let outcome = catch_unwind(AssertUnwindSafe(|| drop(peer)));
    let message = *outcome
        .expect_err("a panic")
        .downcast::<String>()
        .expect("a text");
    assert!(message.contains("half a li"), "{message}");
}
