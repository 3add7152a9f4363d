//! The manual pages that are checked in: up to date, one for each command, with the sections that a reader looks for.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::completions::SUBCOMMANDS;
use crate::harness::mccas::mccas_alone;

const SECTIONS: [&str; 8] = [
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "OPTIONS",
    "EXIT STATUS",
    "ENVIRONMENT",
    "EXAMPLES",
    "SEE ALSO",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("man")
}

/// The page as the program prints it, of a command or of the program itself.
#[track_caller]
fn page(command: Option<&str>) -> String {
    let outcome = mccas_alone().arg("man").args(command).run();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
    outcome.stdout_text().to_string()
}

#[test]
fn each_page_is_up_to_date_and_has_its_sections() {
    let pages = std::iter::once(None).chain(SUBCOMMANDS.map(Some));
    let mut names = Vec::new();
    for command in pages {
        let printed = page(command);
        for section in SECTIONS {
            let quoted = format!(".SH \"{section}\"\n");
            let heading = [quoted, format!(".SH {section}\n")];
            assert!(
                heading.iter().any(|heading| printed.contains(heading)),
                "{command:?} has no {section}: {printed}"
            );
        }
        let name = command.map_or("mccas.1".into(), |command| format!("mccas-{command}.1"));
        let path = folder().join(&name);
        if env::var_os("MCCAS_BLESS").is_some() {
            fs::create_dir_all(folder()).expect("a folder");
            fs::write(&path, &printed).expect("a writable page");
        }
        let checked_in = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            checked_in == printed,
            "man/{name} is stale; run: make bless"
        );
        names.push(name);
    }
    names.sort();
    let mut files: Vec<String> = fs::read_dir(folder())
        .expect("the pages")
        .map(|entry| entry.expect("a page").file_name().to_string_lossy().into())
        .collect();
    files.sort();
    assert_eq!(files, names);
}

#[test]
fn a_page_says_what_the_help_says_and_names_the_other_pages() {
    let update = page(Some("update"));
    for part in [
        "mccas\\-update",
        "\\-\\-shell",
        "\\-\\-server",
        "MCCAS_MAX_RETRIES",
        "exit 64",
    ] {
        assert!(update.contains(part), "no {part} in {update}");
    }
    let (_, see_also) = update.split_once("SEE ALSO").expect("the section");
    assert!(see_also.contains("mccas\\-incr\\-cas") && !see_also.contains("mccas\\-update"));
    let all = page(None);
    assert!(all.contains("unreachable: no such host"), "{all}");
}

#[test]
fn a_page_of_no_command_is_a_usage_error_that_names_them() {
    mccas_alone()
        .args(["man", "nope"])
        .stderr_contains("there is no command \"nope\"")
        .stderr_contains("incr-cas")
        .code(2)
        .check();
}
