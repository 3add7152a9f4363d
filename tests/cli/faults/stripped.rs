//! A proxy that takes the proof of a swap away: what is told is the token that the item has.

use std::io::{Read, Write};

use crate::harness::mccas::mccas_at;
use crate::harness::server::Memcached;
use crate::harness::sockets::{Accepted, Acceptor};

/// Leads to `server`, and takes ` E<token>` out of each request.
fn stripper(server: &Memcached) -> Acceptor {
    let server = server.clone();
    let acceptor = Acceptor::start("127.0.0.1:0", move |accepted| {
        let server = accepted.registry.add(server.dial().expect("the server"));
        std::thread::scope(|scope| {
            let Accepted { stream, .. } = &accepted;
            scope.spawn(|| {
                let _ = std::io::copy(&mut &*server, &mut &**stream);
            });
            let mut request = vec![0; 64 * 1024];
            while let Ok(length @ 1..) = (&**stream).read(&mut request) {
                let text = String::from_utf8_lossy(&request[..length]);
                let _ = (&*server).write_all(without_proof(&text).as_bytes());
            }
            let _ = server.shutdown(std::net::Shutdown::Both);
        });
    });
    acceptor.expect("a port of its own")
}

fn without_proof(request: &str) -> String {
    let Some((before, proof)) = request.split_once(" E") else {
        return request.to_string();
    };
    let after = proof.trim_start_matches(|character: char| character.is_ascii_digit());
    format!("{before}{after}")
}

#[test]
fn a_proof_that_was_taken_away_is_told_and_not_taken_for_the_token() {
    let server = Memcached::modern();
    server.set("k", "41");
    let stripper = stripper(&server);
    let address = stripper.address().to_string();
    let token = server.token("k").to_string();
    let swap = ["cas", "k", "42", "--token", &token];
    let create = ["cas", "new", "v", "--token", "absent"];
    for (args, key) in [
        (&["incr-cas", "k"][..], "k"),
        (&create, "new"),
        (&["incr-cas", "k"], "k"),
    ] {
        let outcome = mccas_at(&address)
            .args(args)
            .args(["--exactly-once", "--json"])
            .run();
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let now = server.token(key).to_string();
        assert_eq!(outcome.object()["token"], now.as_str(), "{outcome:?}");
        assert!(outcome.stderr.contains("proof"), "{outcome:?}");
    }
    // The token is spent by now: a swap that loses has nothing to say of proofs.
    let outcome = mccas_at(&address).args(swap).args(["--exactly-once"]).run();
    assert_eq!(outcome.code, 3, "{outcome:?}");
    assert!(!outcome.stderr.contains("proof"), "{outcome:?}");
    let outcome = mccas_at(server.address())
        .args(["incr-cas", "k", "--exactly-once"])
        .run();
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
}
