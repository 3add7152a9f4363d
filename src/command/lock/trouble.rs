//! What is said while the command runs.

use std::fmt;

use rustix::process::Signal;

use crate::cas::lease::Renewal;
use crate::command::child::signal_name;

/// What is not as it should be.
#[derive(Debug)]
pub(super) enum Trouble<'a> {
    /// A renewal was not acknowledged.
    Renewal(&'a Renewal),
    /// This signal stopped the command, which leads this process group.
    Stopped(Signal, i32),
}

impl fmt::Display for Trouble<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Trouble::Renewal(renewal) => f.write_str(renewed(renewal)),
            Trouble::Stopped(signal, group) => stopped(signal, group, f),
        }
    }
}

fn renewed(renewal: &Renewal) -> &'static str {
    match renewal {
        Renewal::Overtaken => "another renewal of ours was faster; again",
        Renewal::Unanswered => "the renewal was not answered; again",
        Renewal::Renewed | Renewal::Lost(_) => "the lease was lost",
    }
}

/// Why the command stands, and how it ends or goes on.
fn stopped(signal: Signal, group: i32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let name = signal_name(signal);
    write!(f, "the command has stopped ({name})")?;
    match signal {
        Signal::TTIN => f.write_str(
            ": it wants to read from the terminal, which it cannot do under lock; give it a file or a pipe to read \
             from (< FILE)",
        )?,
        Signal::TTOU => f.write_str(
            ": it wants to set up the terminal or to write to it, which it cannot do under lock",
        )?,
        _ => write!(f, "; kill -CONT -{group} lets it go on")?,
    }
    f.write_str("; Ctrl-C, or SIGTERM to mccas, ends it, and the lock is kept until then")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_stopped_the_command_learns_why_and_how_it_ends() {
        for (signal, parts) in [
            (Signal::TTIN, ["(SIGTTIN)", "to read from", "< FILE"]),
            (Signal::TTOU, ["(SIGTTOU)", "to set up", "Ctrl-C"]),
            (Signal::STOP, ["(SIGSTOP)", "kill -CONT -7 ", "SIGTERM"]),
        ] {
            let told = Trouble::Stopped(signal, 7).to_string();
            for part in parts {
                assert!(told.contains(part), "{part}: {told}");
            }
        }
    }
}
