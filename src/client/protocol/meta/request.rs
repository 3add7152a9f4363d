//! The meta commands. The crate `memcache` encodes them (and keys as base64).

use memcache::exp::{MetaCommand, MetaOp};

use super::super::Release;
use super::super::request::Request;
use crate::cas::{Condition, Key, Swap, Token, Want};

impl Request {
    /// `mg`: reads a key with token, expiry and flags, echoing `opaque`, without moving it in the LRU. The reply may carry
    /// a recache win.
    pub(super) fn get(&mut self, key: &Key, want: Want, opaque: usize) {
        let first = match want {
            Want::Value => "v",
            Want::Meta => "s",
        };
        if key.is_plain() {
            // What the crate would make of it, without a piece of memory for each word: lists have very many of these.
            self.text("mg ");
            self.bytes.extend_from_slice(key.as_bytes());
            self.text(&format!(" {first} c t f u O{opaque}\r\n"));
            return;
        }
        let command = command(MetaOp::Get, key)
            .flag(first)
            .flag("c")
            .flag("t")
            .flag("f")
            .flag("u");
        self.push(&command.flag(format!("O{opaque}")));
    }

    /// Two reads of a key in turn, its token and then all of it: see [`Reply::of_one_state`](super::reply::Reply). Their
    /// answers are numbered `2 * number` and `2 * number + 1`.
    pub(super) fn get_whole(&mut self, key: &Key, number: usize) {
        let token = command(MetaOp::Get, key).flag("c").flag("u");
        self.push(&token.flag(format!("O{}", 2 * number)));
        self.get(key, Want::Value, 2 * number + 1);
    }

    /// `mn`: its answer shows that everything before it is answered.
    pub(super) fn no_op(&mut self) {
        self.text("mn\r\n");
    }

    /// `mg` for a key that nobody has: its answer is another one in each dialect, and nobody's win comes with it.
    pub(super) fn hello(&mut self) {
        self.text("mg AA== u O0 b\r\n");
    }

    /// The same with a token for a write, which this is not: it does nothing where the server knows such tokens, and is refused
    /// where it does not.
    pub(super) fn token_in_vain(&mut self) {
        self.text("mg AA== u O0 b E1\r\n");
    }

    /// `me`: token and expiry, without touching the LRU or taking a recache win.
    pub(super) fn debug(&mut self, key: &Key) {
        let command = command(MetaOp::Debug, key);
        // Newer servers find a base64 key only if one more token follows the b (protocol.md 1.1).
        self.push(&if key.is_plain() {
            command
        } else {
            command.flag("b").flag("x")
        });
    }

    /// `ms` for a swap: flags and expiry are always sent, as the server resets what is left out (protocol.md 2.2).
    pub(super) fn swap(&mut self, swap: &Swap) {
        let command = command(MetaOp::Set, &swap.key)
            .value(swap.value.as_slice())
            .flag(self.opaque());
        let command = match swap.condition {
            Condition::Token(token) => command.flag(format!("C{token}")),
            Condition::Absent => command.flag("ME"),
        };
        let command = command
            .flag(format!("F{}", swap.flags))
            .flag(format!("T{}", swap.expiry.wire()))
            .flag("c");
        let command = match swap.proof {
            Some(proof) => command.flag(format!("E{proof}")),
            None => command,
        };
        self.push(&command);
        self.now_takes_effect();
    }

    /// `ma`: the server's own arithmetic; a missing key stays missing.
    pub(super) fn add(&mut self, key: &Key, delta: u64) {
        self.push(
            &command(MetaOp::Arithmetic, key)
                .flag(self.opaque())
                .flag("MI")
                .flag(format!("D{delta}"))
                .flag("v")
                .flag("c"),
        );
        self.now_takes_effect();
    }

    /// `md`: deletes an item.
    pub(super) fn delete(&mut self, key: &Key) {
        self.push(&command(MetaOp::Delete, key).flag(self.opaque()));
        self.now_takes_effect();
    }

    /// `md` with a token: deletes the item that has it.
    pub(super) fn delete_if(&mut self, key: &Key, token: Token) {
        let command = command(MetaOp::Delete, key).flag(self.opaque());
        self.push(&command.flag(format!("C{token}")));
        self.now_takes_effect();
    }

    /// `md I`: marks the item stale again, so that the next reader gets the win. Without `T` its expiry stays.
    ///
    /// Not counted as a write: if its answer is lost, no user's data is in doubt.
    /// With [`Release::KeepingToken`] its token stays as well (`E`, servers from 1.6.27 on): nothing was written, so every token stays valid.
    pub(super) fn release(&mut self, key: &Key, token: Token, how: Release) {
        let command = command(MetaOp::Delete, key).flag(self.opaque()).flag("I");
        self.push(&match how {
            Release::KeepingToken => command.flag(format!("C{token}")).flag(format!("E{token}")),
            Release::Guarded => command.flag(format!("C{token}")),
            Release::Unguarded => command,
        });
    }

    /// It comes first, and so it does in the answer: one that breaks off behind it can still be told from others.
    fn opaque(&self) -> String {
        format!("O{}", self.mark)
    }

    fn push(&mut self, command: &MetaCommand) {
        command
            .encode_into(&mut self.bytes)
            .expect("a Key is never empty and fits the wire");
    }
}

fn command(op: MetaOp, key: &Key) -> MetaCommand {
    MetaCommand::new(op, key.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::Expiry;
    use crate::cas::testing::{swap, token};
    use crate::client::mark::Mark;
    use crate::client::protocol::request::sent;

    #[test]
    fn a_swap_always_sends_flags_and_expiry() {
        assert_eq!(
            sent(|request| request.swap(&swap(7, None))),
            "ms k 3 Ow0 C7 F0 T0 c\r\nnew\r\n"
        );
        let absent = Swap {
            condition: Condition::Absent,
            expiry: Expiry::At(1_795_404_235),
            ..swap(7, Some(99))
        };
        assert_eq!(
            sent(|request| request.swap(&absent)),
            "ms k 3 Ow0 ME F0 T1795404235 c E99\r\nnew\r\n"
        );
    }

    #[test]
    fn a_delete_by_token_is_in_doubt_once_it_is_sent_whole() {
        let mut request = Request::new(Mark::default());
        request.delete_if(&swap(7, None).key, token(7));
        let whole = request.bytes().len();
        assert_eq!(request.bytes(), b"md k Ow0 C7\r\n");
        assert!(!request.is_in_doubt(whole - 1));
        assert!(request.is_in_doubt(whole));
    }

    #[test]
    fn a_key_that_could_be_a_command_travels_as_base64() {
        let key = Key::new("k\r\nflush_all").unwrap();
        assert_eq!(
            sent(|request| request.get(&key, Want::Value, 0)),
            "mg aw0KZmx1c2hfYWxs v c t f u O0 b\r\n"
        );
        assert_eq!(
            sent(|request| request.debug(&key)),
            "me aw0KZmx1c2hfYWxs b x\r\n"
        );
        assert_eq!(
            sent(|request| request.release(&key, token(3), Release::Guarded)),
            "md aw0KZmx1c2hfYWxs Ow0 I C3 b\r\n"
        );
    }
}
