//! A value longer than `--max-value` is refused as soon as it is announced, and nothing is concluded from that.

use crate::harness::mccas::{Mccas, mccas, mccas_at};
use crate::harness::outcome::Outcome;
use crate::harness::server::Memcached;
use crate::harness::wire::{Connection, Peer};

const MEBIBYTE: usize = 1024 * 1024;

/// Everything that reads values, in words for a key `long` and others beside it.
const READERS: [&[&str]; 10] = [
    &["gets", "long"],
    &["gets", "short", "long", "other"],
    &["gets", "--json", "long"],
    &["cas", "long", "new", "--expect", "old", "--json"],
    &["cas", "long", "new", "--token", "1", "--json"],
    &["cas", "long", "new", "--token", "absent"],
    &["incr-cas", "long", "--json"],
    &["incr-cas", "long", "--fallback", "incr"],
    &["watch", "short", "long", "--for", "20s", "--json"],
    &["bench", "--key", "long", "--strategy", "guide,cas"],
];

#[track_caller]
fn ensure_refused(outcome: &Outcome, words: &[&str]) {
    assert_eq!(outcome.code, 8, "{outcome:?}");
    for word in words {
        assert!(outcome.stderr.contains(word), "{word}: {outcome:?}");
    }
    if outcome.stdout.starts_with(b"{") {
        let object = outcome.object();
        let status = object.get("status").or(object.get("event"));
        assert_eq!(status.expect("a status"), "unsuitable", "{outcome:?}");
    }
}

#[test]
fn every_reader_refuses_a_value_longer_than_the_limit_and_takes_one_as_long() {
    let server = Memcached::start();
    server.set("short", "1");
    server.set("long", "v".repeat(2000));
    let token = server.token("long");
    let limited = |words: &[&str], limit| mccas(&server).args(words).args(["--max-value", limit]);
    for words in READERS {
        let outcome = limited(words, "1k").run();
        let address = server.address();
        ensure_refused(
            &outcome,
            &["long", &address, " 2000 ", " 1024 ", "--max-value"],
        );
        assert!(outcome.stdout.is_empty() || outcome.stdout.starts_with(b"{"));
    }
    assert_eq!(server.token("long"), token);
    assert_eq!(limited(&["gets", "--raw", "long"], "2000").run().code, 0);
    assert_eq!(limited(&["gets", "--raw", "long"], "1999").run().code, 8);
}

/// A peer that announces a value of this length in answer to any question, sends nothing of it and waits.
fn announcing(length: usize) -> Peer {
    let answer = format!("HD c5 t-1 O0\r\nVA {length} c5 t-1 f0 O1\r\n");
    Peer::always(Connection::new().read_until("\r\n").reply(answer).silence())
}

fn gets(peer: &Peer) -> Mccas {
    mccas_at(peer.address()).args(["gets", "k"])
}

#[test]
fn without_an_option_the_limit_is_128_mebibytes() {
    for length in [128 * MEBIBYTE + 1, 1024 * MEBIBYTE] {
        let peer = announcing(length);
        let outcome = gets(&peer).run();
        ensure_refused(&outcome, &["k", &length.to_string(), "134217728"]);
        let outcome = gets(&peer).args(["--max-value", "128m"]).run();
        assert_eq!(outcome.code, 8, "{outcome:?}");
    }
    // These are waited for, in vain.
    let limit = ["--max-value", "1g"];
    for (length, limit) in [
        (128 * MEBIBYTE, None),
        (128 * MEBIBYTE + 1, Some(limit)),
        (1024 * MEBIBYTE, Some(limit)),
    ] {
        let peer = announcing(length);
        let command = gets(&peer).args(["--timeout", "200ms"]);
        let outcome = command.args(limit.into_iter().flatten()).run();
        assert_eq!(outcome.code, 5, "{outcome:?}");
    }
    // No memcached says that, and no option would let it through.
    let outcome = gets(&announcing(1024 * MEBIBYTE + 1)).run();
    assert_eq!(outcome.code, 5, "{outcome:?}");
}

#[test]
fn a_value_too_long_in_place_of_a_swaps_answer_leaves_the_swap_in_doubt() {
    let settings = "STAT item_size_max 1048576\r\nEND\r\n";
    let read = "HD c5 t-1 O0\r\nVA 2 c5 t-1 f0 O1\r\n41\r\n";
    let script = Connection::new()
        .read_until("O2\r\n")
        .reply(format!(
            "{read}STAT pid 1\r\nEND\r\n{settings}HD c5 t-1 f0 O2\r\n"
        ))
        .read_until("\r\n42\r\n")
        .reply("VA 900000000 c6 O9\r\n");
    // Whoever looks afterwards finds the same there, and may not conclude anything from it either.
    let then = Connection::new()
        .read_until("\r\n")
        .reply("HD c5 t-1 O0\r\nVA 900000000 c5 t-1 f0 O1\r\n");
    let peer = Peer::serve([script, then]);
    let outcome = mccas_at(peer.address()).args(["incr-cas", "k"]).run();
    assert_eq!(outcome.code, 6, "{outcome:?}");
    assert!(outcome.stderr.contains("900000000"), "{outcome:?}");
    assert!(outcome.stderr.contains("look (mccas gets)"), "{outcome:?}");
}
