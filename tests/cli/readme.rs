//! README.md says what the program does: what it shows is typed into a fresh memcached from top to bottom and compared, and its
//! table of exit codes is the program's. So with docs/tour.md.
//!
//! With `MCCAS_BLESS=1` (`make bless`) they are rewritten from what the program prints.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::harness::mccas::mccas_alone;
use crate::harness::server::Memcached;

/// The address in the printed sessions.
const SHOWN_ADDRESS: &str = "127.0.0.1:11211";

/// What differs from run to run: the digits and other marks that follow these words.
const CHANGING: [&str; 7] = [
    "token ",
    "\"token\":\"",
    "\"token_before\":\"",
    "\"elapsed_ms\":",
    "\"time\":\"",
    "ttl ",
    "\"ttl\":",
];

/// The pages whose sessions are replayed, each on a fresh memcached, from top to bottom.
const PAGES: [&str; 2] = ["README.md", "docs/tour.md"];

/// More lines than a screen has.
const SCREEN: usize = 50;

/// What marks a script that wants more than a fresh memcached on this machine: `examples/` brings it.
const ELSEWHERE: [&str; 5] = ["make ", "~/.", "cache1", "amazonaws", "tls://"];

/// What the scripts take for granted.
const GIVEN: &str = "set -e; user=ann; run_job() { echo \"run_job $1\"; }\n";

#[test]
fn the_first_ten_minutes_go_as_the_pages_say() {
    for page in PAGES {
        play(page);
    }
}

/// Types the blocks of a page into a fresh memcached, in their order: sessions show what the program prints, and scripts succeed.
fn play(page: &str) {
    let server = Memcached::start();
    let text = read(page);
    let mut fresh = String::new();
    let mut lines = text.lines();
    let (mut sessions, mut scripts) = (0, 0);
    while let Some(line) = lines.next() {
        writeln!(fresh, "{line}").unwrap();
        let Some(language) = line.strip_prefix("```") else {
            continue;
        };
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        let mut shown = block.join("\n") + "\n";
        if language == "console" {
            sessions += 1;
            shown = played(page, &block, &shown, &server);
        } else if language == "sh" && !ELSEWHERE.iter().any(|mark| shown.contains(mark)) {
            scripts += 1;
            let output = bash(&format!("{GIVEN}{shown}"), &server);
            assert!(output.status.success(), "{page}: {shown}\n{output:?}");
        }
        fresh += &format!("{shown}```\n");
    }
    assert!(sessions >= 6, "{page}: {sessions} sessions");
    assert!(page != "README.md" || scripts >= 4, "{scripts} scripts");
    write_if_blessing(page, &text, &fresh);
}

/// The session as it is shown, or as it really is if that is to be written.
#[track_caller]
fn played(page: &str, block: &[&str], shown: &str, server: &Memcached) -> String {
    let printed = replay(block, server);
    if masked(shown) == masked(&printed) {
        return shown.into();
    }
    assert!(
        blessing(),
        "{page} shows\n{shown}\nand the program prints\n{printed}\nif that is right, run: make bless"
    );
    printed
}

#[test]
fn no_section_is_longer_than_a_screen() {
    for section in read("README.md").split("\n## ") {
        let (title, count) = (section.lines().next(), section.lines().count());
        assert!(
            count <= SCREEN,
            "{title:?} has {count} lines: to docs/ with what is long"
        );
    }
}

/// What everybody sees without scrolling: what it is, a picture, and commands.
#[test]
fn the_first_screen_has_a_picture_and_commands() {
    let readme = read("README.md");
    let first: Vec<_> = readme.lines().take(16).collect();
    let picture = first.iter().find_map(|line| line.strip_prefix("!["));
    let (_, file) = picture.and_then(|line| line.split_once("](")).unwrap();
    assert!(root().join(file.trim_end_matches(')')).exists(), "{file}");
    let commands = first.iter().filter(|line| line.starts_with("$ mccas "));
    assert_eq!(commands.count(), 3, "{first:?}");
}

/// The oldest Rust is the one of Cargo.toml.
#[test]
fn the_oldest_rust_is_named() {
    let oldest = env!("CARGO_PKG_RUST_VERSION");
    for page in ["README.md", "docs/install.md"] {
        let named = format!("Rust {oldest} or newer");
        assert!(read(page).contains(&named), "{page} does not say {named}");
    }
}

