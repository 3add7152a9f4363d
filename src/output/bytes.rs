//! Bytes from outside, made safe for JSON and for terminals.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::cas::shown::is_unsafe_to_show;

/// Bytes as JSON can carry them: text if they are UTF-8, else base64. Exactly one of both is set.
pub(crate) fn text_or_base64(bytes: &[u8]) -> (Option<String>, Option<String>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Some(text.into()), None),
        Err(_) => (None, Some(STANDARD.encode(bytes))),
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
        assert_eq!(
            text_or_base64("grün".as_bytes()),
            (Some("grün".into()), None)
        );
        assert_eq!(text_or_base64(b""), (Some(String::new()), None));
        assert_eq!(text_or_base64(b"\xff\x00"), (None, Some("/wA=".into())));
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
