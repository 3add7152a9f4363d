//! What a server makes of a key of our own: the steps that compare-and-swap consists of.

use std::time::Duration;

use super::{Finding, skipped};
use crate::cas::{
    Condition, Expiry, ExpiryRule, Item, Key, Store, StoreError, Swap, Token, Ttl, Want, Written,
};

/// How long the key of a test lives that could not delete it.
pub(crate) const LIFETIME: Duration = Duration::from_secs(60);

/// The steps, in their order.
const STEPS: [&str; 8] = [
    "create", "read", "swap", "stale", "expiry", "flags", "count", "delete",
];

/// The flags of the key: any number will do that is not the 0 of a server which forgets them.
const FLAGS: u32 = 42;

const ONLY_WITH_TTL: &str = "over a key that expires mccas writes there only with --ttl, or by the server's own arithmetic \
     (incr-cas --fallback incr)";

/// The time that has passed since some moment.
pub(crate) type Timer<'a> = &'a dyn Fn() -> Duration;

/// The steps, none of which was tried.
pub(crate) fn untried(why: &str) -> impl Iterator<Item = Finding> + '_ {
    skipped(&STEPS, why)
}

/// Tries every step on `key`, which nobody else may use, and leaves nothing of it. The first step that fails ends the test.
pub(crate) fn trial(store: &mut dyn Store, key: &Key, timer: Timer<'_>) -> Vec<Finding> {
    let mut trial = Trial {
        store,
        key,
        item: None,
    };
    let mut findings = Vec::with_capacity(STEPS.len());
    for (at, name) in STEPS.into_iter().enumerate() {
        let began = timer();
        let outcome = trial.step(name);
        // The key may be there although the answer to its creation was lost.
        let written = at > 0 || matches!(outcome, Err(StoreError::Unknown(_)));
        let finding = outcome.unwrap_or_else(|error| Finding::failed(name, &error));
        let failed = finding.is_failed();
        findings.push(finding.took(timer().saturating_sub(began)));
        if failed {
            let why = format!("after {name} had failed");
            findings.extend(skipped(&STEPS[at + 1..], &why));
            if written {
                trial.clear();
            }
            break;
        }
    }
    findings
}

struct Trial<'a> {
    store: &'a mut dyn Store,
    key: &'a Key,
    /// The item as it was read first.
    item: Option<Item>,
}

