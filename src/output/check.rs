//! The findings of `check`: a list for people, an object for programs.

use std::time::Duration;

use serde::Serialize;
use serde_with::skip_serializing_none;

use super::Paint;
use super::columns::{Side, filled, widest};
use super::rounding::rounded;
use crate::check::{FailKind, Finding, Outcome};

/// The times stand below each other.
const TIME_WIDTH: usize = 8;

/// All that was found at one server, as JSON.
#[skip_serializing_none]
#[derive(Debug, Serialize)]
pub(crate) struct Checked<'a> {
    status: &'static str,
    server: &'a str,
    steps: Vec<Step<'a>>,
    /// How often the test was made, where it was to be waited for the server.
    rounds: Option<u32>,
    elapsed_ms: f64,
    error: Option<String>,
}

/// One finding as JSON.
#[skip_serializing_none]
#[derive(Debug, Serialize)]
struct Step<'a> {
    name: &'static str,
    outcome: &'static str,
    ms: Option<f64>,
    detail: &'a str,
    advice: Option<&'a str>,
}

impl<'a> Checked<'a> {
    /// The object of a server; `status` is `ok` or what the test failed for.
    pub(crate) fn of(server: &'a str, findings: &'a [Finding], elapsed: Duration) -> Checked<'a> {
        Checked {
            status: "ok",
            server,
            steps: findings.iter().map(Step::of).collect(),
            rounds: None,
            elapsed_ms: milliseconds(elapsed),
            error: None,
        }
    }

    pub(crate) fn failed(mut self, status: &'static str, error: String) -> Checked<'a> {
        self.status = status;
        self.error = Some(error);
        self
    }

    pub(crate) fn after(mut self, rounds: u32) -> Checked<'a> {
        self.rounds = Some(rounds);
        self
    }
}

impl<'a> Step<'a> {
    fn of(finding: &'a Finding) -> Step<'a> {
        Step {
            name: finding.name,
            outcome: finding.outcome.word(),
            ms: finding.took.map(milliseconds),
            detail: &finding.detail,
            advice: finding.advice.as_deref(),
        }
    }
}

/// The status of a test whose server did not come up in time.
pub(crate) const NOT_IN_TIME: &str = "not_in_time";

/// The status of a test that failed for this.
pub(crate) fn status(kind: FailKind) -> &'static str {
    match kind {
        FailKind::Unreachable => "unreachable",
        FailKind::Refused => "refused",
        FailKind::NoCas => "no_cas",
        FailKind::Unsuitable => "unsuitable",
        FailKind::Wrong => "failed",
    }
}

fn milliseconds(time: Duration) -> f64 {
    rounded(time.as_secs_f64() * 1000.0, 2)
}

/// The findings at one server as lines, its name above them.
pub(crate) fn lines(server: &str, findings: &[Finding], paint: Paint) -> String {
    let room = widest(findings.iter().map(|finding| finding.name));
    let mut text = format!("{}\n", paint.key(server));
    let same = |one: &Finding, other: &Finding| {
        (one.outcome, &one.detail) == (Outcome::Skipped, &other.detail)
            && one.outcome == other.outcome
    };
    for alike in findings.chunk_by(same) {
        let finding = &alike[0];
        if alike.len() > 1 {
            text += &skipped(alike, paint);
            continue;
        }
        text += &line(finding, room, paint);
        if let Some(advice) = &finding.advice {
            text += &format!(
                "{}{}\n",
                " ".repeat(2 + 2 + room + 2 + TIME_WIDTH + 2),
                paint.label(advice)
            );
        }
    }
    text
}

/// Steps that were skipped for the same reason.
fn skipped(findings: &[Finding], paint: Paint) -> String {
    let names: Vec<_> = findings.iter().map(|finding| finding.name).collect();
    let text = format!("- skipped {}: {}", findings[0].detail, names.join(", "));
    format!("  {}\n", paint.label(&text))
}

fn line(finding: &Finding, room: usize, paint: Paint) -> String {
    let time = match finding.took {
        Some(took) => format!("{:.1} ms", took.as_secs_f64() * 1000.0),
        None => String::new(),
    };
    let time = filled(&time, TIME_WIDTH, Side::Right);
    let name = filled(finding.name, room, Side::Left);
    let detail = super::text::escaped(finding.detail.as_bytes());
    let mark = match finding.outcome {
        Outcome::Ok => paint.good("✓"),
        Outcome::Warn => paint.warning("!"),
        Outcome::Failed(_) => paint.bad("✗"),
        Outcome::Skipped => {
            return format!(
                "  {}\n",
                paint.label(&format!("- {name}  {time}  {detail}"))
            );
        }
    };
    format!("  {mark} {name}  {}  {detail}\n", paint.label(&time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_a_mark_and_advice_stands_below_what_it_is_about() {
        let findings = [
            Finding::ok("connect", "127.0.0.1:1").took(Duration::from_micros(200)),
            Finding::warn("evicting", "2 items were evicted").advice("more memory"),
            Finding::wrong("stale", "a spent \u{1b}token was accepted"),
            Finding::skipped("expiry", "after stale had failed"),
            Finding::skipped("delete", "after stale had failed"),
        ];
        let text = lines("127.0.0.1:1", &findings, Paint::NONE);
        assert_eq!(
            text,
            "127.0.0.1:1\n  \
             ✓ connect     0.2 ms  127.0.0.1:1\n  \
             ! evicting            2 items were evicted\n                        \
             more memory\n  \
             ✗ stale               a spent \\u{1b}token was accepted\n  \
             - skipped after stale had failed: expiry, delete\n"
        );
    }

    #[test]
    fn an_object_leaves_out_what_does_not_apply() {
        let findings = [Finding::ok("connect", "here").took(Duration::from_micros(1500))];
        let checked = Checked::of("s", &findings, Duration::from_millis(2));
        assert_eq!(
            serde_json::to_string(&checked).unwrap(),
            r#"{"status":"ok","server":"s","steps":[{"name":"connect","outcome":"ok","ms":1.5,"detail":"here"}],"elapsed_ms":2.0}"#
        );
    }
}
