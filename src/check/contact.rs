//! What a first contact shows, step by step: the name, the connection, encryption, authentication, and who answers.

use std::time::Duration;

use super::{Finding, skipped};
use crate::cas::StoreError;

/// The steps, in their order.
const STEPS: [&str; 7] = [
    "resolve",
    "connect",
    "tls",
    "authenticate",
    "speaks",
    "version",
    "cas",
];

/// A certificate that runs out within so many days is worth a word.
const DAYS_OF_WARNING: i64 = 14;

/// What a first contact showed, as far as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contact {
    /// The addresses of the server's name; empty for a socket in the file system.
    pub(crate) addresses: Option<Reached<Vec<String>>>,
    /// Where the connection leads.
    pub(crate) peer: Option<Reached<String>>,
    /// Whether the connection is to be encrypted.
    pub(crate) encrypted: bool,
    pub(crate) handshake: Option<Reached<Handshake>>,
    pub(crate) login: Login,
    /// What the server says of itself when asked for its version.
    pub(crate) version: Option<Reached<String>>,
    /// What it understands, for people.
    pub(crate) speaks: Option<Reached<String>>,
    /// Whether it does compare-and-swap; `None` if it does not say.
    pub(crate) cas: Option<bool>,
    /// What ended the contact.
    pub(crate) error: Option<StoreError>,
}

/// Something that was reached, and how long that took.
#[derive(Debug, Clone)]
pub(crate) struct Reached<T> {
    pub(crate) what: T,
    pub(crate) took: Duration,
}

/// An encrypted connection.
#[derive(Debug, Clone)]
pub(crate) struct Handshake {
    /// Of the protocol, such as `TLS 1.3`.
    pub(crate) version: String,
    /// Whose certificate it is, where it says.
    pub(crate) subject: Option<String>,
    /// How many days the certificate has left, where that can be read.
    pub(crate) days_left: Option<i64>,
}

/// What came of authentication.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Login {
    /// The server did not ask.
    #[default]
    NotAsked,
    Accepted,
    /// It asked, and there was nothing to show, or what was shown is wrong.
    Refused,
}

/// The findings of a first contact.
pub(crate) fn contact(contact: &Contact) -> Vec<Finding> {
    let mut findings = Vec::with_capacity(STEPS.len());
    for (at, name) in STEPS.into_iter().enumerate() {
        match (step(name, contact), &contact.error) {
            (Some(finding), _) => findings.push(finding),
            (None, Some(error)) => {
                findings.push(Finding::failed(name, error));
                let why = format!("after {name} had failed");
                findings.extend(skipped(&STEPS[at + 1..], &why));
                break;
            }
            (None, None) => findings.push(Finding::skipped(name, "the server does not say")),
        }
    }
    findings
}

/// What came of a step; `None` if it was not reached.
fn step(name: &'static str, contact: &Contact) -> Option<Finding> {
    match name {
        "resolve" => contact.addresses.as_ref().map(|seen| resolved(name, seen)),
        "connect" => {
            let peer = contact.peer.as_ref()?;
            Some(Finding::ok(name, &peer.what).took(peer.took))
        }
        "tls" if !contact.encrypted => Some(Finding::skipped(name, "not asked for")),
        "tls" => contact.handshake.as_ref().map(|seen| encrypted(name, seen)),
        "authenticate" => match (contact.login, &contact.version) {
            (Login::Accepted, _) => Some(Finding::ok(name, "accepted")),
            (Login::Refused, _) => None,
            // Whether it would have asked is known only from an answer.
            (Login::NotAsked, Some(_)) => Some(Finding::ok(name, "not asked for")),
            (Login::NotAsked, None) => Some(Finding::skipped(name, "nothing was answered")),
        },
        "speaks" => {
            let speaks = contact.speaks.as_ref()?;
            Some(Finding::ok(name, &speaks.what).took(speaks.took))
        }
        "version" => {
            let version = contact.version.as_ref()?;
            Some(Finding::ok(name, &version.what).took(version.took))
        }
        _ => contact.cas.map(|on| compare_and_swap(name, on)),
    }
}

fn compare_and_swap(name: &'static str, on: bool) -> Finding {
    if on {
        return Finding::ok(name, "on");
    }
    let off = StoreError::NoCas("it hands out no tokens: it was started with -C".into());
    Finding::failed(name, &off).advice("restart it without -C, or use memcached's own incr")
}

fn resolved(name: &'static str, seen: &Reached<Vec<String>>) -> Finding {
    let finding = match seen.what.as_slice() {
        [] => Finding::skipped(name, "a socket in the file system"),
        addresses => Finding::ok(name, addresses.join(", ")),
    };
    finding.took(seen.took)
}

