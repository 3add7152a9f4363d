//! Bytes from outside, made fit for JSON and for terminals.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes as JSON can carry them: text if they are UTF-8, else base64. Exactly one of both is set.
pub(crate) fn text_or_base64(bytes: &[u8]) -> (Option<String>, Option<String>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Some(text.into()), None),
        Err(_) => (None, Some(STANDARD.encode(bytes))),
    }
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
}
