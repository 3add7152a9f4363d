//! How long a lease is held, by our own clock.
//!
//! All times are durations on one clock of the holder that never goes back and does not stop while the machine sleeps.

use std::fmt;
use std::time::Duration;

/// How much memcached's clock of whole seconds may cut off a TTL: `T1` lives 0.34 to 0.996 s (protocol.md 2.8).
const TICK: Duration = Duration::from_secs(1);

/// Time to end the command, on top of the grace: to wake up, kill and reap.
const MARGIN: Duration = Duration::from_millis(250);

/// The time between two attempts while renewals fail.
const AGAIN: Duration = Duration::from_millis(100);

/// The TTL of a lease and what must fit into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    /// What is sent with each write, in seconds.
    ttl: u32,
    /// What the command is given between TERM and KILL.
    grace: Duration,
}

/// The TTL is too short: no renewal would come in time before the command had to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TermsError {
    /// The shortest TTL for this grace, in seconds.
    pub(crate) least: u64,
}

impl fmt::Display for TermsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let least = self.least;
        write!(
            f,
            "the lease is too short to be renewed in time: --ttl must be at least {least}s"
        )
    }
}

impl Terms {
    /// The life of a lease must hold the time to the first renewal, as much again for it to be repeated or answered late,
    /// the end of the command and a tick of the server's clock.
    pub(crate) fn new(ttl: u32, grace: Duration) -> Result<Terms, TermsError> {
        // ttl - tick - grace - margin >= 2/3 ttl
        let millis = (TICK + MARGIN).saturating_add(grace).as_millis();
        let least = u64::try_from((3 * millis).div_ceil(1000)).unwrap_or(u64::MAX);
        if u64::from(ttl) < least {
            return Err(TermsError { least });
        }
        Ok(Terms { ttl, grace })
    }

    /// The longest grace that a TTL of so many seconds has room for.
    pub(crate) fn longest_grace(ttl: u32) -> Duration {
        (Duration::from_secs(ttl.into()) / 3).saturating_sub(TICK + MARGIN)
    }

    /// How long a single exchange may take, so that a renewal that fails leaves time for others.
    pub(crate) fn patience(&self) -> Duration {
        self.interval() / 2
    }

    pub(crate) fn ttl(&self) -> u32 {
        self.ttl
    }

    /// How long nobody else can hold the lease, from before the write was sent.
    fn safe_life(&self) -> Duration {
        Duration::from_secs(self.ttl.into()).saturating_sub(TICK)
    }

    /// When to renew, from before the last write was sent.
    fn interval(&self) -> Duration {
        Duration::from_secs(self.ttl.into()) / 3
    }
}

/// A lease that was created and acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    terms: Terms,
    /// Until when nobody else can hold it.
    until: Duration,
    renew_at: Duration,
    /// Whether the last request got no answer in time.
    troubled: bool,
    /// Whether `until` can be relied on.
    certain: bool,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing, for this long.
    Wait(Duration),
    /// To renew; the exchange must not take longer than this.
    Renew { patience: Duration },
    /// To end the command: the lease could not be renewed and is about to run out.
    Lost,
}

impl Lease {
    /// A lease created by a request sent at `sent` and known to be ours at `answered`.
    ///
    /// If that took long, the server may have stood still (see [`renewed`](Lease::renewed)): the lease is not
    /// [certain](Lease::is_certain) before it was renewed.
    pub(crate) fn created(terms: Terms, sent: Duration, answered: Duration) -> Lease {
        let certain = answered.saturating_sub(sent) < TICK;
        let renew_at = if certain {
            sent + terms.interval()
        } else {
            answered + TICK
        };
        Lease {
            terms,
            until: sent + terms.safe_life(),
            renew_at,
            troubled: false,
            certain,
        }
    }

    /// Whether a command may be started under it.
    pub(crate) fn is_certain(&self) -> bool {
        self.certain
    }

    /// Whether the last request got no answer in time.
    pub(crate) fn is_troubled(&self) -> bool {
        self.troubled
    }

    pub(crate) fn due(&self, now: Duration) -> Due {
        let patience = self.end_at().saturating_sub(now);
        if patience.is_zero() {
            Due::Lost
        } else if now >= self.renew_at {
            Due::Renew { patience }
        } else {
            Due::Wait(patience.min(self.renew_at.saturating_sub(now)))
        }
    }

    /// When the command must be told to end, so that it *has* ended before anybody else can hold the lease.
    pub(crate) fn end_at(&self) -> Duration {
        self.until
            .saturating_sub(self.terms.grace.saturating_add(MARGIN))
    }

    /// Until when nobody else can hold it, as far as its expiry goes.
    pub(crate) fn until(&self) -> Duration {
        self.until
    }

    /// A renewal sent at `sent` was acknowledged at `answered`.
    ///
    /// A server that stood still may apply it before its clock has caught up (the clock is that of its main thread, the
    /// write that of another), and then the expiry counts from where it stopped, at or after the last answer, not from
    /// `sent`. So a renewal after trouble, or one that took long, proves that the lease is ours and no more; it is done
    /// again a tick later, and that one counts.
    pub(crate) fn renewed(&mut self, sent: Duration, answered: Duration) {
        if self.troubled || answered.saturating_sub(sent) >= TICK {
            self.troubled = false;
            self.renew_at = answered + TICK;
        } else {
            self.until = self.until.max(sent + self.terms.safe_life());
            self.renew_at = sent + self.terms.interval();
            self.certain = true;
        }
    }

