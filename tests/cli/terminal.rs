//! On a terminal: colours, and no byte of somebody else's that the terminal would obey.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::{Command, Stdio};

use crate::harness::inspect::show;
use crate::harness::mccas::{Mccas, collect, end_within, mccas, mccas_at, take};
use crate::harness::outcome::code_of;
use crate::harness::server::Memcached;
use crate::harness::wait::{A_LOOK, PATIENCE};
use crate::harness::wire::{Connection, Peer};

/// What would clear the screen (ESC and its single-character form), ring, and turn the text around.
const EVIL: &str = "a\x1b[2Jb\u{9b}2Jc\x07d\u{202e}e\x7ff\rg";

/// Runs a command on a terminal of its own, made by `script`; returns all that it would show there,
/// and the exit code.
#[track_caller]
fn on_terminal(command: &Mccas, variables: &[(&str, &str)]) -> (String, i32) {
    let command = command.command();
    let mut line = Vec::new();
    for word in std::iter::once(command.get_program()).chain(command.get_args()) {
        line.push(b'\'');
        // A quote ends the quoted part, stands by itself, and the next part begins.
        line.extend(
            word.as_bytes()
                .split(|byte| *byte == b'\'')
                .collect::<Vec<_>>()
                .join(&b"'\\''"[..]),
        );
        line.extend(b"' ");
    }
    let mut script = Command::new("script");
    script
        .arg("-qec")
        .arg(OsString::from_vec(line))
        .arg("/dev/null");
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    script
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
        .envs(variables.iter().copied());
    script
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = script.spawn().expect("script, which util-linux has");
    let stdout = collect(child.stdout.take().expect("a pipe"));
    let status = end_within(&mut child, PATIENCE).expect("an end");
    let shown = take(&stdout).expect("the end of stdout");
    (show(&shown), code_of(status))
}

/// Takes the colours out: what is left must not be anything that a terminal obeys.
fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut parts = text.split("\x1b[");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.find(|c: char| !c.is_ascii_digit() && c != ';');
        match digits.map(|end| part.split_at(end)) {
            Some((_, rest)) if rest.starts_with('m') => plain.push_str(&rest[1..]),
            // No colour: left as it is, for the caller to find.
            _ => {
                plain.push_str("\x1b[");
                plain.push_str(part);
            }
        }
    }
    plain
}

#[track_caller]
fn ensure_harmless(shown: &str) {
    // The terminal itself makes \r\n of a line's end.
    let plain = without_colours(shown).replace("\r\n", "\n");
    let obeyed = plain
        .chars()
        .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
    assert_eq!(obeyed, None, "{plain:?}");
    assert!(
        plain.contains("2J"),
        "the evil text is not shown at all: {plain:?}"
    );
}

#[test]
fn the_test_itself_tells_colours_from_commands() {
    assert_eq!(without_colours("\x1b[1mkey\x1b[0m \x1b[38;5;1mx"), "key x");
    assert_eq!(without_colours("\x1b[2J"), "\x1b[2J");
    assert_eq!(without_colours("\x1b[1"), "\x1b[1");
}

#[test]
fn values_and_keys_are_escaped_on_a_terminal_in_every_command() {
    let server = Memcached::start();
    server.set(EVIL, EVIL);
    server.set("k", EVIL);
    for args in [
        &["gets", EVIL][..],
        &["gets", "k"],
        &["gets", "k", "--json"],
        &["gets", EVIL, "--json"],
        &["gets", "[2J missing\x1b[2J"],
        &["cas", "k", "v", "--token", "9999"],
        &["cas", "k", "v", "--token", "9999", "--json"],
        &["incr-cas", EVIL],
        &["incr-cas", "k", "--json"],
        &["watch", EVIL, "k", "--for", A_LOOK],
        &["watch", EVIL, "--since", "99999", "--count", "1", "--json"],
        &["watch", "k", "--since", "99999", "--count", "1", "--json"],
    ] {
        let (shown, code) = on_terminal(&mccas(&server).args(args), &[]);
        assert!([0, 3, 4, 8].contains(&code), "{args:?} {shown}");
        ensure_harmless(&shown);
    }
}

#[test]
fn what_a_foreign_server_says_is_escaped() {
    for answer in [
        "\x1b[2J\u{9b}2J\r\n",
        "SERVER_ERROR \x1b[2J\u{202e}\r\n",
        "CLIENT_ERROR \x1b]0;2J\x07\r\n",
        "ERROR \x1b[2J\r\n",
    ] {
        let peer = Peer::always(Connection::new().read(1).reply(answer).close());
        for options in [&[][..], &["--json"]] {
            let command = mccas_at(peer.address()).args(["gets", "k"]).args(options);
            let (shown, code) = on_terminal(&command, &[]);
            assert!([5, 7].contains(&code), "{shown}");
            ensure_harmless(&shown);
            // Once: an escape is not escaped itself, but by JSON.
            assert!(!options.is_empty() || !shown.contains(r"\\u{"), "{shown}");
        }
    }
}

#[test]
fn what_a_user_typed_wrong_is_escaped() {
    let server = Memcached::start();
    let long = EVIL.repeat(40);
    for args in [
        &["gets", &long][..],
        &[EVIL],
        &["gets", "k", "--color", EVIL],
        &["gets", "k", "--timeout", EVIL],
        &["cas", "k", "v", "--token", EVIL],
        &["cas", "k", "--token", "absent", "--file", EVIL],
    ] {
        let (shown, code) = on_terminal(&mccas(&server).args(args), &[]);
        assert!([1, 2].contains(&code), "{args:?} {shown}");
        ensure_harmless(&shown);
    }
    for address in [
        &format!("{EVIL}://h"),
        &format!("[{EVIL}]"),
        &format!("/{EVIL}"),
    ] {
        let (shown, code) = on_terminal(&mccas_at(address).args(["gets", "k"]), &[]);
        assert!([2, 5].contains(&code), "{address:?} {shown}");
        ensure_harmless(&shown);
    }
}

