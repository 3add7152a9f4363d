//! Servers without (today's) meta commands, as scripted peers: what is told of them, and with which exit code.

use crate::harness::filter::{Dialect, Filter};
use crate::harness::mccas::mccas_at;
use crate::harness::outcome::Outcome;
use crate::harness::server::Memcached;
use crate::harness::wire::{Connection, Peer};

const ITEM: &str = "VALUE k 7 2 5\r\n41\r\nEND\r\n";
const STATS: &str = "STAT pid 1\r\nSTAT uptime 9\r\nSTAT time 1795404235\r\nEND\r\n\
                     STAT item_size_max 1048576\r\nSTAT evictions on\r\nEND\r\n";

/// A server that knows no meta commands, and what it does once that is found out.
fn classic(then: Connection) -> Peer {
    let stranger = Connection::new()
        .read_until("\r\nmg k")
        .reply("ERROR\r\nERROR\r\n");
    Peer::serve([stranger.silence(), then])
}

/// Answers the two reads of the key, and the statistics asked for with them.
fn reading(script: Connection) -> Connection {
    let answer = format!("{ITEM}{ITEM}VERSION 1.4.15\r\n{STATS}");
    script.read_until("stats settings\r\n").reply(answer)
}

fn run(peer: &Peer, args: &[&str]) -> Outcome {
    mccas_at(peer.address()).args(args).run()
}

