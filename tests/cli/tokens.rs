//! A token is 64 bits, compared as a whole, and what is none is refused before anything is sent.

use crate::harness::inspect::show;
use crate::harness::mccas::mccas;
use crate::harness::server::Memcached;

/// Beyond what 32 bits, a JavaScript number and a signed number hold.
const LARGE: [u64; 5] = [
    (1 << 32) + 5,
    (1 << 53) + 1,
    9_941_891_035_036_819,
    (1 << 63) + 1,
    u64::MAX,
];

/// An item with this token, which a recent server takes from its client.
fn holding(server: &Memcached, token: u64) {
    let answer = server.raw(format!("ms k 3 E{token}\r\nold\r\n"));
    assert!(show(&answer).starts_with("HD"), "{answer:?}");
}

#[test]
fn every_bit_of_a_token_is_shown() {
    let server = Memcached::modern();
    for token in LARGE {
        holding(&server, token);
        let shown = mccas(&server).args(["gets", "k", "--token-only"]);
        shown.stdout(format!("{token}\n")).check();
        let object = mccas(&server).args(["gets", "k", "--json"]).run().object();
        assert_eq!(object["token"], token.to_string());
    }
}

#[test]
fn every_bit_of_a_token_is_compared() {
    let server = Memcached::modern();
    for token in LARGE {
        holding(&server, token);
        let swap = |token: u64| {
            let token = token.to_string();
            mccas(&server).args(["cas", "k", "new", "--quiet", "--token", &token])
        };
        // The last bit, and the upper half.
        for near in [token - 1, token & u64::from(u32::MAX), token ^ (1 << 32)] {
            if near != 0 {
                assert_eq!(swap(near).run().code, 3, "{near} is not {token}");
            }
        }
        assert_eq!(server.value("k"), "old");
        assert_eq!(swap(token).run().code, 0, "{token}");
        assert_eq!(server.value("k"), "new");
    }
}

#[test]
fn what_is_no_token_is_a_usage_error_and_nothing_is_sent() {
    let server = Memcached::start();
    server.set("k", "old");
    let before = server.count("total_connections");
    for wrong in [
        "-18446744073709551615",
        "-1",
        "0",
        "1.5",
        "9.9e15",
        "18446744073709551616",
        "0x1",
        "",
        "+1",
        " 1",
    ] {
        let outcome = mccas(&server)
            .args(["cas", "k", "new", &format!("--token={wrong}")])
            .run();
        assert_eq!(outcome.code, 2, "{wrong:?}: {outcome:?}");
        assert!(outcome.stderr.contains("--token"), "{outcome:?}");
    }
    // Each look at the statistics is a connection of its own.
    assert_eq!(server.count("total_connections"), before + 1);
    assert_eq!(server.value("k"), "old");
}
