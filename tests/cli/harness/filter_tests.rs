//! The filters answer as the releases do that they stand for. Each transcript was taken from a build of that release.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use crate::harness::filter::Dialect;
use crate::harness::inspect::show;
use crate::harness::target::Target;
use crate::harness::wait;

/// Sends bytes and returns all that comes until the connection is over on both sides.
fn ask(target: &Target, request: &str) -> String {
    let mut stream = target.dial().expect("a connection");
    stream.write_all(request.as_bytes()).expect("a request");
    stream.shutdown(Shutdown::Write).expect("an end in order");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    show(&answer)
}

/// A target of this dialect with an item of token 1 and one of token 2; the other one never expires.
fn target(dialect: Dialect) -> Target {
    let target = Target::speaking(dialect);
    target.server().set_with("k", "41", 7, 100);
    target.server().set("p", "x");
    target
}

/// Compares answers with what a release answered.
#[track_caller]
fn compare(dialect: Dialect, transcript: &[(&str, &str)]) {
    for (request, answer) in transcript {
        let target = target(dialect);
        let seen = ask(&target, &format!("{request}\r\n")).replace("t99 ", "t100 ");
        assert_eq!(seen, *answer, "to {request:?} in {dialect:?}");
    }
}

#[test]
fn memcached_1_4_knows_the_classic_commands_only() {
    compare(
        Dialect::V1_4,
        &[
            ("mg k c u O0", "ERROR\r\n"),
            ("mn", "ERROR\r\n"),
            ("me k", "ERROR\r\n"),
            ("ms k 2 Ow2 C1 F0 T100 c\r\n43", "ERROR\r\nERROR\r\n"),
            ("md k Ow2 C1", "ERROR\r\n"),
            ("gats 0 k", "ERROR\r\n"),
            ("watch mutations", "ERROR\r\n"),
            (
                "gets k nope p",
                "VALUE k 7 2 1\r\n41\r\nVALUE p 0 1 2\r\nx\r\nEND\r\n",
            ),
            ("cas k 7 100 2 1\r\n43", "STORED\r\n"),
            ("cas k 7 100 2 9999\r\n43", "EXISTS\r\n"),
            ("cas nope 7 100 2 1\r\n43", "NOT_FOUND\r\n"),
            ("add k 0 0 1\r\nx", "NOT_STORED\r\n"),
            ("incr k 1", "42\r\n"),
            ("set k 0 0 1 noreply\r\nx", ""),
        ],
    );
}

#[test]
fn memcached_1_5_16_knows_gat_and_the_log_too() {
    compare(
        Dialect::V1_5_16,
        &[
            ("mg k c u O0", "ERROR\r\n"),
            ("ms k 2 Ow2 C1 F0 T100 c\r\n43", "ERROR\r\nERROR\r\n"),
            ("gats 0 k", "VALUE k 7 2 1\r\n41\r\nEND\r\n"),
            ("touch k 100", "TOUCHED\r\n"),
        ],
    );
}

#[test]
fn memcached_1_5_22_speaks_a_draft_of_the_meta_commands() {
    const TOO_MANY: &str = "CLIENT_ERROR incorrect number of tokens supplied\r\n";
    const UNKNOWN: &str = "CLIENT_ERROR invalid or duplicate flag\r\n";
    compare(
        Dialect::V1_5_22,
        &[
            ("mg k v c t f u O1", TOO_MANY),
            ("mg nope c u O0", TOO_MANY),
            ("mg k c t", TOO_MANY),
            ("mg k", "VA sftv 2 7 100\r\n41\r\nEN\r\n"),
            ("mg p", "VA sftv 1 0 -1\r\nx\r\nEN\r\n"),
            ("mg k ctfv", "VA ctfv 1 100 7\r\n41\r\nEN\r\n"),
            ("mg k ucO 0", "VA ucO 1 0\r\nEN\r\n"),
            ("mg k utfcsOv 1", "VA utfcsOv 100 7 1 2 1\r\n41\r\nEN\r\n"),
            ("mg nope ucO 2", "EN\r\n"),
            ("mg k cO 1 2", TOO_MANY),
            ("md k ICO 99 7", "EX ICO 7\r\n"),
            ("md nope IC 1", "NF IC\r\n"),
            ("md k IC 1", "DE IC\r\n"),
            (
                "md k ITC 30 1\r\nmg k tcv",
                "DE ITC\r\nVA WXtcv 30 3\r\n41\r\nEN\r\n",
            ),
            ("mg k u", "VA u\r\nEN\r\n"),
            ("mg k v", "VA v\r\n41\r\nEN\r\n"),
            ("mg nope tcv", "EN\r\n"),
            ("mg k kO", TOO_MANY),
            ("mg k cz", UNKNOWN),
            ("mg k O1 q", UNKNOWN),
            ("mg", "ERROR\r\n"),
            ("mn", "EN\r\n"),
            ("me nope", "EN\r\n"),
            (
                "ms k 2 Ow2 C1 F0 T100 c\r\n43",
                &format!("{UNKNOWN}ERROR\r\n"),
            ),
            ("md k Ow2 C1", UNKNOWN),
            ("md k I T30", TOO_MANY),
            ("md k", "DE \r\n"),
            ("md k I", "DE I\r\n"),
            ("md nope", "NF \r\n"),
            ("ma k", "ERROR\r\n"),
        ],
    );
    let debug = ask(&target(Dialect::V1_5_22), "me p\r\n");
    assert!(debug.starts_with("ME p exp=-1 "), "{debug}");
    assert!(debug.ends_with("\r\nEN\r\n"), "{debug}");
}

