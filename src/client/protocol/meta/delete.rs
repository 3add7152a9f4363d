//! Deleting by token: what the answer means, and what one means that broke off.

use memcache::exp::ReturnCode;

use super::reply::Reply;
use crate::cas::Written;
use crate::client::protocol::ReplyError;
use crate::client::wire::{Wire, WireError};

/// What became of the delete, and whether its answer came whole, so that the connection can be used again.
pub(super) fn answer(wire: &mut Wire, opaque: u32) -> Result<(Written, bool), ReplyError> {
    match Reply::read(wire) {
        Ok(reply) if reply.opaque == usize::try_from(opaque).ok() => meaning(reply.code)
            .map(|written| (written, true))
            .ok_or_else(|| out_of_step(reply.code)),
        // An answer to something else, or a line too many: it does not say what was done.
        Ok(reply) => Err(out_of_step(reply.code)),
        Err(ReplyError::Wire(error)) => begun(wire.fragment(), opaque)
            .map(|written| (written, false))
            .ok_or(error.into()),
        Err(error) => Err(error),
    }
}

fn out_of_step(code: ReturnCode) -> ReplyError {
    WireError::OutOfStep(format!("{code:?} to a delete")).into()
}

fn meaning(code: ReturnCode) -> Option<Written> {
    match code {
        ReturnCode::Hd => Some(Written::Stored(None)),
        ReturnCode::Ex => Some(Written::Conflict),
        ReturnCode::Nf => Some(Written::Missing),
        _ => None,
    }
}

/// What an answer says of which only the line end is missing: before its opaque is there it could be anybody's.
fn begun(fragment: &[u8], opaque: u32) -> Option<Written> {
    let fragment = fragment.strip_suffix(b"\r").unwrap_or(fragment);
    let codes = [
        ("HD", ReturnCode::Hd),
        ("EX", ReturnCode::Ex),
        ("NF", ReturnCode::Nf),
    ];
    let is_begun = |word: &str| fragment == format!("{word} O{opaque}").as_bytes();
    codes
        .into_iter()
        .find_map(|(word, code)| is_begun(word).then(|| meaning(code))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_broke_off_counts_only_with_the_whole_of_its_opaque() {
        assert_eq!(begun(b"HD O123", 123), Some(Written::Stored(None)));
        assert_eq!(begun(b"HD O123\r", 123), Some(Written::Stored(None)));
        assert_eq!(begun(b"EX O123", 123), Some(Written::Conflict));
        assert_eq!(begun(b"NF O123", 123), Some(Written::Missing));
        for fragment in [
            &b""[..],
            b"HD",
            b"HD O12",
            b"HD O1234",
            b"HD O124",
            b"VA O123",
        ] {
            assert_eq!(begun(fragment, 123), None);
        }
    }
}
