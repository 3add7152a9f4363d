//! Each question of `edit`, left without an answer: nothing is written, the text stays, and a signal ends mccas.

use std::path::Path;

use super::desk::Desk;
use super::{in_conflict, opened};
use crate::harness::process::signal;
use crate::harness::server::Memcached;
use crate::harness::wait;

/// What an edit of `mine` over `theirs` is given back as.
const BOTH: &[u8] = b"a\n<<<<<<< as it is now\ntheirs\n=======\nmine\n>>>>>>> your edit\n";

/// A question, and what must be so after it.
struct Prompt {
    name: &'static str,
    /// Leads up to it.
    reach: fn(&Memcached) -> Desk,
    /// The exit code where the terminal is at its end; a signal has its own.
    at_end: i32,
    /// What the key holds.
    value: Option<&'static [u8]>,
    /// What the file that is named holds.
    kept: Option<&'static [u8]>,
}

const PROMPTS: [Prompt; 4] = [
    Prompt {
        name: "doubt",
        reach: in_doubt,
        // Nothing has been edited: it is as a no.
        at_end: 0,
        value: Some(b"a\0b"),
        kept: None,
    },
    Prompt {
        name: "conflict",
        reach: |server| in_conflict(server, "old", "theirs", "mine"),
        at_end: 3,
        value: Some(b"theirs"),
        kept: Some(b"mine"),
    },
    Prompt {
        name: "deleted",
        reach: deleted,
        at_end: 4,
        value: None,
        kept: Some(b"mine"),
    },
    Prompt {
        name: "marks",
        reach: with_marks,
        at_end: 3,
        value: Some(b"a\ntheirs\n"),
        kept: Some(BOTH),
    },
];

fn in_doubt(server: &Memcached) -> Desk {
    server.set_with("k", b"a\0b", 0, 0);
    let desk = Desk::scripted(&server.address(), "k");
    desk.wait_for("edit it? [y]es, [n]o");
    desk
}

fn deleted(server: &Memcached) -> Desk {
    server.set("k", "old");
    let desk = opened(server, "");
    server.raw("delete k\r\n");
    desk.go(1, "printf mine > \"$1\"");
    desk.wait_for("[s]tore it as a new key, [g]ive up");
    desk
}

fn with_marks(server: &Memcached) -> Desk {
    let desk = in_conflict(server, "a\nold\n", "a\ntheirs\n", "a\\nmine\\n");
    desk.keys(&["e", "Enter"]);
    desk.opened(2);
    desk.go(2, "touch \"$1\"");
    desk.wait_for("marks of the conflict are left in the text; [e]dit on, [s]tore it so");
    desk
}

impl Prompt {
    /// Leaves the question, after which it must have ended with this code.
    #[track_caller]
    fn left_by(&self, server: &Memcached, leave: impl Fn(&Desk), code: i32) {
        let desk = (self.reach)(server);
        leave(&desk);
        let screen = desk.end(code);
        self.ensure_unwritten(server);
        match self.kept {
            Some(text) => assert_eq!(desk.kept(&screen), text, "{}: {screen}", self.name),
            None => assert!(desk.is_clean(), "{}: {screen}", self.name),
        }
    }

    #[track_caller]
    fn ensure_unwritten(&self, server: &Memcached) {
        let value = server.item("k").map(|item| item.value);
        assert_eq!(value.as_deref(), self.value, "{}", self.name);
    }
}

#[test]
fn whatever_leaves_a_question_writes_nothing_and_keeps_the_text() {
    let server = Memcached::start();
    for prompt in PROMPTS {
        prompt.left_by(&server, |desk| desk.keys(&["C-d"]), prompt.at_end);
        prompt.left_by(&server, |desk| desk.keys(&["C-c"]), 130);
        for (name, code) in [("TERM", 143), ("HUP", 129)] {
            prompt.left_by(&server, |desk| signal(desk.pid(), name), code);
        }
    }
}

#[test]
fn a_terminal_that_is_closed_at_a_question_writes_nothing_and_keeps_the_text() {
    let server = Memcached::start();
    for prompt in PROMPTS {
        let desk = (prompt.reach)(&server);
        let process = Path::new("/proc").join(desk.pid().to_string());
        desk.close();
        wait::until("the end of mccas", || (!process.exists()).then_some(()));
        prompt.ensure_unwritten(&server);
        let left = desk.left();
        let is_kept = |text: &[u8]| left.iter().any(|(_, left)| left == text);
        assert!(prompt.kept.is_none_or(is_kept), "{}: {left:?}", prompt.name);
    }
}

#[test]
fn marks_are_stored_only_where_that_is_said() {
    let server = Memcached::start();
    let desk = with_marks(&server);
    // An empty line is no answer.
    desk.keys(&["Enter", "s", "Enter"]);
    desk.end(0);
    assert_eq!(server.value("k").as_bytes(), BOTH);
}
