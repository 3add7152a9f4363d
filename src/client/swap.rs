//! Writing: by which command a swap travels, and what its answer means.

use memcache::exp::ReturnCode;

use super::Memcached;
use super::facts::{Route, Settings};
use super::reply::{self, Reply, ReplyError, error_line};
use super::request::Request;
use super::wire::{Wire, WireError};
use crate::cas::{Condition, StoreError, Swap, Token, Written};

/// How a write was answered, where the answer is more than stored or not.
enum Answer {
    Written(Written),
    TooLarge,
    Refused(String),
    Destroyed(String),
}

/// What a swap and the look behind it brought.
struct Answered {
    answer: Answer,
    /// The token that the item has now, where it was asked for and told.
    token: Option<Token>,
    /// Whether all answers came, so that the connection can be used again.
    complete: bool,
}

impl Memcached {
    /// Sends a swap; `looking` asks in the same write which token the item has afterwards.
    pub(super) fn send_swap(
        &mut self,
        swap: &Swap,
        looking: bool,
    ) -> Result<(Written, Option<Token>), StoreError> {
        let route = self.route(swap)?;
        let mut request = Request::new();
        let answered = if route == Route::Classic {
            request.classic_swap(swap);
            request.classic_gets(&swap.key);
            self.exchange(&request, |wire, _| classic_answer(wire, swap, looking))?
        } else {
            request.swap(swap);
            if looking {
                request.debug(&swap.key);
            }
            self.exchange(&request, |wire, _| meta_answer(wire, swap, looking))?
        };
        if !answered.complete {
            self.wire = None;
        }
        Ok((self.written(answered.answer, swap)?, answered.token))
    }

    /// How this swap travels, or why it must not.
    fn route(&self, swap: &Swap) -> Result<Route, StoreError> {
        let settings = self
            .facts
            .map_or_else(Settings::unknown, |facts| facts.settings);
        let size = swap.value.len();
        match settings.route(&swap.key, swap.flags, size) {
            Route::TooLarge(most) => Err(StoreError::TooLarge(format!(
                "the value has {size} bytes; {} takes at most {most} under this key (its -I sets the limit)",
                self.address
            ))),
            Route::Classic if swap.proof.is_some() => Err(StoreError::Refused(format!(
                "--exactly-once cannot be had for this value: whether {} would take it is not certain, \
                 and a failing meta command deletes the item",
                self.address
            ))),
            route => Ok(route),
        }
    }

    /// Turns an answer into an outcome; after an error answer the connection is not used again.
    fn written(&mut self, answer: Answer, swap: &Swap) -> Result<Written, StoreError> {
        if !matches!(answer, Answer::Written(_)) {
            self.wire = None;
        }
        let address = &self.address;
        match answer {
            Answer::Written(written) => Ok(written),
            Answer::TooLarge => Err(StoreError::TooLarge(format!(
                "the value has {} bytes, which is too large for {address}",
                swap.value.len()
            ))),
            Answer::Refused(text) if swap.proof.is_some() && text == "invalid flag" => {
                Err(StoreError::NoProof(format!(
                    "{address} cannot do --exactly-once: it knows no tokens of the client's choice (memcached 1.6.27 or newer does)"
                )))
            }
            Answer::Refused(text) => Err(self.refused(&text)),
            Answer::Destroyed(text) => Err(StoreError::Destroyed(format!(
                "{address} did not store the value ({text}) and, as memcached does then, deleted the item that was there"
            ))),
        }
    }
}

impl Answered {
    /// A swap that was answered and nothing more.
    fn alone(answer: Answer) -> Answered {
        Answered {
            answer,
            token: None,
            complete: true,
        }
    }

