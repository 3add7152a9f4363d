//! Contention as a page for a browser: the verdict, when it happened, who fights whom, what to do.

use std::time::Duration;

use maud::{Markup, PreEscaped, html};

use super::cures::cures;
use super::fights::who_beats_whom;
use super::remarks::{lower_bound, storms};
use super::sentence::verdict;
use super::shown;
use crate::cas::mutation::Counters;
use crate::contention::findings::{By, Part, Row, Watched};
use crate::contention::{Counts, Findings, Timeline};
use crate::output::calendar::utc;
use crate::output::page::chart::{Shape, number, over_time};
use crate::output::page::{bar, command, document, grouped, percent, table};
use crate::output::{Paint, text};

/// Rows that are told at length.
const AT_LENGTH: usize = 5;
/// Clients, or keys, of a row that are named.
const PARTS: usize = 10;

/// The whole page.
pub(crate) fn page(findings: &Findings, timeline: &Timeline, version: &str) -> String {
    let server = server(findings);
    let hot = findings.rows.iter().filter(|row| row.counts.lost > 0);
    let content = html! {
        header {
            h1 { "mccas contention: " (server) }
            p.verdict { (verdict(findings)) }
            p.quiet { (when(findings)) }
            (facts(findings))
            @for line in lower_bound(findings, Paint::NONE).iter().chain(&storms(findings, Paint::NONE)) {
                p.warning { (line) }
            }
        }
        section aria-labelledby="all" {
            h2 #all { "What was seen" }
            (rows(findings))
        }
        @for (n, row) in hot.take(AT_LENGTH).enumerate() { (of_row(n, row, findings.by, timeline)) }
        (servers(findings))
        (reach())
    };
    document(&format!("contention: {server}"), version, &content)
}

fn server(findings: &Findings) -> String {
    match findings.servers.as_slice() {
        [only] => text::escaped(only.server.as_bytes()),
        several => format!("{} servers", several.len()),
    }
}

fn when(findings: &Findings) -> String {
    let lasted = Duration::from_secs(findings.elapsed.as_secs().max(1));
    let lasted = humantime::format_duration(lasted);
    let Some(end) = findings.at else {
        return format!("watched for {lasted}");
    };
    let elapsed = u64::try_from(findings.elapsed.as_micros()).unwrap_or(u64::MAX);
    let moment = |micros| utc(micros).replace('T', " ").get(..19).map(String::from);
    let (from, to) = (moment(end.saturating_sub(elapsed)), moment(end));
    format!(
        "from {} to {} UTC, {lasted}",
        from.unwrap_or_default(),
        to.unwrap_or_default()
    )
}

fn facts(findings: &Findings) -> Markup {
    let all = &findings.all;
    let mut facts = vec![
        ("stores", grouped(all.stores)),
        ("swaps", grouped(all.swaps())),
        ("swaps lost", grouped(all.lost)),
        ("of all swaps", percent(all.lost_ratio())),
    ];
    if findings.has_reads() {
        facts.push(("reads", grouped(all.reads())));
        facts.push(("reads that missed", percent(all.miss_ratio())));
    }
    html! {
        dl.facts { @for (what, figure) in facts { div { dt { (what) } dd { (figure) } } } }
    }
}

fn rows(findings: &Findings) -> Markup {
    if findings.rows.is_empty() {
        return html! { p { "No row: nothing was stored in this time." } };
    }
    let several = findings.rows.iter().any(|row| row.server.is_some());
    let mut heads = vec![what(findings.by)];
    heads.extend(several.then_some("server"));
    heads.extend(["stores", "won", "lost", "lost%", "missing"]);
    heads.extend(
        findings
            .has_reads()
            .then_some(["reads", "misses"])
            .into_iter()
            .flatten(),
    );
    let rows: Vec<Vec<Markup>> = (findings.rows.iter())
        .map(|row| {
            let mut cells = vec![html! { (shown(&row.name)) }];
            if several {
                cells.push(
                    html! { (text::escaped(row.server.as_deref().unwrap_or_default().as_bytes())) },
                );
            }
            cells.extend(figures(&row.counts));
            if findings.has_reads() {
                let counts = &row.counts;
                cells.extend(
                    [counts.reads(), counts.misses].map(|count| html! { (grouped(count)) }),
                );
            }
            cells
        })
        .collect();
    let more = match findings.more {
        0 => String::new(),
        more => format!(", {} more not shown", grouped(more as u64)),
    };
    let caption = format!(
        "{} rows by {}{more}",
        findings.rows.len(),
        what(findings.by)
    );
    table(&caption, &heads, &rows)
}

