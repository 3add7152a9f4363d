//! What to do next about a lock, from what was seen and answered.

use std::time::Duration;

use crate::cas::{Item, StoreError, Token, Written};

/// Why a lease is no longer ours although its time is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The key is gone: evicted, deleted, expired, or the server was restarted.
    Gone,
    /// Somebody else's value is there.
    Taken(Vec<u8>),
    /// The server refuses the write for good.
    Refused(StoreError),
}

/// What a look says to do for a renewal or a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// The item is ours: write, or delete, with this token, on the same connection.
    Act(Token),
    Lost(Loss),
}

impl Step {
    /// Judges what a read found; `ours` is our value.
    pub(crate) fn of(item: Option<&Item>, ours: &[u8]) -> Step {
        match item {
            None => Step::Lost(Loss::Gone),
            Some(item) if item.value == ours => Step::Act(item.token),
            Some(item) => Step::Lost(Loss::Taken(item.value.clone())),
        }
    }
}

/// The result of a renewal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Renewal {
    Renewed,
    /// Another write came in between, which may have been an earlier one of ours: look again at once.
    Overtaken,
    /// No answer: it may land or not, which the next look tells.
    Unanswered,
    Lost(Loss),
}

impl Renewal {
    /// Judges the answer to a swap of our value over our own token.
    pub(crate) fn of(answer: Result<Written, StoreError>) -> Renewal {
        match answer {
            Ok(Written::Stored(_)) => Renewal::Renewed,
            Ok(Written::Conflict) => Renewal::Overtaken,
            Ok(Written::Missing) | Err(StoreError::Destroyed(_)) => Renewal::Lost(Loss::Gone),
            // A refusal (out of memory, say) may pass, and the clock bounds the attempts.
            Err(
                StoreError::Unreachable(_)
                | StoreError::Unknown(_)
                | StoreError::Refused(_)
                | StoreError::Unable(_),
            ) => Renewal::Unanswered,
            Err(error) => Renewal::Lost(Loss::Refused(error)),
        }
    }
}

/// The result of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Release {
    /// The key is free, or somebody else's by right.
    Done,
    /// The token had changed, by a late renewal of ours or by somebody else: look again.
    Again,
    /// The lease was not ours any more when the first delete was to be sent.
    Lost(Loss),
}

impl Release {
    /// Judges a look before a delete; `Err` is the token to delete with. `sent` says whether a delete of ours went out
    /// before: then it may be what made the key go, and what came after is not ours to delete.
    pub(crate) fn of_look(item: Option<&Item>, ours: &[u8], sent: bool) -> Result<Release, Token> {
        match Step::of(item, ours) {
            Step::Act(token) => Err(token),
            Step::Lost(_) if sent => Ok(Release::Done),
            Step::Lost(loss) => Ok(Release::Lost(loss)),
        }
    }

    /// Judges the answer to a delete by token. After an error the lease is looked at again, or left to expire.
    pub(crate) fn of_delete(answer: &Result<Written, StoreError>, sent_before: bool) -> Release {
        match answer {
            Ok(Written::Stored(_)) => Release::Done,
            Ok(Written::Missing) if sent_before => Release::Done,
            Ok(Written::Missing) => Release::Lost(Loss::Gone),
            Ok(Written::Conflict) | Err(_) => Release::Again,
        }
    }
}

/// The way to a lease that is created: at most one creation without an answer is ever under way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Acquiring {
    /// When the creation was sent that got no answer.
    lost: Option<Duration>,
}

/// What is known while a lease is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is ours; its life counts from this moment.
    Ours {
        sent: Duration,
    },
    /// Somebody else's.
    Busy,
    /// Nobody's: it can be created.
    Free,
    /// Nobody's, but our lost creation may still land: it is not repeated (a creation is proved by no token).
    Undecided,
    /// The creation got no answer: look for our value.
    Look,
    Failed(StoreError),
}

impl Acquiring {
    /// Judges the answer to a creation sent at `sent`.
    pub(crate) fn of_create(
        &mut self,
        answer: Result<Written, StoreError>,
        sent: Duration,
    ) -> Found {
        match answer {
            Ok(Written::Stored(_)) => Found::Ours { sent },
            Ok(Written::Conflict | Written::Missing) => Found::Busy,
            Err(StoreError::Unknown(_)) => {
                self.lost = Some(sent);
                Found::Look
            }
            Err(error) => Found::Failed(error),
        }
    }