#[test]
fn json_on_a_terminal_is_still_the_same_value() {
    let server = Memcached::start();
    server.set("k", EVIL);
    let (shown, code) = on_terminal(&mccas(&server).args(["gets", "k", "--json"]), &[]);
    let object: serde_json::Value = serde_json::from_str(shown.trim_end()).expect("an object");
    assert_eq!((&object["value"], code), (&EVIL.into(), 0));
}

#[test]
fn a_pipe_gets_the_bytes_as_they_are() {
    let server = Memcached::start();
    server.set("k", EVIL);
    let token = server.token("k");
    let size = EVIL.len();
    let expected = format!("k  token {token}  ttl never  flags 0  {size} B\n{EVIL}\n");
    mccas(&server).args(["gets", "k"]).stdout(expected).check();
}

#[test]
fn the_time_left_is_for_people_on_a_terminal_and_in_seconds_on_a_pipe() {
    let server = Memcached::start();
    server.set_with("k", "v", 7, 5000);
    server.set_with("other", "v", 7, 5000);
    for args in [
        &["gets", "k"][..],
        &["gets", "k", "other"],
        &["gets", "--keys-from", "-"],
        &["gets", "--all-servers", "k"],
        &["watch", "k", "--since", "99999", "--count", "1"],
    ] {
        let command = || mccas(&server).args(args).args(["--color", "never"]);
        let (shown, _) = on_terminal(&command(), &[]);
        if args[1] != "--keys-from" {
            // 5000 s, of which some may have passed.
            assert!(shown.contains("ttl 1h23m"), "{args:?}: {shown}");
        }
        let piped = command().stdin("k\n").run();
        let (_, rest) = piped.stdout_text().split_once("ttl ").expect("a ttl");
        let left = rest.split_whitespace().next().expect("a time");
        let seconds = left.strip_suffix('s').and_then(|left| left.parse().ok());
        assert!((4990..=5000).contains(&seconds.unwrap_or(0)), "{piped:?}");
        // Given back, it means the same.
        let swap = mccas(&server).args(["cas", "other", "v", "--expect", "v", "--ttl", left]);
        assert_eq!(swap.run().code, 0);
    }
}

/// A touch is told with the time left, too.
#[test]
fn a_touch_is_told_in_seconds_on_a_pipe() {
    let server = Memcached::start();
    server.set("k", "v");
    let command = mccas(&server).args(["watch", "k", "--interval", "5ms", "--count", "1"]);
    let mut watch = command.spawn();
    assert!(watch.line().contains("present"));
    server.raw("touch k 5000\r\n");
    let touched = watch.line();
    assert!(
        touched.contains("ttl 5000s") || touched.contains("ttl 4999s"),
        "{touched}"
    );
    assert_eq!(watch.wait().code, 0);
}

#[test]
fn colour_is_for_terminals_and_can_be_chosen() {
    let server = Memcached::start();
    server.set("k", "v");
    let gets = || mccas(&server).args(["gets", "k"]);
    let is_coloured = |text: &str| text.contains("\x1b[");
    for (options, variables, expected) in [
        (&[][..], &[][..], true),
        (&["--color", "never"], &[], false),
        (&[], &[("NO_COLOR", "1")], false),
        (&[], &[("NO_COLOR", "")], true),
        (&[], &[("TERM", "dumb")], false),
        (&["--color", "always"], &[("NO_COLOR", "1")], true),
    ] {
        let (shown, code) = on_terminal(&gets().args(options), variables);
        assert_eq!(code, 0, "{shown}");
        assert_eq!(
            is_coloured(&shown),
            expected,
            "{options:?} {variables:?} {shown}"
        );
    }
    for (options, variable, expected) in [
        (&[][..], "UNRELATED", false),
        (&["--color", "always"], "UNRELATED", true),
        (&[], "CLICOLOR_FORCE", true),
        (&["--color", "never"], "CLICOLOR_FORCE", false),
    ] {
        let outcome = gets().args(options).env(variable, "1").run();
        assert_eq!(
            is_coloured(outcome.stdout_text()),
            expected,
            "{options:?} {variable}"
        );
    }
    // Objects are for programs.
    let outcome = gets().args(["--json", "--color", "always"]).run();
    assert!(!is_coloured(outcome.stdout_text()), "{outcome:?}");
}

#[test]
fn several_items_are_aligned_on_a_terminal() {
    let server = Memcached::start();
    server.set("a", "1");
    server.set_with("a-long-key", "value", 12345, 5000);
    let command = mccas(&server).args(["gets", "a", "a-long-key", "--color", "never"]);
    let (shown, _) = on_terminal(&command, &[]);
    let columns: Vec<_> = shown
        .lines()
        .filter_map(|line| line.find("  token "))
        .collect();
    let [first, second] = columns[..] else {
        panic!("not two heads: {shown}");
    };
    assert_eq!(first, second, "{shown}");
}

#[test]
fn cas_on_a_terminal_without_a_value_says_where_values_come_from() {
    let server = Memcached::start();
    let (shown, code) = on_terminal(&mccas(&server).args(["cas", "k", "--token", "absent"]), &[]);
    // `script` gives its own end of input to the terminal; what counts is that nothing is stored.
    assert_eq!((code, server.item("k")), (2, None), "{shown}");
    assert!(shown.contains("--file"), "{shown}");
}
