//! The language of memcached 1.6: meta commands, and classic ones where those would do harm.
//!
//! It has had three forms (protocol.md 13), which differ in how a miss is answered, in the word for "done", and in what `ms`
//! takes. Where a miss brings nothing back, each question is followed by a no-op: between two of those there is no doubt
//! which answer is which.

mod delete;
mod draft;
mod read;
mod reply;
mod request;
mod swap;

use memcache::exp::ReturnCode;

pub(super) use self::draft::Draft;
use self::reply::{Reply, Wording};
use super::{
    Answered, Attempt, Deleted, Dialect, Language, Release, ReplyError, Request, Seen, Tells,
    Undisturbed,
};
use crate::cas::{Counter, Key, Token, Ttl, Want};
use crate::client::wire::{Wire, WireError};

/// The language of memcached 1.6, in one of its forms.
pub(super) struct Meta(pub(super) Age);

/// The forms of the language, the latest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// A miss brings the opaque back.
    Marked,
    /// A miss is a bare `EN`.
    BareMiss,
    /// The same, `OK` stands for `HD`, there is no base64, and `ms` has another form.
    First,
}

impl Dialect for Meta {
    fn carries(&self, key: &Key) -> bool {
        self.0 != Age::First || key.is_plain()
    }

    /// A bare miss does not tell the two older forms from each other. To the oldest the value of an `ms` is a command, and before
    /// 1.6.14 `md` never finds a token to be the right one.
    fn is_sure_of_meta(&self) -> bool {
        self.0 == Age::Marked
    }

    fn tells(&self) -> Tells {
        Tells {
            expiry: true,
            statistics: true,
        }
    }

    fn ask_hello(&self, request: &mut Request) {
        request.hello();
    }

    fn hello(&self, wire: &mut Wire) -> Result<(), ReplyError> {
        self.numbered(wire, 0).map(|_| ())
    }

    /// Only where the value is wanted must it fit the token: a token alone is compared, not passed on.
    fn ask_item(&self, request: &mut Request, key: &Key, want: Want, number: usize) {
        match want {
            Want::Value => request.get_whole(key, number),
            Want::Meta => request.get(key, want, number),
        }
        if self.0 != Age::Marked {
            request.no_op();
        }
    }

    fn item(
        &self,
        wire: &mut Wire,
        _: &Key,
        want: Want,
        number: usize,
    ) -> Result<Seen, ReplyError> {
        let reply = match want {
            Want::Value => {
                let token = self.numbered(wire, 2 * number)?;
                let whole = self.numbered(wire, 2 * number + 1)?;
                Reply::of_one_state(token, whole)
            }
            Want::Meta => self.numbered(wire, number)?,
        };
        if self.0 != Age::Marked {
            reply::no_op(wire)?;
        }
        Ok(Seen {
            state: (reply.token, reply.ttl),
            item: read::item(reply),
        })
    }

    fn ask_item_once(&self, request: &mut Request, key: &Key, number: usize) {
        if self.0 == Age::Marked {
            request.get(key, Want::Value, number);
        } else {
            self.ask_item(request, key, Want::Value, number);
        }
    }

    fn item_once(&self, wire: &mut Wire, key: &Key, number: usize) -> Result<Seen, ReplyError> {
        if self.0 != Age::Marked {
            return self.item(wire, key, Want::Value, number);
        }
        let reply = self.numbered(wire, number)?;
        Ok(Seen {
            state: (reply.token, reply.ttl),
            item: read::item(reply),
        })
    }

    fn can_be_counted_with(&self, value: &[u8]) -> bool {
        self.0 == Age::Marked && read::can_be_counted_with(value)
    }

    fn ask_glance(&self, request: &mut Request, key: &Key) {
        request.debug(key);
    }

    fn glance(&self, wire: &mut Wire, key: &Key) -> Result<Option<(u64, Ttl)>, ReplyError> {
        Ok(reply::debug(wire, key)?.map(|(token, left)| (token, ttl_of_debug(left))))
    }

