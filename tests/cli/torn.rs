//! A value and a token that do not belong together, as memcached hands them out where arithmetic meets a read on another
//! of its threads (protocol.md 2.9): no swap may go by such a token.

use crate::harness::mccas::mccas_at;
use crate::harness::wire::{Connection, Peer};

const STATS: &str = "STAT pid 1\r\nSTAT uptime 10\r\nSTAT time 1000000\r\nEND\r\n";
const SETTINGS: &str =
    "STAT item_size_max 1048576\r\nSTAT evictions on\r\nSTAT cas_enabled yes\r\nEND\r\n";

/// The answers to the first read of a counter: the token, then all of it, then the look that follows.
fn first_read(before: u64, value: &str, token: u64) -> String {
    format!(
        "HD c{before} O0\r\nVA {} c{token} t-1 f0 O1\r\n{value}\r\n{STATS}{SETTINGS}HD s2 c{token} t-1 f0 O2\r\n",
        value.len()
    )
}

#[test]
fn an_old_value_with_the_token_of_the_new_one_is_not_swapped() {
    // Token 6 is already that of 42, which somebody has just made of 41.
    let peer = Peer::serve([Connection::new()
        .read_until("O2\r\n")
        .reply(first_read(5, "41", 6))
        .read_until("O2\r\n")
        .reply(first_read(6, "42", 6))
        .read_until("43\r\n")
        .reply("HD Ow3 c7\r\n")]);
    mccas_at(peer.address())
        .args(["incr-cas", "k"])
        .stdout("43\n")
        .check();
    let sent = String::from_utf8_lossy(&peer.finish(1)[0]).into_owned();
    assert!(
        sent.contains("ms k 2 Ow3 C6 ") && !sent.contains("\r\n42\r\n"),
        "{sent}"
    );
}

#[test]
fn gets_shows_the_token_read_before_the_value() {
    let peer = Peer::serve([Connection::new()
        .read_until("O1\r\n")
        .reply("HD c5 O0\r\nVA 2 c6 t-1 f0 O1\r\n41\r\n")]);
    mccas_at(peer.address())
        .args(["gets", "k", "--token-only"])
        .stdout("5\n")
        .check();
}

#[test]
fn a_new_token_that_is_another_values_is_not_told() {
    // The swap was stored with 7; an increment behind it wrote 8 over that, and the answer shows 8.
    let peer = Peer::serve([Connection::new()
        .read_until("O2\r\n")
        .reply(first_read(6, "42", 6))
        .read_until("gets k\r\n")
        .reply("HD Ow2 c8\r\nVALUE k 0 2 8\r\n44\r\nEND\r\n")]);
    let outcome = mccas_at(peer.address())
        .args(["incr-cas", "k", "--json"])
        .run();
    let object = outcome.object();
    assert_eq!((outcome.code, &object["after"]), (0, &43.into()));
    assert_eq!(object.get("token"), None, "{object}");
}
