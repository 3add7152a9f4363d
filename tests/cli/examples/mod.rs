//! Every example of `--help`, of the manual pages, of README.md and docs/ is run by a shell, on servers of its own.
//!
//! The sessions of README.md are replayed by `readme.rs`, and its recipes by `recipes.rs`.

mod found; // What the examples are.
mod stage; // Where they run.
mod table; // What each needs, and how it ends.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use self::found::Example;
use self::stage::Stage;
use self::table::{IN_DOCS, IN_HELP, IN_README, Row};
use crate::completions::SUBCOMMANDS;
use crate::harness::mccas::mccas_alone;
use crate::harness::sockets::locked;

/// More than cores: most of them wait.
const THREADS: usize = 4;

/// Runs examples by their rows; each must have one, and each row an example.
#[track_caller]
fn play(examples: &[Example], table: &[Row], name: &str) {
    let row_of = |example: &Example| {
        let first = example.script.lines().next().unwrap_or_default();
        table.iter().find(|row| row.line == first)
    };
    let (next, faults) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(example) = examples.get(next.fetch_add(1, Ordering::SeqCst)) {
            let played = match row_of(example) {
                Some(row) => Stage::new().play(example, row),
                None => Err(format!(
                    "no test knows this example: add to {name} in tests/cli/examples/table/ what it needs and how it ends"
                )),
            };
            if let Err(fault) = played {
                let Example { place, script } = example;
                locked(&faults).push(format!("{place}:\n{script}\n=> {fault}"));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(work);
        }
    });
    let mut faults = locked(&faults).clone();
    let played = |row: &Row| {
        let mut examples = examples.iter();
        examples.any(|example| example.script.lines().next() == Some(row.line))
    };
    let stale = table.iter().filter(|row| !played(row));
    faults.extend(stale.map(|row| format!("nobody shows what {name} has: {}", row.line)));
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
fn those_of_help_work() {
    play(&found::in_help(), IN_HELP, "IN_HELP");
}

#[test]
fn those_of_readme_work() {
    play(&found::in_readme(), IN_README, "IN_README");
}

#[test]
fn those_of_docs_work() {
    play(&found::in_docs(), IN_DOCS, "IN_DOCS");
}

/// So what is run of the one is run of the other.
#[test]
fn the_manual_pages_have_those_of_help_and_neither_is_wrapped() {
    for command in std::iter::once(None).chain(SUBCOMMANDS.map(Some)) {
        let lines = found::lines_of_help(command);
        assert!(!lines.is_empty(), "{command:?}");
        assert_eq!(found::lines_of_page(command), lines, "{command:?}");
        for line in lines {
            assert!(
                line.len() <= 100,
                "{command:?}: too long for --help: {line}"
            );
        }
    }
}

/// What README.md and docs/ say of three servers by their names.
#[test]
fn the_server_that_is_named_holds_the_key() {
    let outcome = mccas_alone()
        .args(["locate", "my_key", "--hash", "ketama"])
        .env("MCCAS_SERVER", "cache1,cache2,cache3")
        .run();
    let located = outcome.stdout_text().trim_end();
    for example in found::in_readme().iter().chain(&found::in_docs()) {
        for line in example.script.lines() {
            let Some((_, comment)) = line.split_once("mccas locate my_key ") else {
                continue;
            };
            assert_eq!(
                comment.trim_start(),
                format!("# {located}"),
                "{}",
                example.place
            );
        }
    }
}
