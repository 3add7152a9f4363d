//! The server's own arithmetic as the fallback: it carries no token, so it is never sent twice.

use crate::harness::mccas::{Mccas, mccas_at};
use crate::harness::proxy::{Counts, Fault, Proxy};
use crate::harness::server::Memcached;
use crate::harness::sockets::How;
use crate::harness::tell::tell;

/// The only attempt loses against a writer who stores 100; then the server is to add 1.
fn lose(server: &Memcached, key: &'static str, fault: Fault) -> Proxy {
    server.set_with(key, "41", 7, 0);
    Proxy::to(server)
        .fault(fault)
        .on_request(2, move |server| server.set_with(key, "100", 9, 0))
}

fn increment(proxy: &Proxy, key: &str) -> Mccas {
    let options = ["--max-retries", "0", "--fallback", "incr"];
    mccas_at(proxy.address())
        .args(["--json", "--timeout", "10s", "incr-cas", key])
        .args(options)
}

/// How many bytes go either way, and how many of the request stand before the arithmetic.
fn lengths(server: &Memcached) -> (Counts, usize) {
    let proxy = lose(server, "key", Fault::None);
    increment(&proxy, "key").run();
    let arithmetic = "ma key MI D1 v c\r\n".len();
    (proxy.counts(), proxy.counts().request_bytes - arithmetic)
}

#[test]
fn a_lost_answer_of_the_servers_arithmetic_is_unknown_and_never_sent_twice() {
    for server in [Memcached::start(), Memcached::modern()] {
        let (counts, before) = lengths(&server);
        let requests = before - 8..=counts.request_bytes;
        // The third reply is that of the arithmetic; the second one says that the swap has lost.
        let replies = (0..=8)
            .map(|byte| (2, byte))
            .chain((0..=28).map(|byte| (3, byte)));
        let mut codes = [0; 10];
        for how in [How::Fin, How::Rst] {
            let requests = requests
                .clone()
                .map(|byte| Fault::CutAfterRequest(byte, how));
            let replies = replies
                .clone()
                .map(|(nth, byte)| Fault::CutInReply(nth, byte, how));
            for fault in requests.chain(replies) {
                let proxy = lose(&server, "key", fault);
                let outcome = increment(&proxy, "key").run();
                drop(proxy);
                let item = server.item("key").expect("the counter");
                let value = String::from_utf8(item.value).expect("text");
                let agrees = match outcome.code {
                    0 => value == "101",
                    6 => value == "100" || value == "101",
                    // It was cut before the other writer came, or while the swap was still in question.
                    _ => value == "41" || value == "100",
                };
                assert!(agrees, "{fault:?}: {value} after {outcome:?}");
                let flags = if value == "41" { 7 } else { 9 };
                assert_eq!(item.flags, flags, "{fault:?}");
                codes[usize::try_from(outcome.code).expect("a code")] += 1;
            }
        }
        tell(format_args!("fallback: by exit code {codes:?}"));
        assert!(codes[0] > 0 && codes[6] > 0, "{codes:?}");
    }
}
