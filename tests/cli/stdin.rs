//! A stdin that is closed is told from one that is empty.

use std::process::Command;
use std::time::Instant;

use crate::harness::inspect::show;
use crate::harness::mccas::{Mccas, mccas};
use crate::harness::outcome::{Outcome, code_of};
use crate::harness::server::Memcached;

/// The command under a shell that sets its stdin up like this.
fn with_stdin(command: &Mccas, redirection: &str) -> Outcome {
    let command = command.command();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &format!("exec \"$0\" \"$@\" {redirection}")])
        .arg(command.get_program())
        .args(command.get_args());
    let started = Instant::now();
    let output = shell.output().expect("sh");
    Outcome {
        code: code_of(output.status),
        stdout: output.stdout,
        stderr: show(&output.stderr),
        elapsed: started.elapsed(),
    }
}

/// What reads stdin.
const READERS: [&[&str]; 6] = [
    &["cas", "k", "-", "--token", "absent"],
    &["cas", "k", "--file", "/dev/stdin", "--token", "absent"],
    &["update", "k", "--initial-file", "/dev/fd/0", "--", "cat"],
    &["gets", "--keys-from", "-"],
    &["incr-cas", "--keys-from", "-", "--initial", "0"],
    &["delete", "--keys-from", "-", "--expect", "1"],
];

#[test]
fn a_stdin_that_is_closed_is_no_empty_value_and_no_empty_list() {
    let server = Memcached::start();
    for args in READERS {
        let outcome = with_stdin(&mccas(&server).arg("--json").args(args), "<&-");
        assert_eq!(outcome.code, 1, "{args:?} {outcome:?}");
        assert_eq!(outcome.object()["status"], "failed", "{args:?}");
        for part in ["mccas: cannot read ", "it is closed", "nothing was sent"] {
            assert!(outcome.stderr.contains(part), "{part}: {outcome:?}");
        }
    }
    assert_eq!((server.count("cmd_get"), server.count("cmd_set")), (0, 0));
}

#[test]
fn a_stdin_that_is_empty_is_an_empty_value_and_an_empty_list() {
    let server = Memcached::start();
    for args in READERS {
        server.raw("delete k\r\n");
        let outcome = with_stdin(&mccas(&server).args(args), "</dev/null");
        assert_eq!(outcome.code, 0, "{args:?} {outcome:?}");
        let value = server.item("k").map(|item| item.value);
        let wanted = (!args.contains(&"--keys-from")).then(Vec::new);
        assert_eq!(value, wanted, "{args:?} {outcome:?}");
    }
}
