//! No input and no answer of a server panics, hangs, or ends with a code that is not in the table.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::harness::mccas::{mccas, mccas_alone, mccas_at};
use crate::harness::outcome::Outcome;
use crate::harness::server::Memcached;
use crate::harness::wire::{Connection, Peer};

/// Each case runs the binary several times; without files that remember failures, as a failure is
/// shown with its input.
fn few(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        max_shrink_time: 10_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Ended in order: by no panic (101 where it unwinds, 134 where it aborts), with a known code.
fn ensure_in_order(outcome: &Outcome, codes: &[i32]) -> Result<(), TestCaseError> {
    prop_assert!(!outcome.stderr.contains("panicked"), "{:?}", outcome);
    prop_assert!(codes.contains(&outcome.code), "{:?}", outcome);
    Ok(())
}

/// Bytes that an argument can have: any but NUL.
fn argument(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(1..=255_u8, 0..length),
        vec(select(b" \r\n\tk0-=:\x7f\xc3\xbc".to_vec()), 0..length),
    ]
}

/// Numbers and what is nearly a number.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<u64>().prop_map(|n| n.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        select(vec![
            "0",
            "1",
            "-1",
            "+1",
            "",
            " 1",
            "1 ",
            "absent",
            "18446744073709551615",
            "18446744073709551616",
            "-9223372036854775808",
            "-9223372036854775809",
            "1e9",
            "\u{661}",
            "--",
            "0x1",
            "99999999999999999999999999999999999999999999",
        ])
        .prop_map(String::from),
    ]
}

fn ttl() -> impl Strategy<Value = String> {
    prop_oneof![
        (
            any::<u64>(),
            select(vec!["", "ms", "s", "m", "h", "days", "years", "x", "ns"])
        )
            .prop_map(|(n, unit)| format!("{n}{unit}")),
        (0..5_000_u64).prop_map(|days| format!("{days}days")),
        select(vec!["keep", "never", "", "s", "-1s", "1s 1s", "0s"]).prop_map(String::from),
    ]
}

/// One server for all cases of a test: what earlier cases left there is input as well. It ends with the test's thread.
fn shared_server() -> Memcached {
    thread_local!(static SERVER: Memcached = Memcached::start());
    SERVER.with(Memcached::clone)
}

/// Lines as a server might send them, whole or spoilt, and plain noise.
fn reply() -> impl Strategy<Value = Vec<u8>> {
    let end = select(vec![
        "\r\n",
        "\n",
        "\r\n1\r\n",
        "\r\n\r\n",
        "\r\nabc\r\n",
        "",
    ]);
    let line = (code(), vec(prop_oneof![field(), value()], 0..6), end)
        .prop_map(|(code, fields, end)| format!("{code} {}{end}", fields.join(" ")).into_bytes());
    vec(prop_oneof![9 => line, 1 => vec(any::<u8>(), 0..300)], 0..20)
        .prop_map(|lines| lines.concat())
}

/// How a line of a reply begins.
fn code() -> impl Strategy<Value = &'static str> {
    select(vec![
        "VA 1",
        "VA 0",
        "VA 3",
        "VA -1",
        "VA 99999999999",
        "VA",
        "HD",
        "EN",
        "NF",
        "EX",
        "NS",
        "MN",
        "ME k",
        "STAT time",
        "STAT pid",
        "STAT uptime",
        "STAT item_size_max",
        "STAT cas_enabled",
        "STAT",
        "END",
        "VALUE k 0 1",
        "STORED",
        "CLIENT_ERROR",
        "SERVER_ERROR",
        "ERROR",
        "OK",
        "",
    ])
}

/// What follows a code or a flag.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<u64>().prop_map(|n| n.to_string()),
        any::<i32>().prop_map(|n| n.to_string()),
        select(vec![
            "0",
            "1",
            "-1",
            "18446744073709551615",
            "yes",
            "no",
            "out of memory",
            "x\x1b[2J"
        ])
        .prop_map(String::from),
    ]
}

/// A flag of a meta reply, or a field of `me`, with its value.
fn field() -> impl Strategy<Value = String> {
    let name = select(vec![
        "c", "t", "f", "s", "O", "W", "X", "Z", "k", "b", "exp=", "cas=", "",
    ]);
    (name, value()).prop_map(|(name, value)| name.to_string() + &value)
}

/// A whole answer to the read of an item that is to be swapped, with numbers of any kind, so that
/// what follows the read is reached as well; and one to the swap.
fn plausible_reply() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let wild = || {
        prop_oneof![
            2 => Just(u64::MAX),
            1 => Just(0),
            4 => 1..5_000_000_000_u64,
            2 => any::<u64>(),
        ]
    };
    let ttl = prop_oneof![
        Just(-1),
        Just(0),
        Just(1),
        Just(i64::MAX),
        Just(i64::MIN),
        1..5_000_000_000_i64
    ];
    let size = prop_oneof![3 => Just(1_048_576), 1 => wild()];
    let swap = select(vec![
        "HD Ow2 c9\r\n",
        "HD Ow2\r\n",
        "HD c9\r\n",
        "EX Ow2 c0\r\n",
        "NF Ow2 c0\r\n",
        "NS Ow2\r\n",
        "SERVER_ERROR out of memory storing object\r\n",
        "STORED\r\nEND\r\n",
        "EXISTS\r\nEND\r\n",
        "X\r\n",
        "",
    ]);
    (
        wild(),
        ttl,
        any::<u32>(),
        [wild(), wild(), wild()],
        size,
        swap,
    )
        .prop_map(|(token, ttl, flags, [time, pid, uptime], size, swap)| {
            let item = format!("c{token} t{ttl} f{flags}");
            let value = format!("HD c{token} O0\r\nVA 2 {item} O1\r\n41\r\n");
            let stats =
                format!("STAT pid {pid}\r\nSTAT uptime {uptime}\r\nSTAT time {time}\r\nEND\r\n");
            let settings = format!("STAT item_size_max {size}\r\nSTAT evictions on\r\nEND\r\n");
            let read = format!("{value}{stats}{settings}HD {item} s2 O2\r\n");
            (read.into_bytes(), swap.as_bytes().to_vec())
        })
}