    /// A look or a renewal got no answer by `now`: it is tried again soon.
    pub(crate) fn unanswered(&mut self, now: Duration) {
        self.troubled = true;
        self.renew_at = now + AGAIN;
    }

    /// The item is ours but the renewal lost, to an earlier one of ours: again at once.
    pub(crate) fn overtaken(&mut self, now: Duration) {
        self.renew_at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// TTL 30 s, grace 5 s, created at 100 s: safe until 129 s, to be ended at 123.75 s.
    fn lease() -> Lease {
        Lease::created(Terms::new(30, ms(5_000)).unwrap(), ms(100_000), ms(100_010))
    }

    #[test]
    fn it_is_renewed_at_a_third_and_given_up_while_the_command_can_still_end() {
        let lease = lease();
        assert_eq!(lease.due(ms(100_001)), Due::Wait(ms(9_999)));
        let patience = ms(13_750);
        assert_eq!(lease.due(ms(110_000)), Due::Renew { patience });
        let patience = ms(1);
        assert_eq!(lease.due(ms(123_749)), Due::Renew { patience });
        assert_eq!(lease.due(ms(123_750)), Due::Lost);
        assert_eq!(lease.due(Duration::MAX), Due::Lost);
        assert_eq!(lease.until(), ms(129_000));
    }

    #[test]
    fn a_renewal_counts_from_before_it_was_sent() {
        let mut lease = lease();
        lease.renewed(ms(110_000), ms(110_900));
        assert_eq!(lease.until(), ms(139_000));
        assert_eq!(lease.due(ms(110_900)), Due::Wait(ms(9_100)));
    }

    #[test]
    fn an_unanswered_renewal_extends_nothing_and_is_tried_again_until_the_end() {
        let mut lease = lease();
        lease.unanswered(ms(111_000));
        assert_eq!(lease.due(ms(111_000)), Due::Wait(ms(100)));
        let patience = ms(12_650);
        assert_eq!(lease.due(ms(111_100)), Due::Renew { patience });
        lease.unanswered(ms(123_700));
        assert_eq!(lease.due(ms(123_700)), Due::Wait(ms(50)));
        assert_eq!(lease.due(ms(123_750)), Due::Lost);
    }

    #[test]
    fn the_first_renewal_after_trouble_proves_the_second_extends() {
        let mut lease = lease();
        lease.unanswered(ms(111_000));
        lease.renewed(ms(115_000), ms(115_010));
        assert_eq!(lease.until(), ms(129_000));
        assert_eq!(lease.due(ms(115_010)), Due::Wait(ms(1_000)));
        lease.renewed(ms(116_010), ms(116_020));
        assert_eq!(lease.until(), ms(145_010));
    }

    #[test]
    fn a_renewal_answered_late_does_not_extend() {
        let mut lease = lease();
        lease.renewed(ms(110_000), ms(111_000));
        assert_eq!(lease.until(), ms(129_000));
        assert_eq!(lease.due(ms(111_000)), Due::Wait(ms(1_000)));
    }

    #[test]
    fn an_overtaken_renewal_is_repeated_at_once_and_extends_nothing() {
        let mut lease = lease();
        lease.overtaken(ms(111_000));
        assert!(matches!(lease.due(ms(111_000)), Due::Renew { .. }));
        assert_eq!(lease.until(), ms(129_000));
    }

    #[test]
    fn a_lease_created_by_a_slow_answer_is_certain_only_after_a_quick_renewal() {
        assert!(lease().is_certain());
        let terms = Terms::new(30, ms(5_000)).unwrap();
        let mut lease = Lease::created(terms, ms(100_000), ms(103_000));
        assert!(!lease.is_certain());
        assert_eq!(lease.due(ms(103_000)), Due::Wait(ms(1_000)));
        lease.renewed(ms(104_000), ms(105_000));
        assert!(!lease.is_certain());
        lease.renewed(ms(106_000), ms(106_010));
        assert!(lease.is_certain());
        assert_eq!(lease.until(), ms(135_000));
    }

    #[test]
    fn a_lease_found_too_late_is_lost_at_once() {
        assert_eq!(lease().due(ms(200_000)), Due::Lost);
    }

    #[test]
    fn the_ttl_must_hold_two_intervals_the_end_of_the_command_and_a_tick() {
        assert_eq!(Terms::new(6, ms(1_000)), Err(TermsError { least: 7 }));
        let shortest = Lease::created(Terms::new(7, ms(1_000)).unwrap(), ms(0), ms(1));
        assert!(shortest.end_at() >= ms(7_000) * 2 / 3);
        assert_eq!(Terms::new(3, ms(0)), Err(TermsError { least: 4 }));
        assert!(Terms::new(4, ms(0)).is_ok());
        for ttl in [4, 5, 17, 30, u32::MAX] {
            let grace = Terms::longest_grace(ttl);
            assert!(Terms::new(ttl, grace).is_ok(), "{ttl}");
            assert!(Terms::new(ttl, grace + ms(1)).is_err(), "{ttl}");
        }
        assert_eq!(Terms::longest_grace(3), ms(0));
        let least = Terms::new(u32::MAX, Duration::MAX).unwrap_err().least;
        assert!(least > u64::from(u32::MAX));
    }
}
