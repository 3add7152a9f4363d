//! The proxy counts, calls hooks at their moment, and cuts at the byte asked for.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::harness::inspect::show;
use crate::harness::proxy::{Counts, Fault, Proxy};
use crate::harness::server::Memcached;
use crate::harness::sockets::How;
use crate::harness::wait;

const SWAP: &[u8] = b"ms k 1 c\r\nv\r\n";

fn dial(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).expect("a connection");
    let limit = Some(Duration::from_secs(5));
    stream.set_read_timeout(limit).expect("a timeout");
    stream
}

/// Sends a request and reads one line of answer.
fn exchange(stream: &mut TcpStream, request: &[u8]) -> String {
    stream.write_all(request).expect("a request");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("an answer");
        answer.extend(byte);
    }
    show(&answer)
}

/// Reads to the end of the connection: what came, and whether it ended by a reset.
fn rest(stream: &mut TcpStream) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => (bytes, false),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => (bytes, true),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn round_trips_and_bytes_are_counted() {
    let server = Memcached::on_unix_socket();
    let proxy = Proxy::to(&server);
    let mut stream = dial(&proxy);
    assert!(exchange(&mut stream, SWAP).starts_with("HD c"));
    assert_eq!(exchange(&mut stream, b"mg k\r\n"), "HD\r\n");
    let mut other = dial(&proxy);
    assert_eq!(exchange(&mut other, b"mn\r\n"), "MN\r\n");
    assert_eq!((proxy.round_trips(), proxy.connections()), (3, 2));
    let Counts {
        reply_bursts,
        request_bytes,
        reply_bytes,
        ..
    } = proxy.counts();
    assert_eq!((reply_bursts, request_bytes), (3, SWAP.len() + 10));
    assert!(reply_bytes >= 14);
    assert!(!proxy.fault_has_struck());
}

#[test]
fn hooks_run_between_a_reply_and_the_next_request() {
    let server = Memcached::start();
    let proxy = Proxy::to(&server)
        .on_request(2, |server| server.set("k", "conflict"))
        .on_reply(2, |server| server.set("k", "later"));
    let mut stream = dial(&proxy);
    assert_eq!(exchange(&mut stream, b"mg k\r\n"), "EN\r\n");
    assert_eq!(exchange(&mut stream, b"mg k s\r\n"), "HD s8\r\n");
    assert_eq!(exchange(&mut stream, b"mg k s\r\n"), "HD s5\r\n");
}

#[test]
fn a_hook_that_fails_fails_the_test() {
    let server = Memcached::start();
    let proxy = Proxy::to(&server).on_each_request(|_, n| assert_ne!(n, 2, "burst two"));
    let mut stream = dial(&proxy);
    assert_eq!(exchange(&mut stream, b"mn\r\n"), "MN\r\n");
    stream.write_all(b"mn\r\n").expect("a request");
    drop(stream);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(proxy))).is_err());
}

#[test]
fn a_request_is_cut_at_the_byte() {
    for how in [How::Fin, How::Rst] {
        for count in 0..=SWAP.len() {
            let server = Memcached::start();
            let proxy = Proxy::to(&server).fault(Fault::CutAfterRequest(count, how));
            let mut stream = dial(&proxy);
            let _ = stream.write_all(SWAP);
            assert_eq!(rest(&mut stream), (Vec::new(), how == How::Rst));
            // The value counts only with its whole line end, and is there before the cut shows.
            let applied = server.item("k").is_some();
            assert_eq!(applied, count == SWAP.len(), "cut after {count} bytes");
            assert!(proxy.fault_has_struck());
            assert_eq!(proxy.counts().request_bytes, count);
            let mut next = dial(&proxy);
            assert!(
                exchange(&mut next, SWAP).starts_with("HD"),
                "later ones pass"
            );
        }
    }
}

#[test]
fn a_reply_is_cut_at_the_byte_and_the_request_is_whole() {
    for how in [How::Fin, How::Rst] {
        for count in 0..2 {
            let server = Memcached::start();
            let proxy = Proxy::to(&server).fault(Fault::CutAfterReply(count, how));
            let mut stream = dial(&proxy);
            stream.write_all(SWAP).expect("a request");
            let mut first = vec![0; count];
            stream
                .read_exact(&mut first)
                .expect("the bytes before the cut");
            assert_eq!(first, b"H"[..count]);
            assert_eq!(rest(&mut stream), (Vec::new(), how == How::Rst));
            assert_eq!(server.value("k"), "v");
        }
    }
}

#[test]
fn a_reply_that_is_shorter_than_the_cut_passes() {
    let server = Memcached::start();
    let proxy = Proxy::to(&server).fault(Fault::CutAfterReply(4, How::Rst));
    let mut stream = dial(&proxy);
    assert_eq!(exchange(&mut stream, b"mn\r\n"), "MN\r\n");
    assert!(!proxy.fault_has_struck());
    stream.write_all(SWAP).expect("a request");
    assert_eq!(rest(&mut stream), (Vec::new(), true));
    assert_eq!(
        server.value("k"),
        "v",
        "the second request arrived, its answer was lost whole"
    );
}

