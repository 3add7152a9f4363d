//! What the answer to a swap means, whatever the dialect.

use super::reply::ReplyError;
use crate::cas::{Condition, Swap, Token, Written};
use crate::client::mark::Mark;
use crate::client::wire::Wire;

/// How a write was answered, where the answer is more than stored or not.
pub(crate) enum Answer {
    Written(Written),
    TooLarge,
    Refused(String),
    Destroyed(String),
}

impl Answer {
    /// Whether the server has taken the value off the connection: what it says of its room, it says behind that.
    pub(crate) fn leaves_in_step(&self) -> bool {
        match self {
            Answer::Written(_) | Answer::TooLarge => true,
            Answer::Refused(text) | Answer::Destroyed(text) => is_for_space(text),
        }
    }
}

/// The answers to a swap and to the look behind it.
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    /// The token that the item has now, if it was asked for and came back.
    pub(crate) token: Option<Token>,
    /// Whether all answers came, so that the connection can be used again.
    pub(crate) complete: bool,
}

impl Answered {
    /// A swap that was answered and nothing more.
    pub(super) fn alone(answer: Answer) -> Answered {
        Answered {
            answer,
            token: None,
            complete: true,
        }
    }

    /// A swap and what the look behind it brought. If the look was lost, the swap's own answer stands; only where the
    /// token must tell a repeated swap that lost from its own echo (`needed`), the loss is passed on.
    pub(super) fn with(
        written: Written,
        look: Result<Option<Token>, ReplyError>,
        needed: bool,
    ) -> Result<Answered, ReplyError> {
        let answer = Answer::Written(written);
        let decided = !needed || matches!(written, Written::Stored(_));
        match look {
            Ok(token) => Ok(Answered {
                answer,
                token,
                complete: true,
            }),
            Err(_) if decided => Ok(Answered {
                answer,
                token: None,
                complete: false,
            }),
            Err(error) => Err(error),
        }
    }
}

/// The first word of an answer that broke off, if the mark of what was asked stands whole behind it: only then it is known
/// to be the answer.
pub(super) fn first_word(fragment: &[u8], mark: Mark) -> Option<&[u8]> {
    let mut words = fragment.split(|&byte| byte == b' ' || byte == b'\r');
    let (word, opaque, _) = (words.next()?, words.next()?, words.next()?);
    (opaque == format!("O{mark}").as_bytes()).then_some(word)
}

/// What an answer to a swap says that broke off: its first word decides, and the token that was to follow is not needed for
/// that. A repeated swap that lost is not decided by it.
pub(super) fn begun(wire: &Wire, swap: &Swap, looking: bool) -> Option<Answered> {
    let written = meaning(first_word(wire.fragment(), wire.mark())?, swap)?;
    (!looking || matches!(written, Written::Stored(_))).then_some(Answered {
        answer: Answer::Written(written),
        token: None,
        complete: false,
    })
}

/// What the first word of an answer to a swap means, in either protocol. No word of the server's is the beginning of
/// another one's here but `EX`, which means what `EXISTS` means.
pub(super) fn meaning(word: &[u8], swap: &Swap) -> Option<Written> {
    match (word, swap.condition) {
        // Which token the item has now is another question.
        (b"HD" | b"STORED", _) => Some(Written::Stored(None)),
        (b"EX" | b"EXISTS", Condition::Token(_)) | (b"NS" | b"NOT_STORED", Condition::Absent) => {
            Some(Written::Conflict)
        }
        (b"NF" | b"NOT_FOUND", Condition::Token(_)) => Some(Written::Missing),
        _ => None,
    }
}

/// Whether a `SERVER_ERROR` means "not stored for want of room": definite, where other server errors are not.
pub(super) fn is_for_space(text: &str) -> bool {
    text.contains("too large") || text.contains("out of memory")
}
