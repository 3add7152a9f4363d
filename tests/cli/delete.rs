//! `delete`: by token or value, what it leaves alone, and what is known when its answer is lost.

use std::thread;
use std::time::Duration;

use crate::harness::inspect::show;
use crate::harness::mccas::{Mccas, mccas, mccas_at};
use crate::harness::outcome::Outcome;
use crate::harness::proxy::{Fault, Proxy};
use crate::harness::server::Memcached;
use crate::harness::sockets::How;
use crate::harness::wire::{Connection, Peer};

/// A delete of what was stored by `set k old`, through an address that may be a proxy's.
fn delete(server: &Memcached, address: &str) -> Mccas {
    server.set("k", "old");
    let token = server.token("k").to_string();
    mccas_at(address).args(["delete", "k", "--json", "--token", &token])
}

/// How many bytes the read takes, and the read and the delete together.
fn request_bytes(server: &Memcached) -> (usize, usize) {
    let (read, whole) = (Proxy::to(server), Proxy::to(server));
    assert_eq!(delete(server, &whole.address()).run().code, 0);
    server.set("k", "old");
    let look = mccas_at(read.address()).args(["delete", "k", "--expect", "another", "-q"]);
    assert_eq!(look.run().code, 3);
    (read.counts().request_bytes, whole.counts().request_bytes)
}

/// The length of the token that [`delete`] uses next.
fn server_token_length(server: &Memcached) -> usize {
    server.set("other", "v");
    server.token("other").to_string().len()
}

#[track_caller]
fn ensure(outcome: &Outcome, code: i32, status: &str) {
    assert_eq!(
        (outcome.code, &outcome.object()["status"]),
        (code, &status.into()),
        "{outcome:?}"
    );
}

#[test]
fn the_item_that_was_seen_is_deleted_and_nothing_is_printed() {
    let server = Memcached::start();
    server.set("k", "old");
    let token = server.token("k").to_string();
    mccas(&server)
        .args(["delete", "k", "--token", &token])
        .check();
    assert_eq!(server.item("k"), None);
    for value in ["running", "", "-5"] {
        server.set("k", value);
        mccas(&server)
            .args(["delete", "k", "--expect", value])
            .check();
        assert_eq!(server.item("k"), None);
    }
}

#[test]
fn the_object_says_what_went() {
    let server = Memcached::start();
    let outcome = delete(&server, &server.address()).run();
    ensure(&outcome, 0, "deleted");
    let object = outcome.object();
    assert_eq!(
        (&object["key"], &object["server"]),
        (&"k".into(), &server.address().into())
    );
    assert_eq!(
        (&object["attempts"], &object["conflicts"]),
        (&1.into(), &0.into())
    );
    assert!(
        object["token_before"].is_string() && object["elapsed_ms"].is_number(),
        "{object}"
    );
    assert_eq!(object.get("token"), None);
}

#[test]
fn verbose_tells_the_token_and_a_binary_key_can_be_deleted() {
    let server = Memcached::start();
    let key = "a key\r\nflush_all";
    let stored = mccas(&server)
        .args(["cas", key, "v", "--token", "absent"])
        .run();
    let token = stored.stdout_text().trim_end().to_string();
    mccas(&server)
        .args(["delete", key, "-v", "--token", &token])
        .stderr_contains(format!("deleted the item of token {token}"))
        .check();
    assert_eq!(server.item(key), None);
}

#[test]
fn a_stale_token_or_another_value_is_a_conflict_and_the_item_stays() {
    let server = Memcached::start();
    server.set("k", "old");
    let stale = server.token("k").to_string();
    server.set_with("k", "other", 7, 5000);
    let before = server.token("k");
    for condition in [["--token", &stale], ["--expect", "old"]] {
        let outcome = mccas(&server)
            .args(["delete", "k", "--json"])
            .args(condition)
            .run();
        ensure(&outcome, 3, "conflict");
        let object = outcome.object();
        assert_eq!(object["current"]["value"], "other");
        assert_eq!(object["current"]["token"], before.to_string());
        assert!(
            outcome.stderr.contains("nothing was written"),
            "{outcome:?}"
        );
    }
    assert_eq!(
        (server.value("k"), server.token("k")),
        ("other".into(), before)
    );
}

