//! docs/servers.md, which this writes from what was found.

use std::path::Path;
use std::{env, fs, thread};

use super::peers::PEERS;
use super::{COMMANDS, Found, found};

const HEAD: &str = "\
# Servers

What each command does on each kind of server. The tests have tried it (`tests/cli/dialects/`) and written this page; `make bless`
writes it anew. Releases that Debian packages are the real ones, and so is twemproxy; other dialects are spoken by a filter in front
of a real server, which was compared with builds of these releases.

";

#[test]
fn the_table_of_servers_shows_what_was_found() {
    let rows: Vec<&[Found]> = thread::scope(|scope| {
        let rows: Vec<_> = (0..PEERS.len())
            .map(|number| scope.spawn(move || found(number)))
            .collect();
        rows.into_iter()
            .map(|row| row.join().expect("no panic"))
            .collect()
    });
    let mut notes = Notes::default();
    let mut page = String::from(HEAD);
    page.push_str(&format!(
        "| | {} |\n",
        COMMANDS.map(|command| format!("`{command}`")).join(" | ")
    ));
    page.push_str(&format!("|---|{}\n", "---|".repeat(COMMANDS.len())));
    for (peer, row) in PEERS.iter().zip(rows) {
        let cells = COMMANDS.map(|command| notes.cell(command, row));
        page.push_str(&format!("| {} | {} |\n", peer.name, cells.join(" | ")));
    }
    page.push_str("\nWhat is refused, and with which words (SERVER is the address):\n\n");
    for (number, sentence) in notes.sentences.iter().enumerate() {
        page.push_str(&format!("{}. {sentence}\n", number + 1));
    }
    compare(&page);
}

/// The sentences of refusals, each with a number.
#[derive(Default)]
struct Notes {
    sentences: Vec<String>,
}

impl Notes {
    /// "works", "works, except ..." or "refused", with the numbers of the sentences.
    fn cell(&mut self, command: &str, row: &[Found]) -> String {
        let of_command: Vec<&Found> = row
            .iter()
            .filter(|found| found.command == command)
            .collect();
        let refused = of_command
            .iter()
            .filter_map(|found| Some((found.what, found.refusal.as_ref()?)));
        let refused: Vec<_> = refused
            .map(|(what, sentence)| (what, self.number(sentence)))
            .collect();
        if refused.is_empty() {
            return "works".into();
        }
        if refused.len() < of_command.len() {
            let exceptions: Vec<String> = refused
                .iter()
                .map(|(what, number)| format!("{what} ({number})"))
                .collect();
            return format!("works, except {}", exceptions.join(", "));
        }
        let mut numbers: Vec<usize> = refused.iter().map(|(_, number)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        format!("refused ({})", numbers.join(", "))
    }

    fn number(&mut self, sentence: &str) -> usize {
        let known = self.sentences.iter().position(|known| known == sentence);
        known.unwrap_or_else(|| {
            self.sentences.push(sentence.into());
            self.sentences.len() - 1
        }) + 1
    }
}

/// Compares with the page that is checked in, or writes it if `MCCAS_BLESS` is set.
#[track_caller]
fn compare(page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/servers.md");
    if env::var_os("MCCAS_BLESS").is_some() {
        fs::write(&path, page).expect("a writable page");
    }
    let checked_in = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        checked_in, page,
        "docs/servers.md is stale; run: make bless"
    );
}
