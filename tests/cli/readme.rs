//! README.md says what the program does: its sessions are run and compared, and its table of exit codes is the program's.
//!
//! With `MCCAS_BLESS=1` (`make bless`) the file is rewritten from what the program prints.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

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

#[test]
fn the_sessions_show_what_the_program_prints() {
    let server = Memcached::start();
    server.set("my_key", "41");
    let readme = read();
    let mut fresh = String::new();
    let mut session: Option<Vec<&str>> = None;
    for line in readme.lines() {
        match (&mut session, line) {
            (None, "```console") => session = Some(Vec::new()),
            (Some(lines), "```") => {
                let shown = lines.join("\n") + "\n";
                let printed = replay(lines, &server);
                if masked(&shown) == masked(&printed) {
                    fresh += &format!("```console\n{shown}```\n");
                } else {
                    assert!(
                        blessing(),
                        "README.md shows\n{shown}\nand the program prints\n{printed}\nif that is right, run: make bless"
                    );
                    fresh += &format!("```console\n{printed}```\n");
                }
                session = None;
            }
            (Some(lines), line) => lines.push(line),
            (None, line) => writeln!(fresh, "{line}").unwrap(),
        }
    }
    write_if_blessing(&readme, &fresh);
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
    let readme = read();
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
    write_if_blessing(&readme, &fresh);
}

#[test]
fn every_subcommand_and_option_of_readme_exists() {
    let readme = read();
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
    // Options of other programs in the recipes.
    let foreign = ["--path", "--locked", "--"];
    for option in options.filter(|option| !foreign.contains(option)) {
        assert!(
            help.contains(option),
            "README.md names {option}, which no --help knows"
        );
    }
}

/// Runs the commands of a session against `server` and returns the session as it really is.
fn replay(lines: &[&str], server: &Memcached) -> String {
    let mut session = String::new();
    let mut status = 0;
    for command in lines.iter().filter_map(|line| line.strip_prefix("$ ")) {
        let output = Command::new("bash")
            .args(["-c", &format!("(exit {status}); {command}")])
            .env("PATH", path())
            .env("MCCAS_SERVER", server.address())
            .env("LC_ALL", "C")
            .env_remove("RUST_BACKTRACE")
            .stdin(std::process::Stdio::null())
            .output()
            .expect("bash is there");
        status = output.status.code().unwrap_or(1);
        writeln!(session, "$ {command}").unwrap();
        session +=
            &String::from_utf8_lossy(&output.stdout).replace(&server.address(), SHOWN_ADDRESS);
        session +=
            &String::from_utf8_lossy(&output.stderr).replace(&server.address(), SHOWN_ADDRESS);
    }
    session
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

fn read() -> String {
    fs::read_to_string(readme()).unwrap()
}

fn readme() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

fn blessing() -> bool {
    env::var_os("MCCAS_BLESS").is_some()
}

fn write_if_blessing(before: &str, after: &str) {
    if blessing() && before != after {
        fs::write(readme(), after).unwrap();
    }
}
