//! A terminal that nobody sits at: what runs in it, the keys that are pressed, and what its screen shows (tmux).

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::harness::{reaper, wait};

/// A terminal of its own, and a folder beside it.
pub(crate) struct Tmux {
    folder: tempfile::TempDir,
}

impl Tmux {
    pub(crate) fn new() -> Tmux {
        Tmux {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// A terminal in which a program runs, with nothing of the tester's environment, on so many columns and rows.
    #[track_caller]
    pub(crate) fn running(program: &[&str], size: (u16, u16)) -> Tmux {
        let tmux = Tmux::new();
        tmux.start(program, size, &|command: &mut Command| {
            command.env_clear().envs([
                ("PATH", "/usr/local/bin:/usr/bin:/bin"),
                ("PS1", "> "),
                ("TERM", "screen"),
                ("LC_ALL", "C.UTF-8"),
            ]);
            reaper::mark(command);
        });
        tmux
    }

    /// A terminal with a shell that waits for a line.
    #[track_caller]
    pub(crate) fn shell(size: (u16, u16)) -> Tmux {
        let tmux = Tmux::running(&["bash", "--norc", "--noprofile"], size);
        tmux.wait_for("prompt", |screen| screen.ends_with('>'));
        tmux
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a program on so many columns and rows, prepared as a process of the test.
    #[track_caller]
    pub(crate) fn start(&self, program: &[&str], size: (u16, u16), prepare: &dyn Fn(&mut Command)) {
        let (width, height) = (size.0.to_string(), size.1.to_string());
        let mut tmux = self.command();
        tmux.args(["new-session", "-d", "-x", &width, "-y", &height]);
        tmux.args(program);
        prepare(&mut tmux);
        let output = tmux.output().unwrap_or_else(|error| {
            panic!("cannot run tmux ({error}): run make test, which installs it")
        });
        assert!(output.status.success(), "{output:?}");
    }

    fn command(&self) -> Command {
        let mut tmux = Command::new("tmux");
        tmux.args(["-f", "/dev/null", "-S"])
            .arg(self.folder.path().join("tmux"));
        tmux
    }

    /// Presses keys, by tmux's names; after `-l` a text letter by letter.
    #[track_caller]
    pub(crate) fn send(&self, keys: &[&str]) {
        let status = self.command().arg("send-keys").args(keys).status();
        assert!(status.expect("tmux").success(), "{keys:?}");
    }

    /// The lines that are not empty, with single spaces.
    pub(crate) fn screen(&self) -> String {
        // Each look is a process of its own.
        std::thread::sleep(Duration::from_millis(10));
        let output = self.command().args(["capture-pane", "-p"]).output();
        let text = String::from_utf8(output.expect("tmux").stdout).expect("UTF-8");
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let lines: Vec<String> = lines
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        lines.join("\n")
    }

    /// Whether the cursor is shown, and whether the alternate screen is.
    #[track_caller]
    pub(crate) fn modes(&self) -> (bool, bool) {
        let mut tmux = self.command();
        tmux.args(["display-message", "-p", "#{cursor_flag}#{alternate_on}"]);
        let output = tmux.output().expect("tmux").stdout;
        (output.starts_with(b"1"), output.ends_with(b"1\n"))
    }

    /// Types a line at a shell's prompt.
    #[track_caller]
    pub(crate) fn line(&self, line: &str) {
        self.send(&["-l", line]);
        self.send(&["Enter"]);
    }

    /// Waits until the screen is as `fits` says, and returns it.
    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let seen = wait::within(wait::PATIENCE, || {
            let screen = self.screen();
            fits(&screen).then_some(screen)
        });
        seen.unwrap_or_else(|| panic!("no {what} on the screen:\n{}", self.screen()))
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = self.command().arg("kill-server").status();
    }
}
