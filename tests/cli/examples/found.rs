//! The examples as a reader finds them: in `--help`, on the manual pages, in README.md and docs/.

use std::fs;
use std::path::{Path, PathBuf};

use crate::completions::SUBCOMMANDS;
use crate::harness::mccas::mccas_alone;

/// What a reader may paste into a shell.
#[derive(Debug)]
pub(super) struct Example {
    /// Where it stands.
    pub(super) place: String,
    /// A command without what explains it, or a whole block of a page.
    pub(super) script: String,
}

/// Blocks of pages that are no shell scripts.
const NO_SCRIPTS: [&str; 6] = ["ini", "text", "python", "rust", "dockerfile", "yaml"];

/// The pages whose sessions `readme.rs` replays.
const WITH_SESSIONS: [&str; 2] = ["README.md", "docs/tour.md"];

/// Those of `mccas --help` and of each command's.
pub(super) fn in_help() -> Vec<Example> {
    let commands = std::iter::once(None).chain(SUBCOMMANDS.map(Some));
    let mut found = Vec::new();
    for command in commands {
        let lines = lines_of_help(command);
        let shown = command.unwrap_or_default();
        assert!(!lines.is_empty(), "mccas {shown} --help has no examples");
        // A line that stands further to the right goes on explaining.
        let begins = |line: &&String| !line.starts_with("   ");
        found.extend(lines.iter().filter(begins).map(|line| Example {
            place: format!("mccas {shown} --help"),
            script: without_explanation(line.trim_start()).into(),
        }));
    }
    found
}

/// The lines below "Examples:" in a `--help`.
pub(super) fn lines_of_help(command: Option<&str>) -> Vec<String> {
    let help = mccas_alone().args(command).arg("--help");
    let help = help.env("COLUMNS", "200").run();
    let (_, examples) = help
        .stdout_text()
        .split_once("\nExamples:\n")
        .unwrap_or_default();
    let lines = examples.lines().take_while(|line| !line.is_empty());
    lines.map(Into::into).collect()
}

/// The same of a manual page, without its marks.
pub(super) fn lines_of_page(command: Option<&str>) -> Vec<String> {
    let page = mccas_alone().arg("man").args(command).run();
    let (_, section) = page
        .stdout_text()
        .split_once(".SH EXAMPLES\n.nf\n")
        .unwrap_or_default();
    let lines = section.lines().take_while(|line| *line != ".fi");
    let plain = |line: &str| {
        line.replace("\\*(Aq", "'")
            .replace("\\-", "-")
            .replace("\\&", "")
            .replace("\\\\", "\\")
    };
    lines.map(plain).collect()
}

/// The command of a line: what stands before two spaces that are not quoted.
fn without_explanation(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if open == c => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == ' ' && before == ' ' => return line[..at].trim_end(),
            Some(_) | None => {}
        }
        before = c;
    }
    line
}

/// Those of README.md (but for its recipes, which `recipes.rs` runs), one by each block.
pub(super) fn in_readme() -> Vec<Example> {
    let mut found = Vec::new();
    in_page("README.md", &mut found);
    let recipes = found.len();
    found.retain(|example| !example.place.ends_with("Recipes"));
    assert!(found.len() < recipes, "README.md has no recipes");
    found
}

/// Those of docs/ (but for its recipes, likewise), one by each block.
pub(super) fn in_docs() -> Vec<Example> {
    let folder = fs::read_dir(root().join("docs")).expect("docs/");
    let names = folder.map(|entry| entry.expect("a file").file_name());
    let mut pages: Vec<String> = names.map(|name| name.to_string_lossy().into()).collect();
    pages.retain(|name| name != "recipes.md");
    pages.retain(|name| Path::new(name).extension().is_some_and(|end| end == "md"));
    pages.sort();
    let mut found = Vec::new();
    for name in pages {
        in_page(&format!("docs/{name}"), &mut found);
    }
    found
}

fn in_page(name: &str, found: &mut Vec<Example>) {
    let page = fs::read_to_string(root().join(name)).expect("a page");
    let mut section = "the top";
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
        let Some((indent, language)) = line
            .split_once("```")
            .filter(|(indent, _)| indent.trim().is_empty())
        else {
            continue;
        };
        let block = lines.by_ref().map(|(_, line)| line);
        let block: Vec<&str> = block
            .map(|line| line.strip_prefix(indent).unwrap_or(line))
            .take_while(|line| *line != "```")
            .collect();
        match language {
            "sh" => found.push(Example {
                place: format!("{name}:{}, {section}", number + 1),
                script: block.join("\n"),
            }),
            "console" if WITH_SESSIONS.contains(&name) => {}
            other => assert!(
                NO_SCRIPTS.contains(&other),
                "{name}:{}: nothing runs a block of {other:?}: make it one of sh, or see tests/cli/examples/found.rs",
                number + 1
            ),
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).into()
}

#[test]
fn an_explanation_begins_behind_two_spaces_that_are_not_quoted() {
    for (line, command) in [
        ("mccas gets k   reads it", "mccas gets k"),
        (
            "mccas update k --shell 'a  b'  edits",
            "mccas update k --shell 'a  b'",
        ),
        ("a \"'  \" b", "a \"'  \" b"),
    ] {
        assert_eq!(without_explanation(line), command);
    }
}
