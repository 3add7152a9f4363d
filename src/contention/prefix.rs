//! What keys have in common: the part before a delimiter.

/// Where the prefix of a key ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prefixes {
    delimiter: Vec<u8>,
    depth: usize,
}

impl Default for Prefixes {
    /// `user:` of `user:4711:name`.
    fn default() -> Prefixes {
        Prefixes {
            delimiter: b":".to_vec(),
            depth: 1,
        }
    }
}

impl Prefixes {
    /// Behind the `depth`-th `delimiter`. Neither may be empty; an empty delimiter makes every key stand by itself.
    pub(crate) fn new(delimiter: &[u8], depth: usize) -> Prefixes {
        Prefixes {
            delimiter: delimiter.to_vec(),
            depth,
        }
    }

    /// The prefix of a key with its last delimiter, as deep as it goes; the key itself where it has none.
    pub(crate) fn of<'k>(&self, key: &'k [u8]) -> &'k [u8] {
        let mut end = 0;
        for _ in 0..self.depth {
            match self.next(&key[end..]) {
                Some(length) => end += length,
                None => break,
            }
        }
        if end == 0 { key } else { &key[..end] }
    }

    /// Whether this is what several keys can have in common, and no key that stands by itself.
    pub(crate) fn is_shared(&self, prefix: &[u8]) -> bool {
        !self.delimiter.is_empty() && prefix.ends_with(&self.delimiter)
    }

    /// The length up to the end of the next delimiter.
    fn next(&self, rest: &[u8]) -> Option<usize> {
        if self.delimiter.is_empty() {
            return None;
        }
        let mut windows = rest.windows(self.delimiter.len());
        windows
            .position(|window| window == self.delimiter)
            .map(|at| at + self.delimiter.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix<'k>(delimiter: &str, depth: usize, key: &'k str) -> &'k str {
        let prefix = Prefixes::new(delimiter.as_bytes(), depth).of(key.as_bytes());
        std::str::from_utf8(prefix).unwrap()
    }

    #[test]
    fn a_prefix_ends_with_a_delimiter_and_is_as_deep_as_the_key() {
        for (delimiter, depth, key, expected) in [
            (":", 1, "user:1:name", "user:"),
            (":", 2, "user:1:name", "user:1:"),
            (":", 9, "user:1:name", "user:1:"),
            (":", 1, "plain", "plain"),
            (":", 1, ":odd", ":"),
            ("::", 1, "a:b::c", "a:b::"),
            ("/", 1, "a:b", "a:b"),
            ("", 1, "a:b", "a:b"),
        ] {
            assert_eq!(prefix(delimiter, depth, key), expected);
        }
    }

    #[test]
    fn a_key_by_itself_is_told_from_a_prefix() {
        let prefixes = Prefixes::default();
        assert!(prefixes.is_shared(prefixes.of(b"user:1")));
        assert!(prefixes.is_shared(prefixes.of(b"user:")));
        assert!(!prefixes.is_shared(prefixes.of(b"user")));
        assert!(!Prefixes::new(b"", 1).is_shared(b"user"));
    }
}
