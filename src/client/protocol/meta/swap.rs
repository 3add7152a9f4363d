//! A swap by `ms`, or by the classic `cas` and `add`, with what is asked behind it.

use memcache::exp::ReturnCode;

use super::super::answer::{begun, is_for_space};
use super::super::{Answer, Answered, Attempt, ReplyError, Request, classic};
use super::read::{ask_undisturbed, undisturbed};
use super::reply::{self, Reply, WriteReply};
use crate::cas::{Condition, Swap, Token, Want, Written};
use crate::client::facts::Route;
use crate::client::wire::{Wire, WireError};

/// What is asked in the same write behind a swap by `ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Nothing,
    /// The token that the item has now: a repeated swap with a proof loses if its first copy has won, and then this is the proof.
    Token,
    /// Value and token. An increment right behind a swap can overwrite the swap's token before the server answers, so the
    /// answer may show the token of the incremented value (see [`Reply::of_one_state`]). The value tells which it is.
    Value,
}

impl Look {
    fn behind(attempt: Attempt) -> Look {
        let Attempt { swap, looking, .. } = attempt;
        match (looking, swap.tell_token && is_in_danger(swap)) {
            (_, true) => Look::Value,
            (true, false) => Look::Token,
            (false, false) => Look::Nothing,
        }
    }
}

/// Whether an increment could follow this swap and hide its token: only numbers can be incremented. A proof is known
/// without asking.
fn is_in_danger(swap: &Swap) -> bool {
    swap.proof.is_none() && swap.value.len() <= 64 && swap.value.iter().any(u8::is_ascii_digit)
}

/// Asks for a swap, and for what must be known behind it.
pub(super) fn ask(request: &mut Request, attempt: Attempt) {
    let swap = attempt.swap;
    if attempt.route == Route::Classic {
        request.classic_swap(swap);
        ask_undisturbed(request, &swap.key);
        return;
    }
    request.swap(swap);
    match Look::behind(attempt) {
        Look::Nothing => {}
        Look::Token => request.debug(&swap.key),
        // This one takes no recache win, should the swap have lost to an invalidation.
        Look::Value if swap.key.is_plain() => request.classic_gets(&swap.key),
        Look::Value => request.get(&swap.key, Want::Value, 0),
    }
}

/// The answer to [`ask`].
pub(super) fn answer(wire: &mut Wire, attempt: Attempt) -> Result<Answered, ReplyError> {
    let Attempt { swap, looking, .. } = attempt;
    if attempt.route == Route::Classic {
        return classic::answer(wire, swap, undisturbed);
    }
    let look = Look::behind(attempt);
    let behind = |wire: &mut Wire| match look {
        Look::Nothing => Ok(()),
        Look::Token => reply::debug(wire, &swap.key).map(|_| ()),
        Look::Value => value_and_token(wire, swap).map(|_| ()),
    };
    let written = match Reply::to_write(wire, behind) {
        Ok(WriteReply::Marked(reply)) => meaning(&reply, swap)?,
        Ok(WriteReply::Last(reply)) => {
            let written = meaning(&reply, swap)?;
            // Which of the tokens seen is ours is not worth another look.
            let blurred = matches!(written, Written::Stored(_)) && look != Look::Nothing;
            return Ok(Answered::alone(Answer::Written(if blurred {
                Written::Stored(None)
            } else {
                written
            })));
        }
        Err(ReplyError::Wire(error)) => return begun(wire, swap, looking).ok_or(error.into()),
        Err(error) => return refusal(error).map(Answered::alone),
    };
    match look {
        Look::Nothing => Ok(Answered::alone(Answer::Written(written))),
        Look::Token => with_token(wire, swap, written),
        Look::Value => with_value(wire, swap, written, looking),
    }
}

/// What a reply to `ms` means.
fn meaning(reply: &Reply, swap: &Swap) -> Result<Written, ReplyError> {
    match (reply.code, swap.condition) {
        (ReturnCode::Hd, _) => Ok(Written::Stored(reply.token.and_then(Token::new))),
        (ReturnCode::Ex, Condition::Token(_)) | (ReturnCode::Ns, Condition::Absent) => {
            Ok(Written::Conflict)
        }
        (ReturnCode::Nf, Condition::Token(_)) => Ok(Written::Missing),
        (code, _) => Err(WireError::OutOfStep(format!("{code:?} to a swap")).into()),
    }
}

/// What an error in reply to `ms` means.
fn refusal(error: ReplyError) -> Result<Answer, ReplyError> {
    match error {
        ReplyError::Rejected(text) => Ok(Answer::Refused(text)),
        ReplyError::Server(text) if is_for_space(&text) => Ok(Answer::Destroyed(text)),
        error => Err(error),
    }
}

/// The answer, and the token that [`Look::Token`] shows.
fn with_token(wire: &mut Wire, swap: &Swap, written: Written) -> Result<Answered, ReplyError> {
    let token = reply::debug(wire, &swap.key).map(|seen| seen.and_then(|seen| Token::new(seen.0)));
    let written = match written {
        Written::Stored(_) if is_in_danger(swap) => Written::Stored(None),
        written => written,
    };
    Answered::with(written, token, true)
}

/// The answer, its token told only if [`Look::Value`] does not show that it is another value's.
fn with_value(
    wire: &mut Wire,
    swap: &Swap,
    written: Written,
    looking: bool,
) -> Result<Answered, ReplyError> {
    let seen = value_and_token(wire, swap);
    let written = match (written, &seen) {
        (Written::Stored(token), Ok(seen)) => Written::Stored(certain(token, swap, seen.as_ref())),
        (Written::Stored(_), Err(_)) => Written::Stored(None),
        (lost, _) => lost,
    };
    Answered::with(written, seen.map(|_| None), looking)
}

/// What [`Look::Value`] has asked for; `None` on a miss.
fn value_and_token(wire: &mut Wire, swap: &Swap) -> Result<Option<(Vec<u8>, u64)>, ReplyError> {
    if swap.key.is_plain() {
        let seen = classic::value(wire, &swap.key)?;
        return Ok(seen.map(|(value, _, token)| (value, token)));
    }
    let seen = Reply::read(wire)?;
    if seen.is_bare_miss() {
        return Ok(None);
    }
    let seen = seen.numbered(0)?;
    Ok(seen.value.zip(seen.token))
}

/// The token in the answer to a swap, unless what was seen behind it shows that it is another value's.
fn certain(token: Option<Token>, swap: &Swap, seen: Option<&(Vec<u8>, u64)>) -> Option<Token> {
    let is_anothers =
        |(value, number): &(Vec<u8>, u64)| Token::new(*number) == token && *value != swap.value;
    token.filter(|_| !seen.is_some_and(is_anothers))
}
