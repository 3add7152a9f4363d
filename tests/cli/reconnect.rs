//! Connections that are lost: a swap is resolved on a new one, and `watch` goes on by itself.

use crate::harness::mccas::{Mccas, mccas_at};
use crate::harness::proxy::{Fault, Proxy};
use crate::harness::reports::SeenServer;
use crate::harness::running::Running;
use crate::harness::server::Memcached;
use crate::harness::sockets::How;
use crate::watch::{ensure, seen, watch};

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

/// The next event of the server.
#[track_caller]
fn seen_server(watch: &mut Running) -> SeenServer {
    let line = watch.line();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
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

#[test]
fn a_server_that_comes_back_is_another_one_and_its_items_are_new() {
    let server = Memcached::start();
    server.set("k", "old");
    let token = server.token("k");
    let mut watch = watch(&server, &["k"]).args(["--for", "30s"]).spawn();
    ensure(&mut watch, "present");
    server.stop();
    let lost = seen_server(&mut watch);
    assert_eq!(
        (&*lost.event, &lost.server),
        ("unreachable", &server.address())
    );
    assert!(lost.error.is_some() && lost.time.is_some());
    server.restart();
    // The same number as before the restart, and another item all the same.
    while server.item("k").is_none_or(|item| item.token != token) {
        server.set("k", "new");
    }
    assert_eq!(seen_server(&mut watch).event, "reachable");
    // Whether a look fell in between restart and write is chance; the new value must come.
    let mut events = Vec::new();
    loop {
        let seen = seen(&mut watch);
        let value = seen.value.clone();
        events.push(seen.event);
        if value.as_deref() == Some("new") {
            break;
        }
    }
    let expected: [&[&str]; 2] = [&["changed"], &["deleted", "created"]];
    assert!(
        expected.contains(&&events.iter().map(String::as_str).collect::<Vec<_>>()[..]),
        "{events:?}"
    );
}

#[test]
fn a_connection_that_is_cut_and_a_server_that_pauses_are_no_change_of_the_key() {
    let server = Memcached::start();
    server.set("k", "v");
    let proxy = Proxy::to(&server);
    let command = mccas_at(proxy.address()).args(["watch", "k", "--json", "--interval", "5ms"]);
    let mut watch = command.args(["--timeout", "500ms", "--count", "1"]).spawn();
    ensure(&mut watch, "present");
    for frozen in [false, true] {
        if frozen {
            server.freeze();
        } else {
            proxy.cut_all();
        }
        assert_eq!(seen_server(&mut watch).event, "unreachable");
        server.thaw();
        assert_eq!(seen_server(&mut watch).event, "reachable");
    }
    server.set("k", "w");
    assert_eq!(ensure(&mut watch, "changed").value.as_deref(), Some("w"));
    assert_eq!(watch.wait().code, 0);
}

/// Sent again and stored, a number's token is told like that of any other swap, unless somebody has added to it since.
#[test]
fn a_swap_that_was_sent_again_tells_its_token() {
    // From the end of what is sent back into the swap, over the look behind it.
    for (key, back) in [("k", 20), ("key with spaces", 50)] {
        let server = Memcached::start();
        let incr = |proxy: &Proxy| {
            server.set(key, "41");
            let command = mccas_at(proxy.address()).args(["incr-cas", key, "--json"]);
            command.run()
        };
        let whole = Proxy::to(&server);
        assert_eq!(incr(&whole).code, 0);
        let lost = Fault::CutAfterRequest(whole.counts().request_bytes - back, How::Fin);
        let proxy = Proxy::to(&server).fault(lost);
        let outcome = incr(&proxy);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        assert_eq!(proxy.connections(), 2, "{outcome:?}");
        let token = server.token(key).to_string();
        assert_eq!(outcome.object()["token"], *token, "{outcome:?}");
    }
}
