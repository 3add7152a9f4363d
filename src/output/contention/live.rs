//! The live view: what one picture of it shows, as lines.

use super::remarks::{lower_bound, storms};
use super::table::table;
use crate::contention::{Findings, Sort};
use crate::output::columns::{cut, display_width};
use crate::output::{Paint, text};

/// What the keys do.
const KEYS: [(&str, &str); 6] = [
    ("s", "sort by the next thing: lost, share, stores, changed"),
    ("p", "let the picture stand, and go on; counting goes on"),
    ("?", "these keys, and back"),
    ("Ctrl-Z", "suspend; fg brings it back"),
    ("q", "end, and print the final table"),
    ("Ctrl-C", "the same"),
];

/// A picture of the state of things.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) findings: &'a Findings,
    pub(crate) server: &'a str,
    pub(crate) sort: Sort,
    /// Whether the picture stands still.
    pub(crate) paused: bool,
    /// Seconds left, if there is an end.
    pub(crate) left: Option<u64>,
    pub(crate) paint: Paint,
}

impl Frame<'_> {
    /// The lines for a terminal of this size; never more or longer ones.
    pub(crate) fn lines(&self, width: usize, height: usize) -> Vec<String> {
        let mut below = storms(self.findings, Paint::NONE);
        below.extend(lower_bound(self.findings, Paint::NONE));
        let rows_fit = height.saturating_sub(6 + below.len()).max(1);
        let findings = self.findings.clone().cut(rows_fit);
        let table = table(&findings, Some(width), true, self.paint);
        below.extend(self.left_out(&findings, &table.hidden));
        let mut lines = vec![self.title(width), String::new()];
        lines.extend(table.lines);
        if findings.rows.is_empty() {
            lines.push(self.paint.label("no stores yet"));
        }
        lines.push(String::new());
        lines.extend(
            below
                .iter()
                .map(|line| self.paint.warning(&cut(line, width))),
        );
        lines.truncate(height);
        lines
    }

    /// The keys instead of the table.
    pub(crate) fn keys(&self, width: usize, height: usize) -> Vec<String> {
        let mut lines = vec![self.title(width), String::new()];
        let keys = KEYS.map(|(key, what)| format!("{key:<8}{what}"));
        lines.extend(keys.iter().map(|line| cut(line, width)));
        lines.truncate(height);
        lines
    }

    /// What is not shown, and why.
    fn left_out(&self, shown: &Findings, columns: &[&str]) -> Vec<String> {
        let more_rows = |rows| match rows {
            1 => "1 more row".to_string(),
            rows => format!("{rows} more rows"),
        };
        let mut lines = Vec::new();
        if self.findings.more > 0 {
            lines.push(format!(
                "--top leaves out {}",
                more_rows(self.findings.more)
            ));
        }
        let mut no_room = Vec::new();
        let unseen = shown.more - self.findings.more;
        if unseen > 0 {
            no_room.push(more_rows(unseen));
        }
        if !columns.is_empty() {
            no_room.push(columns.join(", ").to_lowercase());
        }
        if !no_room.is_empty() {
            lines.push(format!("no room for: {}", no_room.join("; ")));
        }
        lines
    }

    fn title(&self, width: usize) -> String {
        let all = &self.findings.all;
        let left = format!(
            "{}  {:.0} s{}",
            text::escaped(self.server.as_bytes()),
            self.findings.elapsed.as_secs_f64(),
            self.left
                .map_or(String::new(), |left| format!(", {left} s left"))
        );
        let state = match (self.paused, self.sort) {
            (true, _) => "paused   ".into(),
            (false, Sort::Lost) => String::new(),
            (false, sort) => format!("by {}   ", sort.name()),
        };
        let stores = if all.stores == 1 { "store" } else { "stores" };
        let swaps = if all.lost == 1 { "swap" } else { "swaps" };
        let counts = format!("{} {stores}, {} {swaps} lost   ", all.stores, all.lost);
        let keys = "? keys  q quits";
        // Where there is little room, the counts stand in the table as well.
        let rights = [
            format!("{state}{counts}{keys}"),
            format!("{state}{keys}"),
            state.trim_end().into(),
        ];
        let fits = |right: &String| display_width(&left) + display_width(right) < width;
        let right = rights.into_iter().find(fits).unwrap_or_default();
        let gap = width.saturating_sub(display_width(&left) + display_width(&right));
        let line = format!("{left}{}{right}", " ".repeat(gap));
        self.paint.label(&cut(&line, width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::mutation::Outcome;
    use crate::contention::testing::{named, tried};
    use crate::contention::{By, Scope, Tally};

    fn findings(keys: usize) -> Findings {
        let mut tally = Tally::new(Vec::new());
        let client = named(1, "a:1");
        for n in 0..keys {
            tally.take(&tried(
                &format!("k{n}"),
                "set",
                Outcome::Stored,
                Some(&client),
            ));
        }
        tally.findings(By::Key, Scope::Whole)
    }

    fn frame(findings: &Findings, paused: bool, sort: Sort) -> Frame<'_> {
        Frame {
            findings,
            server: "a:1",
            sort,
            paused,
            left: Some(3),
            paint: Paint::NONE,
        }
    }

    fn text(findings: &Findings, height: usize) -> String {
        let frame = frame(findings, false, Sort::Lost);
        frame.lines(200, height).join("\n")
    }

    #[test]
    fn no_room_is_said_only_where_there_is_none() {
        assert!(!text(&findings(3), 20).contains("no room"));
        let narrow = text(&findings(9), 12);
        assert!(narrow.contains("no room for: 3 more rows"), "{narrow}");
        assert!(text(&findings(7), 12).contains("1 more row"));
    }

    #[test]
    fn what_top_leaves_out_has_its_own_words() {
        let shown = text(&findings(5).cut(4), 20);
        assert!(shown.contains("--top leaves out 1 more row"), "{shown}");
        assert!(!shown.contains("no room"));
    }

    #[test]
    fn the_title_says_how_it_is_sorted_and_whether_it_stands_still() {
        let findings = findings(1);
        let title = |paused, sort| frame(&findings, paused, sort).lines(120, 9)[0].clone();
        assert!(title(false, Sort::Lost).contains("left"));
        assert!(title(false, Sort::Lost).contains("1 store, 0 swaps lost   ? keys"));
        assert!(title(false, Sort::Share).contains("by share   1 store"));
        assert!(title(true, Sort::Share).contains("paused   1 store"));
    }

    #[test]
    fn on_a_narrow_terminal_the_counts_make_room_for_the_state() {
        let findings = findings(9999);
        let server = "cache-with-a-long-name.example.com:11211";
        for (width, part) in [(80, "paused   ? keys  q quits"), (64, "paused")] {
            let frame = Frame {
                server,
                ..frame(&findings, true, Sort::Share)
            };
            let title = frame.lines(width, 9)[0].clone();
            assert!(title.ends_with(part), "{title}");
            assert!(display_width(&title) <= width);
        }
    }

    #[test]
    fn the_keys_fit_any_terminal() {
        let findings = findings(1);
        for (width, height) in [(80, 24), (20, 4), (1, 1)] {
            let lines = frame(&findings, false, Sort::Lost).keys(width, height);
            assert!(lines.len() <= height);
            assert!(lines.iter().all(|line| display_width(line) <= width));
        }
    }
}
