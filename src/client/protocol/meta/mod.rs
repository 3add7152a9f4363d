//! The language of memcached 1.6: meta commands, and classic ones where those would do harm.

mod delete;
mod read;
mod reply;
mod request;
mod swap;

use memcache::exp::ReturnCode;

use self::reply::Reply;
use super::{Answered, Attempt, Dialect, ReplyError, Request, Seen, Undisturbed};
use crate::cas::{Counter, Key, Token, Ttl, Want, Written};
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
                let token = read::numbered(wire, 2 * number)?;
                let whole = read::numbered(wire, 2 * number + 1)?;
                Reply::of_one_state(token, whole)
            }
            Want::Meta => read::numbered(wire, number)?,
        };
        Ok(Seen {
            state: (reply.token, reply.ttl),
            item: read::item(reply),
        })
    }

    fn ask_item_once(&self, request: &mut Request, key: &Key, number: usize) {
        request.get(key, Want::Value, number);
    }

    fn item_once(&self, wire: &mut Wire, number: usize) -> Result<Seen, ReplyError> {
        let reply = read::numbered(wire, number)?;
        Ok(Seen {
            state: (reply.token, reply.ttl),
            item: read::item(reply),
        })
    }

    fn can_be_counted_with(&self, value: &[u8]) -> bool {
        read::can_be_counted_with(value)
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

    fn ask_undisturbed(&self, request: &mut Request, key: &Key) -> bool {
        read::ask_undisturbed(request, key)
    }

    fn undisturbed(&self, wire: &mut Wire) -> Result<Option<Undisturbed>, ReplyError> {
        read::undisturbed(wire)
    }

    fn writes_in_windows(&self) -> bool {
        true
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
        let reply = Reply::to_write(wire, |_| Ok(()))?.into_reply();
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
        Reply::to_write(wire, |_| Ok(())).map(|_| ())
    }

    fn ask_delete_if(&self, request: &mut Request, key: &Key, token: Token) {
        request.delete_if(key, token);
    }

    fn delete_if(&self, wire: &mut Wire) -> Result<(Written, bool), ReplyError> {
        delete::answer(wire)
    }

    fn ask_release(&self, request: &mut Request, key: &Key, token: Token, keep: bool) {
        request.release(key, token, keep);
    }

    fn release(&self, wire: &mut Wire) -> Result<(), ReplyError> {
        Reply::to_write(wire, |_| Ok(())).map(|_| ())
    }
}
