//! What a server's answers say about its dialect.

use crate::client::protocol::{Language, ReplyError};
use crate::client::wire::WireError;

/// What a failed exchange says about the server's dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// It speaks this one.
    Language(Language),
    /// It hung up over the very first question: it may know no such command.
    Nothing,
}

impl Heard {
    /// What is heard in an error; `first` if nobody has answered anything on this connection or on one before it.
    pub(super) fn of(error: &ReplyError, first: bool) -> Option<Heard> {
        match error {
            ReplyError::Speaks(language) => Some(Heard::Language(*language)),
            ReplyError::Wire(WireError::Cut(_)) if first => Some(Heard::Nothing),
            _ => None,
        }
    }
}
