//! Meta replies as data.

use memcache::exp::{Error as CrateError, MetaResponse, ReturnCode};

use super::super::reply::{MAX_VALUE, ReplyError, ensure_named, lossy};
use crate::cas::{Freshness, Key, Ttl};
use crate::client::mark::Mark;
use crate::client::wire::{Wire, WireError};

/// A meta reply, its flags read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: ReturnCode,
    pub(super) wording: Wording,
    pub(super) token: Option<u64>,
    pub(super) ttl: Option<i64>,
    pub(super) flags: Option<u32>,
    pub(super) size: Option<usize>,
    /// The number of a read.
    pub(super) opaque: Option<usize>,
    /// The mark of a write.
    pub(super) mark: Option<Mark>,
    pub(super) won: bool,
    pub(super) stale: bool,
    pub(super) win_sent: bool,
    pub(super) value: Option<Vec<u8>>,
}

/// In which words a reply came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wording {
    Usual,
    /// As before 1.6.10: `OK` for `HD`.
    Old,
}

/// The answer to a write, and how that is known.
#[derive(Debug)]
pub(super) enum WriteReply {
    /// It brought the mark back.
    Marked(Reply),
    /// Nothing follows it; what was asked behind it is answered and read.
    Last(Reply),
}

impl WriteReply {
    pub(super) fn into_reply(self) -> Reply {
        match self {
            WriteReply::Marked(reply) | WriteReply::Last(reply) => reply,
        }
    }
}

impl Reply {
    /// Reads one meta reply with its data block.
    pub(super) fn read(wire: &mut Wire) -> Result<Reply, ReplyError> {
        let line = wire.line()?;
        let mut reply = Reply::parse(&line)?;
        if reply.code == ReturnCode::Va {
            let length = announced(&line).ok_or(WireError::Garbage(line))?;
            reply.value = Some(wire.block(length)?);
        }
        Ok(reply)
    }

    /// Reads the answer to a write: it must bring the mark back. What brings none (an error line, or the answer of a server
    /// that has no opaques) is the answer only if nothing but the answers to `behind` and to a no-op follows it.
    pub(super) fn to_write(
        wire: &mut Wire,
        behind: impl FnOnce(&mut Wire) -> Result<(), ReplyError>,
    ) -> Result<WriteReply, ReplyError> {
        match Reply::read(wire) {
            Ok(reply) if reply.mark == Some(wire.mark()) => Ok(WriteReply::Marked(reply)),
            Ok(reply) if reply.mark.is_none() && reply.opaque.is_none() => {
                ensure_last(wire, behind)?;
                Ok(WriteReply::Last(reply))
            }
            Ok(reply) => {
                let what = format!("{:?}, which answers another command", reply.code);
                Err(WireError::OutOfStep(what).into())
            }
            Err(ReplyError::Wire(error)) => Err(error.into()),
            Err(refusal) => {
                ensure_last(wire, behind)?;
                Err(refusal)
            }
        }
    }

    /// Whether it says no more than that there is nothing.
    pub(super) fn is_bare_miss(&self) -> bool {
        self.code == ReturnCode::En && self.opaque.is_none() && self.mark.is_none()
    }

    /// This one, if it answers the read with this number.
    pub(super) fn numbered(self, number: usize) -> Result<Reply, ReplyError> {
        if self.opaque == Some(number) {
            return Ok(self);
        }
        Err(WireError::OutOfStep(format!("{:?} instead of answer {number}", self.code)).into())
    }

    pub(super) fn parse(line: &[u8]) -> Result<Reply, ReplyError> {
        if let Some(reply) = Reply::ordinary(line) {
            return Ok(reply);
        }
        let (wording, header) = if line == b"OK" || line.starts_with(b"OK ") {
            (Wording::Old, header(&[b"HD", &line[2..]].concat())?)
        } else {
            (Wording::Usual, header(line)?)
        };
        let mut reply = Reply::of(header.rc());
        reply.wording = wording;
        if reply.code != ReturnCode::Me {
            for token in header.flags() {
                reply
                    .flag(token)
                    .ok_or_else(|| WireError::Garbage(line.to_vec()))?;
            }
        }
        Ok(reply)
    }