const FIRST_META: [(&str, &str); 26] = [
    ("mg k c u O0", "OK c1 O0\r\n"),
    ("mg k v c t f u O1", "VA 2 c1 t100 f7 O1\r\n41\r\n"),
    ("mg k s c t f u O2", "OK s2 c1 t100 f7 O2\r\n"),
    ("mg nope v c k O7", "EN\r\n"),
    ("mg nope O1 q", ""),
    ("mg k u", "OK\r\n"),
    ("mg k", "CLIENT_ERROR bad command line format\r\n"),
    ("mg aw== c u O0 b", "CLIENT_ERROR invalid flag\r\n"),
    ("mn", "MN\r\n"),
    ("me nope", "EN\r\n"),
    ("me aw== b x", "EN\r\n"),
    (
        "ms k 2 Ow2 C1 F0 T100 c\r\n43",
        "CLIENT_ERROR invalid flag\r\nERROR\r\n",
    ),
    ("ms k S2 C9 c\r\n43", "EX \r\n"),
    ("ms k S2 Ow2 C1 c\r\n43", "OK  Ow2\r\n"),
    ("ms k S2 ME\r\n43", "NS \r\n"),
    ("ms nope S2 C1 Ow2\r\n43", "NF  Ow2\r\n"),
    ("ma k Ow1", "OK Ow1\r\n"),
    ("ma k Ow2 MI D1 v c", "VA 2 Ow2 c3\r\n42\r\n"),
    ("ma nope Ow2 MI D1 v c", "NF  Ow2\r\n"),
    ("md k Ow2 C9", "EX  Ow2\r\n"),
    ("md nope Ow2 C1", "NF  Ow2\r\n"),
    ("md k Ow2", "OK  Ow2\r\n"),
    ("md k q", ""),
    ("md k I T30", "OK \r\n"),
    ("gets k", "VALUE k 7 2 1\r\n41\r\nEND\r\n"),
    ("cas k 7 100 2 9\r\n43", "EXISTS\r\n"),
];

#[test]
fn memcached_1_6_9_says_ok_and_nothing_of_a_miss() {
    compare(Dialect::V1_6_9, &FIRST_META);
}

#[test]
fn the_real_memcached_1_6_9_answers_as_its_filter_does() {
    for (request, answer) in FIRST_META {
        let target = Target::oldest();
        target.server().set_with("k", "41", 7, 100);
        target.server().set("p", "x");
        let seen = ask(&target, &format!("{request}\r\n")).replace("t99 ", "t100 ");
        assert_eq!(seen, answer, "to {request:?}");
    }
}

#[test]
fn memcached_1_6_12_says_nothing_of_a_miss_and_repeats_the_token_of_a_swap_that_lost() {
    compare(
        Dialect::V1_6_12,
        &[
            ("mg k c u O0", "HD c1 O0\r\n"),
            ("mg nope v c k O7", "EN\r\n"),
            ("mg a2E= c u O0 b", "EN\r\n"),
            ("mg aw== v c t f u O1 b", "VA 2 c1 t100 f7 O1\r\n41\r\n"),
            ("mg k", "CLIENT_ERROR bad command line format\r\n"),
            ("ms k 2 Ow2 C1 F0 T100 c\r\n43", "HD Ow2 c3\r\n"),
            ("ms k 2 Ow2 C1001 F0 T100 c\r\n43", "EX Ow2 c1001\r\n"),
            ("ms k 2 Ow2 ME F0 T100 c\r\n43", "NS Ow2 c0\r\n"),
            ("ms nope 2 Ow2 C1 F0 T100 c\r\n43", "NF Ow2 c1\r\n"),
            ("ms k 2 E77 c\r\n43", "CLIENT_ERROR invalid flag\r\n"),
            ("ma nope Ow2 MI D1 v c", "NF  Ow2\r\n"),
            ("md k Ow2 C9", "EX  Ow2\r\n"),
            ("md k Ow2", "HD  Ow2\r\n"),
            ("md k O1 E77", "CLIENT_ERROR invalid or duplicate flag\r\n"),
            ("md k I T30", "HD \r\n"),
        ],
    );
}

