//! A smoke test of a server, as data: what was looked at, what came of it, and what to do about it.
//!
//! Knows neither sockets nor printing. The client says what a first contact showed ([`Contact`], [`Standing`]); what the
//! server makes of a key is tried on a [`Store`](crate::cas::Store).

mod contact;
mod standing;
mod trial;

use std::time::Duration;

pub(crate) use self::contact::{Contact, Handshake, Login, Reached, contact};
pub(crate) use self::standing::{Standing, standing};
pub(crate) use self::trial::{trial, untried};
use crate::cas::StoreError;

/// One step of the test.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    /// The step's name, for people and programs.
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    /// How long it took; `None` where nothing was waited for.
    pub(crate) took: Option<Duration>,
    /// What was seen.
    pub(crate) detail: String,
    /// What to do about it.
    pub(crate) advice: Option<String>,
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok,
    /// It works, but somebody should look.
    Warn,
    Failed(Fail),
    /// Not done: a step before it failed, or it was not to be done.
    Skipped,
}

/// A failure, as far as exit codes and waiting tell failures apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fail {
    pub(crate) kind: FailKind,
    /// Whether it may pass by itself: a server that starts up refuses connections, closes them, or says SERVER_ERROR.
    pub(crate) passing: bool,
}

/// What kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailKind {
    Unreachable,
    Refused,
    NoCas,
    Unsuitable,
    /// The server answers, and not as a memcached must.
    Wrong,
}

impl Finding {
    pub(crate) fn ok(name: &'static str, detail: impl Into<String>) -> Finding {
        Finding::of(name, Outcome::Ok, detail)
    }

    pub(crate) fn warn(name: &'static str, detail: impl Into<String>) -> Finding {
        Finding::of(name, Outcome::Warn, detail)
    }

    pub(crate) fn skipped(name: &'static str, detail: impl Into<String>) -> Finding {
        Finding::of(name, Outcome::Skipped, detail)
    }

    /// What the server does is not what memcached does, and will not become so.
    pub(crate) fn wrong(name: &'static str, detail: impl Into<String>) -> Finding {
        let fail = Fail {
            kind: FailKind::Wrong,
            passing: false,
        };
        Finding::of(name, Outcome::Failed(fail), detail)
    }

    /// There was no answer.
    pub(crate) fn failed(name: &'static str, error: &StoreError) -> Finding {
        Finding::of(name, Outcome::Failed(Fail::of(error)), error.to_string())
    }

    fn of(name: &'static str, outcome: Outcome, detail: impl Into<String>) -> Finding {
        Finding {
            name,
            outcome,
            took: None,
            detail: detail.into(),
            advice: None,
        }
    }

    pub(crate) fn took(mut self, time: Duration) -> Finding {
        self.took = Some(time);
        self
    }

    pub(crate) fn advice(mut self, advice: impl Into<String>) -> Finding {
        self.advice = Some(advice.into());
        self
    }

    fn is_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }
}

impl Outcome {
    /// The word for people and programs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Warn => "warn",
            Outcome::Failed(_) => "failed",
            Outcome::Skipped => "skipped",
        }
    }
}

impl Fail {
    fn of(error: &StoreError) -> Fail {
        let kind = match error {
            // Nothing of the key's state matters to anybody, so an unknown outcome is only a server that is not there.
            StoreError::Unreachable(_) | StoreError::Unknown(_) => FailKind::Unreachable,
            StoreError::Refused(_)
            | StoreError::Unable(_)
            | StoreError::NoProof(_)
            | StoreError::Destroyed(_) => FailKind::Refused,
            StoreError::NoCas(_) => FailKind::NoCas,
            StoreError::TooLarge(_) | StoreError::TooLong(_) | StoreError::KeyForm(_) => {
                FailKind::Unsuitable
            }
        };
        Fail {
            kind,
            passing: error.may_pass(),
        }
    }
}

/// The first failure of a test, which the later ones may follow from.
pub(crate) fn first_failure(findings: &[Finding]) -> Option<(&Finding, Fail)> {
    findings.iter().find_map(|finding| match finding.outcome {
        Outcome::Failed(fail) => Some((finding, fail)),
        _ => None,
    })
}

/// The steps of `names` that were not reached.
fn skipped<'a>(names: &'a [&'static str], why: &'a str) -> impl Iterator<Item = Finding> + 'a {
    names.iter().map(move |name| Finding::skipped(name, why))
}
