//! The completion files that are checked in: up to date, accepted by their shells, complete.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use crate::harness::inspect::show;
use crate::harness::mccas::mccas_alone;

pub(crate) const SUBCOMMANDS: [&str; 13] = [
    "gets",
    "cas",
    "incr-cas",
    "update",
    "edit",
    "delete",
    "lock",
    "watch",
    "locate",
    "contention",
    "bench",
    "completions",
    "man",
];

#[test]
fn bash_completions_are_in_order() {
    let file = up_to_date("bash", "mccas.bash");
    accepted_by("bash", &["-n"], &file);
}

#[test]
fn zsh_completions_are_in_order() {
    let file = up_to_date("zsh", "_mccas");
    accepted_by("zsh", &["-n"], &file);
}

#[test]
fn fish_completions_are_in_order() {
    let file = up_to_date("fish", "mccas.fish");
    accepted_by("fish", &["--no-execute"], &file);
}

// These two shells are in no package that every machine has: their syntax is not checked.

#[test]
fn elvish_completions_are_in_order() {
    up_to_date("elvish", "mccas.elv");
}

#[test]
fn powershell_completions_are_in_order() {
    up_to_date("powershell", "_mccas.ps1");
}

/// Compares what the program prints with the file, or writes the file if `MCCAS_BLESS` is set.
/// Returns the path of the file.
#[track_caller]
fn up_to_date(shell: &str, name: &str) -> String {
    let outcome = mccas_alone().args(["completions", shell]).run();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
    let printed = outcome.stdout_text();
    for subcommand in SUBCOMMANDS {
        assert!(
            printed.contains(subcommand),
            "{subcommand} is not completed in {shell}"
        );
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("completions")
        .join(name);
    if env::var_os("MCCAS_BLESS").is_some() {
        fs::write(&path, printed).expect("a writable completion file");
    }
    let checked_in = fs::read_to_string(&path).unwrap_or_default();
    // No assert_eq: two whole scripts would drown the cure.
    assert!(
        checked_in == printed,
        "completions/{name} is stale; run: make bless"
    );
    path.display().to_string()
}

/// Lets the shell itself read the file without running it.
#[track_caller]
fn accepted_by(shell: &str, options: &[&str], file: &str) {
    let output = Command::new(shell)
        .args(options)
        .arg(file)
        .output()
        .unwrap_or_else(|error| {
            panic!("cannot run {shell} ({error}): run make test, which installs it")
        });
    assert!(output.status.success(), "{}", show(&output.stderr));
}