#[test]
fn elasticache_serverless_refuses_what_an_administrator_needs() {
    compare(
        Dialect::Serverless,
        &[
            ("stats settings", "ERROR\r\n"),
            ("stats reset", "RESET\r\n"),
            ("me k", "ERROR\r\n"),
            ("watch mutations", "ERROR\r\n"),
            ("mg nope v c k O7", "EN knope O7\r\n"),
            ("ms k 2 Ow2 C1 c\r\n43", "HD Ow2 c3\r\n"),
        ],
    );
    let statistics = ask(&target(Dialect::Serverless), "stats\r\n");
    assert!(statistics.contains("STAT time "), "{statistics}");
}

#[test]
fn a_proxy_closes_what_it_does_not_understand() {
    for target in [
        Target::twemproxy(),
        Target::speaking(Dialect::Twemproxy),
        Target::speaking(Dialect::Mcrouter),
    ] {
        target.server().set("k", "41");
        for request in ["mg k c u O0\r\n", "mn\r\n", "gats 0 k\r\n", "bogus\r\n"] {
            assert_eq!(ask(&target, request), "");
        }
        assert_eq!(
            ask(&target, "incr k 1\r\nmg k v\r\nincr k 1\r\n"),
            "",
            "what was asked in the same write is not answered either"
        );
        wait::until("the first of them to be carried out", || {
            (target.server().value("k") == "42").then_some(())
        });
        assert!(ask(&target, "version\r\n").starts_with("VERSION "));
        assert_eq!(ask(&target, "cas k 7 100 2 2\r\n43\r\n"), "STORED\r\n");
        assert_eq!(target.server().value("k"), "43");
    }
}

#[test]
fn requests_in_one_write_are_answered_in_order_and_a_value_is_no_command() {
    let target = target(Dialect::V1_6_12);
    let value = "mn\r\nVA 9\r\nMN\r\nmg k v\r\n";
    let set = format!("set v 0 0 {}\r\n{value}\r\n", value.len());
    let all = format!("{set}get v\r\nmg nope v\r\nmg p v O1\r\n");
    assert_eq!(
        ask(&target, &all),
        format!(
            "STORED\r\nVALUE v 0 {}\r\n{value}\r\nEND\r\nEN\r\nVA 1 O1\r\nx\r\n",
            value.len()
        )
    );
}

#[test]
fn half_a_request_is_waited_for_and_never_carried_out() {
    let target = target(Dialect::V1_6_9);
    assert_eq!(ask(&target, "cas k 7 100 2 1\r\n43"), "");
    assert_eq!(target.server().value("k"), "41");
    let mut stream = target.dial().expect("a connection");
    for byte in b"cas k 7 100 2 1\r\n43\r\n" {
        stream.write_all(&[*byte]).expect("a byte");
        thread::sleep(Duration::from_micros(100));
    }
    assert_eq!(read_line(&mut stream), "STORED\r\n");
}

#[test]
fn the_log_goes_on_by_itself() {
    let target = target(Dialect::V1_6_12);
    let mut stream = target.dial().expect("a connection");
    stream.write_all(b"watch mutations\r\n").expect("a request");
    assert_eq!(read_line(&mut stream), "OK\r\n");
    target.server().set("k", "42");
    assert!(read_line(&mut stream).contains("type=item_store key=k "));
}

#[test]
fn a_client_finds_itself_in_the_log_and_among_the_connections() {
    let target = target(Dialect::V1_6_12);
    let mut log = target.dial().expect("a connection");
    log.write_all(b"watch connevents\r\n").expect("a request");
    assert_eq!(read_line(&mut log), "OK\r\n");
    let client = target.dial().expect("a connection");
    let port = client.local_addr().expect("an address").port();
    let line = loop {
        let line = read_line(&mut log);
        if line.contains("type=conn_new") {
            break line;
        }
    };
    assert!(line.contains(&format!(" rport={port} ")), "{line}");
    let connections = ask(&target, "stats conns\r\n");
    assert!(
        connections.contains(&format!(":addr tcp:127.0.0.1:{port}\r\n")),
        "{connections}"
    );
}

#[test]
fn before_1_6_10_connections_are_not_logged() {
    for dialect in [Dialect::V1_5_16, Dialect::V1_5_22, Dialect::V1_6_9] {
        compare(dialect, &[("watch mutations connevents", "ERROR\r\n")]);
    }
}

fn read_line(stream: &mut TcpStream) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a line");
        line.extend(byte);
    }
    show(&line)
}