    /// Reads the most frequent replies as the crate does, without a piece of memory for each word: lists have very many of them.
    /// `None` stands for any other reply.
    fn ordinary(line: &[u8]) -> Option<Reply> {
        let mut words = line.split(|&byte| byte == b' ');
        let code = match words.next()? {
            b"VA" => ReturnCode::Va,
            b"HD" => ReturnCode::Hd,
            b"EN" => ReturnCode::En,
            _ => return None,
        };
        let mut reply = Reply::of(code);
        let flags = words.skip(usize::from(reply.code == ReturnCode::Va));
        for word in flags.filter(|word| !word.is_empty()) {
            reply.flag(word)?;
        }
        Some(reply)
    }

    fn of(code: ReturnCode) -> Reply {
        Reply {
            code,
            wording: Wording::Usual,
            token: None,
            ttl: None,
            flags: None,
            size: None,
            opaque: None,
            mark: None,
            won: false,
            stale: false,
            win_sent: false,
            value: None,
        }
    }

    fn flag(&mut self, token: &[u8]) -> Option<()> {
        let text = std::str::from_utf8(token.get(1..)?).ok();
        match token.first()? {
            b'c' => self.token = Some(text?.parse().ok()?),
            b't' => self.ttl = Some(text?.parse().ok()?),
            b'f' => self.flags = Some(text?.parse().ok()?),
            b's' => self.size = Some(text?.parse().ok()?),
            b'O' => {
                self.opaque = text.and_then(|text| text.parse().ok());
                self.mark = text.and_then(Mark::of_opaque);
            }
            b'W' => self.won = true,
            b'X' => self.stale = true,
            b'Z' => self.win_sent = true,
            _ => {}
        }
        Some(())
    }

    /// A value and a token that belong together, from a read of the token and a read of everything behind it.
    ///
    /// One read is not enough: where arithmetic (`incr`, `decr`, `ma`) meets a read on another thread of the server, memcached
    /// writes the token of the *new* value into the old item, too, and the read shows the old value with the new token. A
    /// swap by that token would undo the increment. So the token is the one read *before* the value. If both reads show the
    /// same token, the value belongs to it: nobody can see a token before it is written. If they do not, somebody wrote
    /// in between, and a swap by the first token loses, as it should (protocol.md 2.9).
    pub(super) fn of_one_state(token: Reply, mut whole: Reply) -> Reply {
        if token.token.is_none() {
            // The key was missing a moment ago.
            return token;
        }
        whole.won |= token.won;
        whole.token = whole.token.and(token.token);
        whole
    }

    /// The time left; `None` for an item that is expiring right now (protocol.md 1.1: the number underflows then).
    pub(super) fn ttl(&self) -> Option<Ttl> {
        match self.ttl? {
            -1 => Some(Ttl::Never),
            left if (1..1 << 31).contains(&left) => Some(Ttl::Seconds(left.unsigned_abs())),
            _ => None,
        }
    }

    /// What the X, W and Z of a read say about an item of `size` bytes.
    pub(super) fn freshness(&self, size: usize) -> Freshness {
        let won = self.won;
        match (self.stale, won || self.win_sent, size) {
            (true, _, _) => Freshness::Stale { won },
            (false, true, 0) => Freshness::Placeholder { won },
            (false, true, _) => Freshness::Recache { won },
            (false, false, _) => Freshness::Fresh,
        }
    }
}