proptest! {
    #![proptest_config(few(40))]

    #[test]
    fn no_argument_panics(
        key in argument(300),
        value in argument(2000),
        token in number(),
        by in number(),
        ttl in ttl(),
        flags in number(),
    ) {
        let server = shared_server();
        let key = OsStr::from_bytes(&key);
        let (value, flags, ttl) = (OsStr::from_bytes(&value), OsStr::new(&flags), OsStr::new(&ttl));
        let (token, by) = (OsStr::new(&token), OsStr::new(&by));
        let word = OsStr::new;
        for args in [
            &[word("gets"), word("--"), key][..],
            &[word("gets"), key, value, word("--json")],
            &[word("cas"), word("--token"), token, word("--ttl"), ttl, word("--flags"), flags, word("--"), key, value],
            &[word("cas"), word("--token=absent"), word("--ttl"), ttl, word("--json"), word("--"), key, value],
            &[word("cas"), word("--expect"), value, word("--"), key, by],
            &[word("incr-cas"), word("--by"), by, word("--initial"), token, word("--min"), flags, word("--"), key],
            &[word("incr-cas"), word("--json"), word("--ttl"), ttl, word("--max-retries"), flags, word("--"), key],
        ] {
            let outcome = mccas(&server).args(args).run();
            ensure_in_order(&outcome, &[0, 2, 3, 4, 8])?;
        }
        let watch = mccas(&server).args([word("watch"), word("--for=1ms"), word("--since"), token, word("--"), key]);
        // No server promises an answer within a millisecond.
        ensure_in_order(&watch.run(), &[0, 2, 5])?;
        prop_assert_eq!(server.count("cmd_flush"), 0);
    }

    #[test]
    fn no_value_that_is_stored_panics(value in vec(any::<u8>(), 0..3000), number in "[ ]{0,3}-?[0-9]{1,45}[ ]{0,3}") {
        let server = shared_server();
        for value in [&value[..], number.as_bytes()] {
            server.set("stored", value);
            for args in [
                &["gets", "stored"][..],
                &["gets", "stored", "--json"],
                &["incr-cas", "stored"],
                &["incr-cas", "stored", "--by", "-9223372036854775808", "--json"],
            ] {
                ensure_in_order(&mccas(&server).args(args).run(), &[0, 8])?;
            }
            // No server promises an answer within a millisecond.
            let watch = mccas(&server).args(["watch", "stored", "--for", "1ms"]);
            ensure_in_order(&watch.run(), &[0, 5])?;
        }
    }

    #[test]
    fn no_environment_panics(value in argument(40), duration in ttl(), retries in number()) {
        // A path, as a name would be asked for outside of this machine.
        let server = [b"/no/such/", &value[..]].concat();
        let outcome = mccas_alone()
            .args(["gets", "missing"])
            .env("MCCAS_TIMEOUT", &duration)
            .env("MCCAS_MAX_RETRIES", &retries)
            .env("MCCAS_SERVER", OsStr::from_bytes(&server))
            .run();
        ensure_in_order(&outcome, &[2, 5])?;
    }

    #[test]
    fn no_answer_of_a_server_panics(
        answers in prop_oneof![reply().prop_map(|reply| (reply, Vec::new())), plausible_reply()],
        silent in any::<bool>(),
    ) {
        // A watch of a millisecond may be over before it has asked for anything.
        let script = Connection::new().if_asked("k").reply(&answers.0);
        let script = if answers.1.is_empty() {
            script
        } else {
            script.if_asked("Ow2 ").reply(&answers.1)
        };
        let peer = Peer::always(if silent { script.silence() } else { script });
        for args in [
            &["gets", "k"][..],
            &["cas", "k", "v", "--token", "1"],
            &["cas", "k", "v", "--expect", "41", "--ttl", "40days"],
            &["incr-cas", "k", "--initial", "0", "--max-retries", "2", "--fallback", "incr"],
            &["watch", "k", "--for", "1ms"],
        ] {
            let outcome = mccas_at(peer.address()).args(args).args(["--timeout", "50ms"]).run();
            ensure_in_order(&outcome, &[0, 3, 4, 5, 6, 7, 8])?;
            // Reading, swapping, a few retries and asking what became of it: each has its limit.
            prop_assert!(outcome.elapsed < Duration::from_secs(5), "{:?}", outcome);
        }
    }
}