    /// A swap and what the look behind it brought. If the look was lost, the swap's own answer stands; only where the
    /// token must tell a repeated swap that lost from its own echo (`needed`), the loss is passed on.
    fn with(
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

/// The answer to `ms`, and to the `me` behind it.
fn meta_answer(wire: &mut Wire, swap: &Swap, looking: bool) -> Result<Answered, ReplyError> {
    let reply = match Reply::read(wire) {
        Ok(reply) => reply,
        Err(ReplyError::Wire(error)) => return begun(wire, swap, looking).ok_or(error.into()),
        Err(ReplyError::Rejected(text)) => return Ok(Answered::alone(Answer::Refused(text))),
        Err(ReplyError::Server(text)) if is_for_space(&text) => {
            return Ok(Answered::alone(Answer::Destroyed(text)));
        }
        Err(error) => return Err(error),
    };
    let written = match (reply.code, swap.condition) {
        (ReturnCode::Hd, _) => Written::Stored(reply.token.and_then(Token::new)),
        (ReturnCode::Ex, Condition::Token(_)) | (ReturnCode::Ns, Condition::Absent) => {
            Written::Conflict
        }
        (ReturnCode::Nf, Condition::Token(_)) => Written::Missing,
        (code, _) => {
            return Err(WireError::Garbage(format!("{code:?} to a swap").into_bytes()).into());
        }
    };
    if !looking {
        return Ok(Answered::alone(Answer::Written(written)));
    }
    let look = reply::debug(wire).map(|seen| seen.and_then(|(number, _)| Token::new(number)));
    Answered::with(written, look, true)
}

/// What an answer says that broke off: its first word decides, and the token that was to follow is not needed for that.
/// A repeated swap that lost is not decided by it.
fn begun(wire: &Wire, swap: &Swap, looking: bool) -> Option<Answered> {
    let fragment = wire.fragment();
    let word = fragment
        .split(|&byte| byte == b' ' || byte == b'\r')
        .next()?;
    let written = meaning(word, swap)?;
    (!looking || matches!(written, Written::Stored(_))).then_some(Answered {
        answer: Answer::Written(written),
        token: None,
        complete: false,
    })
}

/// What the first word of an answer to a swap means, in either protocol. No word of the server's is the beginning of
/// another one's here but `EX`, which means what `EXISTS` means.
fn meaning(word: &[u8], swap: &Swap) -> Option<Written> {
    match (word, swap.condition) {
        (b"HD" | b"STORED", _) => Some(Written::Stored(swap.proof)),
        (b"EX" | b"EXISTS", Condition::Token(_)) | (b"NS" | b"NOT_STORED", Condition::Absent) => {
            Some(Written::Conflict)
        }
        (b"NF" | b"NOT_FOUND", Condition::Token(_)) => Some(Written::Missing),
        _ => None,
    }
}

/// The answer to classic `cas` or `add` and the `gets` behind it, which shows our token if it shows our value.
fn classic_answer(wire: &mut Wire, swap: &Swap, looking: bool) -> Result<Answered, ReplyError> {
    let line = match wire.line() {
        Ok(line) => line,
        Err(error) => return begun(wire, swap, looking).ok_or(error.into()),
    };
    let Some(written) = meaning(&line, swap) else {
        return classic_error(line).map(Answered::alone);
    };
    let seen = reply::classic_value(wire);
    // Another writer may have come between the two: only the token of our own value may be passed on.
    let ours = matches!(&seen, Ok(Some((value, flags, _))) if *value == swap.value && *flags == swap.flags);
    let look = seen.map(|seen| seen.and_then(|(_, _, number)| Token::new(number)));
    match (written, &look) {
        (Written::Stored(_), Ok(token)) if ours => {
            Answered::with(Written::Stored(*token), look, looking)
        }
        _ => Answered::with(written, look, looking),
    }
}

fn classic_error(line: Vec<u8>) -> Result<Answer, ReplyError> {
    match error_line(&line) {
        Some(ReplyError::Server(text)) if text.contains("too large") => Ok(Answer::TooLarge),
        Some(ReplyError::Server(text)) if is_for_space(&text) => Ok(Answer::Refused(text)),
        Some(ReplyError::Rejected(text)) => Ok(Answer::Refused(text)),
        Some(error) => Err(error),
        None => Err(WireError::Garbage(line).into()),
    }
}

/// Whether a `SERVER_ERROR` means "not stored for want of room": definite, where other server errors are not.
fn is_for_space(text: &str) -> bool {
    text.contains("too large") || text.contains("out of memory")
}
