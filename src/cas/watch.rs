//! Follows one key by polling: what changed from one look to the next. Pure.

use std::time::Duration;

use super::{Glance, Item, Token, Ttl};

/// How far the moment of expiry can seem to move without moving, as the time left comes in whole seconds.
const TOLERANCE: Duration = Duration::from_millis(1600);

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// First look: the key is there.
    Present,
    /// First look: the key is not there.
    Absent,
    /// The token is another one; `before` if it was of the same server process.
    Changed { before: Option<Token> },
    /// The key was created.
    Created,
    /// The key is gone: deleted, expired or evicted.
    Deleted { before: Option<Token> },
    /// The expiry moved and the token did not.
    Touched(Glance),
}

/// What is known of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Nothing yet; perhaps a token that the user has seen.
    Nothing {
        since: Option<Token>,
    },
    Absent,
    /// Present at the time given, with this token (`None` if it was another server process's).
    Present {
        token: Option<Token>,
        ttl: Ttl,
        at: Duration,
    },
}

/// Follows one key.
#[derive(Debug, Clone)]
pub(crate) struct Follower {
    known: Known,
    /// What was known before the last look, for [`undo`](Follower::undo).
    previous: Known,
}

impl Follower {
    /// Begins with nothing known, or with a token seen before.
    pub(crate) fn new(since: Option<Token>) -> Follower {
        let known = Known::Nothing { since };
        Follower {
            known,
            previous: known,
        }
    }

    /// Processes a look made at `now` and says what changed.
    pub(crate) fn look(&mut self, glance: Option<Glance>, now: Duration) -> Option<Change> {
        self.previous = self.known;
        let change = self.compare(glance, now);
        // While the expiry stays, the first look at it remains the measure: small steps cannot add up unseen.
        if change.is_some() || matches!(self.known, Known::Nothing { .. }) {
            self.known = match glance {
                Some(Glance { token, ttl }) => Known::Present {
                    token: Some(token),
                    ttl,
                    at: now,
                },
                None => Known::Absent,
            };
        }
        change
    }

    fn compare(&self, glance: Option<Glance>, now: Duration) -> Option<Change> {
        match (self.known, glance) {
            (Known::Nothing { since: None }, Some(_)) => Some(Change::Present),
            (Known::Nothing { since: None }, None) => Some(Change::Absent),
            (Known::Nothing { since: Some(token) }, Some(glance)) => (glance.token != token)
                .then_some(Change::Changed {
                    before: Some(token),
                }),
            (Known::Nothing { since }, None) => Some(Change::Deleted { before: since }),
            (Known::Absent, Some(_)) => Some(Change::Created),
            (Known::Absent, None) => None,
            (Known::Present { token, .. }, None) => Some(Change::Deleted { before: token }),
            (Known::Present { token: None, .. }, Some(_)) => Some(Change::Changed { before: None }),
            (
                Known::Present {
                    token: Some(token),
                    ttl,
                    at,
                },
                Some(glance),
            ) => {
                if glance.token == token {
                    moved(ttl, at, glance.ttl, now).then_some(Change::Touched(glance))
                } else {
                    Some(Change::Changed {
                        before: Some(token),
                    })
                }
            }
        }
    }

    /// Forgets the token, as another server process answers now: whatever it holds is another item.
    pub(crate) fn forget_token(&mut self) {
        match &mut self.known {
            Known::Present { token, .. } => *token = None,
            Known::Nothing { since } => *since = None,
            Known::Absent => {}
        }
    }

    /// The token that the key is known to have.
    pub(crate) fn token(&self) -> Option<Token> {
        match self.known {
            Known::Present { token, .. } => token,
            Known::Nothing { .. } | Known::Absent => None,
        }
    }

    /// Takes in what somebody else has told of: the item at `now`, which no look has to tell any more.
    pub(crate) fn knows(&mut self, item: Option<&Item>, now: Duration) {
        self.known = item.map_or(Known::Absent, |item| Known::Present {
            token: Some(item.token),
            ttl: item.ttl,
            at: now,
        });
    }

    /// Takes the last look back, as its change could not be reported.
    pub(crate) fn undo(&mut self) {
        self.known = self.previous;
    }

    /// Takes in the item that was fetched after `change`, which may be newer than the look, or gone; returns the change
    /// to be told.
    pub(crate) fn fetched(
        &mut self,
        change: Change,
        item: Option<&Item>,
        now: Duration,
    ) -> Option<Change> {
        if !change.needs_value() {
            return Some(change);
        }
        self.knows(item, now);
        if item.is_some() {
            return Some(change);
        }
        match (change, self.previous) {
            (Change::Changed { before }, _) => Some(Change::Deleted { before }),
            (Change::Present, _) => Some(Change::Absent),
            _ => None,
        }
    }
}

impl Change {
    /// Whether the value is to be fetched.
    pub(crate) fn needs_value(&self) -> bool {
        matches!(
            self,
            Change::Present | Change::Changed { .. } | Change::Created
        )
    }

    /// Whether it is a change, rather than a first look.
    pub(crate) fn counts(&self) -> bool {
        !matches!(self, Change::Present | Change::Absent)
    }

    /// The token that the key had before.
    pub(crate) fn token_before(&self) -> Option<Token> {
        match self {
            Change::Changed { before } | Change::Deleted { before } => *before,
            _ => None,
        }
    }
}

