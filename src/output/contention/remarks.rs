//! What stands below the table: totals, the server's own count, and what cannot be known.

use crate::cas::mutation::Counters;
use crate::contention::{By, Counts, Findings, Watched};
use crate::output::{Paint, text};

/// What the log does not tell, whatever happens.
const BLIND: [&str; 2] = [
    "not seen in this log: arithmetic in place (incr, decr, ma), touches, deletes,",
    "expiry; and behind a proxy, which client it was",
];

/// The remarks of a final report, one per line.
pub(crate) fn remarks(findings: &Findings, paint: Paint) -> Vec<String> {
    let mut lines = totals(findings).to_vec();
    match findings.servers.as_slice() {
        [only] => lines.extend(only.counters.map(|counters| {
            let counted = counted(&counters);
            let verdict = verdict(only, &counters, paint);
            format!("server's counters: swaps {counted} ({verdict})")
        })),
        several => lines.extend(several.iter().map(|server| of_server(server, paint))),
    }
    lines.extend(lower_bound(findings, paint));
    lines.extend(BLIND.map(|line| paint.label(line)));
    lines
}

fn totals(findings: &Findings) -> [String; 2] {
    let all = &findings.all;
    let rows = findings.rows.len() + findings.more;
    let hidden = match findings.more {
        0 => String::new(),
        more => format!(" ({more} not shown: --top {rows})"),
    };
    let on = match findings.servers.len() {
        0 | 1 => String::new(),
        servers => format!(" on {servers} servers"),
    };
    let swaps = swaps(all.won, all.lost, all.missing);
    [
        format!(
            "{rows} {}{on} in {:.1} s{hidden}",
            what(findings.by, rows),
            findings.elapsed.as_secs_f64()
        ),
        format!("log of all keys: {}; swaps {swaps}", stores(all.stores)),
    ]
}

/// What rows are, as many as there are.
fn what(by: By, rows: usize) -> &'static str {
    match (by, rows) {
        (By::Key, 1) => "key",
        (By::Key, _) => "keys",
        (By::Client, 1) => "client",
        (By::Client, _) => "clients",
        (By::Host, 1) => "host",
        (By::Host, _) => "hosts",
        (By::Prefix, 1) => "prefix",
        (By::Prefix, _) => "prefixes",
    }
}

/// One of several servers.
fn of_server(server: &Watched, paint: Paint) -> String {
    let all = &server.all;
    let name = text::escaped(server.server.as_bytes());
    if let Some(failure) = &server.failure
        && server.counters.is_none()
        && *all == Counts::default()
    {
        let failure = text::escaped(failure.as_bytes());
        return paint.warning(&format!("{name}: not watched: {failure}"));
    }
    let swaps = swaps(all.won, all.lost, all.missing);
    let verdict = match (&server.failure, &server.counters) {
        (Some(_), _) => paint.warning("until its log ended"),
        (None, Some(counters)) => verdict(server, counters, paint),
        (None, None) => paint.label("it has no counters beside its log"),
    };
    format!("{name}: {}; swaps {swaps} ({verdict})", stores(all.stores))
}

/// Log and counters check each other.
fn verdict(server: &Watched, counters: &Counters, paint: Paint) -> String {
    let told = swaps(server.all.won, server.all.lost, server.all.missing);
    if told == counted(counters) {
        paint.good("as the log has it")
    } else if server.dropped > 0 {
        paint.warning("lines were dropped")
    } else {
        paint.label("not read in the same instant")
    }
}

fn stores(count: u64) -> String {
    format!("{count} {}", if count == 1 { "store" } else { "stores" })
}

fn counted(counters: &Counters) -> String {
    swaps(counters.cas_hits, counters.cas_badval, counters.cas_misses)
}

fn swaps(won: u64, lost: u64, missing: u64) -> String {
    format!("{won} won, {lost} lost, {missing} not found")
}

/// Why more may have happened than is shown.
pub(super) fn lower_bound(findings: &Findings, paint: Paint) -> Vec<String> {
    let several = findings.servers.len() > 1;
    let mut lines = Vec::new();
    for server in &findings.servers {
        let name = if several {
            text::escaped(server.server.as_bytes())
        } else {
            "the server".into()
        };
        if server.dropped > 0 {
            lines.push(format!(
                "lower bound: {name} dropped {} lines of its log; counts may be too low",
                server.dropped
            ));
        }
        if server.behind {
            lines.push(format!(
                "lower bound: {name} was behind with its log when the time was up"
            ));
        }
        if several && server.failure.is_some() {
            lines.push(format!("lower bound: {name} was not watched all the time"));
        }
    }
    let bound = findings.bound;
    if bound.overflowed {
        let by = match findings.by {
            By::Client => By::Key,
            by => by,
        };
        lines.push(format!(
            "more than {} {}: not all are counted; one that is not lost at most {} swaps",
            bound.places,
            what(by, bound.places),
            bound.lost_unseen
        ));
    }
    lines.iter().map(|line| paint.warning(line)).collect()
}
