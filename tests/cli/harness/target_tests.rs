//! What a command is pointed at leads to the server in which a test looks.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;

use crate::harness::build::Build;
use crate::harness::filter::Dialect;
use crate::harness::inspect::show;
use crate::harness::proxy::{Fault, Proxy};
use crate::harness::server::Memcached;
use crate::harness::sockets::How;
use crate::harness::target::Target;
use crate::harness::tell::tell;
use crate::harness::twemproxy::Twemproxy;

#[test]
fn what_is_stored_at_the_address_is_in_the_server() {
    for target in [
        Memcached::start().into(),
        Target::oldest(),
        Target::newest(),
        Target::twemproxy(),
        Target::speaking(Dialect::V1_4),
    ] {
        let mut stream = target.dial().expect("a connection");
        stream
            .write_all(b"set k 7 100 2\r\n41\r\n")
            .expect("a request");
        stream.read_exact(&mut [0; 8]).expect("STORED");
        let item = target.server().item("k").expect("the item");
        assert_eq!((item.value, item.flags), (b"41".to_vec(), 7));
        assert!((99..=100).contains(&item.ttl));
    }
}

#[test]
fn a_fault_strikes_in_front_of_a_filter_as_it_does_in_front_of_a_server() {
    let target = Target::speaking(Dialect::V1_6_9);
    let swap = b"ms k S1 T0\r\nv\r\n";
    for (bytes, stored) in [(swap.len() - 1, None), (swap.len(), Some("v"))] {
        let proxy = Proxy::to(&target).fault(Fault::CutAfterRequest(bytes, How::Fin));
        let mut stream = TcpStream::connect(proxy.address()).expect("a connection");
        stream.write_all(swap).expect("a request");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an end in order");
        assert_eq!(show(&answer), "");
        let item = target.server().item("k");
        assert_eq!(item.map(|item| show(&item.value)).as_deref(), stored);
    }
}

#[test]
fn a_twemproxy_shares_keys_out() {
    let build = match Build::twemproxy() {
        Ok(build) => build,
        // The filter in its place has one server.
        Err(absent) => return tell(absent),
    };
    let servers = [Memcached::start(), Memcached::start()];
    let proxy = Twemproxy::before(&servers, &build);
    let mut stream = UnixStream::connect(proxy.address()).expect("a connection");
    for number in 0..40 {
        let set = format!("set key{number} 0 0 1\r\nx\r\n");
        stream.write_all(set.as_bytes()).expect("a request");
    }
    stream.shutdown(Shutdown::Write).expect("an end in order");
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).expect("answers");
    assert_eq!(show(&answers), "STORED\r\n".repeat(40));
    let counts = servers.map(|server| server.count("curr_items"));
    assert_eq!(counts.iter().sum::<u64>(), 40);
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}