fn encrypted(name: &'static str, seen: &Reached<Handshake>) -> Finding {
    let handshake = &seen.what;
    let mut detail = handshake.version.clone();
    if let Some(subject) = &handshake.subject {
        detail += &format!(", certificate of {subject}");
    }
    let finding = match handshake.days_left {
        Some(days) if days < DAYS_OF_WARNING => {
            let days = if days == 1 {
                "1 day".into()
            } else {
                format!("{days} days")
            };
            Finding::warn(name, format!("{detail}, which runs out in {days}"))
                .advice("renew the certificate, and have the server read it: refresh_certs")
        }
        Some(days) => Finding::ok(name, format!("{detail}, good for {days} days")),
        None => Finding::ok(name, detail),
    };
    finding.took(seen.took)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::store::{Failure, Fault};
    use crate::check::{FailKind, Outcome, first_failure};

    fn reached<T>(what: T) -> Reached<T> {
        let took = Duration::from_millis(1);
        Reached { what, took }
    }

    fn good() -> Contact {
        Contact {
            addresses: Some(reached(vec!["127.0.0.1".into()])),
            peer: Some(reached("127.0.0.1:11211".into())),
            version: Some(reached("1.6.38".into())),
            speaks: Some(reached("memcached".into())),
            cas: Some(true),
            ..Contact::default()
        }
    }

    /// A contact that ended so, where `change` says.
    fn ended(fault: Fault, change: impl Fn(&mut Contact)) -> Vec<Finding> {
        let message = "no".into();
        let mut seen = good();
        seen.error = Some(StoreError::Unreachable(Failure { fault, message }));
        change(&mut seen);
        contact(&seen)
    }

    fn outcomes(seen: &Contact) -> Vec<String> {
        let told = |finding: &Finding| format!("{} {}", finding.name, finding.outcome.word());
        contact(seen).iter().map(told).collect()
    }

    #[test]
    fn a_good_contact_fails_nowhere_and_names_every_step() {
        assert_eq!(
            outcomes(&good()),
            [
                "resolve ok",
                "connect ok",
                "tls skipped",
                "authenticate ok",
                "speaks ok",
                "version ok",
                "cas ok"
            ]
        );
    }

    #[test]
    fn the_first_step_that_was_not_reached_bears_the_error() {
        type Change = fn(&mut Contact);
        let cases: [(Change, &str); 7] = [
            (|seen| seen.addresses = None, "resolve"),
            (|seen| seen.peer = None, "connect"),
            (|seen| seen.encrypted = true, "tls"),
            (|seen| seen.login = Login::Refused, "authenticate"),
            (|seen| (seen.speaks, seen.version) = (None, None), "speaks"),
            (|seen| seen.version = None, "version"),
            (|seen| seen.cas = None, "cas"),
        ];
        for (change, name) in cases {
            let findings = ended(Fault::Cut, change);
            let (first, fail) = first_failure(&findings).unwrap();
            let expected = (name, FailKind::Unreachable, true);
            assert_eq!((first.name, fail.kind, fail.passing), expected);
            let behind = findings.iter().skip_while(|finding| finding.name != name);
            for finding in behind.skip(1) {
                assert_eq!(finding.outcome, Outcome::Skipped, "{name}: {finding:?}");
            }
        }
    }

    #[test]
    fn neither_a_foreign_server_nor_a_certificate_is_cured_by_waiting() {
        for fault in [Fault::Foreign, Fault::Handshake] {
            let findings = ended(fault, |seen| (seen.speaks, seen.version) = (None, None));
            assert!(!first_failure(&findings).unwrap().1.passing);
        }
    }

    #[test]
    fn a_server_without_compare_and_swap_is_named_so() {
        let mut seen = good();
        seen.cas = Some(false);
        let findings = contact(&seen);
        assert_eq!(first_failure(&findings).unwrap().1.kind, FailKind::NoCas);
    }

    #[test]
    fn a_certificate_that_runs_out_is_told_in_time() {
        let of = |days_left| {
            let handshake = Handshake {
                version: "TLS 1.3".into(),
                subject: None,
                days_left: Some(days_left),
            };
            encrypted("tls", &reached(handshake))
        };
        assert_eq!(of(14).outcome, Outcome::Ok);
        assert_eq!(of(13).outcome, Outcome::Warn);
        assert!(of(1).detail.ends_with("runs out in 1 day"), "{:?}", of(1));
    }
}
