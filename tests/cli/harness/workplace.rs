//! A folder to run scripts in, as a user does: mccas on the search path, a home, and what else the scripts take for granted.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::harness::inspect::show;
use crate::harness::mccas::{collect, end_within, mccas_alone, take};
use crate::harness::outcome::{Outcome, code_of};
use crate::harness::running::Running;

const LIMIT: Duration = Duration::from_secs(60);

/// The folder, in which scripts run and which is their home, and the server that mccas finds there.
pub(crate) struct Workplace {
    folder: TempDir,
    env: Vec<(String, String)>,
}

impl Workplace {
    pub(crate) fn new(server: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("programs")).expect("a folder");
        let new = Self {
            folder,
            env: Vec::new(),
        };
        new.with("MCCAS_SERVER", server)
            .with("MCCAS_TIMEOUT", "10s")
    }

    /// Sets a variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Puts a shell script on the search path.
    pub(crate) fn program(&self, name: &str, script: &str) {
        self.executable(&format!("programs/{name}"), script);
    }

    /// Puts a shell script into the folder.
    pub(crate) fn executable(&self, name: &str, script: &str) {
        let path = self.path(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a script that must end.
    #[track_caller]
    pub(crate) fn run(&self, shell: &str, script: &str) -> Outcome {
        let mut command = self.command(shell);
        command.args(["-e", "-c", script]).stdin(Stdio::null());
        let started = Instant::now();
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("{shell}: {error}: scripts/install-test-deps.sh installs it")
        });
        let stdout = collect(child.stdout.take().expect("a pipe"));
        let stderr = collect(child.stderr.take().expect("a pipe"));
        let status = end_within(&mut child, LIMIT);
        let ended = (status, take(&stdout), take(&stderr));
        let (Some(status), Some(stdout), Some(stderr)) = ended else {
            panic!("{shell}: no end of\n{script}");
        };
        Outcome {
            code: code_of(status),
            stdout,
            stderr: show(&stderr),
            elapsed: started.elapsed(),
        }
    }

    /// Runs a script on a terminal (`script`, of util-linux), whose Ctrl-C is byte 3 on the pipe that is returned.
    #[track_caller]
    pub(crate) fn on_terminal(&self, script: &str) -> (Running, ChildStdin) {
        let mut command = self.command("script");
        command.args(["-qefc", script, "/dev/null"]);
        command.env("SHELL", "/bin/sh").env("TERM", "xterm");
        let child = command.stdin(Stdio::piped()).spawn();
        let mut child = child.expect("script, which is part of util-linux");
        let typed = child.stdin.take().expect("a pipe");
        (Running::new(child, script.into(), LIMIT), typed)
    }

    /// A program in the folder, with the environment of [`mccas_alone`]: without what mccas reads.
    fn command(&self, program: &str) -> Command {
        let built = Path::new(env!("CARGO_BIN_EXE_mccas")).parent().unwrap();
        let path = env::var("PATH").unwrap_or_default();
        let programs = self.path("programs");
        let path = format!("{}:{}:{path}", programs.display(), built.display());
        let scrubbed = mccas_alone().command();
        let mut command = Command::new(program);
        for (name, value) in scrubbed.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("PATH", path)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}
