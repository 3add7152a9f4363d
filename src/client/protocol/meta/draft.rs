//! The draft of the meta commands that memcached 1.5.19 to 1.5.22 had: all flags in one word, their values behind it.
//!
//! Only its reads are used, as they tell the expiry; the rest goes by the classic commands. A miss brings nothing back, so
//! each question is followed by `version`.

use memcache::exp::ReturnCode;

use super::super::classic::Classic;
use super::super::reply::{MAX_VALUE, ReplyError, error_line, version};
use super::super::{Answered, Attempt, Dialect, Release, Request, Seen, Tells, Undisturbed};
use super::reply::Reply;
use super::{read, reply, ttl_of_debug};
use crate::cas::{Counter, Key, Token, Ttl, Want};
use crate::client::wire::{Wire, WireError};

/// What is spoken where the draft's own commands are not used.
const REST: Classic = Classic { statistics: true };

/// The draft.
pub(in crate::client::protocol) struct Draft;

/// The flags of each kind of read, in the order in which their values come back.
const TOKEN: &str = "ucO";
const META: &str = "utfcsO";
const WHOLE: &str = "utfcsOv";

impl Dialect for Draft {
    fn carries(&self, key: &Key) -> bool {
        REST.carries(key)
    }

    fn is_sure_of_meta(&self) -> bool {
        false
    }

    fn tells(&self) -> Tells {
        Tells {
            expiry: true,
            statistics: true,
        }
    }

    /// The token before the value, as with every read of both ([`Reply::of_one_state`]).
    fn ask_item(&self, request: &mut Request, key: &Key, want: Want, number: usize) {
        match want {
            Want::Value => {
                request.drafted(key, TOKEN, 2 * number);
                request.drafted(key, WHOLE, 2 * number + 1);
            }
            Want::Meta => request.drafted(key, META, number),
        }
        request.version();
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
                let token = answer(wire, TOKEN, 2 * number)?;
                let whole = answer(wire, WHOLE, 2 * number + 1)?;
                Reply::of_one_state(token, whole)
            }
            Want::Meta => answer(wire, META, number)?,
        };
        version(wire)?;
        Ok(Seen {
            state: (reply.token, reply.ttl),
            item: read::item(reply),
        })
    }

    fn ask_glance(&self, request: &mut Request, key: &Key) {
        request.debug(key);
        request.version();
    }

    fn glance(&self, wire: &mut Wire, key: &Key) -> Result<Option<(u64, Ttl)>, ReplyError> {
        let seen = reply::debug(wire, key)?;
        if seen.is_some() {
            end(wire)?;
        }
        version(wire)?;
        Ok(seen.map(|(token, left)| (token, ttl_of_debug(left))))
    }

    fn ask_undisturbed(&self, request: &mut Request, key: &Key) -> bool {
        REST.ask_undisturbed(request, key)
    }

    fn undisturbed(&self, wire: &mut Wire, key: &Key) -> Result<Option<Undisturbed>, ReplyError> {
        REST.undisturbed(wire, key)
    }

    fn ask_swap(&self, request: &mut Request, attempt: Attempt) {
        REST.ask_swap(request, attempt);
    }

    fn swap(&self, wire: &mut Wire, attempt: Attempt) -> Result<Answered, ReplyError> {
        REST.swap(wire, attempt)
    }

    fn ask_add(&self, request: &mut Request, key: &Key, delta: u64) {
        REST.ask_add(request, key, delta);
    }

    fn add(
        &self,
        wire: &mut Wire,
        key: &Key,
    ) -> Result<Option<(Counter, Option<Token>)>, ReplyError> {
        REST.add(wire, key)
    }

    fn ask_delete(&self, request: &mut Request, key: &Key) {
        REST.ask_delete(request, key);
    }

    fn delete(&self, wire: &mut Wire, key: &Key) -> Result<(), ReplyError> {
        REST.delete(wire, key)
    }

    fn ask_release(&self, request: &mut Request, key: &Key, token: Token, how: Release) -> bool {
        if how == Release::Guarded {
            request.drafted_release(key, token);
            request.version();
        }
        how == Release::Guarded
    }

    fn release(&self, wire: &mut Wire) -> Result<bool, ReplyError> {
        let line = wire.line()?;
        version(wire)?;
        error_line(&line).map_or(Ok(line.starts_with(b"DE ")), Err)
    }
}

impl Request {
    /// `mg` of the draft.
    fn drafted(&mut self, key: &Key, flags: &str, number: usize) {
        self.text("mg ");
        self.bytes.extend_from_slice(key.as_bytes());
        self.text(&format!(" {flags} {number}\r\n"));
    }

    /// `md` of the draft, which marks an item as stale again, so that the next reader gets the win.
    fn drafted_release(&mut self, key: &Key, token: Token) {
        self.text("md ");
        self.bytes.extend_from_slice(key.as_bytes());
        self.text(&format!(" IC {token}\r\n"));
    }
}

/// The answer to the read with these flags and this number: a header, the value if it was asked for, and `EN`.
fn answer(wire: &mut Wire, flags: &str, number: usize) -> Result<Reply, ReplyError> {
    let line = wire.line()?;
    if line == b"EN" {
        return Reply::parse(&line);
    }
    if let Some(error) = error_line(&line) {
        return Err(error);
    }
    let today = translated(&line, flags).ok_or_else(|| WireError::Garbage(line.clone()))?;
    let mut reply = Reply::parse(today.as_bytes())?.numbered(number)?;
    if flags.ends_with('v') {
        let length = reply.size.filter(|&length| length <= MAX_VALUE);
        let length = length.ok_or(WireError::Garbage(line))?;
        reply.value = Some(wire.block(length)?);
        reply.code = ReturnCode::Va;
    }
    end(wire)?;
    Ok(reply)
}

fn end(wire: &mut Wire) -> Result<(), ReplyError> {
    let line = wire.line()?;
    if line == b"EN" {
        Ok(())
    } else {
        Err(WireError::Garbage(line).into())
    }
}

/// `VA WXutfcsO 99 7 1 2 0` in today's words: `HD W X t99 f7 c1 s2 O0`.
fn translated(line: &[u8], flags: &str) -> Option<String> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    if words.next()? != "VA" {
        return None;
    }
    let mut today = "HD".to_string();
    for state in words.next()?.strip_suffix(flags)?.chars() {
        if !"WXZ".contains(state) {
            return None;
        }
        today += &format!(" {state}");
    }
    for flag in flags.chars().filter(|flag| !"uv".contains(*flag)) {
        today += &format!(" {flag}{}", words.next()?);
    }
    words.next().is_none().then_some(today)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_header_says_what_todays_would() {
        let translated = |line: &str, flags| translated(line.as_bytes(), flags);
        assert_eq!(
            translated("VA utfcsOv 99 7 5 2 1", WHOLE).as_deref(),
            Some("HD t99 f7 c5 s2 O1")
        );
        assert_eq!(
            translated("VA WXucO 5 0", TOKEN).as_deref(),
            Some("HD W X c5 O0")
        );
        for line in [
            "VA ucO 5",
            "VA ucO 5 0 1",
            "VA c 5 0",
            "VA Yuc0 5 0",
            "HD c5 O0",
            "VA",
        ] {
            assert_eq!(translated(line, TOKEN), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_line_panics(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = translated(&line, WHOLE);
        }
    }
}
