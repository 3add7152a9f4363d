//! A lease that is ours: how it is renewed and given back.

use std::time::Duration;

use super::steps::{Loss, Release, Renewal, Step};
use super::write::{Clock, write};
use super::{Lease, Owner, Terms};
use crate::cas::resolve::{ROUNDS, was_cut};
use crate::cas::{Condition, Item, Key, Store, StoreError};

/// The key of a lease and the value by which it is ours.
#[derive(Debug, Clone)]
pub(crate) struct Keep {
    pub(crate) key: Key,
    pub(crate) value: Vec<u8>,
    pub(crate) terms: Terms,
}

/// What came of a renewal, and when it was sent and answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) renewal: Renewal,
    pub(crate) sent: Duration,
    pub(crate) known: Duration,
}

impl Keep {
    /// Writes our value again over our own item, with the whole TTL.
    pub(crate) fn renew(&self, store: &mut dyn Store, now: Clock) -> Answered {
        let step = self
            .look(store)
            .map(|item| Step::of(item.as_ref(), &self.value));
        let sent = now();
        let renewal = match step {
            Err(error) => Renewal::of(Err(error)),
            Ok(Step::Lost(loss)) => Renewal::Lost(loss),
            Ok(Step::Act(token)) => {
                let condition = Condition::Token(token);
                Renewal::of(store.swap(&write(&self.key, &self.value, self.terms, condition)))
            }
        };
        Answered {
            renewal,
            sent,
            known: now(),
        }
    }

    /// Deletes our own item. An error, or [`Release::Again`], says that it may still be there.
    pub(crate) fn release(&self, store: &mut dyn Store) -> Result<Release, StoreError> {
        let mut sent = false;
        for _ in 0..ROUNDS {
            let item = match self.look(store) {
                Err(error) if was_cut(&error) => continue,
                looked => looked?,
            };
            let token = match Release::of_look(item.as_ref(), &self.value, sent) {
                Ok(release) => return Ok(release),
                Err(token) => token,
            };
            let answer = store.delete_if(&self.key, token);
            match (Release::of_delete(&answer, sent), answer) {
                (Release::Again, Err(error)) if was_cut(&error) => {
                    sent |= matches!(error, StoreError::Unknown(_));
                }
                (Release::Again, Err(error)) => return Err(error),
                (Release::Again, Ok(_)) => {}
                (release, _) => return Ok(release),
            }
        }
        Ok(Release::Again)
    }

    fn look(&self, store: &mut dyn Store) -> Result<Option<Item>, StoreError> {
        let items = store.look(std::slice::from_ref(&self.key))?;
        Ok(items.into_iter().next().flatten())
    }
}

impl Lease {
    /// Draws the consequences of a renewal.
    pub(crate) fn heed(&mut self, answered: Answered) -> Result<(), Loss> {
        let Answered {
            renewal,
            sent,
            known,
        } = answered;
        match renewal {
            Renewal::Renewed => self.renewed(sent, known),
            Renewal::Unanswered => self.unanswered(known),
            Renewal::Overtaken => self.overtaken(known),
            Renewal::Lost(loss) => return Err(loss),
        }
        Ok(())
    }
}

