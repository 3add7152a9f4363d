//! A key as a line of the log has it: with `%XX` for what is not plain.

use std::borrow::Cow;

use crate::cas::key::MAX_WIRE_BYTES;

/// A key with its `%XX` turned back into bytes; `None` if it is none.
pub(super) fn unescaped(key: &[u8]) -> Option<Cow<'_, [u8]>> {
    let bytes = if key.contains(&b'%') {
        Cow::Owned(decoded(key)?)
    } else {
        Cow::Borrowed(key)
    };
    (1..=MAX_WIRE_BYTES).contains(&bytes.len()).then_some(bytes)
}

fn decoded(key: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = key;
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'%' {
            bytes.push(byte);
            rest = after;
            continue;
        }
        bytes.push(digit(*after.first()?)? << 4 | digit(*after.get(1)?)?);
        rest = &after[2..];
    }
    Some(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}
