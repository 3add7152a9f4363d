//! Every kind of server that people run, and every command on each of them.
//!
//! A check is one use of a command. A kind of server says what it has to give (expiry that can be seen, a log, a proof), and a
//! check what it needs: with all of it the check must work, to the last detail of the item; without, the command must refuse,
//! with the exit code for that, and leave everything as it was. What came of it is the table of docs/servers.md.

mod counters; // incr-cas and bench.
mod edits; // update and delete.
mod peers; // The kinds of servers.
mod reads; // gets.
mod stage; // One server of a kind, and what a check does with it.
mod swaps; // cas.
mod table; // docs/servers.md.
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
const COMMANDS: [&str; 8] = [
    "gets",
    "cas",
    "incr-cas",
    "update",
    "delete",
    "watch",
    "contention",
    "bench",
];

fn checks() -> impl Iterator<Item = &'static Check> {
    [
        reads::CHECKS,
        swaps::CHECKS,
        counters::CHECKS,
        edits::CHECKS,
        watching::CHECKS,
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
                Kind::Serves(_) => refused.code == 7 || refused.code == 2,
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
        Kind::Refuses(_) => false,
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
    on_the_installed_server: "1.6.18",
    on_1_6_38: "1.6.38",
    on_the_newest: "1.6.45",
    without_cas: "`-C`",
    on_a_server_that_asks_for_a_password: "`-Y`, without a password",
    on_a_binary_only_port: "`-B binary`",
    on_an_http_server: "an HTTP server",
}
