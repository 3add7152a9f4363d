//! Expiry: what the user wants (a rule) and what a write sends (a moment), so that a swap does not move it.
//!
//! Re-sending the seconds left would move the expiry by up to a second with each swap, which makes a hot key
//! immortal, and above 30 days memcached reads them as a date in 1970 and the item is gone (protocol.md 2.8).
//! Hence the moment itself is sent, in the server's own clock; where that is not shown, nothing is.

use std::fmt;
use std::time::Duration;

use super::{Item, Ttl};

/// Above this, memcached reads a number of seconds as a date (30 days).
pub(crate) const MAX_RELATIVE: u64 = 60 * 60 * 24 * 30;

/// The last moment that every server version can store (protocol.md 2.2: larger numbers wrap on old servers).
const MAX_MOMENT: u64 = i32::MAX as u64;

/// The expiry a write sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// No expiry.
    Never,
    /// This many seconds from the moment of the write; 1 to 30 days.
    In(u64),
    /// This second of the server's clock.
    At(u64),
    /// The item is gone as soon as it is written.
    Past,
}

/// The expiry the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExpiryRule {
    /// The item keeps its moment of expiry; a created one never expires.
    Keep,
    /// The item keeps its moment of expiry; a created one expires this long after its creation; whole seconds.
    KeepOrCreate(Duration),
    /// The item never expires.
    Never,
    /// The item expires this long after the write; whole seconds.
    After(Duration),
}

/// Why an expiry cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExpiryError {
    /// The expiry asked for is more than 30 days away and the server does not show its clock.
    NoClock,
    /// The server tells how much time the item has left, but shows no clock by which that is a moment.
    Adrift,
    /// The moment lies beyond 2038-01-19, where memcached's numbers end.
    TooLate,
    /// The server does not tell when the item expires, so that it cannot be kept.
    Unseen,
}

impl ExpiryRule {
    /// The expiry to write over `before` (the item as just read, `None` if it is to be created).
    ///
    /// `now` is the server's clock in seconds, where known.
    pub(crate) fn apply(
        self,
        before: Option<&Item>,
        now: Option<u64>,
    ) -> Result<Expiry, ExpiryError> {
        match (self, before) {
            (ExpiryRule::Never, _) | (ExpiryRule::Keep, None) => Ok(Expiry::Never),
            (ExpiryRule::Keep | ExpiryRule::KeepOrCreate(_), Some(item)) => Expiry::of(item),
            (ExpiryRule::KeepOrCreate(wish), None) | (ExpiryRule::After(wish), _) => {
                Expiry::after(wish.as_secs(), now)
            }
        }
    }

    /// How long a write over `before` lets the item live, counted from that write; `None` if it sets no such time.
    pub(crate) fn lifetime(self, before: Option<&Item>) -> Option<Duration> {
        match (self, before) {
            (ExpiryRule::After(wish), _) | (ExpiryRule::KeepOrCreate(wish), None) => Some(wish),
            _ => None,
        }
    }

    /// The time left to the item that was written over `before`.
    pub(crate) fn ttl(self, before: Option<&Item>) -> Ttl {
        match (self, before) {
            (ExpiryRule::Keep | ExpiryRule::KeepOrCreate(_), Some(item)) => item.ttl,
            _ => self
                .lifetime(before)
                .map_or(Ttl::Never, |time| Ttl::Seconds(time.as_secs())),
        }
    }
}

impl Expiry {
    /// The expiry that leaves `item` where it is.
    fn of(item: &Item) -> Result<Expiry, ExpiryError> {
        match (item.ttl, item.expires_at) {
            (Ttl::Never, _) => Ok(Expiry::Never),
            (Ttl::Seconds(_), Some(moment)) => Ok(Expiry::At(moment.min(MAX_MOMENT))),
            // The seconds left, sent again, would count from the next tick on as often as one falls in between.
            (Ttl::Seconds(_), None) => Err(ExpiryError::Adrift),
            (Ttl::Unknown, _) => Err(ExpiryError::Unseen),
        }
    }

    fn after(seconds: u64, now: Option<u64>) -> Result<Expiry, ExpiryError> {
        if seconds <= MAX_RELATIVE {
            return Ok(Expiry::In(seconds.max(1)));
        }
        let moment = now.ok_or(ExpiryError::NoClock)?.saturating_add(seconds);
        if moment > MAX_MOMENT {
            Err(ExpiryError::TooLate)
        } else {
            Ok(Expiry::At(moment))
        }
    }

    /// This expiry as the number in a command (`T` of `ms`, the exptime of `cas`).
    pub(crate) fn wire(self) -> u64 {
        match self {
            Expiry::Never => 0,
            Expiry::In(seconds) => seconds.max(1),
            Expiry::At(moment) => moment,
            // A date in 1970. Some proxies take no negative number.
            Expiry::Past => MAX_RELATIVE + 1,
        }
    }
}

impl ExpiryError {
    /// Whether the server does not let a swap keep the expiry that an item has. Its own arithmetic keeps it.
    pub(crate) fn is_unkept(self) -> bool {
        match self {
            ExpiryError::Adrift | ExpiryError::Unseen => true,
            ExpiryError::NoClock | ExpiryError::TooLate => false,
        }
    }
}

