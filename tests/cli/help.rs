//! `-h`, `--help` and `--version`: what they show, how wide, and in which colours.

use crate::completions::SUBCOMMANDS;
use crate::harness::mccas::mccas_alone;

/// What a command prints on a terminal of so many columns.
fn shown(args: &[&str], columns: u16) -> String {
    let command = mccas_alone().args(args).env("COLUMNS", columns.to_string());
    let outcome = command.run();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""), "{args:?}");
    outcome.stdout_text().to_string()
}

#[test]
fn a_summary_fits_a_terminal_of_80_by_24() {
    for command in [""].iter().chain(&SUBCOMMANDS) {
        let words = [*command, "-h"];
        let summary = shown(&words[usize::from(command.is_empty())..], 80);
        // The last line of the terminal is the next prompt.
        assert!(
            summary.lines().count() < 24,
            "shorten it, or leave an option to --help (hide_short_help): {summary}"
        );
        for line in summary.lines() {
            assert!(line.chars().count() <= 80, "{line}");
            assert!(!line.contains("exit code"), "{line}");
        }
        let more = format!("mccas {command} --help").replace("  ", " ");
        assert!(summary.contains(&more), "{summary}");
    }
}

#[test]
fn global_options_stand_below_the_commands_own() {
    for command in SUBCOMMANDS {
        let help = shown(&[command, "--help"], 100);
        if ["completions", "man"].contains(&command) {
            for option in ["--server", "--timeout", "--json"] {
                assert!(!help.contains(&format!("{option} ")), "{help}");
            }
            continue;
        }
        let (own, global) = help.split_once("Global options:\n").expect(command);
        for option in ["--server", "--timeout", "--json", "--color", "--quiet"] {
            assert!(!own.contains(&format!("{option} <")), "{option}: {own}");
            assert!(global.contains(option), "{option}: {global}");
        }
        assert!(help.contains("Examples:"), "{help}");
    }
}

#[test]
fn what_a_command_requires_stands_on_top() {
    for (command, first) in [
        ("cas", ["--token", "--expect"]),
        ("delete", ["--token", "--expect"]),
    ] {
        for how in ["-h", "--help"] {
            let help = shown(&[command, how], 100);
            let (_, options) = help.split_once("Options:\n").expect(command);
            let named = options
                .lines()
                .filter_map(|line| line.trim_start().split(' ').next());
            let named: Vec<&str> = named
                .filter(|word| word.starts_with("--"))
                .take(2)
                .collect();
            assert_eq!(named, first, "{help}");
        }
    }
}

#[test]
fn text_is_wrapped_once_and_to_the_terminal() {
    for columns in [80, 100, 200] {
        for command in SUBCOMMANDS {
            let help = shown(&[command, "--help"], columns);
            let most = usize::from(columns.min(100));
            // A command to type cannot be wrapped.
            let typed = |line: &&str| !line.trim_start().starts_with("mccas ");
            for line in help.lines().filter(typed) {
                assert!(line.chars().count() <= most, "{command}: {line}");
            }
        }
    }
    // A word alone on its line is what is left of a line that was wrapped twice.
    let help = shown(&["contention", "--help"], 80);
    let prose = help
        .lines()
        .filter(|line| line.starts_with(char::is_alphabetic));
    let lonely = prose.filter(|line| !line.contains(' ') && !line.ends_with([':', '.']));
    assert_eq!(lonely.collect::<Vec<_>>(), Vec::<&str>::new(), "{help}");
}

#[test]
fn headings_and_words_to_type_are_styled_where_colour_is_wanted() {
    let plain = shown(&["gets", "-h"], 80);
    let styled = shown(&["gets", "-h", "--color", "always"], 80);
    for text in [&styled, &shown(&["--color=always", "help", "gets"], 80)] {
        assert!(text.contains("\u{1b}["), "{text}");
    }
    for args in [&["gets", "-h"][..], &["--color", "never", "gets", "-h"]] {
        assert!(!shown(args, 80).contains('\u{1b}'), "{args:?}");
    }
    let stripped: Vec<&str> = styled.split('\u{1b}').collect();
    let stripped = stripped.iter().enumerate().map(|(at, part)| match at {
        0 => part,
        _ => part.split_once('m').expect("a style").1,
    });
    assert_eq!(stripped.collect::<String>(), plain);
    let wrong = mccas_alone().args(["gest", "--color", "always"]).run();
    assert!(wrong.stderr.contains("\u{1b}["), "{wrong:?}");
    let wrong = mccas_alone().args(["gest", "--color", "never"]);
    let wrong = wrong.env("CLICOLOR_FORCE", "1").run();
    assert!(!wrong.stderr.contains('\u{1b}'), "{wrong:?}");
}

#[test]
fn the_version_is_that_of_the_program() {
    let version = format!("mccas {}\n", env!("CARGO_PKG_VERSION"));
    for args in [
        &["-V"][..],
        &["--version"],
        &["gets", "-V"],
        &["man", "--version"],
    ] {
        assert_eq!(shown(args, 80), version, "{args:?}");
    }
}
