//! Contention in the text format of Prometheus, as node_exporter's textfile collector takes it
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::fmt::Write as _;

use crate::contention::Findings;
use crate::contention::series::{One, Series};
use crate::output::text;

/// The whole file.
pub(crate) fn exposition(findings: &Findings, series: &Series, version: &str) -> String {
    let all = series.all();
    let mut file = String::new();
    head(
        &mut file,
        "mccas_build_info",
        "gauge",
        "The program that wrote this.",
    );
    let _ = writeln!(file, "mccas_build_info{{version=\"{version}\"}} 1");
    of_servers(&mut file, findings);
    head(
        &mut file,
        "mccas_stores_total",
        "counter",
        "Stores that the server's log showed; key is empty for all keys without a series of their own.",
    );
    for one in &all {
        let _ = writeln!(
            file,
            "mccas_stores_total{{{}}} {}",
            labels(one),
            one.counts.stores
        );
    }
    let swaps = |one: &One| {
        let counts = &one.counts;
        vec![
            ("won", counts.won),
            ("lost", counts.lost),
            ("missing", counts.missing),
        ]
    };
    let help = "Swaps by outcome: won, lost to another writer, missing (the key was gone).";
    by_outcome(&mut file, "mccas_swaps_total", help, &all, swaps);
    if findings.has_reads() {
        let reads = |one: &One| vec![("hit", one.counts.hits), ("miss", one.counts.misses)];
        let help = "Reads by outcome: hit or miss.";
        by_outcome(&mut file, "mccas_reads_total", help, &all, reads);
    }
    file
}

fn of_servers(file: &mut String, findings: &Findings) {
    let help = "Whether the server's log is being read.";
    head(file, "mccas_watched", "gauge", help);
    for server in &findings.servers {
        let watched = u8::from(server.failure.is_none());
        let server = escaped(server.server.as_bytes());
        let _ = writeln!(file, "mccas_watched{{server=\"{server}\"}} {watched}");
    }
    let name = "mccas_log_lines_dropped_total";
    let help =
        "Lines that the server left out of its log: the other figures are a lower bound then.";
    head(file, name, "counter", help);
    for server in &findings.servers {
        let label = escaped(server.server.as_bytes());
        let _ = writeln!(file, "{name}{{server=\"{label}\"}} {}", server.dropped);
    }
}

fn by_outcome(
    file: &mut String,
    name: &str,
    help: &str,
    all: &[One],
    outcomes: impl Fn(&One) -> Vec<(&'static str, u64)>,
) {
    head(file, name, "counter", help);
    for one in all {
        for (outcome, count) in outcomes(one) {
            let labels = labels(one);
            let _ = writeln!(file, "{name}{{{labels},outcome=\"{outcome}\"}} {count}");
        }
    }
}

fn head(file: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(file, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn labels(one: &One) -> String {
    let key = one.key.as_deref().unwrap_or_default();
    let server = escaped(one.server.as_bytes());
    format!("server=\"{server}\",key=\"{}\"", escaped(key))
}

/// As on a terminal, so that it is text whatever the bytes are; then as a label.
fn escaped(bytes: &[u8]) -> String {
    let text = text::escaped(bytes);
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::mutation::Outcome;
    use crate::contention::testing::tried;
    use crate::contention::{By, Scope, Tally};

    #[test]
    fn every_series_has_its_labels_and_hostile_keys_are_text() {
        let mut tally = Tally::new(Vec::new());
        let hostile = "a\"b\\c\nd";
        let mut series = Series::new(4);
        let mut found = |tally: &Tally| {
            let mut findings = tally.findings(By::Key, Scope::Whole);
            findings.servers[0].server = "10.0.0.1:11211".into();
            series.update(&findings);
            exposition(&findings, &series, "9.9.9")
        };
        tally.take(&tried(hostile, "cas", Outcome::Exists, None));
        found(&tally);
        tally.take(&tried(hostile, "cas", Outcome::Exists, None));
        let file = found(&tally);
        for line in [
            "mccas_build_info{version=\"9.9.9\"} 1",
            "mccas_watched{server=\"10.0.0.1:11211\"} 1",
            "mccas_log_lines_dropped_total{server=\"10.0.0.1:11211\"} 0",
            "mccas_swaps_total{server=\"10.0.0.1:11211\",key=\"\",outcome=\"lost\"} 1",
            "mccas_swaps_total{server=\"10.0.0.1:11211\",key=\"a\\\"b\\\\c\\\\nd\",outcome=\"lost\"} 1",
            "# TYPE mccas_stores_total counter",
        ] {
            assert!(file.lines().any(|other| other == line), "{line}\n{file}");
        }
        assert!(!file.contains("mccas_reads_total"));
        assert!(file.ends_with('\n'));
    }
}
