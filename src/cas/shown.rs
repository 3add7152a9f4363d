//! Bytes from outside in messages: text stays, anything that could control a terminal is escaped.

use std::fmt;

/// How much of a value a message shows, in characters.
const SHOWN_CHARACTERS: usize = 120;

/// Bytes for messages: text as it is, control and foreign bytes escaped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            // Most of what is shown is this, and a list of keys shows much.
            let plain = |byte: &u8| (b' '..=b'~').contains(byte);
            if chunk.invalid().is_empty() && chunk.valid().as_bytes().iter().all(plain) {
                f.write_str(chunk.valid())?;
                continue;
            }
            for character in chunk.valid().chars() {
                if is_unsafe_to_show(character) {
                    write!(f, "{}", character.escape_default())?;
                } else {
                    write!(f, "{character}")?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Characters that move the cursor, change direction or cannot be seen: controls, bidi marks, zero-width marks.
pub(crate) fn is_unsafe_to_show(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A value in quotes, escaped, and cut if it is long.
pub(crate) fn quoted(value: &[u8]) -> String {
    // A character has at most four bytes, and an escape more than one character.
    let start = &value[..value.len().min(SHOWN_CHARACTERS * 4)];
    let text = Shown(start).to_string();
    let cut: String = text.chars().take(SHOWN_CHARACTERS).collect();
    let rest = if cut.len() < text.len() || start.len() < value.len() {
        "..."
    } else {
        ""
    };
    format!("\"{cut}\"{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_is_shown_as_control() {
        let all: Vec<u8> = (0..=255).collect();
        assert!(
            Shown(&all)
                .to_string()
                .chars()
                .all(|character| !character.is_control())
        );
        assert_eq!(Shown(b"a\tb\n\x1b[2J").to_string(), "a\\tb\\n\\u{1b}[2J");
    }

    #[test]
    fn a_long_value_is_cut_in_messages() {
        assert_eq!(quoted(b"short"), "\"short\"");
        assert_eq!(quoted(&[b'x'; 120]), format!("\"{}\"", "x".repeat(120)));
        for long in [121, 1_000_000] {
            assert_eq!(
                quoted(&vec![b'x'; long]),
                format!("\"{}\"...", "x".repeat(120))
            );
        }
    }
}