impl Trial<'_> {
    fn step(&mut self, name: &'static str) -> Result<Finding, StoreError> {
        match name {
            "create" => self.create(name),
            "read" => self.read(name),
            "swap" => self.swap(name),
            "stale" => self.stale(name),
            "expiry" => self.expiry(name),
            "flags" => Ok(self.flags(name)),
            "count" => self.count(name),
            _ => self.delete(name),
        }
    }

    fn create(&mut self, name: &'static str) -> Result<Finding, StoreError> {
        let swap = self.write("1", Condition::Absent, Expiry::In(LIFETIME.as_secs()));
        Ok(match self.store.swap(&swap)? {
            Written::Stored(_) => Finding::ok(name, format!("{}, for 60 s", self.key)),
            Written::Conflict => Finding::wrong(name, "a key that nobody else has exists already"),
            Written::Missing => Finding::wrong(name, "a key that should be created is missing"),
        })
    }

    fn read(&mut self, name: &'static str) -> Result<Finding, StoreError> {
        let item = self.store.read(self.key, Want::Value)?;
        let finding = match &item {
            Some(item) if item.value == b"1" => {
                Finding::ok(name, format!("the value, and token {}", item.token))
            }
            Some(_) => Finding::wrong(name, "another value than the one just written"),
            None => gone(name),
        };
        self.item = item;
        Ok(finding)
    }

    fn swap(&mut self, name: &'static str) -> Result<Finding, StoreError> {
        let swap = self.write("41", self.condition(), self.kept_expiry());
        Ok(match self.store.swap(&swap)? {
            Written::Stored(Some(token)) => Finding::ok(name, format!("stored, now token {token}")),
            Written::Stored(None) => Finding::ok(name, "stored"),
            Written::Conflict => Finding::wrong(
                name,
                "refused, although nobody wrote since its token was read",
            ),
            Written::Missing => gone(name),
        })
    }

    fn stale(&mut self, name: &'static str) -> Result<Finding, StoreError> {
        let swap = self.write("lost", self.condition(), self.kept_expiry());
        Ok(match self.store.swap(&swap)? {
            Written::Conflict => Finding::ok(name, "the spent token was refused"),
            Written::Stored(_) => Finding::wrong(
                name,
                "a spent token was accepted: swaps overwrite each other here",
            ),
            Written::Missing => gone(name),
        })
    }

    /// The moment of expiry is the one that the key was created with, after the swap as before.
    fn expiry(&mut self, name: &'static str) -> Result<Finding, StoreError> {
        let Some(now) = self.store.read(self.key, Want::Value)? else {
            return Ok(gone(name));
        };
        let before = self.item.replace(now.clone());
        Ok(expiry_kept(name, before.as_ref(), &now))
    }

    fn flags(&self, name: &'static str) -> Finding {
        match self.item.as_ref().map(|item| item.flags) {
            Some(FLAGS) => Finding::ok(name, format!("kept ({FLAGS})")),
            Some(flags) => Finding::wrong(name, format!("{FLAGS} became {flags}")),
            None => gone(name),
        }
    }

    fn count(&mut self, name: &'static str) -> Result<Finding, StoreError> {
        Ok(match self.store.add(self.key, 1)? {
            Some((counter, _)) if counter.get() == 42 => Finding::ok(name, "41 + 1 is 42"),
            Some((counter, _)) => Finding::wrong(name, format!("41 + 1 is {} here", counter.get())),
            None => gone(name),
        })
    }

    fn delete(&mut self, name: &'static str) -> Result<Finding, StoreError> {
        let Some(item) = self.store.read(self.key, Want::Meta)? else {
            return Ok(gone(name));
        };
        match self.store.delete_if(self.key, item.token)? {
            Written::Stored(_) => {}
            Written::Conflict => {
                return Ok(Finding::wrong(name, "refused, although nobody wrote since"));
            }
            Written::Missing => return Ok(gone(name)),
        }
        let left = self.store.read(self.key, Want::Meta)?;
        Ok(match left {
            None => Finding::ok(name, "gone, nothing is left behind"),
            Some(_) => Finding::wrong(name, "deleted, and still there"),
        })
    }

    /// Deletes the key of a test that failed; its short life sees to it where that fails, too.
    fn clear(&mut self) {
        let _ = self.store.delete(self.key);
    }

    fn condition(&self) -> Condition {
        self.item
            .as_ref()
            .map_or(Condition::Absent, |item| Condition::Token(item.token))
    }

    /// The expiry that keeps that of the item; where it cannot be seen, the same short life again.
    fn kept_expiry(&self) -> Expiry {
        let seen = ExpiryRule::Keep.apply(self.item.as_ref(), None);
        seen.unwrap_or(Expiry::In(LIFETIME.as_secs()))
    }

    fn write(&self, value: &str, condition: Condition, expiry: Expiry) -> Swap {
        Swap {
            key: self.key.clone(),
            value: value.into(),
            flags: FLAGS,
            expiry,
            condition,
            proof: None::<Token>,
            tell_token: true,
        }
    }
}

fn gone(name: &'static str) -> Finding {
    Finding::wrong(name, "the key just written is gone")
        .advice("look for evictions, or for somebody who flushes this server")
}

