//! Every kind of server that people run, and every command on each of them.
//!
//! A check is one use of a command. A kind of server says what it has to give (expiry that can be seen, a log, a proof), and a
//! check what it needs: with all of it the check must work, to the last detail of the item; without, the command must refuse,
//! with the exit code for that, and leave everything as it was. What came of it is the table of docs/servers.md.

mod counters; // incr-cas and bench.
mod edits; // update and delete.
mod others; // lock, check and locate.
mod peers; // The kinds of servers.
mod reads; // gets.
mod secured; // Credentials and TLS.
mod stage; // One server of a kind, and what a check does with it.
mod swaps; // cas.
mod table; // docs/servers.md.
mod typed; // edit.
mod watching; // watch and contention.

use std::sync::OnceLock;

use self::peers::{Give, Kind, PEERS, Peer};
use self::stage::{Checked, Stage};

/// One use of a command.
struct Check {
    /// Whose column it is in.
    command: &'static str,
    /// What is done, as it follows "works, except".
    what: &'static str,
    /// What the server must have to give.
    needs: &'static [Give],
    run: fn(&Stage) -> Checked,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    command: &'static str,
    what: &'static str,
    /// The sentence with which it was refused.
    refusal: Option<String>,
}

/// The commands in the order of the table.
const COMMANDS: [&str; 12] = [
    "gets",
    "cas",
    "incr-cas",
    "update",
    "edit",
    "delete",
    "lock",
    "watch",
    "contention",
    "bench",
    "check",
    LOCATE,
];

/// The one that asks no server.
const LOCATE: &str = "locate";

fn checks() -> impl Iterator<Item = &'static Check> {
    [
        reads::CHECKS,
        swaps::CHECKS,
        counters::CHECKS,
        edits::CHECKS,
        typed::CHECKS,
        watching::CHECKS,
        others::CHECKS,
    ]
    .into_iter()
    .flatten()
}

/// Runs every check on a kind of server, once for all tests that want to know.
fn found(number: usize) -> &'static [Found] {
    static FOUND: [OnceLock<Vec<Found>>; PEERS.len()] = [const { OnceLock::new() }; PEERS.len()];
    FOUND[number].get_or_init(|| {
        checks()
            .map(|check| put_to_the_test(&PEERS[number], check))
            .collect()
    })
}

fn put_to_the_test(peer: &Peer, check: &Check) -> Found {
    let name = format!("{}, {}: {}", peer.name, check.command, check.what);
    let stage = Stage::new(peer, name.clone());
    let refusal = match (check.run)(&stage) {
        Ok(()) => None,
        Err(refused) => {
            stage.ensure_untouched();
            let expected = match peer.kind {
                Kind::Serves(_) => [2, 7, 8].contains(&refused.code),
                Kind::Refuses(code) => refused.code == code,
            };
            assert!(
                expected,
                "{name}: exit {}\n{:?}",
                refused.code, refused.outcome
            );
            Some(refused.sentence)
        }
    };
    let must_work = match peer.kind {
        Kind::Serves(gives) => check.needs.iter().all(|need| gives.contains(need)),
        Kind::Refuses(_) => check.command == LOCATE,
    };
    assert_eq!(refusal.is_none(), must_work, "{name}: {refusal:?}");
    Found {
        command: check.command,
        what: check.what,
        refusal,
    }
}

/// A test for each kind, so that they run beside each other and each failure has a name.
macro_rules! on_each {
    ($($test:ident: $name:literal,)*) => {
        $(
            #[test]
            fn $test() {
                let number = PEERS.iter().position(|peer| peer.name == $name);
                assert!(!found(number.expect("a kind of this name")).is_empty());
            }
        )*

        #[test]
        fn each_kind_of_server_has_a_test() {
            let tested = [$($name),*];
            assert_eq!(PEERS.map(|peer| peer.name), tested);
        }
    };
}

on_each! {
    on_1_4: "1.4",
    on_1_5_16: "1.5.16 to 1.5.18",
    on_1_5_22: "1.5.19 to 1.5.22",
    on_1_6_9: "1.6.0 to 1.6.9",
    on_1_6_12: "1.6.10 to 1.6.17",
    on_the_installed_server: "1.6.18",
    on_1_6_38: "1.6.38",
    on_the_newest: "1.6.45",
    without_cas: "`-C`",
    behind_twemproxy: "twemproxy",
    behind_mcrouter: "mcrouter",
    behind_the_built_in_proxy: "memcached's built-in proxy",
    on_elasticache_serverless: "ElastiCache Serverless",
    on_a_binary_only_port: "`-B binary`",
    on_an_http_server: "an HTTP server",
    without_credentials: "`-Y`, no credentials",
    with_credentials_over_tls: "`-Y` with `-Z`, credentials",
    over_tls_by_an_authority: "`-Z`, `--tls-ca`",
    over_tls_by_its_own_certificate: "`-Z`, its own certificate",
    over_tls_with_a_client_certificate: "`-Z`, client certificate",
    over_tls_without_looking: "`-Z`, `--tls-insecure`",
    over_tls_of_an_unknown_authority: "`-Z`, unknown authority",
    over_tls_of_another_name: "`-Z`, another name",
    over_tls_that_has_expired: "`-Z`, expired",
    over_tls_without_a_client_certificate: "`-Z`, no client certificate",
}
