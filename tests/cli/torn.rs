//! A value and a token that do not belong together, as memcached hands them out where arithmetic meets a read on another
//! of its threads (protocol.md 2.9): no swap may go by such a token.

use std::io::{BufRead, BufReader, Write};
use std::sync::{Arc, Mutex};

use crate::harness::mccas::mccas_at;
use crate::harness::sockets::{Accepted, Acceptor, locked};
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

/// Answers reads of items whose values cannot be counted with, but for `n`: that one shows an old number with a new token
/// to whoever looks once, and the truth to whoever reads the token first.
fn torn_counter_among_texts(request: &str) -> String {
    let mut words = request.split(' ');
    let (_, key) = (words.next(), words.next().unwrap_or_default());
    let opaque = words
        .clone()
        .find(|word| word.starts_with('O'))
        .unwrap_or_default();
    let whole = words.any(|word| word == "v");
    match (key, whole) {
        ("n", true) => format!("VA 2 c9 t-1 f0 {opaque}\r\n41\r\n"),
        ("n", false) => format!("HD c8 {opaque}\r\n"),
        (_, true) => format!("VA 4 c5 t-1 f0 {opaque}\r\ntext\r\n"),
        (_, false) => format!("HD c5 {opaque}\r\n"),
    }
}

#[test]
fn a_list_of_keys_shows_the_token_read_before_the_value() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let acceptor = Acceptor::start("127.0.0.1:0", {
        let sent = Arc::clone(&sent);
        move |Accepted { stream, .. }| {
            for line in BufReader::new(&*stream).lines().map_while(Result::ok) {
                let answer = torn_counter_among_texts(&line);
                locked(&sent).push(line);
                if (&*stream).write_all(answer.as_bytes()).is_err() {
                    return;
                }
            }
        }
    });
    let acceptor = acceptor.expect("a port of its own");
    // Windows full of texts first: from then on one look at each is enough, until the number comes.
    let texts: String = (0..3000).fold(String::new(), |list, n| list + &format!("text-{n}\n"));
    let outcome = mccas_at(acceptor.address().to_string())
        .args(["gets", "--json", "--keys-from", "-"])
        .stdin(texts.clone() + "n\n" + &texts)
        .run();
    let objects = outcome.json();
    assert_eq!((objects.len(), outcome.code), (6001, 0));
    for (at, object) in objects.iter().enumerate() {
        let token = if at == 3000 { "8" } else { "5" };
        assert_eq!(object["token"], token, "{object}");
    }
    let looks = |key: &str| {
        let sent = locked(&sent);
        sent.iter()
            .filter(|line| line.split(' ').nth(1) == Some(key))
            .count()
    };
    assert_eq!(
        looks("text-0"),
        2 + 1,
        "carefully at first, and once in the second round"
    );
    assert_eq!(
        looks("text-2000"),
        1 + 2,
        "once at first, and carefully after the number"
    );
    assert_eq!(
        looks("n"),
        1 + 2,
        "once, and then by its token and its value"
    );
}
