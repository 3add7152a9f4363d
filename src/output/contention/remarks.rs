//! What stands below the table: totals, the server's own count, and what cannot be known.

use crate::cas::mutation::Counters;
use crate::contention::tally::KEYS;
use crate::contention::{By, Counts, Findings};
use crate::output::Paint;

/// What the log does not tell, whatever happens.
const BLIND: [&str; 2] = [
    "not seen in this log: arithmetic in place (incr, decr, ma), touches, deletes,",
    "expiry; and behind a proxy, which client it was",
];

/// The remarks of a final report, one per line.
pub(crate) fn remarks(findings: &Findings, paint: Paint) -> Vec<String> {
    let mut lines = totals(findings).to_vec();
    lines.extend(
        findings
            .server
            .map(|server| check(&findings.all, &server, findings.dropped, paint)),
    );
    lines.extend(lower_bound(findings, paint));
    lines.extend(BLIND.map(|line| paint.label(line)));
    lines
}

fn totals(findings: &Findings) -> [String; 2] {
    let all = &findings.all;
    let rows = findings.rows.len() + findings.more;
    let what = match (findings.by, rows) {
        (By::Key, 1) => "key",
        (By::Key, _) => "keys",
        (By::Client, 1) => "client",
        (By::Client, _) => "clients",
    };
    let hidden = match findings.more {
        0 => String::new(),
        more => format!(" ({more} not shown: --top {rows})"),
    };
    let swaps = swaps(all.won, all.lost, all.missing);
    [
        format!(
            "{rows} {what} in {:.1} s{hidden}",
            findings.elapsed.as_secs_f64()
        ),
        format!("log of all keys: {} stores; swaps {swaps}", all.stores),
    ]
}

/// Log and counters check each other.
fn check(all: &Counts, server: &Counters, dropped: u64, paint: Paint) -> String {
    let told = (all.won, all.lost, all.missing);
    let counted = (server.cas_hits, server.cas_badval, server.cas_misses);
    let verdict = if told == counted {
        paint.good("as the log has it")
    } else if dropped > 0 {
        paint.warning("lines were dropped")
    } else {
        paint.label("not read in the same instant")
    };
    format!(
        "server's counters: swaps {} ({verdict})",
        swaps(counted.0, counted.1, counted.2)
    )
}

fn swaps(won: u64, lost: u64, missing: u64) -> String {
    format!("{won} won, {lost} lost, {missing} not found")
}

/// Why more may have happened than is shown.
pub(super) fn lower_bound(findings: &Findings, paint: Paint) -> Vec<String> {
    let mut lines = Vec::new();
    if findings.dropped > 0 {
        lines.push(paint.warning(&format!(
            "lower bound: the server dropped {} lines of its log; counts may be too low",
            findings.dropped
        )));
    }
    if findings.behind {
        let text = "lower bound: the server was behind with its log when the time was up";
        lines.push(paint.warning(text));
    }
    if findings.bound.overflowed {
        lines.push(paint.warning(&format!(
            "more than {KEYS} keys: not all are counted; one that is not lost at most {} swaps",
            findings.bound.lost_unseen
        )));
    }
    lines
}
