//! A lost answer is resolved on a new connection, also if the first new one is cut as well.

use crate::mccas::{Mccas, mccas_at};
use crate::proxy::{Fault, Proxy};
use crate::server::Memcached;
use crate::sockets::How;

fn incr(proxy: &Proxy) -> Mccas {
    mccas_at(proxy.address()).args(["incr-cas", "k", "--exactly-once", "--json"])
}

/// How many bytes both requests of an increment from 41 to 42 take.
fn request_bytes(server: &Memcached) -> usize {
    server.set("k", "41");
    let proxy = Proxy::to(server);
    assert_eq!(incr(&proxy).run().code, 0);
    proxy.counts().request_bytes
}

#[test]
fn a_swap_is_resolved_although_the_next_connection_is_cut_too() {
    let server = Memcached::modern();
    let whole = request_bytes(&server);
    server.set("k", "41");
    // The server gets the swap whole, and its answer is lost; so is the first look at what came of it.
    let proxy = Proxy::to(&server)
        .fault_on(0, Fault::CutAfterRequest(whole, How::Fin))
        .fault_on(1, Fault::CutAfterRequest(1, How::Rst));
    let outcome = incr(&proxy).run();
    assert_eq!(proxy.connections(), 3, "{outcome:?}");
    assert_eq!(
        (outcome.code, &outcome.object()["after"]),
        (0, &42.into()),
        "{outcome:?}"
    );
    assert_eq!(server.value("k"), "42");
}
