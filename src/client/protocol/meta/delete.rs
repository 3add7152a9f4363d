//! Deleting by token: what the answer means, and what one means that broke off.

use memcache::exp::ReturnCode;

use super::super::answer::first_word;
use super::super::{Deleted, ReplyError};
use super::reply::{self, Reply, WriteReply};
use crate::cas::{Key, Token, Written};
use crate::client::mark::Mark;
use crate::client::wire::{Wire, WireError};

/// What became of the delete, and the token that the look behind it shows. If that look was lost, the delete's own answer stands.
pub(super) fn answer(wire: &mut Wire, key: &Key) -> Result<Deleted, ReplyError> {
    let behind = |wire: &mut Wire| reply::debug(wire, key).map(|_| ());
    let (reply, looking) = match Reply::to_write(wire, behind) {
        Ok(WriteReply::Marked(reply)) => (reply, true),
        Ok(WriteReply::Last(reply)) => (reply, false),
        Err(ReplyError::Wire(error)) => {
            let begun = begun(wire.fragment(), wire.mark()).ok_or(error)?;
            return Ok(Deleted {
                written: begun,
                token: None,
                complete: false,
            });
        }
        Err(error) => return Err(error),
    };
    let Some(written) = meaning(reply.code) else {
        return Err(WireError::OutOfStep(format!("{:?} to a delete", reply.code)).into());
    };
    let seen = looking.then(|| reply::debug(wire, key));
    Ok(Deleted {
        written,
        complete: !matches!(seen, Some(Err(_))),
        token: seen
            .and_then(Result::ok)
            .flatten()
            .and_then(|(token, _)| Token::new(token)),
    })
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