    /// Judges a look. Our value is there only if the one creation landed, and it lives at least from when that was sent.
    pub(crate) fn of_look(&self, item: Option<&Item>, ours: &[u8]) -> Found {
        match (item, self.lost) {
            (Some(item), Some(sent)) if item.value == ours => Found::Ours { sent },
            (Some(_), _) => Found::Busy,
            (None, None) => Found::Free,
            (None, Some(_)) => Found::Undecided,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::testing::{cut, item, silent, token};

    const SENT: Duration = Duration::from_secs(7);

    #[test]
    fn only_our_value_is_written_over_and_by_the_token_read_with_it() {
        let ours = item("me", 5);
        assert_eq!(Step::of(Some(&ours), b"me"), Step::Act(token(5)));
        let taken = Step::Lost(Loss::Taken(b"you".to_vec()));
        assert_eq!(Step::of(Some(&item("you", 5)), b"me"), taken);
        assert_eq!(Step::of(None, b"me"), Step::Lost(Loss::Gone));
    }

    #[test]
    fn a_renewal_is_lost_only_by_an_answer() {
        assert_eq!(Renewal::of(Ok(Written::Stored(None))), Renewal::Renewed);
        assert_eq!(Renewal::of(Ok(Written::Conflict)), Renewal::Overtaken);
        let gone = Renewal::Lost(Loss::Gone);
        assert_eq!(Renewal::of(Ok(Written::Missing)), gone);
        assert_eq!(Renewal::of(Err(cut())), Renewal::Unanswered);
        assert_eq!(Renewal::of(Err(silent())), Renewal::Unanswered);
        let busy = StoreError::Refused("busy".into());
        assert_eq!(Renewal::of(Err(busy)), Renewal::Unanswered);
        assert_eq!(Renewal::of(Err(StoreError::Destroyed("x".into()))), gone);
        let no_cas = StoreError::NoCas("-C".into());
        let refused = Renewal::Lost(Loss::Refused(no_cas.clone()));
        assert_eq!(Renewal::of(Err(no_cas)), refused);
    }

    #[test]
    fn a_creation_without_an_answer_is_looked_for_and_never_repeated() {
        let mut acquiring = Acquiring::default();
        assert_eq!(acquiring.of_look(None, b"me"), Found::Free);
        assert_eq!(acquiring.of_create(Err(cut()), SENT), Found::Look);
        assert_eq!(acquiring.of_look(None, b"me"), Found::Undecided);
        let theirs = item("you", 1);
        assert_eq!(acquiring.of_look(Some(&theirs), b"me"), Found::Busy);
        let ours = item("me", 2);
        let found = Found::Ours { sent: SENT };
        assert_eq!(acquiring.of_look(Some(&ours), b"me"), found);
    }

    #[test]
    fn a_creation_is_ours_from_when_it_was_sent_and_busy_if_the_key_is_there() {
        let mut acquiring = Acquiring::default();
        let conflict = acquiring.of_create(Ok(Written::Conflict), SENT);
        assert_eq!(conflict, Found::Busy);
        assert_eq!(acquiring.of_look(None, b"me"), Found::Free);
        let stored = acquiring.of_create(Ok(Written::Stored(None)), SENT);
        assert_eq!(stored, Found::Ours { sent: SENT });
        let refused = StoreError::Refused("no".into());
        let failed = acquiring.of_create(Err(refused.clone()), SENT);
        assert_eq!(failed, Found::Failed(refused));
    }

    #[test]
    fn a_key_that_went_after_a_lost_delete_is_released() {
        assert_eq!(Release::of_look(None, b"me", true), Ok(Release::Done));
        let lost = Release::Lost(Loss::Gone);
        assert_eq!(Release::of_look(None, b"me", false), Ok(lost.clone()));
        let theirs = item("you", 1);
        let done = Ok(Release::Done);
        assert_eq!(Release::of_look(Some(&theirs), b"me", true), done);
        let ours = item("me", 4);
        let delete = Err(token(4));
        assert_eq!(Release::of_look(Some(&ours), b"me", true), delete);
        assert_eq!(Release::of_delete(&Ok(Written::Missing), false), lost);
        let missing = Release::of_delete(&Ok(Written::Missing), true);
        assert_eq!(missing, Release::Done);
        let deleted = Release::of_delete(&Ok(Written::Stored(None)), false);
        assert_eq!(deleted, Release::Done);
        assert_eq!(Release::of_delete(&Err(cut()), false), Release::Again);
        let conflict = Release::of_delete(&Ok(Written::Conflict), false);
        assert_eq!(conflict, Release::Again);
    }
}
