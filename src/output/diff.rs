//! How two values differ, for people.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use super::Paint;
use super::text::escaped;

/// How many lines are shown.
const SHOWN: usize = 200;

/// For how long the shortest difference is looked for.
const PATIENCE: Duration = Duration::from_millis(500);

/// The lines of a unified diff; bytes that are no text are escaped.
pub(super) fn lines(old: (&str, &[u8]), new: (&str, &[u8]), paint: Paint) -> Vec<String> {
    let [before, after] = [old.1, new.1].map(String::from_utf8_lossy);
    let diff = TextDiff::configure()
        .timeout(PATIENCE)
        .diff_lines(&*before, &*after);
    let mut lines = vec![
        paint.bad(&format!("--- {}", old.0)),
        paint.good(&format!("+++ {}", new.0)),
    ];
    for hunk in diff.unified_diff().iter_hunks() {
        lines.push(paint.token(&hunk.header().to_string()));
        for change in hunk.iter_changes() {
            let text = change.value();
            let text = escaped(text.strip_suffix('\n').unwrap_or(text).as_bytes());
            lines.push(match change.tag() {
                ChangeTag::Delete => paint.bad(&format!("-{text}")),
                ChangeTag::Insert => paint.good(&format!("+{text}")),
                ChangeTag::Equal => format!(" {text}"),
            });
        }
    }
    let more = lines.len().saturating_sub(SHOWN);
    if more > 0 {
        lines.truncate(SHOWN);
        lines.push(paint.label(&format!("({more} lines more)")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &[u8], new: &[u8]) -> String {
        lines(("a", old), ("b", new), Paint::NONE).join("\n")
    }

    #[test]
    fn lines_that_went_and_came_are_marked() {
        assert_eq!(
            shown(b"1\n2\n3\n", b"1\ntwo\n3\n"),
            "--- a\n+++ b\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3"
        );
        assert_eq!(
            shown(b"old", b"new"),
            "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new"
        );
    }

    #[test]
    fn nothing_controls_the_terminal() {
        let shown = shown(b"x", b"\x1b[2J\xff\ry");
        assert!(
            shown.chars().all(|c| c == '\n' || !c.is_control()),
            "{shown:?}"
        );
    }

    #[test]
    fn a_long_difference_is_cut() {
        let long = "line\n".repeat(10_000);
        let shown = lines(("a", b""), ("b", long.as_bytes()), Paint::NONE);
        assert_eq!(shown.len(), SHOWN + 1);
        assert_eq!(shown[SHOWN], "(9803 lines more)");
    }
}
