//! A terminal (tmux) in which `mccas edit` runs, with vi or with an editor that does what the test says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::harness::inspect::show;
use crate::harness::{reaper, wait};

/// Waits for its n-th run to be told what to do: `seen.N` is the text as it got it, `go.N` a script for `"$1"`.
const SCRIPTED: &str = r#"#!/bin/sh
n=$(($(cat "$DESK/runs" 2>/dev/null || echo 0) + 1))
echo $n > "$DESK/runs"
stat -c '%a' "$1" > "$DESK/modes"; stat -c '%a' "$(dirname "$1")" >> "$DESK/modes"
cp "$1" "$DESK/seen"; mv "$DESK/seen" "$DESK/seen.$n"
while ! test -e "$DESK/go.$n"; do sleep 0.01; done
. "$DESK/go.$n"
"#;

/// The terminal, and the folder in which test and editor meet. It is as wide as no line here is long.
pub(super) struct Desk {
    folder: TempDir,
}

impl Desk {
    /// Runs `mccas --server ADDRESS ARGS` with the scripted editor.
    #[track_caller]
    pub(super) fn scripted(address: &str, args: &str) -> Self {
        Self::run(address, args, "VISUAL= EDITOR='sh \"$DESK/editor\"'")
    }

    /// The same with the editor that is there without any variable.
    #[track_caller]
    pub(super) fn with_vi(address: &str, args: &str) -> Self {
        Self::run(address, args, "VISUAL= EDITOR=")
    }

    #[track_caller]
    fn run(address: &str, args: &str, variables: &str) -> Self {
        let desk = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        let folder = desk.folder.path().display();
        let binary = env!("CARGO_BIN_EXE_mccas");
        // Lines that show the end come after all that mccas says.
        let script = format!(
            "trap : INT\n\
             unset NO_COLOR CLICOLOR_FORCE MCCAS_SERVER MCCAS_TIMEOUT MEMCACHED_SERVERS\n\
             export DESK='{folder}' TMPDIR='{folder}/tmp' {variables}\n\
             sh -c 'echo $$ > \"$DESK/pid\"; exec {binary} --server {address} edit {args}'\n\
             echo \"[exit $?]\"\nexec sleep 60\n"
        );
        fs::create_dir(desk.file("tmp")).expect("a folder");
        fs::write(desk.file("editor"), SCRIPTED).expect("the editor");
        fs::write(desk.file("run"), script).expect("a script");
        let size = ["-x", "300", "-y", "60"];
        let line = format!("sh '{folder}/run'");
        let mut start = desk.tmux(&["new-session", "-d"]);
        start.args(size).arg(line);
        let started = start
            .output()
            .expect("tmux, which scripts/install-test-deps.sh installs");
        assert!(started.status.success(), "{}", show(&started.stderr));
        desk
    }

    fn tmux(&self, args: &[&str]) -> Command {
        let mut tmux = Command::new("tmux");
        tmux.arg("-S")
            .arg(self.file("tmux"))
            .args(["-f", "/dev/null"]);
        tmux.args(args).env("TERM", "xterm").stdin(Stdio::null());
        reaper::mark(&mut tmux);
        tmux
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the terminal shows, and what has scrolled off it.
    pub(super) fn screen(&self) -> String {
        let shown = self.tmux(&["capture-pane", "-p", "-J", "-S", "-"]).output();
        let shown = show(&shown.expect("tmux").stdout);
        shown
            .lines()
            .map(|line| line.trim_end().to_string() + "\n")
            .collect()
    }

    /// Waits until the terminal shows this.
    #[track_caller]
    pub(super) fn wait_for(&self, text: &str) -> String {
        let seen = wait::within(wait::PATIENCE, || {
            Some(self.screen()).filter(|screen| screen.contains(text))
        });
        seen.unwrap_or_else(|| panic!("no {text:?} on\n{}", self.screen()))
    }

    /// Types keys, as tmux names them.
    #[track_caller]
    pub(super) fn keys(&self, keys: &[&str]) {
        let sent = self.tmux(&["send-keys"]).args(keys).status();
        assert!(sent.expect("tmux").success());
    }

    /// Waits for the n-th run of the scripted editor; returns the text that it got.
    #[track_caller]
    pub(super) fn opened(&self, n: usize) -> String {
        let seen = self.file(&format!("seen.{n}"));
        let text = wait::within(wait::PATIENCE, || fs::read(&seen).ok());
        show(&text.unwrap_or_else(|| panic!("no editor on\n{}", self.screen())))
    }

    /// Lets the n-th run of the scripted editor do this with `"$1"`, and end.
    pub(super) fn go(&self, n: usize, script: &str) {
        fs::write(self.file("go"), script).expect("a script");
        fs::rename(self.file("go"), self.file(&format!("go.{n}"))).expect("a script");
    }

    /// Waits for the end with this exit code; returns all that was shown.
    #[track_caller]
    pub(super) fn end(&self, code: i32) -> String {
        self.wait_for("[exit ");
        self.wait_for(&format!("[exit {code}]"))
    }

    /// The process id of mccas.
    pub(super) fn pid(&self) -> u32 {
        let pid = fs::read_to_string(self.file("pid")).expect("a pid");
        pid.trim().parse().expect("a number")
    }

    /// The text in the file that the last lines name.
    #[track_caller]
    pub(super) fn kept(&self, screen: &str) -> Vec<u8> {
        let (_, rest) = screen
            .split_once("your text is in ")
            .unwrap_or_else(|| panic!("no file in\n{screen}"));
        let path = Path::new(rest.lines().next().expect("a path").trim());
        assert!(path.starts_with(self.file("tmp")), "{}", path.display());
        fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The octal modes of the file and its folder.
    pub(super) fn modes(&self) -> String {
        fs::read_to_string(self.file("modes")).unwrap_or_default()
    }

    /// Closes the terminal.
    #[track_caller]
    pub(super) fn close(&self) {
        let closed = self.tmux(&["kill-session"]).status();
        assert!(closed.expect("tmux").success());
    }

    /// The files that were left behind, with what is in them.
    pub(super) fn left(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let folder = |path: &Path| fs::read_dir(path).expect("a folder");
        let folders = folder(&self.file("tmp")).map(|entry| entry.expect("an entry").path());
        let files = folders.flat_map(|path| folder(&path));
        let paths = files.map(|entry| entry.expect("an entry").path());
        paths
            .map(|path| (path.clone(), fs::read(path).expect("a file")))
            .collect()
    }

    /// Whether no text was left behind.
    pub(super) fn is_clean(&self) -> bool {
        fs::read_dir(self.file("tmp"))
            .expect("a folder")
            .next()
            .is_none()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // Quietly, as it may have ended already.
        let _ = self.tmux(&["kill-server"]).output();
    }
}
