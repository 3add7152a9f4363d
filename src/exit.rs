//! The exit codes: the only place where their numbers stand.

use std::process::ExitCode;

use crate::cas::{ErrorKind, StoreError};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It happened.
    Done,
    /// Anything that has no code of its own.
    Failed,
    /// Bad arguments, bad key, bad token. Nothing was sent.
    Usage,
    /// The token was stale, or the retries or the deadline were used up. Nothing was written by us.
    Conflict,
    /// The key is not there.
    Missing,
    /// No usable connection. Certainly not applied, safe to repeat.
    Unreachable,
    /// Sent, no answer, and it could not be resolved: the only code that leaves the state in doubt.
    Unknown,
    /// The server answered with an error, wants authentication, or does no CAS.
    Refused,
    /// The value is not one that can be worked on or stored.
    Unsuitable,
    /// What was waited for did not happen in the time given.
    NotInTime,
    /// That of a command which was run and failed: passed on as it is.
    Command(u8),
}

impl Exit {
    /// All of them with the words of `--help` and README.
    pub(crate) const ALL: [(Exit, &'static str, &'static str); 10] = [
        (Exit::Done, "done", "it happened"),
        (Exit::Failed, "failed", "anything not below"),
        (
            Exit::Usage,
            "usage",
            "bad arguments, bad key, bad token; several servers and no way to choose",
        ),
        (
            Exit::Conflict,
            "conflict",
            "stale token, or retries or deadline used up; nothing was written",
        ),
        (Exit::Missing, "missing", "the key is not there"),
        (
            Exit::Unreachable,
            "unreachable",
            "no such host, refused, silent or foreign: not applied, safe to repeat",
        ),
        (
            Exit::Unknown,
            "unknown",
            "sent, no answer, and it could not be resolved: look before repeating",
        ),
        (
            Exit::Refused,
            "refused",
            "the server answered with an error, wants authentication, or does no CAS",
        ),
        (
            Exit::Unsuitable,
            "unsuitable",
            "not an integer, would overflow or cross a bound, or too large for the server",
        ),
        (
            Exit::NotInTime,
            "not in time",
            "what was waited for did not happen in the time given",
        ),
    ];

    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Conflict => 3,
            Exit::Missing => 4,
            Exit::Unreachable => 5,
            Exit::Unknown => 6,
            Exit::Refused => 7,
            Exit::Unsuitable => 8,
            Exit::NotInTime => 9,
            Exit::Command(code) => code,
        }
    }

    /// The worse of two outcomes: what many keys together end with.
    ///
    /// From good to bad, by what is left to do for whoever asked: nothing (done), take note (missing, not in time), do it again
    /// (conflict), mend a value (unsuitable), mend a key (usage), do it again when the server is back (unreachable), mend the
    /// server (refused), find out what happened (failed), and last what leaves the state in doubt (unknown).
    pub(crate) fn worse(self, other: Exit) -> Exit {
        let badness = |exit: Exit| match exit {
            Exit::Done => 0,
            Exit::Missing => 1,
            Exit::NotInTime => 2,
            Exit::Conflict => 3,
            Exit::Unsuitable => 4,
            Exit::Usage => 5,
            Exit::Unreachable => 6,
            Exit::Refused => 7,
            Exit::Command(_) => 8,
            Exit::Failed => 9,
            Exit::Unknown => 10,
        };
        if badness(other) > badness(self) {
            other
        } else {
            self
        }
    }

    /// Its name in the table.
    pub(crate) fn name(self) -> &'static str {
        let row = Exit::ALL.into_iter().find(|(exit, ..)| *exit == self);
        row.map_or("", |(_, name, _)| name)
    }

    /// Whether a caller who looks at the code may expect it: an answer of the key or the item, not trouble on the way there.
    ///
    /// What a command ends with is its own answer, and its own to explain; by 126 and 127 it could not be run at all.
    pub(crate) fn is_ordinary(self) -> bool {
        match self {
            Exit::Done | Exit::Conflict | Exit::Missing | Exit::Unsuitable | Exit::NotInTime => {
                true
            }
            Exit::Failed | Exit::Usage | Exit::Unreachable | Exit::Unknown | Exit::Refused => false,
            Exit::Command(code) => !matches!(code, 126 | 127),
        }
    }

    /// The code for a question that got no answer.
    pub(crate) fn of(error: &StoreError) -> Exit {
        match error.kind() {
            ErrorKind::Unreachable => Exit::Unreachable,
            ErrorKind::Unknown => Exit::Unknown,
            ErrorKind::Refused | ErrorKind::NoCas => Exit::Refused,
            ErrorKind::TooLarge => Exit::Unsuitable,
            ErrorKind::Unaskable => Exit::Usage,
        }
    }

    /// The table for `mccas --help`.
    pub(crate) fn table() -> String {
        let lines = Exit::ALL
            .map(|(exit, name, meaning)| format!("  {:>5}  {name:<12} {meaning}\n", exit.code()));
        format!(
            "Exit codes:\n{}  128+n               ended by signal n\n",
            lines.concat()
        )
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::store::{Failure, Fault};

    #[test]
    fn only_an_unknown_outcome_has_the_code_that_leaves_doubt() {
        let failure = || Failure {
            fault: Fault::Cut,
            message: String::new(),
        };
        let text = String::new;
        let codes = [
            StoreError::Unreachable(failure()),
            StoreError::Unknown(failure()),
            StoreError::Refused(text()),
            StoreError::NoProof(text()),
            StoreError::NoCas(text()),
            StoreError::TooLarge(text()),
            StoreError::TooLong(text()),
            StoreError::KeyForm(text()),
            StoreError::Destroyed(text()),
        ]
        .map(|error| Exit::of(&error).code());
        assert_eq!(codes, [5, 6, 7, 7, 7, 8, 8, 2, 7]);
    }

    #[test]
    fn the_outcome_of_many_keys_is_the_worst_one_whatever_their_order() {
        let from_good_to_bad = [0, 4, 9, 3, 8, 2, 5, 7, 1, 6];
        let exit = |code| {
            let mut all = Exit::ALL.into_iter().map(|(exit, ..)| exit);
            all.find(|exit| exit.code() == code).unwrap()
        };
        for (at, better) in from_good_to_bad.into_iter().enumerate() {
            for worse in &from_good_to_bad[at..] {
                assert_eq!(exit(better).worse(exit(*worse)).code(), *worse);
                assert_eq!(exit(*worse).worse(exit(better)).code(), *worse);
            }
        }
    }

    #[test]
    fn trouble_is_told_apart_from_what_a_caller_may_expect() {
        let ordinary = Exit::ALL.map(|(exit, ..)| (exit.code(), exit.is_ordinary()));
        let codes: Vec<u8> = ordinary
            .iter()
            .filter_map(|&(code, ordinary)| ordinary.then_some(code))
            .collect();
        assert_eq!(codes, [0, 3, 4, 8, 9]);
        assert!(Exit::Command(1).is_ordinary() && Exit::Command(64).is_ordinary());
        assert!(!Exit::Command(126).is_ordinary() && !Exit::Command(127).is_ordinary());
    }

    #[test]
    fn the_codes_are_those_of_the_contract_and_in_order() {
        let codes = Exit::ALL.map(|(exit, name, _)| (exit.code(), name));
        let contract = [
            (0, "done"),
            (1, "failed"),
            (2, "usage"),
            (3, "conflict"),
            (4, "missing"),
            (5, "unreachable"),
            (6, "unknown"),
            (7, "refused"),
            (8, "unsuitable"),
            (9, "not in time"),
        ];
        assert_eq!(codes, contract);
    }
}
