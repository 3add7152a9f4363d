//! The language of memcached 1.6: meta commands, and classic ones where those would do harm.

mod delete;
mod reply;
mod request;
mod swap;

use memcache::exp::ReturnCode;

use self::reply::Reply;
use super::{Answered, Attempt, Dialect, ReplyError, Request, Seen, Undisturbed, Unfit, classic};
use crate::cas::{Counter, Item, Key, Token, Ttl, Want, Written};
use crate::client::wire::{Wire, WireError};

/// The language of memcached 1.6.
pub(crate) struct Meta;

impl Dialect for Meta {
    /// Only where the value is wanted must it fit the token: a token alone is compared, not passed on.
    fn ask_item(&self, request: &mut Request, key: &Key, want: Want, number: usize) {
        match want {
            Want::Value => request.get_whole(key, number),
            Want::Meta => request.get(key, want, number),
        }
    }

    fn item(&self, wire: &mut Wire, want: Want, number: usize) -> Result<Seen, ReplyError> {
        let reply = match want {
            Want::Value => {
                let token = numbered(wire, 2 * number)?;
                let whole = numbered(wire, 2 * number + 1)?;
                Reply::of_one_state(token, whole)
            }
            Want::Meta => numbered(wire, number)?,
        };
        Ok(Seen {
            state: (reply.token, reply.ttl),
            item: item(reply),
        })
    }

    fn ask_glance(&self, request: &mut Request, key: &Key) {
        request.debug(key);
    }

    fn glance(&self, wire: &mut Wire) -> Result<Option<(u64, Ttl)>, ReplyError> {
        // The sign of the time left depends on the server's version (protocol.md 1.1).
        let ttl = |left: i64| match left {
            -1 => Ttl::Never,
            left => Ttl::Seconds(left.unsigned_abs()),
        };
        Ok(reply::debug(wire)?.map(|(token, left)| (token, ttl(left))))
    }

    /// Only `gets` takes no win, and it carries only plain keys. The token before the value, as with every read of both.
    fn ask_undisturbed(&self, request: &mut Request, key: &Key) -> bool {
        if key.is_plain() {
            request.debug(key);
            request.classic_gets(key);
        }
        key.is_plain()
    }

    fn undisturbed(&self, wire: &mut Wire) -> Result<Option<Undisturbed>, ReplyError> {
        let before = reply::debug(wire)?.map(|(token, _)| token);
        let seen = classic::value(wire)?;
        Ok(seen.map(|(value, flags, token)| Undisturbed {
            value,
            flags,
            token,
            certain: before == Some(token),
        }))
    }

    fn ask_swap(&self, request: &mut Request, attempt: Attempt) {
        swap::ask(request, attempt);
    }

    fn swap(&self, wire: &mut Wire, attempt: Attempt) -> Result<Answered, ReplyError> {
        swap::answer(wire, attempt)
    }

    fn ask_add(&self, request: &mut Request, key: &Key, delta: u64) {
        request.add(key, delta);
    }

    fn add(&self, wire: &mut Wire) -> Result<Option<(Counter, Option<Token>)>, ReplyError> {
        let reply = Reply::read(wire)?;
        match (reply.code, reply.value.as_deref().map(Counter::parse)) {
            (ReturnCode::Nf, _) => Ok(None),
            (ReturnCode::Va, Some(Ok(counter))) => {
                Ok(Some((counter, reply.token.and_then(Token::new))))
            }
            // An unreadable answer does not say what was done.
            (code, _) => Err(WireError::OutOfStep(format!("{code:?} to ma")).into()),
        }
    }

    fn ask_delete(&self, request: &mut Request, key: &Key) {
        request.delete(key);
    }

    fn delete(&self, wire: &mut Wire) -> Result<(), ReplyError> {
        Reply::read(wire).map(|_| ())
    }

    fn ask_delete_if(&self, request: &mut Request, key: &Key, token: Token, opaque: u32) {
        request.delete_if(key, token, opaque);
    }

    fn delete_if(&self, wire: &mut Wire, opaque: u32) -> Result<(Written, bool), ReplyError> {
        delete::answer(wire, opaque)
    }

    fn ask_release(&self, request: &mut Request, key: &Key, token: Token, keep: bool) {
        request.release(key, token, keep);
    }

    fn release(&self, wire: &mut Wire) -> Result<(), ReplyError> {
        Reply::read(wire).map(|_| ())
    }
}

/// A reply to the read with this number.
fn numbered(wire: &mut Wire, number: usize) -> Result<Reply, ReplyError> {
    let reply = Reply::read(wire)?;
    if reply.opaque == Some(number) {
        return Ok(reply);
    }
    Err(WireError::OutOfStep(format!("{:?} instead of answer {number}", reply.code)).into())
}

/// The item that a read reply describes.
fn item(reply: Reply) -> Result<Option<Item>, Unfit> {
    if !matches!(reply.code, ReturnCode::Va | ReturnCode::Hd) {
        return Ok(None);
    }
    let (Some(ttl), Some(number), Some(flags)) = (reply.ttl(), reply.token, reply.flags) else {
        return if reply.ttl.is_some() {
            Ok(None)
        } else {
            Err(Unfit::Incomplete)
        };
    };
    let token = Token::new(number).ok_or(Unfit::NoCas)?;
    let size = reply
        .value
        .as_ref()
        .map_or(reply.size.unwrap_or(0), Vec::len);
    let freshness = reply.freshness(size);
    let value = reply.value.unwrap_or_default();
    Ok(Some(Item {
        value,
        size,
        token,
        flags,
        ttl,
        expires_at: None,
        freshness,
    }))
}
