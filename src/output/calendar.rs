//! Moments of unix time as a calendar has them.

use std::time::{Duration, SystemTime};

/// The last second that a calendar of four-digit years has, in unix time.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// The moment of so many microseconds of unix time; `None` if no calendar has it: the log that tells it is not ours.
pub(crate) fn moment(micros: u64) -> Option<SystemTime> {
    let time = Duration::from_micros(micros);
    (time.as_secs() <= LAST.as_secs()).then(|| SystemTime::UNIX_EPOCH + time)
}

/// Microseconds of unix time as UTC; a time that no calendar has as the last one that it has.
pub(crate) fn utc(micros: u64) -> String {
    let moment = moment(micros).unwrap_or(SystemTime::UNIX_EPOCH + LAST);
    humantime::format_rfc3339_millis(moment).to_string()
}

/// The microseconds of unix time that UTC as above means, if it is that.
pub(crate) fn micros(utc: &str) -> Option<u64> {
    let moment = humantime::parse_rfc3339(utc).ok()?;
    let since = moment.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    since.as_micros().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_time_can_be_told() {
        assert_eq!(utc(1_795_404_235_810_314), "2026-11-23T03:23:55.810Z");
        assert_eq!(utc(253_402_300_799_999_999), "9999-12-31T23:59:59.999Z");
        assert_eq!(utc(u64::MAX), "9999-12-31T23:59:59.000Z");
    }

    #[test]
    fn a_time_that_was_told_is_understood() {
        assert_eq!(
            micros(&utc(1_795_404_235_810_314)),
            Some(1_795_404_235_810_000)
        );
        assert_eq!(
            (micros("yesterday"), micros("1960-01-01T00:00:00Z")),
            (None, None)
        );
    }

    #[test]
    fn a_time_that_no_calendar_has_is_no_moment() {
        assert!(moment(253_402_300_799_999_999).is_some());
        assert_eq!(moment(253_402_300_800_000_000), None);
    }
}