impl fmt::Display for ExpiryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExpiryError::NoClock => write!(
                f,
                "the expiry lies more than 30 days ahead and the server does not tell its clock (stats); \
                 give --ttl never or a shorter --ttl"
            ),
            ExpiryError::Adrift => write!(
                f,
                "the item expires, and no clock is shown there by which a write could keep the moment: the seconds \
                 left, sent again, would move it; give --ttl never or --ttl DURATION"
            ),
            ExpiryError::Unseen => write!(
                f,
                "when the item expires cannot be seen there, and a write would have to make something up; \
                 give --ttl never or --ttl DURATION"
            ),
            ExpiryError::TooLate => write!(
                f,
                "the expiry lies beyond 2038-01-19, where memcached's clock ends"
            ),
        }
    }
}

impl std::error::Error for ExpiryError {}

#[cfg(test)]
mod tests {
    use super::super::testing::item;
    use super::*;

    const NOW: u64 = 1_795_404_235;

    fn with_ttl(ttl: Ttl, expires_at: Option<u64>) -> Item {
        Item {
            ttl,
            expires_at,
            ..item("v", 7)
        }
    }

    #[test]
    fn keep_sends_the_moment_and_never_the_seconds_left() {
        let apply = |ttl, at| ExpiryRule::Keep.apply(Some(&with_ttl(ttl, at)), Some(NOW));
        assert_eq!(apply(Ttl::Never, None), Ok(Expiry::Never));
        assert_eq!(
            apply(Ttl::Seconds(60), Some(NOW + 60)),
            Ok(Expiry::At(NOW + 60))
        );
        assert_eq!(
            apply(Ttl::Seconds(3_456_000), Some(NOW + 3_456_000)),
            Ok(Expiry::At(NOW + 3_456_000))
        );
    }

    #[test]
    fn without_the_servers_clock_no_moment_is_kept_and_none_is_moved() {
        for left in [1, 2_592_000, 2_592_001] {
            let item = with_ttl(Ttl::Seconds(left), None);
            let apply = |rule: ExpiryRule| rule.apply(Some(&item), None);
            let minute = Duration::from_secs(60);
            for keeping in [ExpiryRule::Keep, ExpiryRule::KeepOrCreate(minute)] {
                assert_eq!(apply(keeping), Err(ExpiryError::Adrift));
            }
            assert_eq!(apply(ExpiryRule::Never), Ok(Expiry::Never));
            assert_eq!(apply(ExpiryRule::After(minute)), Ok(Expiry::In(60)));
        }
        let never = with_ttl(Ttl::Never, None);
        assert_eq!(
            ExpiryRule::Keep.apply(Some(&never), None),
            Ok(Expiry::Never)
        );
    }

    #[test]
    fn the_servers_arithmetic_helps_where_a_swap_cannot_keep_the_expiry() {
        let unkept = [ExpiryError::Unseen, ExpiryError::Adrift];
        assert!(unkept.into_iter().all(ExpiryError::is_unkept));
        let others = [ExpiryError::NoClock, ExpiryError::TooLate];
        assert!(!others.into_iter().any(ExpiryError::is_unkept));
    }

    #[test]
    fn an_expiry_that_cannot_be_seen_is_not_made_up() {
        let item = with_ttl(Ttl::Unknown, None);
        let apply = |rule: ExpiryRule| rule.apply(Some(&item), Some(NOW));
        let minute = Duration::from_secs(60);
        assert_eq!(apply(ExpiryRule::Keep), Err(ExpiryError::Unseen));
        assert_eq!(
            apply(ExpiryRule::KeepOrCreate(minute)),
            Err(ExpiryError::Unseen)
        );
        assert_eq!(apply(ExpiryRule::Never), Ok(Expiry::Never));
        assert_eq!(apply(ExpiryRule::After(minute)), Ok(Expiry::In(60)));
    }

    #[test]
    fn a_wish_beyond_30_days_becomes_a_moment() {
        let apply =
            |days: u64, now| ExpiryRule::After(Duration::from_secs(days * 86_400)).apply(None, now);
        assert_eq!(apply(30, None), Ok(Expiry::In(2_592_000)));
        assert_eq!(apply(31, Some(NOW)), Ok(Expiry::At(NOW + 31 * 86_400)));
        assert_eq!(apply(31, None), Err(ExpiryError::NoClock));
        assert_eq!(apply(36_500, Some(NOW)), Err(ExpiryError::TooLate));
    }

    #[test]
    fn the_expiry_of_a_creation_is_kept_ever_after() {
        let rule = ExpiryRule::KeepOrCreate(Duration::from_secs(60));
        assert_eq!(rule.apply(None, None), Ok(Expiry::In(60)));
        assert_eq!(rule.ttl(None), Ttl::Seconds(60));
        let item = with_ttl(Ttl::Seconds(7), Some(NOW + 7));
        assert_eq!(rule.apply(Some(&item), Some(NOW)), Ok(Expiry::At(NOW + 7)));
        assert_eq!(rule.ttl(Some(&item)), Ttl::Seconds(7));
        assert_eq!(rule.lifetime(Some(&item)), None);
        let never = with_ttl(Ttl::Never, None);
        assert_eq!(rule.apply(Some(&never), None), Ok(Expiry::Never));
        let month = ExpiryRule::KeepOrCreate(Duration::from_secs(31 * 86_400));
        assert_eq!(
            month.apply(None, Some(NOW)),
            Ok(Expiry::At(NOW + 31 * 86_400))
        );
        assert_eq!(month.apply(None, None), Err(ExpiryError::NoClock));
    }

    #[test]
    fn zero_is_sent_for_never_only() {
        assert_eq!(Expiry::Never.wire(), 0);
        assert_eq!(Expiry::In(0).wire(), 1);
        assert_eq!(Expiry::Past.wire(), 2_592_001);
        assert_eq!(ExpiryRule::Keep.apply(None, None), Ok(Expiry::Never));
    }
}