/// Whether nothing is left to come but the answers to `behind`, which may be refusals.
fn ensure_last(
    wire: &mut Wire,
    behind: impl FnOnce(&mut Wire) -> Result<(), ReplyError>,
) -> Result<(), WireError> {
    if let Err(ReplyError::Wire(error)) = behind(wire) {
        return Err(error);
    }
    if !wire.has_barrier() {
        wire.ask_more(b"mn\r\n")?;
        wire.expect_barrier();
    }
    wire.pass_barrier()
}

/// The answer to a no-op: all that was asked before it is answered.
pub(super) fn no_op(wire: &mut Wire) -> Result<(), WireError> {
    wire.expect_barrier();
    wire.pass_barrier()
}

/// Parses a header line with the crate; keeps the text of an error that the crate drops.
fn header(line: &[u8]) -> Result<MetaResponse, ReplyError> {
    MetaResponse::parse_header(line).map_err(|error| match error {
        CrateError::Rejected(text) if text == "ERROR" => ReplyError::Rejected(lossy(line)),
        CrateError::Rejected(text) => ReplyError::Rejected(text),
        CrateError::Server(text) => ReplyError::Server(text),
        _ => ReplyError::Wire(WireError::Garbage(line.to_vec())),
    })
}

/// The length in `VA <length> ...`, within reason.
fn announced(line: &[u8]) -> Option<usize> {
    let token = line
        .split(|&byte| byte == b' ')
        .filter(|token| !token.is_empty())
        .nth(1)?;
    std::str::from_utf8(token)
        .ok()?
        .parse()
        .ok()
        .filter(|&length| length <= MAX_VALUE)
}

/// Token and time left from a `me` line; `None` on a miss. The time's sign differs between versions and is left as it is.
pub(super) fn debug(wire: &mut Wire, key: &Key) -> Result<Option<(u64, i64)>, ReplyError> {
    let line = wire.line()?;
    match header(&line)?.rc() {
        ReturnCode::En => Ok(None),
        ReturnCode::Me => {
            let Some((named, token, left)) = parse_debug(&line) else {
                return Err(WireError::Garbage(line).into());
            };
            // Which form the name of another key has is the server's choice.
            if key.is_plain() {
                ensure_named(named, key)?;
            }
            Ok(Some((token, left)))
        }
        _ => Err(ReplyError::Wire(WireError::Garbage(line))),
    }
}

