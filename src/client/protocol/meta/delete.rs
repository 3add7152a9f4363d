//! Deleting by token: what the answer means, and what one means that broke off.

use memcache::exp::ReturnCode;

use super::super::ReplyError;
use super::super::answer::first_word;
use super::reply::{Reply, WriteReply};
use crate::cas::Written;
use crate::client::mark::Mark;
use crate::client::wire::{Wire, WireError};

/// What became of the delete, and whether its answer came whole, so that the connection can be used again.
pub(super) fn answer(wire: &mut Wire) -> Result<(Written, bool), ReplyError> {
    match Reply::to_write(wire, |_| Ok(())).map(WriteReply::into_reply) {
        Ok(reply) => match meaning(reply.code) {
            Some(written) => Ok((written, true)),
            None => Err(WireError::OutOfStep(format!("{:?} to a delete", reply.code)).into()),
        },
        Err(ReplyError::Wire(error)) => begun(wire.fragment(), wire.mark())
            .map(|written| (written, false))
            .ok_or(error.into()),
        Err(error) => Err(error),
    }
}

fn meaning(code: ReturnCode) -> Option<Written> {
    match code {
        ReturnCode::Hd => Some(Written::Stored(None)),
        ReturnCode::Ex => Some(Written::Conflict),
        ReturnCode::Nf => Some(Written::Missing),
        _ => None,
    }
}

/// What an answer says that broke off: its first word decides.
fn begun(fragment: &[u8], mark: Mark) -> Option<Written> {
    match first_word(fragment, mark)? {
        b"HD" => meaning(ReturnCode::Hd),
        b"EX" => meaning(ReturnCode::Ex),
        b"NF" => meaning(ReturnCode::Nf),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_broke_off_counts_only_with_the_whole_of_its_mark() {
        let mark = Mark::default().next();
        for end in ["\r", " ", " b"] {
            let begun = |word: &str| begun(format!("{word} O{mark}{end}").as_bytes(), mark);
            assert_eq!(begun("HD"), Some(Written::Stored(None)));
            assert_eq!(begun("EX"), Some(Written::Conflict));
            assert_eq!(begun("NF"), Some(Written::Missing));
            assert_eq!(begun("VA"), None);
        }
        let other = format!("HD O{}\r", mark.next());
        let cut = format!("HD O{mark}");
        for fragment in ["", "HD", "HD\r", "HD \r", &cut, &other] {
            assert_eq!(begun(fragment.as_bytes(), mark), None, "{fragment:?}");
        }
    }
}
