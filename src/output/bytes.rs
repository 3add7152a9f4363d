//! Bytes from outside, made safe for JSON and for terminals.

use base64::Engine as _;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::cas::shown::is_unsafe_to_show;

/// Bytes that stand in JSON as base64; they are encoded only while they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base64(Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(&self.0, &STANDARD))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Base64, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Base64).map_err(D::Error::custom)
    }
}

impl Base64 {
    /// The bytes themselves.
    pub(crate) fn bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Bytes as JSON can carry them: text if they are UTF-8, else base64. Exactly one of both is set. Nothing is copied, as a
/// value may be large.
pub(crate) fn text_or_base64(bytes: Vec<u8>) -> (Option<String>, Option<Base64>) {
    match String::from_utf8(bytes) {
        Ok(text) => (Some(text), None),
        Err(error) => (None, Some(Base64(error.into_bytes()))),
    }
}

/// JSON that says the same without a character that could control a terminal: it escapes the controls below U+0020 by
/// itself, and none above (U+009B begins a terminal's commands as well as ESC does).
pub(crate) fn json_for_terminal(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        // Such characters stand in strings only, where JSON has an escape for each unit of UTF-16.
        if is_unsafe_to_show(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                safe += &format!("\\u{unit:04x}");
            }
        } else {
            safe.push(character);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_is_text_and_the_rest_base64() {
        assert_eq!(text_or_base64("grün".into()), (Some("grün".into()), None));
        assert_eq!(text_or_base64(vec![]), (Some(String::new()), None));
        let (text, base64) = text_or_base64(b"\xff\x00".to_vec());
        assert_eq!(text, None);
        assert_eq!(serde_json::to_string(&base64).unwrap(), "\"/wA=\"");
    }

    #[test]
    fn json_for_a_terminal_says_the_same_without_controls() {
        let value = "a\u{1b}[2J\u{9b}2J\u{7f}\u{202e}\u{e0001}grün";
        let json = serde_json::to_string(value).unwrap();
        let safe = json_for_terminal(&json);
        assert_eq!(safe, r#""a\u001b[2J\u009b2J\u007f\u202e\udb40\udc01grün""#);
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), value);
    }
}
