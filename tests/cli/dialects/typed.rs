//! `edit` on each kind of server: typed at a terminal, with an editor that needs none.

use std::ffi::OsStr;
use std::fs;
use std::time::Instant;

use serde_json::json;

use super::Check;
use super::peers::Give::{Clock, Tokens};
use super::stage::{Checked, LIFETIME, Stage};
use crate::harness::mccas::Mccas;
use crate::harness::outcome::Outcome;
use crate::harness::tmux::Tmux;

/// So wide that no sentence is broken.
const SIZE: (u16, u16) = (2000, 50);

const EDITOR: &str = "tr a-z A-Z <\"$1\" >\"$1.new\" && mv \"$1.new\" \"$1\"\n";

pub(super) const CHECKS: &[Check] = &[
    Check {
        command: "edit",
        what: "an edit that sets the expiry",
        needs: &[Tokens],
        run: edit,
    },
    Check {
        command: "edit",
        what: "an edit that keeps the expiry",
        needs: &[Tokens, Clock],
        run: edit_keeping_expiry,
    },
    Check {
        command: "edit",
        what: "a key that is not there",
        needs: &[Tokens],
        run: edit_of_nothing,
    },
];

fn edit(stage: &Stage) -> Checked {
    stage.set("k", "old");
    let outcome = typed(&stage.command(&["edit", "k", "--ttl", "never"]));
    let object = stage.judge(0, outcome)?.object();
    let now = stage.ensure_swapped("k", "OLD");
    stage.compare_token(&object, &now);
    stage.compare(&object, &json!({"status": "stored", "key": "k"}));
    Ok(())
}

fn edit_keeping_expiry(stage: &Stage) -> Checked {
    stage.set_for("k", "old", LIFETIME);
    let object = stage
        .judge(0, typed(&stage.command(&["edit", "k"])))?
        .object();
    stage.ensure_swapped("k", "OLD");
    stage.compare_ttl(&object, Some(LIFETIME));
    Ok(())
}

fn edit_of_nothing(stage: &Stage) -> Checked {
    let object = stage
        .judge(4, typed(&stage.command(&["edit", "no"])))?
        .object();
    stage.compare(&object, &json!({"status": "missing", "key": "no"}));
    Ok(())
}

/// Runs the command on a terminal, says yes to what it asks, and returns what it showed: objects as on stdout, the rest as on
/// stderr.
#[track_caller]
fn typed(command: &Mccas) -> Outcome {
    let began = Instant::now();
    let tmux = Tmux::new();
    let folder = tmux.folder().display().to_string();
    let [editor, script] = ["editor", "script"].map(|name| tmux.folder().join(name));
    fs::write(&editor, EDITOR).expect("an editor");
    let command = command.command();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line: Vec<String> = words.map(quoted).collect();
    let line = line.join(" ");
    fs::write(&script, format!("{line}\necho \"[exit $?]\"\nread -r _\n")).expect("a script");
    tmux.start(&["sh", &script.display().to_string()], SIZE, &|tmux| {
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => tmux.env(name, value),
                None => tmux.env_remove(name),
            };
        }
        tmux.env("EDITOR", format!("sh '{}'", editor.display()))
            .env_remove("VISUAL")
            .env("TMPDIR", &folder)
            .env("TERM", "screen")
            .env("LC_ALL", "C.UTF-8");
    });
    let asks = |screen: &str| screen.contains("edit it? [y]es");
    let screen = tmux.wait_for("question or end", |screen| {
        asks(screen) || screen.contains("[exit ")
    });
    if asks(&screen) {
        tmux.line("y");
    }
    let screen = tmux.wait_for("end", |screen| screen.contains("[exit "));
    let (shown, code) = screen.rsplit_once("[exit ").expect("an end");
    let (code, _) = code.split_once(']').expect("a code");
    let of = |is_wanted: &dyn Fn(&str) -> bool| -> String {
        let lines: Vec<&str> = shown.lines().filter(|line| is_wanted(line)).collect();
        lines.join("\n")
    };
    Outcome {
        code: code.parse().expect("a number"),
        stdout: of(&|line| line.starts_with('{')).into_bytes(),
        stderr: of(&|line| !line.starts_with('{') && !asks(line)),
        elapsed: began.elapsed(),
    }
}

/// For a shell, which takes everything between these quotes as it is.
fn quoted(word: &OsStr) -> String {
    let word = word.to_str().expect("plain words");
    format!("'{}'", word.replace('\'', "'\\''"))
}
