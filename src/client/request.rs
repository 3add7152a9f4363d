//! What is sent: commands as bytes, several of them in one write.
//!
//! The crate `memcache` encodes the meta commands (and base64 keys); the classic text commands that it cannot send are
//! written here. Every field is a number or a checked [`Key`], so no input can add a command.

use memcache::exp::{MetaCommand, MetaOp};

use crate::cas::{Condition, Key, Swap, Token, Want};

/// One write to the server, and from which byte on it can change anything there.
#[derive(Debug, Default)]
pub(super) struct Request {
    bytes: Vec<u8>,
    takes_effect: Option<usize>,
}

impl Request {
    pub(super) fn new() -> Request {
        Request::default()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether a missing answer leaves the state of the server in doubt, once this many bytes were sent. The server acts on
    /// a complete command, whether or not the questions behind it arrive as well.
    pub(super) fn is_in_doubt(&self, sent: usize) -> bool {
        self.takes_effect.is_some_and(|whole| sent >= whole)
    }

    /// `mg`: reads a key with token, expiry and flags, echoing `opaque`, without moving it in the LRU. The reply may carry
    /// a recache win.
    pub(super) fn get(&mut self, key: &Key, want: Want, opaque: usize) {
        let first = match want {
            Want::Value => "v",
            Want::Meta => "s",
        };
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
        let command = command(MetaOp::Set, &swap.key).value(swap.value.as_slice());
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

    /// Classic `cas` or `add` for a swap: it keeps the old item where a failing `ms` deletes it (protocol.md 1.3).
    /// Only for plain keys.
    pub(super) fn classic_swap(&mut self, swap: &Swap) {
        debug_assert!(
            swap.key.is_plain(),
            "the classic protocol cannot carry {:?}",
            swap.key
        );
        let (name, token) = match swap.condition {
            Condition::Token(token) => ("cas", format!(" {token}")),
            Condition::Absent => ("add", String::new()),
        };
        self.text(name);
        self.bytes.push(b' ');
        self.bytes.extend_from_slice(swap.key.as_bytes());
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

    /// Classic `gets`: value and token without taking a recache win. Only for plain keys.
    pub(super) fn classic_gets(&mut self, key: &Key) {
        debug_assert!(key.is_plain(), "the classic protocol cannot carry {key:?}");
        self.text("gets ");
        self.bytes.extend_from_slice(key.as_bytes());
        self.text("\r\n");
    }

    /// `ma`: the server's own arithmetic; a missing key stays missing.
    pub(super) fn add(&mut self, key: &Key, delta: u64) {
        self.push(
            &command(MetaOp::Arithmetic, key)
                .flag("MI")
                .flag(format!("D{delta}"))
                .flag("v")
                .flag("c"),
        );
        self.now_takes_effect();
    }

    /// `md`: deletes an item.
    pub(super) fn delete(&mut self, key: &Key) {
        self.push(&command(MetaOp::Delete, key));
        self.now_takes_effect();
    }

    /// `md` with a token: deletes the item that has it. The answer brings `opaque` back.
    pub(super) fn delete_if(&mut self, key: &Key, token: Token, opaque: u32) {
        let command = command(MetaOp::Delete, key).flag(format!("C{token}"));
        self.push(&command.flag(format!("O{opaque}")));
        self.now_takes_effect();
    }

    /// `md I`: marks the item stale again, so that the next reader gets the win. Without `T` its expiry stays.
    ///
    /// Not counted as a write: if its answer is lost, no user's data is in doubt.
    /// With `keep` its token stays as well (`E`, servers from 1.6.27 on): nothing was written, so every token stays valid.
    pub(super) fn release(&mut self, key: &Key, token: Token, keep: bool) {
        let command = command(MetaOp::Delete, key)
            .flag("I")
            .flag(format!("C{token}"));
        self.push(&if keep {
            command.flag(format!("E{token}"))
        } else {
            command
        });
    }

    /// `stats`: the server's clock and process.
    pub(super) fn stats(&mut self) {
        self.text("stats\r\n");
    }

    /// `stats settings`: the limits that a swap must respect.
    pub(super) fn settings(&mut self) {
        self.text("stats settings\r\n");
    }

    /// `stats conns`: who is connected.
    pub(super) fn connections(&mut self) {
        self.text("stats conns\r\n");
    }

    /// Notes that the bytes so far change something once they arrive.
    fn now_takes_effect(&mut self) {
        self.takes_effect.get_or_insert(self.bytes.len());
    }

    fn text(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
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

    fn sent(build: impl FnOnce(&mut Request)) -> String {
        let mut request = Request::new();
        build(&mut request);
        String::from_utf8(request.bytes).unwrap()
    }

    #[test]
    fn a_swap_always_sends_flags_and_expiry() {
        assert_eq!(
            sent(|request| request.swap(&swap(7, None))),
            "ms k 3 C7 F0 T0 c\r\nnew\r\n"
        );
        let absent = Swap {
            condition: Condition::Absent,
            expiry: Expiry::At(1_795_404_235),
            ..swap(7, Some(99))
        };
        assert_eq!(
            sent(|request| request.swap(&absent)),
            "ms k 3 ME F0 T1795404235 c E99\r\nnew\r\n"
        );
    }

    #[test]
    fn a_delete_by_token_is_in_doubt_once_it_is_sent_whole() {
        let mut request = Request::new();
        request.delete_if(&swap(7, None).key, token(7), 12);
        let whole = request.bytes().len();
        assert_eq!(request.bytes(), b"md k C7 O12\r\n");
        assert!(!request.is_in_doubt(whole - 1));
        assert!(request.is_in_doubt(whole));
    }

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
        let mut request = Request::new();
        request.classic_gets(&swap(7, None).key);
        assert!(!request.is_in_doubt(usize::MAX));
        let mut request = Request::new();
        request.classic_swap(&swap(7, None));
        let whole = request.bytes().len();
        // The write counts as sent even if the questions behind it were not.
        request.classic_gets(&swap(7, None).key);
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
            sent(|request| request.release(&key, token(3), false)),
            "md aw0KZmx1c2hfYWxs I C3 b\r\n"
        );
    }
}
