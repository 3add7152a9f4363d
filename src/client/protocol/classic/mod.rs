//! The classic text protocol, which every server and proxy speaks: `gets`, `cas`, `add`, `incr` and `delete`.
//!
//! It tells no expiry, and its answers carry no opaque. So each question is followed by `version`: between two of its
//! answers there is no doubt which answer is which.

mod commands;

pub(super) use self::commands::{answer, value};

use super::reply::{ReplyError, error_line, version};
use super::{Answered, Attempt, Dialect, Request, Seen, Tells, Undisturbed, Unfit};
use crate::cas::{Counter, Freshness, Item, Key, Token, Ttl, Want};
use crate::client::wire::{Wire, WireError};

/// The classic protocol, spoken by a server that may not tell statistics: a proxy cannot, as it has many.
pub(super) struct Classic {
    pub(super) statistics: bool,
}

impl Dialect for Classic {
    fn carries(&self, key: &Key) -> bool {
        key.is_plain()
    }

    fn is_sure_of_meta(&self) -> bool {
        false
    }

    fn tells(&self) -> Tells {
        Tells {
            expiry: false,
            statistics: self.statistics,
        }
    }

    fn ask_item(&self, request: &mut Request, key: &Key, want: Want, _: usize) {
        match want {
            Want::Value => ask_undisturbed(request, key),
            Want::Meta => {
                request.classic_gets(key);
                request.version();
            }
        }
    }

    fn item(&self, wire: &mut Wire, key: &Key, want: Want, _: usize) -> Result<Seen, ReplyError> {
        let seen = match want {
            Want::Value => {
                of_one_state(wire, key)?.map(|(value, flags, token, _)| (value, flags, token))
            }
            Want::Meta => {
                let seen = value(wire, key)?;
                version(wire)?;
                seen
            }
        };
        Ok(Seen {
            state: (seen.as_ref().map(|(_, _, token)| *token), None),
            item: seen.map(|seen| item(seen, want)).transpose(),
        })
    }

    fn ask_glance(&self, request: &mut Request, key: &Key) {
        request.classic_gets(key);
        request.version();
    }

    fn glance(&self, wire: &mut Wire, key: &Key) -> Result<Option<(u64, Ttl)>, ReplyError> {
        let seen = value(wire, key)?;
        version(wire)?;
        Ok(seen.map(|(_, _, token)| (token, Ttl::Unknown)))
    }

    fn ask_undisturbed(&self, request: &mut Request, key: &Key) -> bool {
        ask_undisturbed(request, key);
        true
    }

    fn undisturbed(&self, wire: &mut Wire, key: &Key) -> Result<Option<Undisturbed>, ReplyError> {
        undisturbed(wire, key)
    }

    fn ask_swap(&self, request: &mut Request, attempt: Attempt) {
        request.classic_swap(attempt.swap);
        ask_undisturbed(request, &attempt.swap.key);
    }

    fn swap(&self, wire: &mut Wire, attempt: Attempt) -> Result<Answered, ReplyError> {
        answer(wire, attempt.swap, undisturbed)
    }

    fn ask_add(&self, request: &mut Request, key: &Key, delta: u64) {
        request.classic_incr(key, delta);
        ask_undisturbed(request, key);
    }

    fn add(
        &self,
        wire: &mut Wire,
        key: &Key,
    ) -> Result<Option<(Counter, Option<Token>)>, ReplyError> {
        let (line, seen) = answered(wire, key)?;
        if line == b"NOT_FOUND" {
            return Ok(None);
        }
        let Ok(counter) = Counter::parse(&line) else {
            // An unreadable answer does not say what was done.
            return Err(WireError::Garbage(line).into());
        };
        // Another writer may have come between: only the token of our own value may be passed on.
        let ours = seen.filter(|seen| seen.certain && Counter::parse(&seen.value) == Ok(counter));
        Ok(Some((
            counter,
            ours.and_then(|seen| Token::new(seen.token)),
        )))
    }

    fn ask_delete(&self, request: &mut Request, key: &Key) {
        request.classic_delete(key);
        ask_undisturbed(request, key);
    }

    fn delete(&self, wire: &mut Wire, key: &Key) -> Result<(), ReplyError> {
        match answered(wire, key)?.0.as_slice() {
            b"DELETED" | b"NOT_FOUND" => Ok(()),
            line => Err(WireError::Garbage(line.to_vec()).into()),
        }
    }
}

/// Two reads in turn: see [`of_one_state`].
pub(super) fn ask_undisturbed(request: &mut Request, key: &Key) {
    request.classic_gets(key);
    request.classic_gets(key);
    request.version();
}

/// The answer to [`ask_undisturbed`].
pub(super) fn undisturbed(wire: &mut Wire, key: &Key) -> Result<Option<Undisturbed>, ReplyError> {
    Ok(
        of_one_state(wire, key)?.map(|(value, flags, token, certain)| Undisturbed {
            value,
            flags,
            token,
            certain,
        }),
    )
}

/// Value, flags and token that belong together, from two reads in turn, and whether both show the same token.
///
/// One `gets` can show an old value with a new token (protocol.md 2.9). Nobody can see a token before it is written, so a value
/// read after the token is that token's own or a later one's: the token is the first read's, the value the second's.
#[expect(clippy::type_complexity, reason = "it is taken apart at once")]
fn of_one_state(
    wire: &mut Wire,
    key: &Key,
) -> Result<Option<(Vec<u8>, u32, u64, bool)>, ReplyError> {
    let first = value(wire, key)?;
    let second = value(wire, key)?;
    version(wire)?;
    Ok(first
        .zip(second)
        .map(|((_, _, token), (value, flags, later))| (value, flags, token, token == later)))
}

/// A line that answers a write, and what the look behind it shows. It counts only if the answers to the look follow it.
fn answered(wire: &mut Wire, key: &Key) -> Result<(Vec<u8>, Option<Undisturbed>), ReplyError> {
    let line = wire.line()?;
    let seen = undisturbed(wire, key);
    match (error_line(&line), seen) {
        (_, Err(ReplyError::Wire(error))) => Err(error.into()),
        (Some(error), _) => Err(error),
        (None, seen) => Ok((line, seen?)),
    }
}

fn item((value, flags, number): (Vec<u8>, u32, u64), want: Want) -> Result<Item, Unfit> {
    Ok(Item {
        size: value.len(),
        value: if want == Want::Value {
            value
        } else {
            Vec::new()
        },
        token: Token::new(number).ok_or(Unfit::NoCas)?,
        flags,
        ttl: Ttl::Unknown,
        expires_at: None,
        freshness: Freshness::Fresh,
    })
}
