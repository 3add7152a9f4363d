//! The server's clock ticks, and others write, just while an item is read: a moment of expiry a second beside the true one
//! is never sent back (protocol.md 2.8).

use crate::harness::mccas::mccas_at;
use crate::harness::wire::{Connection, Peer};

const SETTINGS: &str =
    "STAT item_size_max 1048576\r\nSTAT evictions on\r\nSTAT cas_enabled yes\r\nEND\r\n";

/// The item of a look: its token and the seconds that it has left.
type Look = (u64, u64);

/// The answers to a read: an item, the clock, the item again.
fn read((token, left): Look, time: u64, (then, still_left): Look) -> String {
    format!(
        "HD c{token} O0\r\nVA 2 c{token} t{left} f0 O1\r\n41\r\n\
         STAT pid 1\r\nSTAT uptime 10\r\nSTAT time {time}\r\nEND\r\n{SETTINGS}\
         HD s2 c{then} t{still_left} f0 O2\r\n"
    )
}

/// A server that answers reads with these, and then what follows.
fn reading(reads: &[String]) -> Connection {
    let script = |script: Connection, read: &String| script.read_until("O2\r\n").reply(read);
    reads.iter().fold(Connection::new(), script)
}

/// What `incr-cas` sends to the server.
fn sent_to(connection: Connection) -> String {
    let peer = Peer::serve([connection.silence()]);
    mccas_at(peer.address())
        .args(["incr-cas", "k"])
        .stdout("42\n")
        .check();
    String::from_utf8_lossy(&peer.finish(1)[0]).into_owned()
}

#[test]
fn a_tick_within_the_last_read_of_an_item_that_others_write_has_it_read_once_more() {
    let sent = sent_to(
        reading(&[
            read((5, 60), 1000, (6, 60)),
            read((6, 60), 1000, (7, 60)),
            read((7, 60), 1001, (7, 59)),
            read((7, 59), 1001, (7, 59)),
        ])
        .read_until("42\r\n")
        .reply("HD Ow5 c8\r\n"),
    );
    assert!(sent.contains("C7 F0 T1060 "), "{sent}");
}

#[test]
fn a_moment_that_was_not_certain_is_not_gone_by_later() {
    // The last of these reads is a tick off, which only costs a swap that loses; the next attempt does not remember it.
    let sent = sent_to(
        reading(&[
            read((5, 60), 1000, (6, 60)),
            read((6, 60), 1000, (7, 60)),
            read((7, 60), 1001, (8, 59)),
        ])
        .read_until("42\r\n")
        .reply("EX Ow4\r\n")
        .read_until("O1\r\n")
        .reply("HD c8 O0\r\nVA 2 c8 t59 f0 O1\r\n41\r\n")
        .read_until("O2\r\n")
        .reply(read((8, 59), 1001, (8, 59)))
        .read_until("42\r\n")
        .reply("HD Ow7 c9\r\n"),
    );
    assert!(sent.contains("C8 F0 T1060 "), "{sent}");
}

#[test]
fn a_clock_that_ticks_within_each_read_gives_no_moment() {
    let ticking = |n: u64| read((5, 60 - n), 1001 + n, (5, 59 - n));
    let reads: Vec<_> = (0..8_u64).map(ticking).collect();
    let peer = Peer::serve([reading(&reads).silence()]);
    let outcome = mccas_at(peer.address()).args(["incr-cas", "k"]).run();
    assert_eq!(outcome.code, 7, "{outcome:?}");
    assert!(
        outcome.stderr.contains("nothing was written"),
        "{outcome:?}"
    );
    let sent = String::from_utf8_lossy(&peer.finish(1)[0]).into_owned();
    assert!(!sent.contains("ms "), "{sent}");
}
