//! No process outlives the tests that started it, however they end: a panic, Ctrl-C, a kill.
//!
//! Each process carries a mark in its environment, which its own children inherit. A shell waits for the end of a pipe that
//! only the test binary holds open; then it kills whoever carries the mark. Where there is no /proc it finds nobody, and
//! only what ends in the usual way (each handle ends its process when dropped) leaves nothing behind.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio, id};
use std::sync::OnceLock;

/// The variable that holds the mark. `scripts/test.sh` looks for it when all is over.
const VARIABLE: &str = "STARTED_BY_MCCAS_TESTS";

/// Nobody who asks us to end may end the shell before its work is done. A process may start another one while it is looked
/// for, hence again until there is none.
const SCRIPT: &str = r#"
    trap '' HUP INT TERM
    read -r _
    while
        killed=
        for environ in $(grep -lF "$1" /proc/[0-9]*/environ 2>/dev/null); do
            pid=${environ#/proc/}
            kill -KILL "${pid%/environ}" 2>/dev/null && killed=yes
        done
        [ -n "$killed" ]
    do :; done
"#;

/// Marks a command, so that what it starts does not outlive this process.
pub(crate) fn mark(command: &mut Command) {
    static REAPER: OnceLock<Reaper> = OnceLock::new();
    REAPER.get_or_init(|| Reaper::new(id())).mark(command);
}

/// The shell that waits, and the pipe by which it knows that this process lives.
pub(crate) struct Reaper {
    mark: String,
    shell: Child,
}

impl Reaper {
    /// A reaper for the processes of the test binary with this process id.
    pub(crate) fn new(owner: u32) -> Self {
        let mark = mark_of(owner);
        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "sh", &format!("{VARIABLE}={mark}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C is for the tests, which the shell must outlive.
            .process_group(0)
            .spawn()
            .expect("sh");
        Self { mark, shell }
    }

    /// Marks a command of this reaper's.
    pub(crate) fn mark(&self, command: &mut Command) {
        command.env(VARIABLE, &self.mark);
    }

    /// Lets it do its work, as the end of this process does.
    pub(crate) fn reap(mut self) {
        drop(self.shell.stdin.take());
        self.shell.wait().expect("the end of sh");
    }
}

/// The run of the suite, if it has a name, and the test binary; the point at the end keeps 12 and 123 apart.
fn mark_of(owner: u32) -> String {
    let run = env::var(VARIABLE).unwrap_or_default();
    format!("{run}.{owner}.")
}

/// The processes that the test binary with this process id has started and that live.
#[cfg(target_os = "linux")]
pub(crate) fn marked(owner: u32) -> Vec<u32> {
    let mark = format!("{VARIABLE}={}", mark_of(owner));
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    let marked = processes.filter_map(|process| {
        let pid = process.file_name().to_str()?.parse().ok()?;
        let environ = std::fs::read(process.path().join("environ")).ok()?;
        let mut variables = environ.split(|byte| *byte == 0);
        variables.any(|it| it == mark.as_bytes()).then_some(pid)
    });
    marked.collect()
}