#[test]
fn a_cut_at_once_does_not_wait_for_a_frozen_server() {
    let server = Memcached::start();
    let fault = Fault::CutAtOnceAfterRequest(SWAP.len(), How::Rst);
    let proxy = Proxy::to(&server)
        .fault(fault)
        .on_request(1, Memcached::freeze);
    let mut stream = dial(&proxy);
    stream.write_all(SWAP).expect("a request");
    assert_eq!(rest(&mut stream), (Vec::new(), true));
    server.thaw();
    let applied = || server.item("k");
    crate::harness::wait::until("the swap to be applied all the same", applied);
}

#[test]
fn replies_are_swallowed_and_the_connection_stays() {
    let server = Memcached::start();
    let proxy = Proxy::to(&server).fault_on_all(Fault::SilenceAfterReply(1));
    let mut stream = dial(&proxy);
    stream.write_all(SWAP).expect("a request");
    let limit = Some(Duration::from_millis(50));
    stream.set_read_timeout(limit).expect("a timeout");
    assert_eq!(stream.read(&mut [0; 8]).expect("a byte"), 1);
    // Unlike a single read, this goes on where a signal interrupts it.
    let mut rest = Vec::new();
    let error = stream.read_to_end(&mut rest).expect_err("silence");
    let is_silent = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
    assert!(is_silent && rest.is_empty(), "{error:?} {rest:?}");
    assert_eq!(server.value("k"), "v");
}

#[test]
fn bursts_are_delayed() {
    let wait = Duration::from_millis(40);
    for fault in [Fault::DelayRequests(wait), Fault::DelayReplies(wait)] {
        let server = Memcached::start();
        let proxy = Proxy::to(&server).fault_on(1, fault);
        drop(dial(&proxy));
        let mut stream = dial(&proxy);
        let started = Instant::now();
        assert_eq!(exchange(&mut stream, b"mn\r\n"), "MN\r\n");
        assert!(started.elapsed() >= wait);
    }
}

#[test]
fn all_connections_are_cut_on_demand() {
    let server = Memcached::start();
    let proxy = Proxy::to(&server);
    let mut stream = dial(&proxy);
    assert_eq!(exchange(&mut stream, b"mn\r\n"), "MN\r\n");
    proxy.cut_all();
    assert_eq!(rest(&mut stream).0, b"");
    server.stop();
    assert_eq!(
        rest(&mut dial(&proxy)).0,
        b"",
        "no server behind: an end, not silence"
    );
}

#[test]
fn bytes_that_are_held_arrive_late_although_the_client_has_gone() {
    let server = Memcached::start();
    let wait = Duration::from_millis(50);
    let proxy = Proxy::to(&server).fault(Fault::HoldAfterRequest(SWAP.len() - 1, wait));
    let mut stream = dial(&proxy);
    stream.write_all(SWAP).expect("a request");
    drop(stream);
    assert_eq!(server.item("k"), None);
    wait::until("the late bytes", || server.item("k"));
    assert!(proxy.fault_has_struck());
}

#[test]
fn the_second_reply_is_cut_at_the_byte_whatever_the_length_of_the_first() {
    let server = Memcached::start();
    let proxy = Proxy::to(&server)
        .fault(Fault::CutInReply(2, 1, How::Fin))
        .fault_on(1, Fault::SilenceInReply(2, 0));
    let mut stream = dial(&proxy);
    assert!(exchange(&mut stream, SWAP).starts_with("HD c"));
    stream.write_all(SWAP).expect("a request");
    assert_eq!(rest(&mut stream), (b"H".to_vec(), false));
    let mut stream = dial(&proxy);
    assert!(exchange(&mut stream, SWAP).starts_with("HD c"));
    stream.write_all(SWAP).expect("a request");
    let limit = Some(Duration::from_millis(50));
    stream.set_read_timeout(limit).expect("a timeout");
    assert!(stream.read(&mut [0; 4]).is_err(), "it answered");
    assert_eq!(server.count("cmd_set"), 4);
}

#[test]
fn a_fault_in_a_reply_that_is_shorter_leaves_the_next_one_alone() {
    let server = Memcached::start();
    // "MN\r\n" has four bytes: one cut falls right behind it, the others would fall into the next reply.
    for bytes in [4, 5, 7] {
        for fault in [
            Fault::CutInReply(1, bytes, How::Rst),
            Fault::SilenceInReply(1, bytes),
        ] {
            let proxy = Proxy::to(&server).fault(fault);
            let mut stream = dial(&proxy);
            assert_eq!(exchange(&mut stream, b"mn\r\n"), "MN\r\n", "{fault:?}");
            assert!(exchange(&mut stream, SWAP).starts_with("HD c"), "{fault:?}");
            assert_eq!(exchange(&mut stream, b"mn\r\n"), "MN\r\n", "{fault:?}");
            assert!(!proxy.fault_has_struck(), "{fault:?}");
        }
    }
}