#[test]
fn a_write_between_the_look_and_the_delete_wins() {
    let server = Memcached::start();
    for condition in [&["--expect", "old"][..], &[]] {
        let proxy = Proxy::to(&server).on_request(2, |server| server.set("k", "other"));
        let command = delete(&server, &proxy.address());
        let outcome = if condition.is_empty() {
            command.run()
        } else {
            let command = mccas_at(proxy.address()).args(["delete", "k", "--json"]);
            command.args(condition).run()
        };
        ensure(&outcome, 3, "conflict");
        assert_eq!(outcome.object()["current"]["value"], "other");
        assert_eq!(server.value("k"), "other");
    }
}

#[test]
fn a_missing_key_is_missing_before_and_after_the_look() {
    let server = Memcached::start();
    let missing = mccas(&server).args(["delete", "k", "--token", "7", "--json"]);
    ensure(&missing.run(), 4, "missing");
    let proxy = Proxy::to(&server).on_request(2, |server| {
        server.raw("delete k\r\n");
    });
    ensure(&delete(&server, &proxy.address()).run(), 4, "missing");
}

#[test]
fn a_condition_is_needed_and_no_token_is_absent() {
    let server = Memcached::start();
    server.set("k", "v");
    for args in [
        &["delete", "k"][..],
        &["delete", "k", "--token", "absent"],
        &["delete", "k", "--token", "0"],
        &["delete", "k", "--token", "1", "--expect", "v"],
        &["delete", "", "--expect", "v"],
    ] {
        let outcome = mccas(&server).args(args).run();
        assert_eq!(
            (outcome.code, outcome.stdout_text()),
            (2, ""),
            "{outcome:?}"
        );
    }
    assert_eq!(server.value("k"), "v");
}

#[test]
fn where_there_is_no_server_or_no_cas_nothing_happens() {
    let down = mccas_at("127.0.0.1:1").args(["delete", "k", "--token", "1", "--json"]);
    ensure(&down.run(), 5, "unreachable");
    let no_cas = Memcached::start_with(&["-C"]);
    no_cas.set("k", "v");
    let command = mccas(&no_cas).args(["delete", "k", "--expect", "v", "--json"]);
    ensure(&command.run(), 7, "no_cas");
    assert_eq!(no_cas.value("k"), "v");
}

#[test]
fn of_many_deletes_by_one_token_exactly_one_is_done() {
    let server = Memcached::start();
    server.set("k", "claim");
    let token = server.token("k").to_string();
    let delete = || {
        mccas(&server)
            .args(["delete", "k", "-q", "--token", &token])
            .run()
            .code
    };
    let mut codes: Vec<i32> = thread::scope(|scope| {
        let running: Vec<_> = (0..8).map(|_| scope.spawn(delete)).collect();
        running
            .into_iter()
            .map(|one| one.join().expect("a code"))
            .collect()
    });
    codes.sort_unstable();
    assert_eq!(codes, [0, 4, 4, 4, 4, 4, 4, 4]);
}

#[test]
fn a_recache_win_goes_back_if_nothing_is_deleted() {
    let server = Memcached::start();
    server.set("k", "old");
    server.raw("md k I T300\r\n");
    let outcome = mccas(&server)
        .args(["delete", "k", "--expect", "other"])
        .run();
    assert_eq!(outcome.code, 3);
    let answer = server.raw("mg k v\r\n");
    assert!(answer.starts_with(b"VA 3 X W"), "{answer:?}");
}

