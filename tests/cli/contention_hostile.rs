//! `mccas contention` on a log that no memcached writes: nothing of it is counted, printed or kept.

use serde_json::Value;

use crate::harness::mccas::mccas_at;
use crate::harness::process::resident_kib;
use crate::harness::wire::{Connection, Peer};

/// A peer that shows this as its log, and then does what `end` says.
fn hostile(log: impl AsRef<[u8]>, end: fn(Connection) -> Connection) -> Peer {
    let settings = "STAT item_size_max 1048576\r\nEND\r\n";
    let session = Connection::new()
        .read_until("settings\r\n")
        .reply(format!("STAT pid 1\r\nEND\r\n{settings}"))
        .read_until("conns\r\n")
        .reply("END\r\n")
        .read_until("conns\r\n")
        .reply("END\r\n")
        .read_until("stats\r\n")
        .reply("END\r\n")
        .close();
    let log = Connection::new()
        .read_until("connevents\r\n")
        .reply("OK\r\n")
        .reply(log);
    Peer::serve([session, end(log)])
}

fn stored(key: &str) -> String {
    format!("ts=5.6 gid=9 type=item_store key={key} status=stored cmd=set cfd=1\n")
}

fn row<'a>(report: &'a Value, key: &str) -> &'a Value {
    let rows = report["keys"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["key"] == key);
    row.unwrap_or_else(|| panic!("no {key:?} in {report:#}"))
}

#[test]
fn what_no_memcached_logs_is_neither_counted_nor_kept() {
    let too_long = [251, 1000, 3000].map(|length| stored(&"k".repeat(length)));
    let strange_name = format!(
        "gid=9 type=conn_new rip={} rport=1 transport=tcp cfd=7\n",
        "1".repeat(3000)
    );
    let by_strange_name = "gid=10 type=item_store key=by status=stored cmd=set cfd=7\n";
    let skipped = format!("skipped={0}\nskipped={0}\n", u64::MAX);
    let longest = " ".repeat(250);
    let log = [
        &too_long.concat(),
        &strange_name,
        by_strange_name,
        &skipped,
        &stored(&longest.replace(' ', "%20")),
    ];
    let peer = hostile(log.concat(), Connection::close);
    let command = mccas_at(peer.address()).args(["--json", "contention", "--for", "30s"]);
    let outcome = command.run();
    assert_eq!(outcome.code, 5, "{outcome:?}");
    let report = outcome.json().pop().expect("a report");
    assert_eq!(
        report["keys"].as_array().map(Vec::len),
        Some(2),
        "{report:#}"
    );
    assert_eq!(row(&report, &longest)["stores"], 1);
    assert_eq!(row(&report, "by")["clients"][0]["client"], "?");
    assert_eq!(report["dropped"], u64::MAX);
}

#[test]
fn a_line_longer_than_any_ends_the_log_and_the_table_is_printed() {
    let key_of_70_000_bytes = stored(&"k".repeat(70_000));
    let endless = "x".repeat(300_000);
    for line in [key_of_70_000_bytes, endless] {
        let peer = hostile(stored("good") + &line, Connection::silence);
        let command = mccas_at(peer.address()).args(["contention", "--for", "30s"]);
        let outcome = command.run();
        assert_eq!(outcome.code, 5, "{outcome:?}");
        let cause = "sent a line longer than any of a memcached's log";
        let address = peer.address();
        assert_eq!(outcome.stderr, format!("mccas: {address} {cause}\n"));
        assert!(outcome.stdout_text().contains("\ngood  "), "{outcome:?}");
    }
}

/// More connections than a server has, several on each number, and each of another name.
#[test]
fn a_log_of_endless_clients_leaves_memory_flat() {
    let opened = |n: u32| {
        let (ip, cfd) = (format!("{n:x}::{}", "f".repeat(50)), n / 3);
        format!("gid={n} type=conn_new rip={ip} rport=65535 transport=tcp cfd={cfd}\n")
    };
    let log: Vec<String> = (1..300_000).map(opened).collect();
    let peer = hostile(log.concat() + &stored("last"), Connection::silence);
    let command = mccas_at(peer.address()).args(["--json", "contention", "--interval", "100ms"]);
    let mut running = command.args(["--for", "60s"]).spawn();
    while running.object()["totals"]["stores"] == 0 {}
    let most = resident_kib(running.pid());
    assert!((1..=40_000).contains(&most), "{most} KiB of memory");
    running.signal("INT");
    let report = running.wait().json().pop().expect("a report");
    assert_eq!(row(&report, "last")["stores"], 1, "{report:#}");
}

/// A server adds up what it dropped when it writes its log, which may be after the end.
#[test]
fn what_was_dropped_is_asked_for_when_the_log_is_settled() {
    let dropped = |lines: u64| {
        let counters = "STAT cas_hits 1\r\nSTAT cas_badval 0\r\nSTAT cas_misses 0\r\n";
        format!("{counters}STAT log_worker_dropped {lines}\r\nEND\r\n")
    };
    let settings = "STAT item_size_max 1048576\r\nEND\r\n";
    let session = Connection::new()
        .read_until("settings\r\n")
        .reply(format!("STAT pid 1\r\nEND\r\n{settings}"))
        .read_until("conns\r\n")
        .reply("END\r\n")
        .read_until("conns\r\n")
        .reply("END\r\n")
        .read_until("stats\r\n")
        .reply(dropped(1))
        .read_until("stats\r\n")
        .reply(dropped(1))
        .read_until("stats\r\n")
        .reply(dropped(8))
        .silence();
    let log = Connection::new()
        .read_until("connevents\r\n")
        .reply("OK\r\n")
        .silence();
    let peer = Peer::serve([session, log]);
    let outcome = mccas_at(peer.address())
        .args(["--json", "contention", "--for", "100ms"])
        .run();
    let report = outcome.json().pop().expect("a report");
    assert_eq!(report["dropped"], 7, "{report:#}");
}
