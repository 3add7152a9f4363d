//! Which keys are meant: a key, or a pattern as shells have it (`user:*`, `slot-?`, `page[0-9]`).

use std::fmt;

/// A pattern for whole keys: `*` any bytes, `?` one byte, `[a-z]` and `[!a-z]` one byte of (not of) a set, `\` takes the
/// next byte as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Byte(u8),
    One,
    Any,
    Set { ranges: Vec<(u8, u8)>, inside: bool },
}

/// Why some text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PatternError {
    Empty,
    OpenSet,
    LoneBackslash,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PatternError::Empty => "the key is empty; memcached has no such key",
            PatternError::OpenSet => {
                "the [ is not closed by a ]; write \\[ for the character itself"
            }
            PatternError::LoneBackslash => {
                "nothing follows the last \\; write \\\\ for the character itself"
            }
        })
    }
}

impl std::error::Error for PatternError {}

impl Pattern {
    /// Reads a pattern.
    pub(crate) fn new(text: &[u8]) -> Result<Pattern, PatternError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            parts.push(match byte {
                b'*' => Part::Any,
                b'?' => Part::One,
                b'\\' => {
                    let (&byte, after) = rest.split_first().ok_or(PatternError::LoneBackslash)?;
                    rest = after;
                    Part::Byte(byte)
                }
                b'[' => {
                    let (set, after) = set(rest).ok_or(PatternError::OpenSet)?;
                    rest = after;
                    set
                }
                _ => Part::Byte(byte),
            });
        }
        if parts.is_empty() {
            return Err(PatternError::Empty);
        }
        Ok(Pattern(parts))
    }

    /// Whether the whole key matches. Only the last star is ever tried again, so the time does not explode with their number.
    pub(crate) fn fits(&self, key: &[u8]) -> bool {
        let (mut part, mut at) = (0, 0);
        let mut retry = None;
        loop {
            match self.0.get(part) {
                Some(Part::Any) => {
                    retry = Some((part, at));
                    part += 1;
                    continue;
                }
                Some(single) if key.get(at).is_some_and(|&byte| single.takes(byte)) => {
                    part += 1;
                    at += 1;
                    continue;
                }
                None if at == key.len() => return true,
                _ => {}
            }
            // The star before takes one byte more.
            match retry {
                Some((star, from)) if from < key.len() => {
                    retry = Some((star, from + 1));
                    (part, at) = (star + 1, from + 1);
                }
                _ => return false,
            }
        }
    }
}

impl Part {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Part::Byte(own) => *own == byte,
            Part::One | Part::Any => true,
            Part::Set { ranges, inside } => {
                ranges.iter().any(|&(from, to)| (from..=to).contains(&byte)) == *inside
            }
        }
    }
}

/// What follows a `[`: the set and the rest. A `]` that comes first stands for itself.
fn set(text: &[u8]) -> Option<(Part, &[u8])> {
    let inside = !matches!(text.first(), Some(b'!' | b'^'));
    let text = if inside { text } else { &text[1..] };
    let end = 1 + text.get(1..)?.iter().position(|&byte| byte == b']')?;
    let mut ranges = Vec::new();
    let mut rest = &text[..end];
    while let Some((&from, after)) = rest.split_first() {
        if let [b'-', to, after @ ..] = after {
            ranges.push((from, *to));
            rest = after;
        } else {
            ranges.push((from, from));
            rest = after;
        }
    }
    Some((Part::Set { ranges, inside }, &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(pattern: &str, key: &str) -> bool {
        Pattern::new(pattern.as_bytes())
            .unwrap()
            .fits(key.as_bytes())
    }

    #[test]
    fn a_key_fits_itself_and_no_other() {
        assert!(fits("my_key", "my_key"));
        assert!(!fits("my_key", "my_key2") && !fits("my_key", "my_ke") && !fits("my_key", ""));
    }

    #[test]
    fn stars_questions_and_sets_do_as_in_a_shell() {
        assert!(fits("user:*", "user:") && fits("user:*", "user:17") && !fits("user:*", "use:1"));
        assert!(fits("*:*:end", "a:b:c:end") && !fits("*:*:end", "a:end"));
        assert!(fits("a*b*c", "aXXbYYbc") && !fits("a*b*c", "aXXbYYb"));
        assert!(fits("slot-?", "slot-1") && !fits("slot-?", "slot-") && !fits("slot-?", "slot-12"));
        assert!(fits("p[0-9a]", "p7") && fits("p[0-9a]", "pa") && !fits("p[0-9a]", "pb"));
        assert!(fits("p[!0-9]", "pb") && !fits("p[!0-9]", "p3") && fits("[]x]", "]"));
        assert!(fits("a\\*", "a*") && !fits("a\\*", "ab") && fits("\\[x]", "[x]"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let error = |text: &str| Pattern::new(text.as_bytes()).unwrap_err();
        assert_eq!(error(""), PatternError::Empty);
        assert_eq!(error("a[b"), PatternError::OpenSet);
        assert_eq!(error("["), PatternError::OpenSet);
        assert_eq!(error("[!"), PatternError::OpenSet);
        assert_eq!(error("a\\"), PatternError::LoneBackslash);
    }

    proptest! {
        #[test]
        fn no_pattern_panics_or_hangs(text in proptest::collection::vec(any::<u8>(), 0..40), key in proptest::collection::vec(any::<u8>(), 0..250)) {
            if let Ok(pattern) = Pattern::new(&text) {
                pattern.fits(&key);
            }
        }
    }
}