/// Cut after each byte of the request: what did not arrive whole was not applied and is sent again; of what did, nobody can
/// say who made the key go.
#[test]
fn cut_after_each_byte_of_the_request_the_code_is_true() {
    let server = Memcached::start();
    // Tokens of three digits from here on, for a request of one length.
    while server_token_length(&server) < 3 {}
    let (read, all) = request_bytes(&server);
    // The look behind the delete is not needed for it.
    let whole = all - "me k\r\n".len();
    for byte in read - 1..=all {
        for how in [How::Fin, How::Rst] {
            let proxy = Proxy::to(&server).fault(Fault::CutAfterRequest(byte, how));
            let outcome = delete(&server, &proxy.address()).run();
            // The proxy takes the delete from the client, and not a byte of it reaches the server; or not even the read does.
            let (code, status) = match byte {
                _ if byte <= read => (5, "unreachable"),
                _ if byte < whole => (0, "deleted"),
                _ => (6, "unknown"),
            };
            ensure(&outcome, code, status);
            assert_eq!(server.item("k").is_none(), code != 5, "{byte} {outcome:?}");
        }
    }
}

#[test]
fn cut_after_each_byte_of_the_answer_the_code_is_true() {
    let server = Memcached::start();
    let answer = "HD Ow2\r\n";
    for byte in 0..=answer.len() {
        for how in [How::Fin, How::Rst] {
            let proxy = Proxy::to(&server).fault(Fault::CutInReply(2, byte, how));
            let outcome = delete(&server, &proxy.address()).run();
            // Behind the mark something must stand, or a longer one could be meant.
            let known = byte >= "HD Ow2\r".len();
            let (code, status) = if known {
                (0, "deleted")
            } else {
                (6, "unknown")
            };
            ensure(&outcome, code, status);
            assert_eq!(server.item("k"), None, "{byte}");
        }
    }
}

#[test]
fn after_a_lost_answer_nothing_is_deleted_that_somebody_stored_since() {
    let server = Memcached::start();
    // The delete lands, its answer is lost, and before the look somebody creates the key again.
    let proxy = Proxy::to(&server)
        .fault(Fault::CutInReply(2, 0, How::Rst))
        .on_request(3, |server| server.set("k", "old"));
    let outcome = delete(&server, &proxy.address()).run();
    ensure(&outcome, 6, "unknown");
    assert_eq!(server.value("k"), "old");
    assert!(outcome.stderr.contains("look (mccas gets)"), "{outcome:?}");
}

#[test]
fn a_server_that_stands_still_leaves_it_unknown_within_the_timeout() {
    let server = Memcached::start();
    let proxy = Proxy::to(&server).on_request(2, Memcached::freeze);
    let command = delete(&server, &proxy.address()).args(["--timeout", "300ms"]);
    let outcome = command.run();
    ensure(&outcome, 6, "unknown");
    assert!(outcome.elapsed < Duration::from_secs(5), "{outcome:?}");
    server.thaw();
}

/// A line too many is nobody's answer.
#[test]
fn an_answer_without_what_was_sent_with_the_question_is_not_taken() {
    let server = Memcached::start();
    server.set("k", "old");
    let token = server.token("k").to_string();
    for stray in ["HD\r\n", "HD O0\r\n", "EX\r\n", "NF O1\r\n"] {
        let read = format!(
            "HD c{token} O0\r\nVA 3 c{token} t-1 f0 O1\r\nold\r\n\
             STAT pid 1\r\nSTAT uptime 9\r\nSTAT time 1795404235\r\nEND\r\n\
             STAT cas_enabled yes\r\nSTAT item_size_max 1048576\r\nSTAT evictions on\r\nEND\r\n\
             HD s3 c{token} t-1 f0 O2\r\n"
        );
        let peer = Peer::serve([Connection::new()
            .read_until("O2\r\n")
            .reply(read)
            .read_until("\r\n")
            .reply(stray)
            .close()]);
        let command = mccas_at(peer.address()).args(["delete", "k", "--json", "--token", &token]);
        ensure(&command.run(), 6, "unknown");
        let sent = "md k Ow";
        assert!(show(&peer.received()[0]).contains(sent), "{stray:?}");
    }
}