fn what(by: By) -> &'static str {
    match by {
        By::Key => "key",
        By::Client => "client",
        By::Host => "host",
        By::Prefix => "prefix",
    }
}

fn figures(counts: &Counts) -> [Markup; 5] {
    [
        grouped(counts.stores),
        grouped(counts.won),
        grouped(counts.lost),
        percent(counts.lost_ratio()),
        grouped(counts.missing),
    ]
    .map(|figure| html! { (figure) })
}

/// A row at length: when, who, and what to do.
fn of_row(n: usize, row: &Row, by: By, timeline: &Timeline) -> Markup {
    let id = format!("row{n}");
    let cures = cures(row);
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) {
                (shown(&row.name))
                @if let Some(server) = &row.server { " on " (text::escaped(server.as_bytes())) }
            }
            p {
                (grouped(row.counts.lost)) " of " (grouped(row.counts.swaps())) " swaps lost ("
                (percent(row.counts.lost_ratio())) "), " (grouped(row.counts.stores)) " stores."
            }
            (charts(row, timeline))
            (who_beats_whom(row))
            @if by == By::Key { (fighters("Who fights over it, by host", "host", &row.hosts, row.more_hosts)) }
            (fighters(parts_caption(by), part_of(by), &row.parts, row.more_parts))
            @if !cures.is_empty() {
                h3 { "What to do about it" }
                ol {
                    @for cure in &cures {
                        li { strong { (cure.what) } " " (cure.why) (command(&cure.command)) }
                    }
                }
            }
        }
    }
}

fn parts_caption(by: By) -> &'static str {
    match by {
        By::Key => "Who fights over it, by connection",
        By::Client | By::Host => "Over which keys it fights",
        By::Prefix => "Who fights over it, by host",
    }
}

fn part_of(by: By) -> &'static str {
    match by {
        By::Key => "client",
        By::Client | By::Host => "key",
        By::Prefix => "host",
    }
}

