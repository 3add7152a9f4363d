//! Contention in the text format of Prometheus, as node_exporter's textfile collector takes it
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::fmt::Write as _;

use crate::contention::series::{Sample, Series};
use crate::contention::{Counts, Findings};
use crate::output::text;

/// The whole file; `watching` is whether the servers' logs are still read when somebody looks at it.
pub(crate) fn exposition(
    findings: &Findings,
    series: &Series,
    version: &str,
    watching: bool,
) -> String {
    let mut file = String::new();
    let help = "The program that wrote this.";
    head(&mut file, "mccas_build_info", "gauge", help);
    let _ = writeln!(file, "mccas_build_info{{version=\"{version}\"}} 1");
    of_servers(&mut file, findings, series, watching);
    let servers = findings.servers.iter();
    let servers = servers.map(|server| (of_server(&server.server), server.all));
    let servers: Vec<(String, Counts)> = servers.collect();
    let keys = series.all().into_iter();
    let keys: Vec<(String, Counts)> = keys.map(|one| (labels(&one), one.counts)).collect();
    let reads = findings.has_reads();
    let totals = "whatever the key: the figure to use for all of a server";
    counters(&mut file, "mccas_server", totals, &servers, reads);
    let by_key = "by key, which is empty for all keys without a series of their own";
    counters(&mut file, "mccas", by_key, &keys, reads);
    file
}

fn of_servers(file: &mut String, findings: &Findings, series: &Series, watching: bool) {
    let help = "Whether the server's log is being read.";
    head(file, "mccas_watched", "gauge", help);
    for server in &findings.servers {
        let watched = u8::from(watching && server.failure.is_none());
        let label = of_server(&server.server);
        let _ = writeln!(file, "mccas_watched{{{label}}} {watched}");
    }
    let name = "mccas_log_lines_dropped_total";
    let help =
        "Lines that the server left out of its log: the other figures are a lower bound then.";
    head(file, name, "counter", help);
    for server in &findings.servers {
        let label = of_server(&server.server);
        let dropped = series.dropped(&server.server);
        let _ = writeln!(file, "{name}{{{label}}} {dropped}");
    }
}

/// What was counted, each with its labels; `of` says of what in the help.
fn counters(file: &mut String, prefix: &str, of: &str, all: &[(String, Counts)], reads: bool) {
    let name = format!("{prefix}_stores_total");
    let help = format!("Stores that the server's log showed, {of}.");
    head(file, &name, "counter", &help);
    for (labels, counts) in all {
        let _ = writeln!(file, "{name}{{{labels}}} {}", counts.stores);
    }
    let help =
        format!("Swaps by outcome (won, lost to another writer, missing: the key was gone), {of}.");
    let name = format!("{prefix}_swaps_total");
    by_outcome(file, &name, &help, all, |counts| {
        vec![
            ("won", counts.won),
            ("lost", counts.lost),
            ("missing", counts.missing),
        ]
    });
    if reads {
        let help = format!("Reads by outcome (hit or miss), {of}.");
        let name = format!("{prefix}_reads_total");
        by_outcome(file, &name, &help, all, |counts| {
            vec![("hit", counts.hits), ("miss", counts.misses)]
        });
    }
}

