//! The command under test: a strict builder in a scrubbed environment.
//!
//! What a test does not expect it expects to be empty: `.check()` compares stdout, stderr and the
//! exit code exactly, each with its default. A command that hangs is killed and fails its test.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::inspect::show;
use crate::harness::outcome::{Expected, Outcome, Stderr, code_of};
use crate::harness::running::Running;
use crate::harness::server::Memcached;
use crate::harness::{reaper, wait};

/// How long a command may take before it counts as hanging.
const LIMIT: Duration = Duration::from_secs(20);

/// `mccas --server ADDRESS` for a server of this test.
pub(crate) fn mccas(server: &Memcached) -> Mccas {
    mccas_at(server.address())
}

/// `mccas --server ADDRESS` for any address.
///
/// With more patience than the default of 1 s, so that a busy machine is not taken for a silent server. A test in which
/// silence is the point says `--timeout` itself.
pub(crate) fn mccas_at(address: impl AsRef<OsStr>) -> Mccas {
    mccas_alone()
        .args([OsStr::new("--server"), address.as_ref()])
        .env("MCCAS_TIMEOUT", "10s")
}

/// `mccas` with nothing.
pub(crate) fn mccas_alone() -> Mccas {
    Mccas {
        args: Vec::new(),
        env: Vec::new(),
        stdin: None,
        limit: LIMIT,
        expected: Expected::default(),
    }
}

/// A command to be run, and what is expected of it.
#[must_use = "nothing runs before .check(), .run() or .spawn()"]
pub(crate) struct Mccas {
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    stdin: Option<Vec<u8>>,
    limit: Duration,
    expected: Expected,
}

impl Mccas {
    /// Adds one argument.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Gives bytes on stdin, which is /dev/null without it.
    pub(crate) fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = Some(bytes.as_ref().to_vec());
        self
    }

    /// Sets a variable in the environment, which else has none that mccas reads.
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Allows more or less than the 20 s in which a command must end.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Expects exactly this on stdout.
    pub(crate) fn stdout(mut self, expected: impl AsRef<[u8]>) -> Self {
        self.expected.stdout = expected.as_ref().to_vec();
        self
    }

    /// Expects exactly this on stderr.
    pub(crate) fn stderr(mut self, expected: impl Into<String>) -> Self {
        self.expected.stderr = Stderr::Exactly(expected.into());
        self
    }

    /// Expects this somewhere on stderr; several such expectations add up.
    pub(crate) fn stderr_contains(mut self, expected: impl Into<String>) -> Self {
        match &mut self.expected.stderr {
            Stderr::Containing(parts) => parts.push(expected.into()),
            exact @ Stderr::Exactly(_) => *exact = Stderr::Containing(vec![expected.into()]),
        }
        self
    }

    /// Expects this exit code.
    pub(crate) fn code(mut self, code: i32) -> Self {
        self.expected.code = code;
        self
    }

    /// Runs the command and fails the test unless stdout, stderr and exit code are as expected.
    #[track_caller]
    pub(crate) fn check(self) -> Outcome {
        let outcome = self.finish();
        self.expected.verify(&outcome, &self.shown());
        outcome
    }

    /// Runs the command and expects nothing of it but that it ends.
    #[track_caller]
    pub(crate) fn run(self) -> Outcome {
        assert!(
            self.expected == Expected::default(),
            "run() compares nothing: use check(), or look at the outcome"
        );
        self.finish()
    }

    /// Starts the command in the background.
    #[track_caller]
    pub(crate) fn spawn(self) -> Running {
        assert!(
            self.expected == Expected::default(),
            "spawn() compares nothing: look at the lines and the outcome"
        );
        Running::new(self.start(), self.shown(), self.limit)
    }

    /// The command as the standard library has it, for what this builder does not offer.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mccas"));
        for (name, _) in env::vars_os() {
            if is_read_by_mccas(&name) {
                command.env_remove(name);
            }
        }
        command.env("TERM", "dumb").args(&self.args);
        reaper::mark(&mut command);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    #[track_caller]
    fn start(&self) -> Child {
        let mut command = self.command();
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.stdin(match self.stdin {
            Some(_) => Stdio::piped(),
            None => Stdio::null(),
        });
        let mut child = command.spawn().expect("the binary of mccas");
        if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), self.stdin.clone()) {
            // On a thread, as both sides may have more to say than a pipe holds. A command that
            // ends without having read everything is no fault of the test.
            thread::spawn(move || pipe.write_all(&bytes));
        }
        child
    }

    #[track_caller]
    fn finish(&self) -> Outcome {
        let started = Instant::now();
        let mut child = self.start();
        let stdout = collect(child.stdout.take().expect("a pipe"));
        let stderr = collect(child.stderr.take().expect("a pipe"));
        // The end of its output is waited for first: that takes no polling, and dozens of tests wait at a time.
        let stdout = stdout.recv_timeout(self.limit).ok();
        let left = self.limit.saturating_sub(started.elapsed());
        let status = end_within(&mut child, left);
        let elapsed = started.elapsed();
        let stderr = take(&stderr);
        let (Some(status), Some(stdout), Some(stderr)) = (status, stdout, stderr) else {
            panic!("{}: no end within {:?}", self.shown(), self.limit);
        };
        Outcome {
            code: code_of(status),
            stdout,
            stderr: show(&stderr),
            elapsed,
        }
    }

    fn shown(&self) -> String {
        let words = self.args.iter().map(|arg| arg.to_string_lossy());
        words.fold("mccas".to_string(), |line, word| line + " " + &word)
    }
}

/// Waits for the end of a process; kills it when the limit is used up.
pub(crate) fn end_within(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let status = wait::within(limit, || child.try_wait().expect("the state of mccas"));
    if status.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    status
}

/// Reads a pipe to its end on a thread of its own.
pub(crate) fn collect(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = send.send(bytes);
    });
    receive
}

/// What was collected; `None` if somebody (a child of the command) still holds the pipe open.
pub(crate) fn take(pipe: &Receiver<Vec<u8>>) -> Option<Vec<u8>> {
    pipe.recv_timeout(wait::PATIENCE).ok()
}

fn is_read_by_mccas(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let exact = [
        "NO_COLOR",
        "MEMCACHED_SERVERS",
        "RUST_BACKTRACE",
        "RUST_LIB_BACKTRACE",
        "COLUMNS",
        "LINES",
    ];
    exact.contains(&&*name) || name.starts_with("CLICOLOR") || name.starts_with("MCCAS_")
}
