//! Arguments that several subcommands share, turned into what they mean.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use clap::builder::{OsStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::cas::{Condition, Counter, ExpiryRule, Key};

/// The longest wait that can be asked for.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// The shortest time between two looks that can be asked for.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

/// Reads a key argument: any bytes.
pub(crate) fn key() -> impl TypedValueParser<Value = Key> {
    OsStringValueParser::new().try_map(|text: OsString| Key::new(text.as_bytes()))
}

/// Reads `--token`: a token, or `absent`.
pub(crate) fn expected_token(text: &str) -> Result<Condition, String> {
    if text == "absent" {
        return Ok(Condition::Absent);
    }
    text.parse()
        .map(Condition::Token)
        .map_err(|error: crate::cas::token::TokenError| {
            format!("{error}; the word absent stands for no item")
        })
}

/// Reads a time to wait, with its unit.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let examples = format!("{text}ms, {text}s or {text}m");
    match with_unit(text, &examples, "not a duration like 500ms, 2s or 1m")? {
        Duration::ZERO => Err("it must be more than zero".into()),
        time if time > LONGEST => Err("it must be at most a year".into()),
        time => Ok(time),
    }
}

/// Reads one of some words that the domain has: each with its name and what it means, which completions show.
pub(crate) fn one_of<T: Copy + Send + Sync + 'static, const N: usize>(
    all: [T; N],
    name: fn(T) -> &'static str,
    meaning: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let words = all.map(|one| PossibleValue::new(name(one)).help(meaning(one)));
    PossibleValuesParser::new(words).map(move |word| {
        let found = all.into_iter().find(|one| name(*one) == word);
        found.expect("the parser takes no other word")
    })
}

/// Reads `--interval`: a time between two looks, which each cost the server something.
pub(crate) fn interval(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        time if time < SHORTEST_INTERVAL => Err("it must be at least 1ms".into()),
        time => Ok(time),
    }
}

/// Reads `--ttl`.
pub(crate) fn ttl(text: &str) -> Result<ExpiryRule, String> {
    match text {
        "keep" => Ok(ExpiryRule::Keep),
        "never" => Ok(ExpiryRule::Never),
        _ => {
            let examples = format!("{text}s, {text}m, {text}h, keep or never");
            let wrong = "give keep, never or a duration like 60s or 2h";
            let time = with_unit(text, &examples, wrong)?;
            whole_seconds(time, "give never for no expiry").map(ExpiryRule::After)
        }
    }
}

/// Reads `--initial-ttl`: how long an item lives.
pub(crate) fn initial_ttl(text: &str) -> Result<Duration, String> {
    let examples = format!("{text}s, {text}m or {text}h");
    let time = with_unit(text, &examples, "give a duration like 60s or 2h")?;
    whole_seconds(time, "leave the option out for no expiry")
}

/// Reads a time. A bare number could be meant in any unit, so it is refused, with `examples` of what could be meant;
/// `wrong` is the answer to everything else that is no time.
fn with_unit(text: &str, examples: &str, wrong: &str) -> Result<Duration, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte == b'0') {
        // Nothing in any unit: what is wrong with that is not the unit.
        return Ok(Duration::ZERO);
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("it lacks a unit; give {examples}"));
    }
    if has_unit_m(text) {
        return Err("M could mean minutes or months; give m for minutes, or days as in 30d".into());
    }
    // Units in any case.
    humantime::parse_duration(&text.to_ascii_lowercase()).map_err(|_| wrong.into())
}

/// Whether some number is followed by nothing but M, which in other places is a month and not a minute.
fn has_unit_m(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphabetic())
        .any(|unit| unit == "M")
}

/// A time that an item can live.
fn whole_seconds(time: Duration, for_ever: &str) -> Result<Duration, String> {
    if time < Duration::from_secs(1) {
        return Err(format!("an item cannot live for less than 1s; {for_ever}"));
    }
    if time.subsec_nanos() != 0 {
        return Err("memcached counts whole seconds".into());
    }
    Ok(time)
}

/// Reads `--flags`: `None` stands for keep.
pub(crate) fn flags(text: &str) -> Result<Flags, String> {
    if text == "keep" {
        return Ok(Flags(None));
    }
    text.parse()
        .map(|flags| Flags(Some(flags)))
        .map_err(|_| "give keep or a number from 0 to 4294967295".into())
}

/// The flags to write; `None` keeps those that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flags(pub(crate) Option<u32>);

/// Reads a counter.
pub(crate) fn counter(text: &str) -> Result<Counter, String> {
    text.parse()
        .map_err(|error: crate::cas::counter::CounterError| error.to_string())
}

/// The bytes of an argument.
pub(crate) fn bytes(text: &OsStr) -> Vec<u8> {
    text.as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ttl_is_keep_never_or_whole_seconds() {
        assert_eq!(ttl("keep"), Ok(ExpiryRule::Keep));
        assert_eq!(ttl("never"), Ok(ExpiryRule::Never));
        assert_eq!(ttl("90s"), Ok(ExpiryRule::After(Duration::from_secs(90))));
        assert_eq!(ttl("2h"), Ok(ExpiryRule::After(Duration::from_secs(7200))));
        assert_eq!(ttl("1H"), Ok(ExpiryRule::After(Duration::from_secs(3600))));
        assert_eq!(
            ttl("0"),
            Err("an item cannot live for less than 1s; give never for no expiry".into())
        );
        for text in ["0", "60", "0s", "500ms", "1500ms", "-1s", "", "forever"] {
            assert!(ttl(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_initial_ttl_is_whole_seconds() {
        assert_eq!(initial_ttl("1m"), Ok(Duration::from_secs(60)));
        for text in ["keep", "never", "60", "0s", "500ms", "1500ms", ""] {
            assert!(initial_ttl(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_duration_needs_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("1m"), Ok(Duration::from_secs(60)));
        assert_eq!(duration("2S"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("1H30Min"), Ok(Duration::from_secs(5400)));
        assert!(duration("1M").is_err_and(|message| message.contains("months")));
        assert_eq!(duration("0"), Err("it must be more than zero".into()));
        assert_eq!(
            duration("2"),
            Err("it lacks a unit; give 2ms, 2s or 2m".into())
        );
        for text in [
            "",
            "s",
            "-1s",
            "0s",
            "1x",
            "9999999999999999999s",
            "400days",
            "1e3s",
        ] {
            assert!(duration(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_interval_is_at_least_a_millisecond() {
        assert_eq!(interval("1ms"), Ok(Duration::from_millis(1)));
        assert_eq!(interval("999us"), Err("it must be at least 1ms".into()));
        assert!(interval("5").is_err());
    }

    #[test]
    fn flags_are_keep_or_32_bits() {
        assert_eq!(flags("keep"), Ok(Flags(None)));
        assert_eq!(flags("4294967295"), Ok(Flags(Some(u32::MAX))));
        for text in ["4294967296", "-1", "", "x"] {
            assert!(flags(text).is_err(), "{text:?}");
        }
    }
}
