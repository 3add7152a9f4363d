//! Wrong command lines, and what is said to them: `wrong.txt` has each with its answer, to be read.
//!
//! `MCCAS_BLESS=1 cargo test --test cli -- wrong` writes it anew.

use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::harness::inspect::show;
use crate::harness::mccas::{mccas, mccas_alone};
use crate::harness::server::Memcached;
use crate::harness::wait::A_LOOK;

/// As a shell has them, without the name of the program.
const LINES: [&str; 62] = [
    // Words of memcached and of other tools.
    "set k v",
    "add k v",
    "append k v",
    "touch k 60",
    "del k",
    "decr k",
    "ls",
    "keys",
    "stats",
    "version",
    "ping",
    "flush_all",
    "mg k v",
    // No command, or one that is not there.
    "--json",
    "frobnicate",
    "my_key",
    "get5 k",
    "help frobnicate",
    "man frobnicate",
    "man gets cas",
    // An option took the command for its value.
    "--color gets jobs",
    "-s gets jobs",
    "--timeout gets jobs",
    // Numbers where an option is meant.
    "incr-cas k -5",
    "incr-cas k 5",
    "incr k -15",
    // Values that look like options.
    "cas k v --token -1",
    "cas --token -1 k v",
    "cas k v --token 7 --ttl -5",
    "cas k v --token 7 --ttl -5s",
    "cas k v --token 7 --flags -1",
    "incr-cas --max-retries -1 k",
    "incr-cas k --deadline -5s",
    "watch k --since -1",
    "gets -k",
    "cas k -x --token 7",
    // Options that are not there, lack a value, or exclude each other.
    "gets k --jsn",
    "gets k --frob",
    "incr-cas k --bye 5",
    "incr-cas k --by",
    "gets k -vq",
    // What is missing.
    "gets",
    "incr-cas",
    "cas k v",
    "cas k --token 7",
    "cas k a b --token 7",
    "delete k",
    "update k",
    "update k jq .",
    "completions",
    // Values that are none.
    "gets ''",
    "delete k --token 0",
    "incr-cas k --by one",
    "incr-cas k --fallback other",
    "cas k v --token 7 --ttl 0",
    "cas k v --token 7 --ttl 60",
    "cas k v --token 7 --ttl 1M",
    "watch k --interval 1us",
    "completions ksh",
    "--max-value 1TB gets k",
    "-s 11212 gets k",
    "-s host:99999 gets k",
];

#[test]
fn wrong_lines_have_the_answers_that_are_checked_in() {
    let mut text = String::new();
    for line in LINES {
        let answer = answer(line);
        text += &format!("$ mccas {line}\n{}\n\n", answer.trim_end());
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/wrong.txt");
    if env::var_os("MCCAS_BLESS").is_some() {
        fs::write(&path, &text).expect("a writable file");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let (mut is, mut was) = (text.split("\n\n$ "), expected.split("\n\n$ "));
    loop {
        match (is.next(), was.next()) {
            (None, None) => break,
            (is, was) => assert_eq!(is, was, "read the answer; then: make bless"),
        }
    }
}

/// What is said to a line that is wrong: on stderr alone, with exit code 2, and without asking any server.
#[track_caller]
fn answer(line: &str) -> String {
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", &format!("\"$0\" {line}"), env!("CARGO_BIN_EXE_mccas")])
        .env_clear()
        .env("MCCAS_SERVER", "127.0.0.1:1")
        .stdin(Stdio::null());
    let output = shell.output().expect("sh");
    let answer = show(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{line}: {answer}");
    assert!(output.stdout.is_empty(), "{line}");
    // This is right only where a value may stand there, and clap cannot know.
    for number in ["-1", "-5", "-15"] {
        assert!(!answer.contains(&format!("use '-- {number}'")), "{answer}");
    }
    answer
}

#[test]
fn names_that_others_use_are_understood() {
    let server = Memcached::start();
    server.set("k", "1");
    let get = mccas(&server).args(["get", "k", "--raw"]);
    get.stdout("1").check();
    let incr = mccas(&server).args(["incr", "k", "--by", "-3"]);
    incr.stdout("-2\n").stderr_contains("below zero").check();
    let help = mccas_alone().args(["--help"]).run();
    assert!(!help.stdout_text().contains("  get "), "{help:?}");
}

#[test]
fn a_pattern_is_a_key_to_watch_and_it_says_so() {
    let server = Memcached::start();
    let watch = |key: &str| {
        let command = mccas(&server).args(["watch", key, "--for", A_LOOK]);
        command.run()
    };
    let outcome = watch("stock:*");
    assert_eq!(outcome.code, 0, "{outcome:?}");
    for word in ["not patterns", "stock:*", "mccas contention"] {
        assert!(outcome.stderr.contains(word), "{outcome:?}");
    }
    assert_eq!(watch("stock").stderr, "");
    // A key that is there is what was meant.
    server.set("stock:*", "1");
    assert_eq!(watch("stock:*").stderr, "");
}
