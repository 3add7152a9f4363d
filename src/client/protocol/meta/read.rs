//! What the answers to reads show.

use memcache::exp::ReturnCode;

use super::super::{ReplyError, Request, Undisturbed, Unfit, classic};
use super::reply::{self, Reply};
use crate::cas::{Item, Key, Token};
use crate::client::wire::Wire;

/// Only `gets` takes no win, and it carries only plain keys. The token before the value, as with every read of both.
pub(super) fn ask_undisturbed(request: &mut Request, key: &Key) -> bool {
    if key.is_plain() {
        request.debug(key);
        request.classic_gets(key);
    }
    key.is_plain()
}

/// The answer to [`ask_undisturbed`].
pub(super) fn undisturbed(wire: &mut Wire) -> Result<Option<Undisturbed>, ReplyError> {
    let before = match reply::debug(wire) {
        // Some servers do without `me`.
        Err(ReplyError::Rejected(_)) => None,
        seen => seen?.map(|(token, _)| token),
    };
    let seen = classic::value(wire)?;
    Ok(seen.map(|(value, flags, token)| Undisturbed {
        value,
        flags,
        token,
        certain: before == Some(token),
    }))
}

/// The item that a read reply describes.
pub(super) fn item(reply: Reply) -> Result<Option<Item>, Unfit> {
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
