//! What a command did, and how it is compared with what a test expects.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use crate::harness::inspect::show;

/// What a command did.
#[derive(Clone)]
pub(crate) struct Outcome {
    /// The exit code, or 128 + n for a death by signal n, as a shell has it.
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) elapsed: Duration,
}

/// What a test expects of a command: by default silence and success.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Stderr,
    pub(crate) code: i32,
}

#[derive(PartialEq, Eq)]
pub(crate) enum Stderr {
    Exactly(String),
    Containing(Vec<String>),
}

impl Default for Stderr {
    fn default() -> Self {
        Self::Exactly(String::new())
    }
}

impl Expected {
    /// Fails the test, naming everything that differs.
    #[track_caller]
    pub(crate) fn verify(&self, outcome: &Outcome, command: &str) {
        let mut faults = Vec::new();
        if self.code != outcome.code {
            faults.push(format!(
                "exit code {}, expected {}",
                outcome.code, self.code
            ));
        }
        if self.stdout != outcome.stdout {
            faults.push(format!("stdout differs, expected:\n{}", show(&self.stdout)));
        }
        match &self.stderr {
            Stderr::Exactly(text) if *text != outcome.stderr => {
                faults.push(format!("stderr differs, expected:\n{text}"));
            }
            Stderr::Exactly(_) => {}
            Stderr::Containing(parts) => {
                let absent = parts.iter().filter(|part| !outcome.stderr.contains(*part));
                faults.extend(absent.map(|part| format!("stderr does not contain {part:?}")));
            }
        }
        assert!(
            faults.is_empty(),
            "$ {command}\n{outcome:?}\n--- {}",
            faults.join("\n--- ")
        );
    }
}

impl Outcome {
    /// The objects on stdout, one per line.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        let lines = self.stdout_text().lines();
        lines
            .map(|line| {
                serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("{error}: {line}\n{self:?}"))
            })
            .collect()
    }

    /// The only object on stdout.
    #[track_caller]
    pub(crate) fn object(&self) -> serde_json::Value {
        match <[_; 1]>::try_from(self.json()) {
            Ok([object]) => object,
            Err(objects) => panic!("{} objects instead of one\n{self:?}", objects.len()),
        }
    }

    /// Stdout, which must be text.
    #[track_caller]
    pub(crate) fn stdout_text(&self) -> &str {
        str::from_utf8(&self.stdout).expect("UTF-8 on stdout")
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            stdout,
            stderr,
            elapsed,
        } = self;
        write!(
            f,
            "--- exit code {code} after {elapsed:?}\n--- stdout:\n{}\n",
            show(stdout)
        )?;
        write!(f, "--- stderr:\n{stderr}")
    }
}

/// The exit code as a shell has it: 128 + n for a death by signal n.
pub(crate) fn code_of(status: ExitStatus) -> i32 {
    let by_signal = || 128 + status.signal().expect("an exit code or a signal");
    status.code().unwrap_or_else(by_signal)
}