fn charts(row: &Row, timeline: &Timeline) -> Markup {
    let name = shown(&row.name);
    let (mut stores, mut lost, mut share) = (Vec::new(), Vec::new(), Vec::new());
    let mut end = 0.0;
    for (step, counts) in timeline.steps().iter().zip(timeline.of(row)) {
        let time = step.time.as_secs_f64();
        end += time;
        if time > 0.0 {
            stores.push((end, rate(counts.stores, time)));
            lost.push((end, rate(counts.lost, time)));
            share.push((end, counts.lost_ratio().unwrap_or(0.0) * 100.0));
        }
    }
    let rates = over_time(&[Shape::Won(stores), Shape::Lost(lost)], &number);
    let shares = over_time(&[Shape::Lost(share)], &|share: f64| format!("{share:.0}%"));
    let (Some(rates), Some(shares)) = (rates, shares) else {
        return html! { p.quiet { "Too short for a timeline." } };
    };
    html! {
        div.charts {
            figure {
                div role="img" aria-label=(format!("Stores and lost swaps of {name} per second, over time")) { (PreEscaped(rates)) }
                figcaption { "Per second: " span.won { "stores" } ", " span.lost { "lost swaps" } }
            }
            figure {
                div role="img" aria-label=(format!("Share of the swaps of {name} that lost, over time")) { (PreEscaped(shares)) }
                figcaption { span.lost { "share of swaps that lost" } }
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate needs no last digit")]
fn rate(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds
}

fn fighters(caption: &str, head: &str, parts: &[Part], more: bool) -> Markup {
    let lost = parts.iter().map(|part| part.counts.lost);
    let all = lost.fold(0, u64::saturating_add);
    let rows: Vec<Vec<Markup>> = (parts.iter().take(PARTS))
        .map(|part| {
            let mut cells = vec![html! { (shown(&part.name)) }];
            cells.extend(figures(&part.counts));
            cells.push(bar(rate(part.counts.lost, rate(all.max(1), 1.0))));
            cells
        })
        .collect();
    let hidden = parts.len().saturating_sub(PARTS);
    let caption = match (hidden, more) {
        (0, false) => caption.to_string(),
        (hidden, more) => {
            let more = if more { "at least " } else { "" };
            format!("{caption} ({more}{hidden} more not shown)")
        }
    };
    let heads = [
        head,
        "stores",
        "won",
        "lost",
        "lost%",
        "missing",
        "of the lost",
    ];
    table(&caption, &heads, &rows)
}

/// What the logs showed beside what the servers counted themselves.
fn servers(findings: &Findings) -> Markup {
    let counted = |counts: [u64; 3]| {
        let [won, lost, missing] = counts.map(grouped);
        html! { (won) " / " (lost) " / " (missing) }
    };
    let rows: Vec<Vec<Markup>> = (findings.servers.iter())
        .map(|server| {
            let all = &server.all;
            let own = |counters: Counters| [counters.cas_hits, counters.cas_badval, counters.cas_misses];
            vec![
                html! { (text::escaped(server.server.as_bytes())) },
                html! { (grouped(all.stores)) },
                counted([all.won, all.lost, all.missing]),
                html! { @match server.counters.map(own) { Some(own) => (counted(own)), None => "not told" } },
                html! { (grouped(server.dropped)) },
                html! { (state(server)) },
            ]
        })
        .collect();
    let heads = [
        "server",
        "stores",
        "swaps in the log: won / lost / missing",
        "as the server counts",
        "lines dropped",
        "state",
    ];
    html! {
        section aria-labelledby="servers" {
            h2 #servers { "The log against the server's own counters" }
            (table("Each server", &heads, &rows))
        }
    }
}

fn state(server: &Watched) -> String {
    match &server.failure {
        Some(failure) => text::escaped(failure.as_bytes()),
        None if server.is_lower_bound() => "figures are a lower bound".into(),
        None => "watched all the time".into(),
    }
}

fn reach() -> Markup {
    html! {
        section aria-labelledby="reach" {
            h2 #reach { "How far these figures go" }
            p {
                "They come from the server's log of stores. It does not tell of arithmetic in place (incr, decr, ma), touches, \
                 deletes and expiry; behind a proxy, all clients are the proxy. The timeline has the 50 hottest rows of each interval."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::mutation::Outcome;
    use crate::contention::testing::{named, tried};
    use crate::contention::{Scope, Tally};

    fn fought(key: &str, by: By) -> String {
        let (mut tally, mut timeline) = (Tally::new(Vec::new()), Timeline::default());
        for n in 1..5 {
            let writer = named(n, &format!("10.0.0.{n}:1"));
            for outcome in [Outcome::Stored, Outcome::Exists] {
                (0..n * 5).for_each(|_| tally.take(&tried(key, "cas", outcome, Some(&writer))));
            }
            let mut interval = tally.findings(by, Scope::Interval);
            interval.elapsed = Duration::from_secs(1);
            timeline.push(&interval);
            tally.mark();
        }
        let mut whole = tally.findings(by, Scope::Whole);
        whole.servers[0].server = "<b>:1".into();
        page(&whole, &timeline, "1.2.3")
    }

    #[test]
    fn a_page_says_who_fights_when_and_what_to_do() {
        let page = fought("stock:4711", By::Key);
        for part in [
            "stock:4711: 4 hosts lose 50.0% of 100 swaps; most at 10.0.0.4: 20 of the 50 lost.",
            "<svg",
            "10.0.0.4:1",
            "mccas contention stock:4711 --for 30s --fail-above 0.2",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn hostile_keys_are_text_that_can_be_seen() {
        for by in [By::Key, By::Client, By::Host, By::Prefix] {
            let page = fought("<script>alert(1)</script>\u{202e}\"'\u{1b}[2J", by);
            assert!(!page.contains("<script"), "{page}");
            assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
            assert!(!page.contains("<b>:1"));
        }
    }

    #[test]
    fn nothing_seen_is_a_page_too() {
        let page = page(
            &Findings::empty(By::Key, Scope::Whole),
            &Timeline::default(),
            "1.2.3",
        );
        assert!(page.contains("Nothing was stored."));
    }
}
