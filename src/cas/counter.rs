//! A decimal counter: the value of a key as `incr-cas` understands it.

use std::fmt;
use std::str::FromStr;

/// The smallest counter, -2^63.
const MIN: i128 = i64::MIN as i128;
/// The largest counter, 2^64 - 1.
const MAX: i128 = u64::MAX as i128;

/// A whole number from -2^63 to 2^64 - 1: every value that memcached's own arithmetic can hold, and negative ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Counter(i128);

/// Why a value is no counter or cannot become the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CounterError {
    /// The bytes are no decimal number.
    NotANumber,
    /// The number, or the sum, lies outside -2^63 .. 2^64 - 1.
    OutOfRange,
    /// The sum would be less than `--min`.
    BelowMin(Counter),
    /// The sum would be more than `--max`.
    AboveMax(Counter),
}

/// The bounds that a counter may not cross (`--min`, `--max`), both inclusive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) min: Option<Counter>,
    pub(crate) max: Option<Counter>,
}

impl Counter {
    /// What is added unless the user says otherwise.
    pub(crate) const ONE: Counter = Counter(1);

    /// Reads a stored value. Spaces around it are memcached's own padding (protocol.md 2.6); anything else that is
    /// not an optional minus and digits is refused, as guessing would destroy somebody's data.
    pub(crate) fn parse(value: &[u8]) -> Result<Counter, CounterError> {
        let spaces = |byte: &u8| *byte == b' ';
        let start = value
            .iter()
            .position(|byte| !spaces(byte))
            .ok_or(CounterError::NotANumber)?;
        let end = value
            .iter()
            .rposition(|byte| !spaces(byte))
            .map_or(start, |last| last + 1);
        let digits = value[start..end]
            .strip_prefix(b"-")
            .unwrap_or(&value[start..end]);
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(CounterError::NotANumber);
        }
        let magnitude = digits.iter().try_fold(0_i128, |sum, digit| {
            let next = sum * 10 + i128::from(digit - b'0');
            // Stops long before i128 does, however many digits follow.
            if next > MAX {
                Err(CounterError::OutOfRange)
            } else {
                Ok(next)
            }
        })?;
        Counter::checked(if value[start] == b'-' {
            -magnitude
        } else {
            magnitude
        })
    }

    /// The sum, if it is a counter and within `bounds`.
    pub(crate) fn add(self, by: Counter, bounds: Bounds) -> Result<Counter, CounterError> {
        let sum = Counter::checked(self.0 + by.0)?;
        match bounds {
            Bounds { min: Some(min), .. } if sum < min => Err(CounterError::BelowMin(min)),
            Bounds { max: Some(max), .. } if sum > max => Err(CounterError::AboveMax(max)),
            _ => Ok(sum),
        }
    }

    /// The difference, if it is a counter.
    pub(crate) fn minus(self, other: Counter) -> Option<Counter> {
        Counter::checked(self.0 - other.0).ok()
    }

    fn checked(number: i128) -> Result<Counter, CounterError> {
        if (MIN..=MAX).contains(&number) {
            Ok(Counter(number))
        } else {
            Err(CounterError::OutOfRange)
        }
    }

    /// The number, if memcached's own arithmetic can add it.
    pub(crate) fn as_u64(self) -> Option<u64> {
        u64::try_from(self.0).ok()
    }

    /// Whether memcached's own arithmetic can add to this number without coming near its wrap at 2^64, however much
    /// others add to it meanwhile.
    pub(crate) fn is_far_from_wrapping(self) -> bool {
        (0..1 << 63).contains(&self.0)
    }

    /// Whether it is a number that memcached's own arithmetic refuses.
    pub(crate) fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The number itself.
    pub(crate) fn get(self) -> i128 {
        self.0
    }
}

impl From<u64> for Counter {
    fn from(number: u64) -> Counter {
        Counter(i128::from(number))
    }
}

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Counter {
    type Err = CounterError;

    fn from_str(text: &str) -> Result<Counter, CounterError> {
        if text.contains(' ') {
            return Err(CounterError::NotANumber);
        }
        Counter::parse(text.as_bytes())
    }
}

impl fmt::Display for CounterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CounterError::NotANumber => write!(f, "not a whole number"),
            CounterError::OutOfRange => {
                write!(f, "outside -9223372036854775808 .. 18446744073709551615")
            }
            CounterError::BelowMin(min) => write!(f, "less than --min {min}"),
            CounterError::AboveMax(max) => write!(f, "more than --max {max}"),
        }
    }
}

impl std::error::Error for CounterError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> Result<i128, CounterError> {
        Counter::parse(value.as_bytes()).map(Counter::get)
    }

    fn add(value: &str, by: &str) -> Result<i128, CounterError> {
        Counter::parse(value.as_bytes())?
            .add(by.parse()?, Bounds::default())
            .map(Counter::get)
    }

    #[test]
    fn memcacheds_padding_is_accepted_and_nothing_else() {
        assert_eq!(parse("41"), Ok(41));
        assert_eq!(parse("99 "), Ok(99));
        assert_eq!(parse("  7  "), Ok(7));
        assert_eq!(parse("007"), Ok(7));
        assert_eq!(parse("-9223372036854775808"), Ok(MIN));
        assert_eq!(parse("18446744073709551615"), Ok(MAX));
        for value in [
            "", " ", "-", "+1", "hello", "1 2", "1\n", "\t1", "1.5", "1e3", "0x10", "--1", "١",
        ] {
            assert_eq!(parse(value), Err(CounterError::NotANumber), "{value:?}");
        }
    }

    #[test]
    fn numbers_beyond_64_bits_are_refused_not_wrapped() {
        assert_eq!(parse("18446744073709551616"), Err(CounterError::OutOfRange));
        assert_eq!(parse("-9223372036854775809"), Err(CounterError::OutOfRange));
        assert_eq!(parse(&"9".repeat(10_000)), Err(CounterError::OutOfRange));
        assert_eq!(
            add("18446744073709551615", "1"),
            Err(CounterError::OutOfRange)
        );
        assert_eq!(
            add("-9223372036854775808", "-1"),
            Err(CounterError::OutOfRange)
        );
        assert_eq!(
            add("-1", "18446744073709551615"),
            Ok(i128::from(u64::MAX) - 1)
        );
    }

    #[test]
    fn bounds_are_inclusive() {
        let bounds = Bounds {
            min: Some(Counter(0)),
            max: Some(Counter(10)),
        };
        assert_eq!(Counter(9).add(Counter(1), bounds), Ok(Counter(10)));
        assert_eq!(
            Counter(10).add(Counter(1), bounds),
            Err(CounterError::AboveMax(Counter(10)))
        );
        assert_eq!(Counter(1).add(Counter(-1), bounds), Ok(Counter(0)));
        assert_eq!(
            Counter(0).add(Counter(-1), bounds),
            Err(CounterError::BelowMin(Counter(0)))
        );
    }
}