#[test]
fn the_table_of_exit_codes_is_the_one_in_help() {
    let help = mccas_alone()
        .arg("--help")
        .env("COLUMNS", "200")
        .run()
        .stdout;
    let help = String::from_utf8(help).unwrap();
    let (_, codes) = help.split_once("Exit codes:\n").unwrap();
    let mut table = String::from("| code | name | meaning |\n|---|---|---|\n");
    // A meaning of several lines goes on below where it began.
    let codes = codes.replace(&format!("\n{}", " ".repeat(22)), " ");
    for line in codes.lines().filter(|line| !line.trim().is_empty()) {
        let (code, rest) = line.trim().split_once(' ').unwrap();
        let rest = rest.trim();
        let (name, meaning) = rest.split_once("  ").unwrap_or(("", rest));
        writeln!(table, "| {code} | {name} | {} |", meaning.trim()).unwrap();
    }
    let readme = read("README.md");
    let (before, rest) = readme.split_once("<!-- exit-codes:begin -->\n").unwrap();
    let (shown, after) = rest.split_once("<!-- exit-codes:end -->").unwrap();
    if shown == table {
        return;
    }
    assert!(
        blessing(),
        "the exit codes in README.md are stale; run: make bless"
    );
    let fresh = format!("{before}<!-- exit-codes:begin -->\n{table}<!-- exit-codes:end -->{after}");
    write_if_blessing("README.md", &readme, &fresh);
}

#[test]
fn every_subcommand_and_option_of_readme_exists() {
    let pages = [
        "README.md",
        "docs/tour.md",
        "docs/recipes.md",
        "docs/json.md",
        "docs/exit-codes.md",
    ];
    let readme = pages.map(read).concat();
    let options = readme.split_whitespace().filter_map(|word| {
        let word = word.trim_matches(|c: char| !c.is_ascii_lowercase() && c != '-');
        let is_option = word.starts_with("--")
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        is_option.then_some(word)
    });
    let mut help = String::new();
    for command in [
        "",
        "gets",
        "cas",
        "incr-cas",
        "update",
        "edit",
        "delete",
        "lock",
        "watch",
        "check",
        "locate",
        "bench",
        "contention",
        "completions",
        "man",
    ] {
        let arguments: Vec<_> = [command, "--help"]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect();
        help += mccas_alone().args(arguments).run().stdout_text();
    }
    // Options of other programs.
    let foreign = ["--path", "--locked", "--"];
    for option in options.filter(|option| !foreign.contains(option)) {
        assert!(
            help.contains(option),
            "a page names {option}, which no --help knows"
        );
    }
}

/// Runs the commands of a session against `server` and returns the session as it really is.
fn replay(lines: &[&str], server: &Memcached) -> String {
    let mut session = String::new();
    let mut status = 0;
    for command in lines.iter().filter_map(|line| line.strip_prefix("$ ")) {
        let output = bash(&format!("(exit {status}); {command}"), server);
        status = output.status.code().unwrap_or(1);
        writeln!(session, "$ {command}").unwrap();
        session +=
            &String::from_utf8_lossy(&output.stdout).replace(&server.address(), SHOWN_ADDRESS);
        session +=
            &String::from_utf8_lossy(&output.stderr).replace(&server.address(), SHOWN_ADDRESS);
    }
    session
}

fn bash(script: &str, server: &Memcached) -> Output {
    Command::new("bash")
        .args(["-c", script])
        .env("PATH", path())
        .env("MCCAS_SERVER", server.address())
        .env("LC_ALL", "C")
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .output()
        .expect("bash is there")
}

/// The search path with the program under test first.
fn path() -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_mccas")).parent().unwrap();
    format!(
        "{}:{}",
        folder.display(),
        env::var("PATH").unwrap_or_default()
    )
}

/// The text without what differs from run to run.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut swapping = false;
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            swapping = command.contains("mccas cas ");
        }
        // cas prints a token, and nothing else.
        let is_token = swapping && line.bytes().all(|byte| byte.is_ascii_digit());
        masked += &if is_token {
            "N".to_string()
        } else {
            without_changing(line)
        };
        masked.push('\n');
    }
    masked
}

fn without_changing(line: &str) -> String {
    let mut line = line.to_string();
    for word in CHANGING {
        let parts: Vec<_> = line.split(word).collect();
        let mut masked = parts[0].to_string();
        for part in &parts[1..] {
            masked += word;
            masked +=
                part.trim_start_matches(|c: char| c.is_ascii_digit() || "-:.TZdhms".contains(c));
        }
        line = masked;
    }
    line
}

fn read(page: &str) -> String {
    fs::read_to_string(root().join(page)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn blessing() -> bool {
    env::var_os("MCCAS_BLESS").is_some()
}

fn write_if_blessing(page: &str, before: &str, after: &str) {
    if blessing() && before != after {
        fs::write(root().join(page), after).unwrap();
    }
}
