//! What stands below the table: totals, the server's own count, and what cannot be known.

use crate::contention::report::{By, Counters, Report};
use crate::contention::tally::{Counts, KEYS};
use crate::output::Paint;

/// What the log does not tell, whatever happens.
const BLIND: [&str; 2] = [
    "not seen in this log: arithmetic in place (incr, decr, ma), touches, deletes,",
    "expiry; and behind a proxy, which client it was",
];

/// The remarks of a final report, one per line.
pub(crate) fn remarks(report: &Report, paint: Paint) -> Vec<String> {
    let mut lines = totals(report).to_vec();
    lines.extend(
        report
            .server
            .map(|server| check(&report.all, &server, report.dropped, paint)),
    );
    lines.extend(lower_bound(report, paint));
    lines.extend(BLIND.map(|line| paint.label(line)));
    lines
}

fn totals(report: &Report) -> [String; 2] {
    let all = &report.all;
    let rows = report.rows.len() + report.more;
    let what = match (report.by, rows) {
        (By::Key, 1) => "key",
        (By::Key, _) => "keys",
        (By::Client, 1) => "client",
        (By::Client, _) => "clients",
    };
    let hidden = match report.more {
        0 => String::new(),
        more => format!(" ({more} not shown: --top {rows})"),
    };
    let swaps = swaps(all.won, all.lost, all.missing);
    [
        format!(
            "{rows} {what} in {:.1} s{hidden}",
            report.elapsed.as_secs_f64()
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
pub(super) fn lower_bound(report: &Report, paint: Paint) -> Vec<String> {
    let mut lines = Vec::new();
    if report.dropped > 0 {
        lines.push(paint.warning(&format!(
            "lower bound: the server dropped {} lines of its log; counts may be too low",
            report.dropped
        )));
    }
    if report.behind {
        let text = "lower bound: the server was behind with its log when the time was up";
        lines.push(paint.warning(text));
    }
    if report.bound.overflowed {
        lines.push(paint.warning(&format!(
            "more than {KEYS} keys: not all are counted; one that is not lost at most {} swaps",
            report.bound.lost_unseen
        )));
    }
    lines
}