/// Whether the moment of expiry is another one. Servers before 1.6.19 print an item's last second like "never"
/// (protocol.md 1.1), so "never" where the last second was due is no change.
fn moved(ttl: Ttl, at: Duration, ttl_now: Ttl, now: Duration) -> bool {
    match (ttl, ttl_now) {
        (Ttl::Never, Ttl::Never) | (Ttl::Unknown, _) | (_, Ttl::Unknown) => false,
        (Ttl::Never, Ttl::Seconds(_)) => true,
        (Ttl::Seconds(left), Ttl::Never) => {
            let expiry = at + Duration::from_secs(left);
            expiry.abs_diff(now + Duration::from_secs(1)) > TOLERANCE
        }
        (Ttl::Seconds(left), Ttl::Seconds(left_now)) => {
            let (expiry, expiry_now) = (
                at + Duration::from_secs(left),
                now + Duration::from_secs(left_now),
            );
            expiry.abs_diff(expiry_now) > TOLERANCE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{item, token};
    use super::*;

    fn glance(number: u64, ttl: Ttl) -> Glance {
        Glance {
            token: token(number),
            ttl,
        }
    }

    /// A look at a key without expiry.
    #[expect(clippy::unnecessary_wraps, reason = "a look may also find nothing")]
    fn never(number: u64) -> Option<Glance> {
        Some(glance(number, Ttl::Never))
    }

    const T0: Duration = Duration::ZERO;

    /// The changes of a series of looks, half a second apart.
    fn changes(looks: &[Option<Glance>]) -> Vec<Change> {
        let mut follower = Follower::new(None);
        let times = (0_u32..).map(|n| Duration::from_millis(500) * n);
        looks
            .iter()
            .zip(times)
            .filter_map(|(look, now)| follower.look(*look, now))
            .collect()
    }

    #[test]
    fn a_key_comes_changes_and_goes() {
        let before = |number| Some(token(number));
        assert_eq!(
            changes(&[None, None, never(1), never(1), never(2), None, never(3)]),
            [
                Change::Absent,
                Change::Created,
                Change::Changed { before: before(1) },
                Change::Deleted { before: before(2) },
                Change::Created
            ]
        );
    }

    #[test]
    fn a_token_may_go_down_and_is_still_a_change() {
        assert_eq!(changes(&[never(9), never(4)]).len(), 2);
    }

    #[test]
    fn time_running_down_is_no_touch_and_a_moved_expiry_is() {
        let ttl = |left| Some(glance(1, Ttl::Seconds(left)));
        assert_eq!(
            changes(&[ttl(60), ttl(60), ttl(59), ttl(59), ttl(58), ttl(58)]),
            [Change::Present]
        );
        let touched = |left| Change::Touched(ttl(left).unwrap());
        assert_eq!(changes(&[ttl(60), ttl(70)]), [Change::Present, touched(70)]);
        assert_eq!(
            changes(&[ttl(60), never(1)]),
            [Change::Present, Change::Touched(never(1).unwrap())]
        );
        assert_eq!(
            changes(&[never(1), ttl(60), ttl(60)]),
            [Change::Present, touched(60)]
        );
    }

    #[test]
    fn the_last_second_of_an_old_server_is_not_never() {
        let ttl = |left| Some(glance(1, Ttl::Seconds(left)));
        assert_eq!(
            changes(&[ttl(2), ttl(2), never(1), never(1), None]).len(),
            2
        );
    }

    #[test]
    fn since_reports_a_change_at_once_or_waits_for_one() {
        let mut follower = Follower::new(Some(token(5)));
        assert_eq!(follower.look(never(5), T0), None);
        assert_eq!(
            follower.look(never(6), T0),
            Some(Change::Changed {
                before: Some(token(5))
            })
        );
        let mut follower = Follower::new(Some(token(5)));
        assert_eq!(
            follower.look(never(7), T0),
            Some(Change::Changed {
                before: Some(token(5))
            })
        );
        let mut follower = Follower::new(Some(token(5)));
        assert_eq!(
            follower.look(None, T0),
            Some(Change::Deleted {
                before: Some(token(5))
            })
        );
    }

    #[test]
    fn the_same_number_from_another_server_process_is_a_change() {
        let mut follower = Follower::new(None);
        follower.look(never(5), T0);
        follower.forget_token();
        assert_eq!(
            follower.look(never(5), T0),
            Some(Change::Changed { before: None })
        );
    }

    #[test]
    fn what_somebody_else_has_told_is_no_change_for_the_next_look() {
        let mut follower = Follower::new(None);
        follower.look(never(1), T0);
        follower.knows(Some(&item("v", 2)), T0);
        assert_eq!(follower.token(), Some(token(2)));
        assert_eq!(follower.look(never(2), T0), None);
        follower.knows(None, T0);
        assert_eq!(follower.token(), None);
        assert_eq!(follower.look(None, T0), None);
        assert_eq!(follower.look(never(2), T0), Some(Change::Created));
    }

    #[test]
    fn a_fetched_item_newer_than_the_look_is_not_told_twice() {
        let mut follower = Follower::new(None);
        let change = follower.look(never(1), T0).unwrap();
        assert_eq!(
            follower.fetched(change, Some(&item("v", 2)), T0),
            Some(Change::Present)
        );
        assert_eq!(follower.look(never(2), T0), None);
    }

    #[test]
    fn a_key_that_vanished_before_it_was_fetched_is_told_as_gone() {
        let mut follower = Follower::new(None);
        follower.look(never(1), T0);
        let change = follower.look(never(2), T0).unwrap();
        assert_eq!(
            follower.fetched(change, None, T0),
            Some(Change::Deleted {
                before: Some(token(1))
            })
        );
        assert_eq!(follower.look(None, T0), None);
        let created = follower.look(never(3), T0).unwrap();
        assert_eq!(follower.fetched(created, None, T0), None);
    }

    #[test]
    fn a_change_that_could_not_be_told_is_seen_again() {
        let mut follower = Follower::new(None);
        follower.look(never(1), T0);
        let change = follower.look(never(2), T0).unwrap();
        follower.undo();
        assert_eq!(follower.look(never(2), T0), Some(change));
    }
}
