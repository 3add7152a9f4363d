//! Who it may be that did not answer the first question.

use std::io;
use std::time::{Duration, Instant};

use super::Session;
use crate::client::dial::dial;

/// The no-op of the binary protocol.
const NOOP: [u8; 24] = {
    let mut noop = [0; 24];
    noop[0] = 0x80;
    noop[1] = 0x0a;
    noop
};

/// How every answer in that protocol begins.
const ANSWER: u8 = 0x81;

/// Which part of the time of an exchange an answer may take, and how much at most: whoever was silent so far has had the whole.
const SHARE: u32 = 15;
const PATIENCE: Duration = Duration::from_millis(100);

impl Session {
    /// Whether the server is one of the binary protocol, which says nothing to a question in text (protocol.md 8). It is
    /// asked once, and only if it has never answered anything.
    pub(super) fn speaks_binary(&self) -> bool {
        if self.asks.is_some() {
            return false;
        }
        if let Some(known) = self.binary.get() {
            return known;
        }
        let speaks = self.answers_in_binary().unwrap_or(false);
        self.binary.set(Some(speaks));
        speaks
    }

    /// A memcached that had a bad moment speaks both, so it is given another chance to answer in text.
    fn answers_in_binary(&self) -> io::Result<bool> {
        let in_text = self.first_byte(b"version\r\n").ok().flatten();
        Ok(in_text.is_none() && self.first_byte(&NOOP)? == Some(ANSWER))
    }

    /// The beginning of the answer to a first question; `None` if the peer hangs up.
    fn first_byte(&self, question: &[u8]) -> io::Result<Option<u8>> {
        let patience = (self.timeout / SHARE).min(PATIENCE);
        let mut stream = dial(&self.address, &self.access, patience)?.stream;
        let deadline = Instant::now() + patience;
        stream.write(question, deadline)?;
        stream.flush(deadline)?;
        let mut first = [0];
        let count = stream.read(&mut first, deadline)?;
        Ok((count == 1).then_some(first[0]))
    }
}
