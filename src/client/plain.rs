//! The errors of the system as people read them.

use std::io;

/// The cause in lower case, without the number that the standard library adds.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => text.into(),
    }
}