fn expiry_kept(name: &'static str, before: Option<&Item>, now: &Item) -> Finding {
    let moment = before.and_then(|item| item.expires_at);
    match (now.ttl, moment, now.expires_at) {
        (Ttl::Never, ..) => Finding::wrong(name, "the key was to expire and never will"),
        (Ttl::Seconds(left), _, _) if left > LIFETIME.as_secs() => Finding::wrong(
            name,
            format!("the key was to live 60 s and has {left} s left"),
        ),
        (Ttl::Seconds(_), Some(moment), Some(now)) if moment == now => {
            Finding::ok(name, "kept, to the second")
        }
        (Ttl::Seconds(_), Some(moment), Some(now)) => Finding::wrong(
            name,
            format!("moved from {moment} to {now} by the server's clock"),
        ),
        (Ttl::Unknown, ..) => Finding::warn(name, "the server does not tell when a key expires")
            .advice(ONLY_WITH_TTL),
        (Ttl::Seconds(left), ..) => Finding::warn(
            name,
            format!("{left} s left, but the server shows no clock of its own, by which a swap could keep the moment"),
        )
        .advice(ONLY_WITH_TTL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::testing::{Scripted, cut, item, key};
    use crate::check::{FailKind, Outcome, first_failure};

    /// The item as a server shows it that keeps what it was given.
    fn shown(value: &str, number: u64) -> Item {
        Item {
            flags: FLAGS,
            ttl: Ttl::Seconds(60),
            expires_at: Some(1060),
            ..item(value, number)
        }
    }

    fn tried(store: Scripted) -> (Vec<Finding>, Vec<String>) {
        let mut store = store;
        let findings = trial(&mut store, &key(), &|| Duration::ZERO);
        (findings, store.finish())
    }

    /// A server that is what it should be, up to its flags.
    fn sound(kept: Item) -> Scripted {
        Scripted::new()
            .stored(1)
            .read(Some(shown("1", 1)))
            .stored(2)
            .swap(Ok(Written::Conflict))
            .read(Some(kept))
    }

    #[test]
    fn a_sound_server_passes_each_step_and_keeps_nothing() {
        let store = sound(shown("41", 2))
            .added(Some((42, 3)))
            .read(Some(shown("42", 3)))
            .delete(Ok(Written::Stored(None)))
            .read(None);
        let (findings, calls) = tried(store);
        let names: Vec<_> = findings.iter().map(|finding| finding.name).collect();
        assert_eq!(names, STEPS);
        assert!(
            findings
                .iter()
                .all(|finding| finding.outcome == Outcome::Ok),
            "{findings:?}"
        );
        assert_eq!(calls[5..], ["add 1", "read", "delete 3", "read"]);
    }

    #[test]
    fn a_server_that_takes_a_spent_token_is_found_out_and_cleared() {
        let store = Scripted::new()
            .stored(1)
            .read(Some(shown("1", 1)))
            .stored(2)
            .stored(3);
        let (findings, calls) = tried(store);
        let (first, fail) = first_failure(&findings).unwrap();
        assert_eq!(
            (first.name, fail.kind, fail.passing),
            ("stale", FailKind::Wrong, false)
        );
        assert_eq!(findings.len(), STEPS.len());
        assert_eq!(calls.last().map(String::as_str), Some("delete"));
    }

    #[test]
    fn a_key_whose_creation_was_not_answered_is_deleted_and_one_that_was_not_sent_is_not() {
        let (_, calls) = tried(Scripted::new().swap(Err(cut())));
        assert_eq!(calls.last().map(String::as_str), Some("delete"));
        let refused = StoreError::Refused("no".into());
        let (_, calls) = tried(Scripted::new().swap(Err(refused)));
        assert_eq!(calls.len(), 1, "{calls:?}");
    }

    #[test]
    fn what_is_not_kept_is_named() {
        let forever = Item {
            ttl: Ttl::Never,
            expires_at: None,
            ..shown("41", 2)
        };
        let later = Item {
            expires_at: Some(1061),
            ..shown("41", 2)
        };
        let longer = Item {
            ttl: Ttl::Seconds(61),
            ..shown("41", 2)
        };
        let plain = Item {
            flags: 0,
            ..shown("41", 2)
        };
        for (kept, name) in [
            (forever, "expiry"),
            (later, "expiry"),
            (longer, "expiry"),
            (plain, "flags"),
        ] {
            let (findings, _) = tried(sound(kept));
            assert_eq!(first_failure(&findings).unwrap().0.name, name);
        }
    }

    #[test]
    fn an_expiry_that_cannot_be_seen_is_a_warning() {
        let unseen = Item {
            expires_at: None,
            ..shown("41", 2)
        };
        assert_eq!(
            expiry_kept("expiry", Some(&unseen), &unseen).outcome,
            Outcome::Warn
        );
    }

    #[test]
    fn no_answer_ends_the_test_and_may_pass() {
        let (findings, calls) = tried(Scripted::new().swap(Err(cut())));
        let (first, fail) = first_failure(&findings).unwrap();
        assert_eq!(
            (first.name, fail.kind, fail.passing),
            ("create", FailKind::Unreachable, true)
        );
        assert_eq!(calls, ["swap absent", "delete"]);
    }
}