fn parse_debug(line: &[u8]) -> Option<(&[u8], u64, i64)> {
    // The key comes first and may itself look like a field: take the fields from behind it.
    let mut fields = line.split(|&byte| byte == b' ').skip(1);
    let named = fields.next()?;
    let (mut token, mut left) = (None, None);
    for field in fields {
        let text = std::str::from_utf8(field).ok()?;
        match text.split_once('=') {
            Some(("cas", number)) => token = number.parse().ok(),
            Some(("exp", number)) => left = number.parse().ok(),
            _ => {}
        }
    }
    Some((named, token?, left?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(line: &str) -> Reply {
        Reply::parse(line.as_bytes()).unwrap()
    }

    #[test]
    fn the_flags_of_a_reply_are_read() {
        let reply = parse("HD c18446744073709551615 t-1 f4294967295 s3 O12 W X Z kabc b");
        assert_eq!(
            (reply.token, reply.flags, reply.opaque),
            (Some(u64::MAX), Some(u32::MAX), Some(12))
        );
        assert_eq!((reply.ttl(), reply.size), (Some(Ttl::Never), Some(3)));
        assert_eq!(reply.freshness(3), Freshness::Stale { won: true });
    }

    #[test]
    fn an_empty_value_with_a_lease_is_a_placeholder_and_without_one_a_value() {
        assert_eq!(
            parse("VA 0 c1 W").freshness(0),
            Freshness::Placeholder { won: true }
        );
        assert_eq!(
            parse("VA 0 c1 Z").freshness(0),
            Freshness::Placeholder { won: false }
        );
        assert_eq!(parse("VA 0 c1").freshness(0), Freshness::Fresh);
        assert_eq!(
            parse("VA 3 c1 Z").freshness(3),
            Freshness::Recache { won: false }
        );
    }

    #[test]
    fn the_token_is_the_one_read_before_the_value() {
        let read = |token, whole| Reply::of_one_state(parse(token), parse(whole));
        let agreed = read("HD c5", "VA 2 c5 t-1 f7");
        assert_eq!((agreed.token, agreed.flags), (Some(5), Some(7)));
        // The old value with the token of the new one. The token read before it is out of date, so a swap loses.
        assert_eq!(read("HD c5", "VA 2 c6 t-1 f7").token, Some(5));
        assert_eq!(read("EN", "VA 2 c6 t-1 f7").code, ReturnCode::En);
        assert_eq!(read("HD c5", "EN").code, ReturnCode::En);
        assert_eq!(read("HD c5", "EN").token, None);
        // The win, if there is one, comes with the first read.
        let stale = read("HD c5 X W", "VA 2 c5 t-1 f7 X Z");
        assert_eq!(stale.freshness(2), Freshness::Stale { won: true });
    }

    #[test]
    fn an_item_at_its_expiry_has_no_time_left() {
        for line in ["HD t0", "HD t4294967200", "HD t-2", "HD t2147483648"] {
            assert_eq!(parse(line).ttl(), None, "{line}");
        }
        assert_eq!(
            parse("HD t2147483647").ttl(),
            Some(Ttl::Seconds(2_147_483_647))
        );
    }

    #[test]
    fn the_text_of_an_error_is_kept() {
        let text = |line: &str| match Reply::parse(line.as_bytes()) {
            Err(ReplyError::Rejected(text) | ReplyError::Server(text)) => text,
            other => panic!("{line} was read as {other:?}"),
        };
        assert_eq!(
            text("ERROR Too many open connections"),
            "ERROR Too many open connections"
        );
        assert_eq!(text("CLIENT_ERROR invalid flag"), "invalid flag");
        assert_eq!(
            text("SERVER_ERROR out of memory storing object"),
            "out of memory storing object"
        );
    }

    #[test]
    fn what_is_not_memcacheds_is_garbage() {
        for line in [
            "HTTP/1.1 400 Bad Request",
            "-ERR unknown command",
            "",
            "HD c1x",
            "HD f4294967296",
            "HD t",
        ] {
            let parsed = Reply::parse(line.as_bytes());
            assert!(
                matches!(parsed, Err(ReplyError::Wire(WireError::Garbage(_)))),
                "{line:?} was read as {parsed:?}"
            );
        }
        assert_eq!(announced(b"VA 1073741825 c1"), None);
        assert_eq!(announced(b"VA 99999999999999999999 c1"), None);
    }

    #[test]
    fn a_debug_line_is_read_whatever_the_key() {
        assert_eq!(
            parse_debug(b"ME k exp=-100 la=0 cas=3 fetch=yes cls=1 size=67"),
            Some((&b"k"[..], 3, -100))
        );
        assert_eq!(
            parse_debug(b"ME cas=9 exp=-1 la=0 cas=3 fetch=no cls=1 size=67"),
            Some((&b"cas=9"[..], 3, -1))
        );
        assert_eq!(parse_debug(b"ME k"), None);
    }

    proptest! {
        #[test]
        fn no_line_panics(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Reply::parse(&line);
            let _ = parse_debug(&line);
            let _ = announced(&line);
        }

        #[test]
        fn no_line_that_begins_well_panics(
            code in "(HD|VA|EN|ME|NF|EX) ",
            rest in "[ctfsOWXZkb0-9 =-]{0,40}",
        ) {
            let line = format!("{code}{rest}");
            if let Ok(reply) = Reply::parse(line.as_bytes()) {
                let _ = (reply.ttl(), reply.freshness(0));
            }
            let _ = parse_debug(line.as_bytes());
        }
    }
}