#[test]
fn an_expiry_that_cannot_be_seen_is_left_out_and_said_to_be_unknown() {
    let shown = || {
        let answer = format!("{ITEM}{ITEM}VERSION 1.4.15\r\n");
        classic(
            Connection::new()
                .read_until("version\r\n")
                .reply(answer)
                .silence(),
        )
    };
    let outcome = run(&shown(), &["gets", "k", "--json"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let object = outcome.object();
    assert_eq!(
        (&object["token"], &object["value"]),
        (&"5".into(), &"41".into())
    );
    assert!(object.get("ttl").is_none(), "{outcome:?}");
    let outcome = run(&shown(), &["gets", "k"]);
    assert!(outcome.stdout_text().contains("ttl unknown"), "{outcome:?}");
}

/// `--ttl` would not help: what cannot be done with it is what is said.
#[test]
fn exactly_once_is_refused_before_the_expiry() {
    for args in [
        &["incr-cas", "k", "--exactly-once", "--json"][..],
        &["incr-cas", "k", "--exactly-once", "--json", "--ttl", "60s"],
        &["cas", "k", "42", "--token", "5", "--exactly-once", "--json"],
        &[
            "update",
            "k",
            "--exactly-once",
            "--json",
            "--",
            "echo",
            "42",
        ],
    ] {
        // Nothing is sent behind the read.
        let outcome = run(&classic(reading(Connection::new()).silence()), args);
        assert_eq!(outcome.code, 7, "{outcome:?}");
        let said = outcome.stderr.lines().next().unwrap_or_default();
        assert!(said.contains("cannot do --exactly-once"), "{outcome:?}");
        assert!(!outcome.stderr.contains("--ttl"), "{outcome:?}");
    }
}

/// A proxy that mixes up the answers of its servers, say.
#[test]
fn the_value_of_another_key_is_never_taken_for_the_one_that_was_asked_for() {
    let other = "VALUE j 0 1 5\r\n5\r\nEND\r\n";
    let answer = format!("{other}{other}VERSION 1.4.15\r\n");
    for args in [
        &["gets", "k", "--json"][..],
        &["incr-cas", "k", "--ttl", "never", "--json"],
        &["cas", "k", "6", "--expect", "5", "--ttl", "never", "--json"],
        &["delete", "k", "--expect", "5", "--json"],
    ] {
        let asked = Connection::new().read_until("version\r\n");
        let peer = classic(asked.reply(&*answer).silence());
        let outcome = run(&peer, args);
        assert_eq!(outcome.code, 5, "{outcome:?}");
        let error = "answers out of step: an item of the key \"j\"";
        assert!(outcome.stderr.contains(error), "{outcome:?}");
        assert!(!outcome.stdout_text().contains("\"value\""), "{outcome:?}");
        let sent = peer.received().concat();
        assert!(
            !sent
                .windows(4)
                .any(|word| [b"cas ", b"dele"].contains(&word.try_into().unwrap()))
        );
    }
}

/// ElastiCache Serverless speaks like a recent memcached, so that only a question shows what it does not take.
#[test]
fn exactly_once_is_refused_before_the_expiry_also_where_only_trying_shows_it() {
    let (not_at_all, with_ttl) = ("cannot do --exactly-once", "give --ttl never");
    for (server, why, other) in [
        (Memcached::start(), not_at_all, 7),
        (Memcached::modern(), with_ttl, 0),
    ] {
        let filter = Filter::before(&server, Dialect::Serverless);
        let run = |args: &[&str]| {
            let command = mccas_at(filter.address()).args(args);
            command.args(["--exactly-once", "--json"]).run()
        };
        server.set_with("k", "41", 0, 5000);
        server.set("n", "1");
        let token = server.token("k").to_string();
        for args in [
            &["incr-cas", "k"][..],
            &["cas", "k", "42", "--token", &token],
            &[
                "update",
                "k",
                "--initial",
                "0",
                "--always",
                "--shell",
                "cat",
            ],
        ] {
            let outcome = run(args);
            assert_eq!(outcome.code, 7, "{outcome:?}");
            assert!(outcome.stderr.contains(why), "{outcome:?}");
        }
        // Of several keys, those whose expiry is no question are written where that can be done.
        let outcome = run(&["incr-cas", "k", "n"]);
        let told: Vec<_> = outcome.json();
        assert!(told[0]["error"].as_str().unwrap().contains(why));
        assert_eq!(told[1]["status"] == "stored", other == 0, "{outcome:?}");
        let refused = told[1]["status"] == "refused";
        assert_eq!(refused, other == 7, "{outcome:?}");
        assert_eq!(server.token("k").to_string(), token);
    }
}

#[test]
fn no_write_makes_an_expiry_up() {
    // Nothing is sent behind the read.
    let peer = classic(reading(Connection::new()).silence());
    let outcome = run(&peer, &["incr-cas", "k", "--json"]);
    assert_eq!(outcome.code, 7, "{outcome:?}");
    assert_eq!(outcome.object()["status"], "refused");
    assert!(
        outcome.stderr.contains("--ttl never or --ttl DURATION"),
        "{outcome:?}"
    );
    assert!(
        outcome.stderr.contains("memcached 1.5.18 or older"),
        "{outcome:?}"
    );
    let peer = classic(
        reading(Connection::new())
            .read_until("cas k 7 60 2 5\r\n42\r\ngets k\r\ngets k\r\nversion\r\n")
            .reply("STORED\r\nVALUE k 7 2 6\r\n42\r\nEND\r\nVALUE k 7 2 6\r\n42\r\nEND\r\nVERSION 1.4.15\r\n")
            .silence(),
    );
    let outcome = run(&peer, &["incr-cas", "k", "--ttl", "60s", "--json"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let object = outcome.object();
    assert_eq!(
        (&object["token"], &object["ttl"]),
        (&"6".into(), &60.into())
    );
}

#[test]
fn a_key_that_cannot_be_sent_is_a_usage_error_and_nothing_is() {
    let stranger = Connection::new()
        .read_until(" b\r\nmg YSBi")
        .reply("ERROR\r\nERROR\r\n");
    let peer = Peer::serve([stranger.silence()]);
    let outcome = run(&peer, &["gets", "a b"]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(
        outcome.stderr.contains("spaces or control bytes"),
        "{outcome:?}"
    );
    assert_eq!(peer.connections(), 1);
}

#[test]
fn behind_a_proxy_that_hangs_up_over_unknown_commands_an_unanswered_swap_stays_unknown() {
    let read = format!("{ITEM}{ITEM}VERSION 1.6.18\r\n");
    let first = [
        Connection::new().read_until("mg k").close(),
        Connection::new()
            .read_until("version\r\n")
            .reply("VERSION 1.6.18\r\n")
            .read_until("mn\r\n")
            .close(),
    ];
    // Over a no-op, however often it is asked.
    let again = vec![Connection::new().read_until("mn\r\n").close(); 7];
    let then = [
        Connection::new()
            .read_until("version\r\n")
            .reply(&read)
            .read_until("cas k 7 0 2 5\r\n42\r\ngets k\r\ngets k\r\nversion\r\n")
            .close(),
        // The item is as it was, but nobody knows whether it is the same server's.
        Connection::new()
            .read_until("version\r\n")
            .reply(&read)
            .silence(),
    ];
    let scripts = first.into_iter().chain(again).chain(then);
    let peer = Peer::serve(scripts);
    let outcome = run(&peer, &["incr-cas", "k", "--ttl", "never", "--json"]);
    assert_eq!(outcome.code, 6, "{outcome:?}");
    assert_eq!(outcome.object()["status"], "unknown");
}

#[test]
fn watch_says_once_what_it_cannot_see() {
    let stranger = Connection::new()
        .read_until("me k\r\n")
        .reply("ERROR\r\nERROR\r\n");
    let once = format!("{ITEM}VERSION 1.4.15\r\n");
    let twice = format!("{ITEM}{ITEM}VERSION 1.4.15\r\n");
    let look = |script: Connection| script.read_until("gets k\r\nversion\r\n").reply(&once);
    let script = look(Connection::new())
        .read_until("stats settings\r\n")
        .reply(STATS)
        .read_until("gets k\r\nversion\r\n")
        .reply(&twice);
    let script = look(look(script)).silence();
    let peer = Peer::serve([stranger.silence(), script]);
    let outcome = run(
        &peer,
        &[
            "watch",
            "k",
            "--interval",
            "50ms",
            "--for",
            "140ms",
            "--json",
        ],
    );
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(outcome.object()["event"], "present");
    assert_eq!(
        outcome.stderr.matches("touched is not seen there").count(),
        1,
        "{outcome:?}"
    );
}
