//! The classic text commands, which the crate `memcache` cannot send: `cas`, `add` and `gets`.

use super::super::answer::{Answer, Answered, is_for_space, meaning};
use super::super::reply::{MAX_VALUE, ReplyError, ensure_named, error_line};
use super::super::{Request, Undisturbed};
use crate::cas::{Condition, Key, Swap, Token, Written};
use crate::client::wire::{Wire, WireError};

impl Request {
    /// Classic `cas` or `add` for a swap: it keeps the old item where a failing `ms` deletes it (protocol.md 1.3).
    /// Only for plain keys.
    pub(in crate::client::protocol) fn classic_swap(&mut self, swap: &Swap) {
        let (name, token) = match swap.condition {
            Condition::Token(token) => ("cas", format!(" {token}")),
            Condition::Absent => ("add", String::new()),
        };
        self.classic(name, &swap.key);
        self.text(&format!(
            " {} {} {}{token}\r\n",
            swap.flags,
            swap.expiry.wire(),
            swap.value.len()
        ));
        self.bytes.extend_from_slice(&swap.value);
        self.text("\r\n");
        self.now_takes_effect();
    }

    /// Classic `incr`: the server's own arithmetic; a missing key stays missing.
    pub(super) fn classic_incr(&mut self, key: &Key, delta: u64) {
        self.classic("incr", key);
        self.text(&format!(" {delta}\r\n"));
        self.now_takes_effect();
    }

    /// Classic `delete`.
    pub(super) fn classic_delete(&mut self, key: &Key) {
        self.classic("delete", key);
        self.text("\r\n");
        self.now_takes_effect();
    }

    fn classic(&mut self, name: &str, key: &Key) {
        debug_assert!(key.is_plain(), "the classic protocol cannot carry {key:?}");
        self.text(name);
        self.text(" ");
        self.bytes.extend_from_slice(key.as_bytes());
    }

    /// Classic `gets`: value and token without taking a recache win. Only for plain keys.
    pub(in crate::client::protocol) fn classic_gets(&mut self, key: &Key) {
        self.classic("gets", key);
        self.text("\r\n");
    }
}

/// The answer to classic `cas` or `add`, and to the `look` behind it, which shows our token if it shows our value.
///
/// The classic protocol has no opaque. What shows that a line is the answer to the swap is that the answers to the look
/// follow it, and nothing else: where one of them is lost or does not fit, the line counts for nothing.
pub(in crate::client::protocol) fn answer(
    wire: &mut Wire,
    swap: &Swap,
    look: impl FnOnce(&mut Wire, &Key) -> Result<Option<Undisturbed>, ReplyError>,
) -> Result<Answered, ReplyError> {
    let line = wire.line()?;
    let seen = look(wire, &swap.key);
    let Some(written) = meaning(&line, swap) else {
        return match seen {
            Err(ReplyError::Wire(error)) => Err(error.into()),
            // A server that refuses everything refuses the look as well.
            seen => Ok(Answered {
                complete: seen.is_ok(),
                ..Answered::alone(refusal(line)?)
            }),
        };
    };
    let seen = seen.map_err(|error| match error {
        ReplyError::Wire(error) => error,
        ReplyError::Rejected(text) | ReplyError::Server(text) => WireError::OutOfStep(text),
        ReplyError::Speaks(language) => WireError::OutOfStep(format!("{language:?}")),
    })?;
    let token = seen.as_ref().and_then(|seen| Token::new(seen.token));
    // Another writer may have come between: only the token of our own value may be passed on.
    let ours = seen
        .is_some_and(|seen| seen.certain && seen.value == swap.value && seen.flags == swap.flags);
    Ok(Answered {
        answer: Answer::Written(match written {
            Written::Stored(_) if ours => Written::Stored(token),
            written => written,
        }),
        token,
        complete: true,
    })
}

fn refusal(line: Vec<u8>) -> Result<Answer, ReplyError> {
    match error_line(&line) {
        Some(ReplyError::Server(text)) if text.contains("too large") => Ok(Answer::TooLarge),
        Some(ReplyError::Server(text)) if is_for_space(&text) => Ok(Answer::Refused(text)),
        Some(ReplyError::Rejected(text)) => Ok(Answer::Refused(text)),
        Some(error) => Err(error),
        None => Err(WireError::Garbage(line).into()),
    }
}

/// Value, flags and token of a classic `gets` for this key; `None` on a miss. A hit that names another key is no answer to it:
/// a peer that is out of step must not have its value taken for this one's.
pub(in crate::client::protocol) fn value(
    wire: &mut Wire,
    key: &Key,
) -> Result<Option<(Vec<u8>, u32, u64)>, ReplyError> {
    let line = wire.line()?;
    if line == b"END" {
        return Ok(None);
    }
    if let Some(error) = error_line(&line) {
        return Err(error);
    }
    let Some((named, flags, length, token)) = parse_value_line(&line) else {
        return Err(WireError::Garbage(line).into());
    };
    ensure_named(named, key)?;
    let value = wire.block(length)?;
    let end = wire.line()?;
    if end == b"END" {
        Ok(Some((value, flags, token)))
    } else {
        Err(WireError::Garbage(end).into())
    }
}

/// `VALUE <key> <flags> <length> <token>`.
fn parse_value_line(line: &[u8]) -> Option<(&[u8], u32, usize, u64)> {
    let fields: Vec<_> = line
        .strip_prefix(b"VALUE ")?
        .split(|&byte| byte == b' ')
        .collect();
    let [named, flags, length, token] = fields[..] else {
        return None;
    };
    let number = |field| std::str::from_utf8(field).ok();
    let length = number(length)?
        .parse()
        .ok()
        .filter(|&length| length <= MAX_VALUE)?;
    Some((
        named,
        number(flags)?.parse().ok()?,
        length,
        number(token)?.parse().ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cas::Expiry;
    use crate::cas::testing::swap;
    use crate::client::mark::Mark;
    use crate::client::protocol::request::sent;

    #[test]
    fn the_classic_form_says_the_same() {
        assert_eq!(
            sent(|request| request.classic_swap(&swap(7, None))),
            "cas k 0 0 3 7\r\nnew\r\n"
        );
        let absent = Swap {
            condition: Condition::Absent,
            flags: 5,
            expiry: Expiry::In(60),
            ..swap(7, None)
        };
        assert_eq!(
            sent(|request| request.classic_swap(&absent)),
            "add k 5 60 3\r\nnew\r\n"
        );
    }

    #[test]
    fn a_write_is_in_doubt_from_its_own_last_byte_on() {
        let mut request = Request::new(Mark::default());
        request.classic_gets(&swap(7, None).key);
        assert!(!request.is_in_doubt(usize::MAX));
        let mut request = Request::new(Mark::default());
        request.classic_swap(&swap(7, None));
        let whole = request.bytes().len();
        // The write counts as sent even if the questions behind it were not.
        request.classic_gets(&swap(7, None).key);
        assert!(!request.is_in_doubt(whole - 1));
        assert!(request.is_in_doubt(whole));
    }

    proptest! {
        #[test]
        fn no_line_panics(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_value_line(&line);
            let _ = error_line(&line);
        }

        #[test]
        fn no_line_that_begins_well_panics(rest in "[ctfsOWXZkb0-9 =-]{0,40}") {
            let _ = parse_value_line(format!("VALUE {rest}").as_bytes());
        }
    }
}
