//! The name of an item. It is checked once, so every `Key` is one that the protocol can carry.

use std::fmt;

/// The longest key that memcached reads, in bytes *on the wire* (protocol.md 1.2).
pub(crate) const MAX_WIRE_BYTES: usize = 250;

/// A key that memcached accepts: not empty, at most 250 bytes on the wire.
///
/// Any byte may occur. A key with white space or control bytes travels as base64 (the meta flag `b`), which leaves
/// room for 186 bytes of it; it names the same item as its plain form would.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key(Vec<u8>);

/// Why some bytes are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyError {
    /// The empty key does not exist in memcached.
    Empty,
    /// The key takes this many bytes on the wire, more than [`MAX_WIRE_BYTES`].
    TooLong { wire_bytes: usize, encoded: bool },
}

impl Key {
    /// Checks `bytes` and takes them as a key.
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Result<Key, KeyError> {
        let key = Key(bytes.into());
        if key.0.is_empty() {
            return Err(KeyError::Empty);
        }
        let wire_bytes = key.wire_bytes();
        if wire_bytes > MAX_WIRE_BYTES {
            let encoded = !key.is_plain();
            return Err(KeyError::TooLong {
                wire_bytes,
                encoded,
            });
        }
        Ok(key)
    }

    /// The key as the user gave it.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the key can stand in a command line as it is; otherwise it is sent as base64.
    pub(crate) fn is_plain(&self) -> bool {
        self.0.iter().all(|&byte| byte > 0x20 && byte != 0x7f)
    }

    /// How many bytes the key takes in a command line.
    fn wire_bytes(&self) -> usize {
        if self.is_plain() {
            self.0.len()
        } else {
            self.0.len().div_ceil(3) * 4
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::shown::Shown(&self.0).fmt(f)
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyError::Empty => write!(f, "the key is empty; memcached has no such key"),
            KeyError::TooLong {
                wire_bytes,
                encoded: false,
            } => {
                write!(
                    f,
                    "the key is {wire_bytes} bytes long; memcached takes at most {MAX_WIRE_BYTES}"
                )
            }
            KeyError::TooLong {
                wire_bytes,
                encoded: true,
            } => write!(
                f,
                "the key takes {wire_bytes} bytes as base64 (it holds white space or control bytes); \
                 memcached takes at most {MAX_WIRE_BYTES}, that is 186 bytes of such a key"
            ),
        }
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_holds_250_bytes_plain_and_186_encoded() {
        assert!(Key::new(vec![b'k'; 250]).is_ok());
        assert_eq!(
            Key::new(vec![b'k'; 251]),
            Err(KeyError::TooLong {
                wire_bytes: 251,
                encoded: false
            })
        );
        assert!(Key::new(vec![b' '; 186]).is_ok());
        assert_eq!(
            Key::new(vec![b' '; 187]),
            Err(KeyError::TooLong {
                wire_bytes: 252,
                encoded: true
            })
        );
        assert_eq!(Key::new(""), Err(KeyError::Empty));
    }

    #[test]
    fn a_key_with_white_space_or_control_bytes_is_not_plain() {
        for plain in ["k", "user:1", "ключ", "a\u{a0}b"] {
            assert!(Key::new(plain).unwrap().is_plain(), "{plain:?}");
        }
        for encoded in ["a b", "a\tb", "a\r\nb", "a\0", "\x7f"] {
            assert!(!Key::new(encoded).unwrap().is_plain(), "{encoded:?}");
        }
    }

    #[test]
    fn a_key_is_shown_without_control_bytes() {
        let shown = |bytes: &[u8]| Key::new(bytes).unwrap().to_string();
        assert_eq!(shown(b"a\r\n\x1b[2J"), "a\\r\\n\\u{1b}[2J");
        assert_eq!(shown(b"\xff\xfek"), "\\xff\\xfek");
        assert_eq!(shown("grün\u{202e}x".as_bytes()), "grün\\u{202e}x");
    }
}