    fn ask_undisturbed(&self, request: &mut Request, key: &Key) -> bool {
        read::ask_undisturbed(request, key)
    }

    fn undisturbed(&self, wire: &mut Wire, key: &Key) -> Result<Option<Undisturbed>, ReplyError> {
        read::undisturbed(wire, key)
    }

    fn writes_in_windows(&self) -> bool {
        self.0 == Age::Marked
    }

    fn ask_swap(&self, request: &mut Request, attempt: Attempt) {
        swap::ask(request, attempt);
    }

    fn swap(&self, wire: &mut Wire, attempt: Attempt) -> Result<Answered, ReplyError> {
        swap::answer(wire, attempt)
    }

    fn ask_proof(&self, request: &mut Request) {
        request.token_in_vain();
        request.no_op();
    }

    fn proof(&self, wire: &mut Wire) -> Result<bool, ReplyError> {
        let taken = match Reply::read(wire) {
            Ok(reply) => reply.numbered(0).map(|_| true),
            Err(ReplyError::Rejected(text)) if text == "invalid flag" => Ok(false),
            Err(error) => Err(error),
        }?;
        reply::no_op(wire)?;
        Ok(taken)
    }

    fn ask_add(&self, request: &mut Request, key: &Key, delta: u64) {
        request.add(key, delta);
    }

    fn add(
        &self,
        wire: &mut Wire,
        _: &Key,
    ) -> Result<Option<(Counter, Option<Token>)>, ReplyError> {
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

    fn delete(&self, wire: &mut Wire, _: &Key) -> Result<(), ReplyError> {
        Reply::to_write(wire, |_| Ok(())).map(|_| ())
    }

    fn ask_delete_if(&self, request: &mut Request, key: &Key, token: Token) -> bool {
        if self.is_sure_of_meta() {
            request.delete_if(key, token);
            request.debug(key);
        }
        self.is_sure_of_meta()
    }

    fn delete_if(&self, wire: &mut Wire, key: &Key) -> Result<Deleted, ReplyError> {
        delete::answer(wire, key)
    }

    fn ask_release(&self, request: &mut Request, key: &Key, token: Token, how: Release) -> bool {
        let known = how != Release::KeepingToken || self.is_sure_of_meta();
        if known {
            request.release(key, token, how);
        }
        known
    }

    fn release(&self, wire: &mut Wire) -> Result<bool, ReplyError> {
        let reply = Reply::to_write(wire, |_| Ok(()))?.into_reply();
        Ok(reply.code == ReturnCode::Hd)
    }
}

/// The time left in the answer to `me`, whose sign depends on the server's version (protocol.md 1.1).
fn ttl_of_debug(left: i64) -> Ttl {
    match left {
        -1 => Ttl::Never,
        left => Ttl::Seconds(left.unsigned_abs()),
    }
}

/// What the refusal of a read means: another dialect, or no more than it says.
fn recognised(text: String) -> ReplyError {
    Language::of_refusal(&text).map_or(ReplyError::Rejected(text), ReplyError::Speaks)
}

impl Meta {
    /// A reply to the read with this number, if it is of this form.
    fn numbered(&self, wire: &mut Wire, number: usize) -> Result<Reply, ReplyError> {
        let reply = match Reply::read(wire) {
            Err(ReplyError::Rejected(text)) if self.0 == Age::Marked => {
                return Err(recognised(text));
            }
            reply => reply?,
        };
        let bare = reply.is_bare_miss();
        match self.0 {
            Age::Marked if bare => Err(ReplyError::Speaks(Language::BareMiss)),
            Age::Marked | Age::BareMiss
                if reply.wording == Wording::Old && reply.opaque == Some(number) =>
            {
                Err(ReplyError::Speaks(Language::FirstMeta))
            }
            Age::BareMiss | Age::First if bare => Ok(reply),
            _ => reply.numbered(number),
        }
    }
}
