//! Whole requests, cut out of the bytes that came.

/// One request with the value that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// All of it, as it came.
    pub(super) bytes: Vec<u8>,
    /// The words of its line.
    pub(super) words: Vec<String>,
    /// Where its line ends and its value begins.
    pub(super) line: usize,
}

impl Request {
    /// The first request and its length, once all of it is there. `takes_value` tells whether a value follows the line of
    /// these words: a server that does not know a command takes the next line for another one.
    pub(super) fn first_of(
        bytes: &[u8],
        takes_value: impl Fn(&[&str]) -> bool,
    ) -> Option<(Self, usize)> {
        let line = bytes.iter().position(|byte| *byte == b'\n')? + 1;
        let text = String::from_utf8_lossy(&bytes[..line]);
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let value = if takes_value(&words) {
            value_length(&words)?.saturating_add(b"\r\n".len())
        } else {
            0
        };
        let whole = bytes.get(..line.saturating_add(value))?;
        let request = Self {
            bytes: whole.to_vec(),
            words: words.into_iter().map(Into::into).collect(),
            line,
        };
        Some((request, whole.len()))
    }

    pub(super) fn command(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    pub(super) fn key(&self) -> &str {
        self.words.get(1).map_or("", String::as_str)
    }

    /// The words behind the key, and behind the length of a value.
    pub(super) fn flags(&self) -> &[String] {
        let before = if self.command() == "ms" { 3 } else { 2 };
        self.words.get(before..).unwrap_or_default()
    }

    /// Whether a flag of this letter is there.
    pub(super) fn has(&self, letter: char) -> bool {
        self.flags().iter().any(|flag| flag.starts_with(letter))
    }

    /// The value with its line end.
    pub(super) fn value(&self) -> &[u8] {
        &self.bytes[self.line..]
    }
}

/// How long a value is that a line announces: the number stands elsewhere in each command, and in the first meta commands
/// behind an `S`.
fn value_length(words: &[&str]) -> Option<usize> {
    let announced = match words {
        ["ms", _, flags @ ..] => flags
            .iter()
            .find_map(|flag| flag.strip_prefix('S'))
            .or(flags.first().copied()),
        [_, _, _, _, length, ..] => Some(*length),
        _ => None,
    };
    announced?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(bytes: &[u8]) -> Option<(String, usize)> {
        let takes_value = |words: &[&str]| matches!(words[..], ["set" | "cas" | "ms", ..]);
        let (request, length) = Request::first_of(bytes, takes_value)?;
        Some((request.words.join(" "), length))
    }

    #[test]
    fn a_request_is_taken_whole_or_not_at_all() {
        for whole in [
            &b"gets k\r\n"[..],
            b"set k 0 0 5\r\na\r\nbc\r\n",
            b"cas k 0 0 1 7 noreply\r\nx\r\n",
            b"ms k 2 c\r\n42\r\n",
            b"ms k c S2\r\n42\r\n",
        ] {
            for cut in 0..whole.len() {
                assert_eq!(first(&whole[..cut]), None, "{cut} bytes of {whole:?}");
            }
            let followed = [whole, b"mn\r\n"].concat();
            assert_eq!(
                first(&followed).map(|(_, length)| length),
                Some(whole.len())
            );
        }
    }

    #[test]
    fn the_words_are_those_of_the_line() {
        let (words, _) = first(b"set k 0 0 4\r\na b \r\n").unwrap();
        assert_eq!(words, "set k 0 0 4");
    }
}
