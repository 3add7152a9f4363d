//! Writing: by which command a swap travels, and what its answer means.

use memcache::exp::ReturnCode;

use super::Session;
use super::read::numbered;
use crate::cas::{Condition, StoreError, Swap, Token, Want, Written};
use crate::client::facts::{Route, Settings};
use crate::client::reply::{self, Reply, ReplyError, error_line};
use crate::client::request::Request;
use crate::client::wire::{Wire, WireError};

/// How a write was answered, where the answer is more than stored or not.
enum Answer {
    Written(Written),
    TooLarge,
    Refused(String),
    Destroyed(String),
}

/// What is asked in the same write behind a swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Nothing,
    /// The token that the item has now, to tell a repeated swap that lost from its own echo.
    Token,
    /// Value and token. An increment that came right behind a swap writes its own token over the swap's (see
    /// [`Reply::of_one_state`]), and the answer to the swap shows that one: a token that another value has is not ours.
    Value,
}

impl Look {
    fn behind(swap: &Swap, looking: bool) -> Look {
        match (looking, swap.tell_token && is_in_danger(swap)) {
            (true, _) => Look::Token,
            (false, true) => Look::Value,
            (false, false) => Look::Nothing,
        }
    }
}

/// Whether an increment could come behind this swap and blur its token: only numbers can be incremented, and a proof
/// is known without asking.
fn is_in_danger(swap: &Swap) -> bool {
    swap.proof.is_none() && swap.value.len() <= 64 && swap.value.iter().any(u8::is_ascii_digit)
}

/// What a swap and the look behind it brought.
struct Answered {
    answer: Answer,
    /// The token that the item has now, where it was asked for and told.
    token: Option<Token>,
    /// Whether all answers came, so that the connection can be used again.
    complete: bool,
}

impl Session {
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
            request.debug(&swap.key);
            request.classic_gets(&swap.key);
            self.exchange(&request, |wire, _| classic_answer(wire, swap, looking))?
        } else {
            request.swap(swap);
            let look = Look::behind(swap, looking);
            match look {
                Look::Nothing => {}
                Look::Token => request.debug(&swap.key),
                // This one takes no recache win, should the swap have lost to an invalidation.
                Look::Value if swap.key.is_plain() => request.classic_gets(&swap.key),
                Look::Value => request.get(&swap.key, Want::Value, 0),
            }
            self.exchange(&request, |wire, _| meta_answer(wire, swap, look))?
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

/// The answer to `ms`, and to what was asked behind it.
fn meta_answer(wire: &mut Wire, swap: &Swap, look: Look) -> Result<Answered, ReplyError> {
    let looking = look == Look::Token;
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
        (ReturnCode::Hd, _) => Written::Stored(swap.proof.or(reply.token.and_then(Token::new))),
        (ReturnCode::Ex, Condition::Token(_)) | (ReturnCode::Ns, Condition::Absent) => {
            Written::Conflict
        }
        (ReturnCode::Nf, Condition::Token(_)) => Written::Missing,
        (code, _) => {
            return Err(WireError::OutOfStep(format!("{code:?} to a swap")).into());
        }
    };
    match (look, written) {
        (Look::Nothing, _) => Ok(Answered::alone(Answer::Written(written))),
        (Look::Token, _) => {
            let token = reply::debug(wire).map(|seen| seen.and_then(|seen| Token::new(seen.0)));
            let blurred = matches!(written, Written::Stored(_)) && is_in_danger(swap);
            Answered::with(
                if blurred {
                    Written::Stored(None)
                } else {
                    written
                },
                token,
                true,
            )
        }
        (Look::Value, _) => {
            let seen = value_and_token(wire, swap);
            let written = match (written, &seen) {
                (Written::Stored(token), Ok(seen)) => {
                    Written::Stored(certain(token, swap, seen.as_ref()))
                }
                (Written::Stored(_), Err(_)) => Written::Stored(None),
                (lost, _) => lost,
            };
            Answered::with(written, seen.map(|_| None), false)
        }
    }
}

/// What [`Look::Value`] has asked for; `None` on a miss.
fn value_and_token(wire: &mut Wire, swap: &Swap) -> Result<Option<(Vec<u8>, u64)>, ReplyError> {
    if swap.key.is_plain() {
        let seen = reply::classic_value(wire)?;
        return Ok(seen.map(|(value, _, token)| (value, token)));
    }
    let seen = numbered(wire, 0)?;
    Ok(seen.value.zip(seen.token))
}

/// The token in the answer to a swap, unless what was seen behind it shows that it is another value's.
fn certain(token: Option<Token>, swap: &Swap, seen: Option<&(Vec<u8>, u64)>) -> Option<Token> {
    let is_anothers =
        |(value, number): &(Vec<u8>, u64)| Token::new(*number) == token && *value != swap.value;
    token.filter(|_| !seen.is_some_and(is_anothers))
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
    let before = reply::debug(wire).map(|seen| seen.map(|(number, _)| number));
    let seen = before.and_then(|before| Ok((before, reply::classic_value(wire)?)));
    // Another writer may have come between: only the token of our own value may be passed on.
    let ours = matches!(&seen, Ok((before, Some((value, flags, number))))
        if *before == Some(*number) && *value == swap.value && *flags == swap.flags);
    let look = seen.map(|(_, seen)| seen.and_then(|(_, _, number)| Token::new(number)));
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
