//! What was found, in one sentence.

use super::shown;
use crate::contention::Findings;
use crate::contention::findings::{By, Name, Part, Row};
use crate::output::page::{grouped, percent};
use crate::output::text;

/// The verdict: of the row that lost most, who loses how much there.
pub(super) fn verdict(findings: &Findings) -> String {
    let hottest = findings.rows.iter().max_by_key(|row| row.counts.lost);
    match hottest.filter(|row| row.counts.lost > 0) {
        Some(row) => lost(findings, row),
        None => peace(findings),
    }
}

fn peace(findings: &Findings) -> String {
    let all = &findings.all;
    match (all.swaps(), all.stores) {
        (0, 0) => "Nothing was stored.".into(),
        (0, stores) => format!(
            "No swaps, and so nothing to lose: {} stores.",
            grouped(stores)
        ),
        (swaps, _) => format!(
            "No swap of these was lost: {} swaps in all.",
            grouped(swaps)
        ),
    }
}

fn lost(findings: &Findings, row: &Row) -> String {
    let name = shown(&row.name);
    let on = match &row.server {
        Some(server) => format!(" on {}", text::escaped(server.as_bytes())),
        None => String::new(),
    };
    let share = format!(
        "{} of {} swaps",
        percent(row.counts.lost_ratio()),
        grouped(row.counts.swaps())
    );
    match findings.by {
        By::Key => {
            let (who, verb) = losers(row);
            let parts = if row.hosts.len() > 1 {
                &row.hosts
            } else {
                &row.parts
            };
            format!("{name}{on}: {who} {verb} {share}{}.", most(row, parts))
        }
        By::Client | By::Host => format!("{name}{on} loses {share}{}.", most(row, &row.parts)),
        By::Prefix => format!("{name}{on}: {share} are lost{}.", most(row, &row.parts)),
    }
}

/// Whose swaps they are.
fn losers(row: &Row) -> (String, &'static str) {
    // Whose address is not known may be one of the others.
    let swap = |host: &&Part| host.counts.swaps() > 0 && host.name != Name::Host(None);
    let hosts: Vec<&Part> = row.hosts.iter().filter(swap).collect();
    let least = if row.more_hosts { "at least " } else { "" };
    match hosts.as_slice() {
        [] => ("its writers".into(), "lose"),
        [only] => (shown(&only.name), "loses"),
        several => (format!("{least}{} hosts", several.len()), "lose"),
    }
}

/// Where most of it is, if there is a choice.
fn most(row: &Row, parts: &[Part]) -> String {
    let hottest = parts.iter().max_by_key(|part| part.counts.lost);
    match hottest {
        Some(part) if parts.len() > 1 && part.counts.lost > 0 => format!(
            "; most at {}: {} of the {} lost",
            shown(&part.name),
            grouped(part.counts.lost),
            grouped(row.counts.lost)
        ),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::mutation::Outcome;
    use crate::contention::testing::{named, tried};
    use crate::contention::{Scope, Tally};

    fn found(by: By, lost: &[(&str, usize)]) -> Findings {
        let mut tally = Tally::new(Vec::new());
        for (number, &(client, lost)) in lost.iter().enumerate() {
            let writer = named(number as u64 + 1, client);
            let swap = |outcome| tried("stock:4711", "cas", outcome, Some(&writer));
            tally.take(&swap(Outcome::Stored));
            (0..lost).for_each(|_| tally.take(&swap(Outcome::Exists)));
        }
        tally.findings(by, Scope::Whole)
    }

    #[test]
    fn who_loses_where_is_one_sentence() {
        let lost = [("10.0.0.7:1", 5), ("10.0.0.8:1", 1)];
        assert_eq!(
            verdict(&found(By::Key, &lost)),
            "stock:4711: 2 hosts lose 75.0% of 8 swaps; most at 10.0.0.7: 5 of the 6 lost."
        );
        assert_eq!(
            verdict(&found(By::Key, &lost[..1])),
            "stock:4711: 10.0.0.7 loses 83.3% of 6 swaps."
        );
        assert_eq!(
            verdict(&found(By::Host, &lost)),
            "10.0.0.7 loses 83.3% of 6 swaps."
        );
        assert_eq!(
            verdict(&found(By::Prefix, &lost)),
            "stock:*: 75.0% of 8 swaps are lost; most at 10.0.0.7: 5 of the 6 lost."
        );
    }

    #[test]
    fn where_nothing_is_lost_that_is_said() {
        assert_eq!(verdict(&found(By::Key, &[])), "Nothing was stored.");
        assert_eq!(
            verdict(&found(By::Key, &[("a:1", 0)])),
            "No swap of these was lost: 1 swaps in all."
        );
    }
}