impl Loss {
    /// What happened to the key, for people.
    pub(crate) fn reason(&self) -> String {
        match self {
            Loss::Gone => {
                "the key is gone (deleted, evicted, expired, or the server was restarted)".into()
            }
            Loss::Taken(value) => match Owner::parse(value) {
                Some(owner) => format!("it is held by {owner} now"),
                None => "the key was overwritten".into(),
            },
            Loss::Refused(error) => error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::Written;
    use crate::cas::testing::{Scripted, cut, item, key, silent};

    const NOW: Duration = Duration::from_secs(100);

    fn keep() -> Keep {
        Keep {
            key: key(),
            value: b"me".to_vec(),
            terms: Terms::new(30, Duration::from_secs(5)).unwrap(),
        }
    }

    fn renew(mut store: Scripted) -> (Renewal, Vec<String>) {
        let answered = keep().renew(&mut store, &|| NOW);
        assert_eq!((answered.sent, answered.known), (NOW, NOW));
        (answered.renewal, store.finish())
    }

    fn release(mut store: Scripted) -> (Result<Release, StoreError>, Vec<String>) {
        let released = keep().release(&mut store);
        (released, store.finish())
    }

    fn mine() -> Scripted {
        Scripted::new().read(Some(item("me", 5)))
    }

    #[test]
    fn only_our_own_item_is_renewed_by_the_token_just_read() {
        let (renewal, calls) = renew(mine().stored(6));
        assert_eq!(renewal, Renewal::Renewed);
        assert_eq!(calls, ["look k", "swap 5"]);
        let (renewal, calls) = renew(Scripted::new().read(Some(item("you", 5))));
        assert_eq!(renewal, Renewal::Lost(Loss::Taken(b"you".to_vec())));
        assert_eq!(calls, ["look k"]);
        assert_eq!(
            renew(Scripted::new().read(None)).0,
            Renewal::Lost(Loss::Gone)
        );
        assert_eq!(
            renew(Scripted::new().read_fails(cut())).0,
            Renewal::Unanswered
        );
        assert_eq!(renew(mine().swap(Err(cut()))).0, Renewal::Unanswered);
    }

    #[test]
    fn our_own_item_is_deleted_and_a_lost_delete_looked_for() {
        let (released, calls) = release(mine().delete(Ok(Written::Stored(None))));
        assert_eq!(released, Ok(Release::Done));
        assert_eq!(calls, ["look k", "delete 5"]);
        // It had landed.
        let (released, _) = release(mine().delete(Err(cut())).read(None));
        assert_eq!(released, Ok(Release::Done));
        // It had landed, and somebody else has the lock now, which is not ours to delete.
        let (released, _) = release(mine().delete(Err(cut())).read(Some(item("you", 9))));
        assert_eq!(released, Ok(Release::Done));
        // It had not.
        let lost = mine().delete(Err(cut())).read(Some(item("me", 5)));
        let (released, calls) = release(lost.delete(Ok(Written::Stored(None))));
        assert_eq!(released, Ok(Release::Done));
        assert_eq!(calls, ["look k", "delete 5", "look k", "delete 5"]);
    }

    #[test]
    fn a_lease_that_was_lost_before_is_told_and_not_deleted() {
        let (released, calls) = release(Scripted::new().read(Some(item("you", 5))));
        assert_eq!(released, Ok(Release::Lost(Loss::Taken(b"you".to_vec()))));
        assert_eq!(calls, ["look k"]);
        assert_eq!(
            release(Scripted::new().read(None)).0,
            Ok(Release::Lost(Loss::Gone))
        );
        let gone = release(mine().delete(Ok(Written::Missing))).0;
        assert_eq!(gone, Ok(Release::Lost(Loss::Gone)));
    }

    #[test]
    fn a_release_gives_up_where_nobody_answers() {
        let mut store = Scripted::new();
        for _ in 0..ROUNDS {
            store = store.read_fails(cut());
        }
        assert_eq!(release(store).0, Ok(Release::Again));
        assert_eq!(release(mine().delete(Err(silent()))).0, Err(silent()));
        assert_eq!(
            release(Scripted::new().read_fails(silent())).0,
            Err(silent())
        );
    }

    #[test]
    fn a_late_renewal_of_ours_is_no_other_holder() {
        let overtaken = mine()
            .delete(Ok(Written::Conflict))
            .read(Some(item("me", 6)));
        let (released, calls) = release(overtaken.delete(Ok(Written::Stored(None))));
        assert_eq!(released, Ok(Release::Done));
        assert_eq!(calls[2..], ["look k", "delete 6"]);
    }
}