fn by_outcome(
    file: &mut String,
    name: &str,
    help: &str,
    all: &[(String, Counts)],
    outcomes: impl Fn(&Counts) -> Vec<(&'static str, u64)>,
) {
    head(file, name, "counter", help);
    for (labels, counts) in all {
        for (outcome, count) in outcomes(counts) {
            let _ = writeln!(file, "{name}{{{labels},outcome=\"{outcome}\"}} {count}");
        }
    }
}

fn head(file: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(file, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn labels(sample: &Sample) -> String {
    let key = sample.key.as_deref().unwrap_or_default();
    format!("{},key=\"{}\"", of_server(&sample.server), escaped(key))
}

fn of_server(server: &str) -> String {
    format!("server=\"{}\"", escaped(server.as_bytes()))
}

/// As on a terminal, so that it is text whatever the bytes are, but another text for each name: Prometheus refuses a file with
/// a series twice. So a backslash of the name itself is doubled first. Then as a label.
fn escaped(bytes: &[u8]) -> String {
    let pieces: Vec<&[u8]> = bytes.split(|&byte| byte == b'\\').collect();
    let text = text::escaped(&pieces.join(&b"\\\\"[..]));
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
        let mut found = |tally: &Tally, watching: bool| {
            let mut findings = tally.findings(By::Key, Scope::Whole);
            findings.servers[0].server = "10.0.0.1:11211".into();
            series.update(&findings);
            exposition(&findings, &series, "9.9.9", watching)
        };
        tally.take(&tried(hostile, "cas", Outcome::Exists, None));
        found(&tally, true);
        tally.take(&tried(hostile, "cas", Outcome::Exists, None));
        let file = found(&tally, true);
        for line in [
            "mccas_build_info{version=\"9.9.9\"} 1",
            "mccas_watched{server=\"10.0.0.1:11211\"} 1",
            "mccas_log_lines_dropped_total{server=\"10.0.0.1:11211\"} 0",
            "mccas_swaps_total{server=\"10.0.0.1:11211\",key=\"\",outcome=\"lost\"} 1",
            "mccas_swaps_total{server=\"10.0.0.1:11211\",key=\"a\\\"b\\\\\\\\c\\\\nd\",outcome=\"lost\"} 1",
            "mccas_server_swaps_total{server=\"10.0.0.1:11211\",outcome=\"lost\"} 2",
            "# TYPE mccas_stores_total counter",
        ] {
            assert!(file.lines().any(|other| other == line), "{line}\n{file}");
        }
        assert!(!file.contains("reads_total"));
        assert!(file.ends_with('\n'));
        let ended = file.replace(
            "mccas_watched{server=\"10.0.0.1:11211\"} 1",
            "mccas_watched{server=\"10.0.0.1:11211\"} 0",
        );
        assert_eq!(found(&tally, false), ended);
    }

    /// What a label stands for, by the rules of the exposition format and then by ours.
    fn meant(label: &str) -> Vec<u8> {
        let text = label.replace("\\\"", "\"").replace("\\\\", "\\");
        let (mut bytes, mut rest) = (Vec::new(), text.as_str());
        let mut utf8 = [0; 4];
        while let Some(character) = rest.chars().next() {
            rest = &rest[character.len_utf8()..];
            if character != '\\' {
                bytes.extend(character.encode_utf8(&mut utf8).as_bytes());
                continue;
            }
            let (kind, behind) = rest.split_at(1);
            rest = match kind {
                "x" => {
                    bytes.push(u8::from_str_radix(&behind[..2], 16).unwrap());
                    &behind[2..]
                }
                "u" => {
                    let (digits, behind) = behind[1..].split_once('}').unwrap();
                    let code = u32::from_str_radix(digits, 16).unwrap();
                    let meant = char::from_u32(code).unwrap();
                    bytes.extend(meant.encode_utf8(&mut utf8).as_bytes());
                    behind
                }
                _ => {
                    let plain = [("n", b'\n'), ("r", b'\r'), ("t", b'\t'), ("\\", b'\\')];
                    let found = plain.iter().find(|(name, _)| *name == kind);
                    bytes.push(found.expect(kind).1);
                    behind
                }
            };
        }
        bytes
    }

    /// All that can be made of a few hostile pieces can be made out again, so no two of them have one label.
    #[test]
    fn keys_that_look_alike_have_labels_of_their_own() {
        let pieces: [&[u8]; 12] = [
            b"\\",
            b"n",
            b"\n",
            b"u{1b}",
            b"\x1b",
            b"xff",
            b"\xff",
            b"\"",
            b"\\\\",
            b"\xe2\x82",
            b"\xac",
            b"",
        ];
        let mut seen = std::collections::HashMap::new();
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    for d in pieces {
                        let key = [a, b, c, d].concat();
                        let label = escaped(&key);
                        assert!(!label.contains('\n'), "{label}");
                        assert_eq!(meant(&label), key, "{label}");
                        let other = seen.entry(label).or_insert_with(|| key.clone());
                        assert_eq!(*other, key);
                    }
                }
            }
        }
    }
}
