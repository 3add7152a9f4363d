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
pub(super) fn undisturbed(wire: &mut Wire, key: &Key) -> Result<Option<Undisturbed>, ReplyError> {
    let before = match reply::debug(wire, key) {
        // Some servers do without `me`.
        Err(ReplyError::Rejected(_)) => None,
        seen => seen?.map(|(token, _)| token),
    };
    let seen = classic::value(wire, key)?;
    Ok(seen.map(|(value, flags, token)| Undisturbed {
        value,
        flags,
        token,
        certain: before == Some(token),
    }))
}

/// Whether the server's arithmetic could take this value for a number, as `strtoull` does: white space, a sign, digits, and
/// whatever follows. Only such a value can be shown with the token of another one (see [`Reply::of_one_state`]).
pub(super) fn can_be_counted_with(value: &[u8]) -> bool {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = value.iter().position(|byte| !is_space(byte));
    let number = start.map_or(&[][..], |start| &value[start..]);
    let digits = number.strip_prefix(b"-").or(number.strip_prefix(b"+"));
    digits
        .unwrap_or(number)
        .first()
        .is_some_and(u8::is_ascii_digit)
}

/// The item that a read reply describes.
pub(super) fn item(reply: Reply) -> Result<Option<Item>, Unfit> {
    if !matches!(reply.code, ReturnCode::Va | ReturnCode::Hd) {
        return Ok(None);
    }
    let (Some(_), Some(number), Some(flags)) = (reply.ttl, reply.token, reply.flags) else {
        return Err(Unfit::Incomplete);
    };
    // At the moment of its expiry an item is shown with a time that none can have left.
    let Some(ttl) = reply.ttl() else {
        return Ok(None);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_that_lacks_something_is_no_miss_and_one_that_expires_right_now_is() {
        let of = |line: &str| item(Reply::parse(line.as_bytes()).unwrap());
        assert!(of("VA 2 c5 t-1 f0").unwrap().is_some());
        for line in ["VA 2 c5 t-1", "VA 2 t-1 f0", "VA 2 c5 f0"] {
            assert_eq!(of(line), Err(Unfit::Incomplete), "{line}");
        }
        assert_eq!(of("VA 2 c5 t4294967295 f0"), Ok(None));
    }

    #[test]
    fn what_the_server_could_count_with_is_recognised() {
        for value in [
            "0",
            "42",
            " 42",
            "\t\r\n\x0b\x0c 7",
            "-1",
            "+1",
            "5 apples",
            "6    ",
            "007x",
        ] {
            assert!(can_be_counted_with(value.as_bytes()), "{value:?}");
        }
        for value in [
            "",
            " ",
            "-",
            "+ 1",
            "--1",
            "x1",
            "{\"n\":1}",
            "\u{661}",
            "\0",
            "\x1c1",
        ] {
            assert!(!can_be_counted_with(value.as_bytes()), "{value:?}");
        }
    }
}
