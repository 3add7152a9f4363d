//! What stands below the table: totals, the server's own count, and what cannot be known.

use super::fights;
use crate::cas::mutation::Counters;
use crate::contention::{By, Counts, Findings, Watched};
use crate::output::calendar::utc;
use crate::output::{Paint, text};

/// Storms that are told.
const STORMS: usize = 5;
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
    lines.extend(fights::line(findings));
    lines.extend(reads(findings));
    lines.extend(storms(findings, paint));
    lines.extend(lower_bound(findings, paint));
    lines.extend(BLIND.map(|line| paint.label(line)));
    lines
}

/// What watching the reads showed, and what it took.
fn reads(findings: &Findings) -> Vec<String> {
    if !findings.has_reads() {
        return Vec::new();
    }
    let all = &findings.all;
    let seconds = findings.elapsed.as_secs_f64().max(0.001);
    let mut lines = vec![format!(
        "reads of all keys: {}, {}; {:.0} lines of log a second",
        some(all.hits, "hit", "hits"),
        some(all.misses, "miss", "misses"),
        ratio(findings.lines()) / seconds
    )];
    if let Some(like @ 1..) = findings.like_reads() {
        lines.push(format!(
            "some of the reads may be none: {like} touches, additions and deletes look alike in the log"
        ));
    }
    lines
}

/// Keys that many clients missed at once.
pub(super) fn storms(findings: &Findings, paint: Paint) -> Vec<String> {
    let told = findings.storms.iter().take(STORMS).map(|storm| {
        let more = if storm.more_clients { "+" } else { "" };
        let at = utc(storm.second.saturating_mul(1_000_000));
        let why = if storm.expired { " when it had expired" } else { "" };
        let times = match storm.seconds {
            1 => String::new(),
            seconds => format!(" (the worst of {seconds} seconds)"),
        };
        paint.warning(&format!(
            "miss storm: {} was missed {} times by {}{more} clients within the second {}Z{why}{times}",
            text::escaped(&storm.key),
            storm.misses,
            storm.clients,
            at.get(11..19).unwrap_or("-"),
        ))
    });
    told.collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate is shown without a fraction"
)]
fn ratio(count: u64) -> f64 {
    count as f64
}

fn totals(findings: &Findings) -> [String; 2] {
    let all = &findings.all;
    let rows = findings.rows.len().saturating_add(findings.more);
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
        format!(
            "log of all keys: {}; swaps {swaps}",
            some(all.stores, "store", "stores")
        ),
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
    format!(
        "{name}: {}; swaps {swaps} ({verdict})",
        some(all.stores, "store", "stores")
    )
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

fn some(count: u64, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
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
            "more than {} {}{}: not all are counted; one that is not lost at most {} swaps",
            bound.places,
            what(by, bound.places),
            if several { " on a server" } else { "" },
            bound.lost_unseen
        ));
    }
    lines.iter().map(|line| paint.warning(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::fetch::Lookup;
    use crate::cas::lookups::Lookups;
    use crate::cas::mutation::Outcome;
    use crate::contention::testing::{named, read, tried};
    use crate::contention::{Reading, Scope, Tally};

    #[test]
    fn of_reads_it_is_said_what_they_took_and_which_may_be_none() {
        let mut tally = Tally::new(Vec::new());
        tally.take_read(&read("k", Lookup::Hit, &named(1, "a:1")));
        let mut findings = tally.findings(By::Key, Scope::Whole);
        assert!(reads(&findings).is_empty(), "they were not watched");
        findings.elapsed = std::time::Duration::from_secs(2);
        findings.servers[0].reading = Some(Reading {
            lines: 300,
            deletes_told: true,
        });
        let lookups = Lookups {
            touches: 3,
            deletes: 4,
            ..Lookups::default()
        };
        findings.servers[0].counters = Some(Counters {
            lookups,
            ..Counters::default()
        });
        let expected = [
            "reads of all keys: 1 hit, 0 misses; 150 lines of log a second",
            "some of the reads may be none: 3 touches, additions and deletes look alike in the log",
        ];
        assert_eq!(reads(&findings), expected);
    }

    #[test]
    fn of_several_servers_the_one_that_is_full_counts() {
        let found = |keys: usize| {
            let mut tally = Tally::new(Vec::new()).among(3);
            for n in 0..keys {
                tally.take(&tried(&format!("k{n}"), "set", Outcome::Stored, None));
            }
            tally.findings(By::Key, Scope::Whole)
        };
        let joined = |keys| Findings::joined(vec![found(keys), found(1), found(1)]).unwrap();
        assert!(lower_bound(&joined(1365), Paint::NONE).is_empty());
        let lines = lower_bound(&joined(1366), Paint::NONE);
        let expected = "more than 1365 keys on a server: not all are counted; one that is not lost at most 0 swaps";
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn a_storm_is_told_with_its_key_second_and_crowd() {
        let mut tally = Tally::new(Vec::new());
        for n in 0..20 {
            tally.take_read(&read("k", Lookup::Expired, &named(n, "a:1")));
        }
        let findings = tally.findings(By::Key, Scope::Whole);
        let expected = "miss storm: k was missed 20 times by 20 clients within the second 00:00:05Z when it had expired";
        assert_eq!(storms(&findings, Paint::NONE), [expected]);
    }
}
