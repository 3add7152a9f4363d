//! One connection: writes a request, reads lines and data blocks, all within one deadline, and knows how
//! much of the request had left when something failed.
//!
//! The crate's `MetaConnection` is not used for this: `stats` must travel in one write with `mg`, a reply line must have
//! a limit, an interrupted read must go on, and TLS needs another kind of stream. The crate encodes the commands and
//! parses the answers (see [`request`](super::request) and [`reply`](super::reply)).

use std::io;
use std::time::{Duration, Instant};

use super::address::Address;
use super::dial::{Stream, dial};

/// The longest line that a memcached server sends; stats and meta lines stay far below.
const MAX_LINE: usize = 8192;
/// How much is read from the socket at a time: ordinarily, and at most for a large value.
const CHUNK: usize = 16 * 1024;
const MAX_READ: usize = 1024 * 1024;

/// How long the look takes that is made at an answer after the time for it was up.
const LAST_LOOK: Duration = Duration::from_millis(1);

/// Why an exchange failed.
#[derive(Debug)]
pub(super) enum WireError {
    /// The peer closed the connection, or the network broke it.
    Cut(String),
    /// No answer, or not all of it, within the time.
    Silent,
    /// The answer is not memcached's.
    Garbage(Vec<u8>),
    /// The answer is memcached's, but not to what was asked.
    OutOfStep(String),
}

/// An open connection and what has been read from it.
pub(super) struct Wire {
    stream: Stream,
    timeout: Duration,
    deadline: Instant,
    inbox: Vec<u8>,
    taken: usize,
    sent: usize,
    answered: bool,
    /// Whether this exchange has had its last look, after its time was up.
    looked_late: bool,
}

impl Wire {
    /// Opens a connection; `timeout` bounds this and each exchange.
    pub(super) fn open(address: &Address, timeout: Duration) -> io::Result<Wire> {
        let stream = dial(address, timeout)?;
        let deadline = Instant::now() + timeout;
        Ok(Wire {
            stream,
            timeout,
            deadline,
            inbox: Vec::new(),
            taken: 0,
            sent: 0,
            answered: false,
            looked_late: false,
        })
    }

    /// How many bytes of the last request have left, or may have.
    pub(super) fn sent(&self) -> usize {
        self.sent
    }

    /// What has come and was not taken: after a failure, the beginning of the answer that is missing.
    pub(super) fn fragment(&self) -> &[u8] {
        &self.inbox[self.taken..]
    }

    /// Whether this connection has ever brought a byte.
    pub(super) fn answered(&self) -> bool {
        self.answered
    }

    /// Bounds each exchange from now on by another time.
    pub(super) fn allow(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// The stream, and what has been read from it already.
    pub(super) fn into_parts(mut self) -> (Stream, Vec<u8>) {
        self.inbox.drain(..self.taken);
        (self.stream, self.inbox)
    }

    /// Gives up on the connection, and on what has not left yet.
    pub(super) fn abort(self) {
        self.stream.abort();
    }

    /// Starts an exchange: writes all of `request`.
    pub(super) fn send(&mut self, request: &[u8]) -> Result<(), WireError> {
        self.deadline = Instant::now() + self.timeout;
        self.sent = 0;
        self.looked_late = false;
        while self.sent < request.len() {
            match self.stream.write(&request[self.sent..], self.deadline) {
                Ok(0) => return Err(WireError::Cut("closed the connection".into())),
                // From here on these bytes may be on their way, whatever fails later.
                Ok(written) => self.sent += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        self.stream
            .flush(self.deadline)
            .map_err(|error| failed(&error))
    }

    /// Reads one line, without its line end.
    pub(super) fn line(&mut self) -> Result<Vec<u8>, WireError> {
        let mut searched = 0;
        loop {
            let unread = &self.inbox[self.taken..];
            if let Some(at) = unread[searched..].iter().position(|&byte| byte == b'\n') {
                let line = &unread[..searched + at];
                let line = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
                self.taken += searched + at + 1;
                return Ok(line);
            }
            if unread.len() > MAX_LINE {
                return Err(WireError::Garbage(unread.to_vec()));
            }
            searched = unread.len();
            self.fill(CHUNK)?;
        }
    }

    /// Reads a data block of `length` bytes and the line end after it.
    pub(super) fn block(&mut self, length: usize) -> Result<Vec<u8>, WireError> {
        // The inbox grows with what really comes, not with what was announced.
        loop {
            let missing = (length + 2).saturating_sub(self.inbox.len() - self.taken);
            if missing == 0 {
                break;
            }
            self.fill(missing.clamp(CHUNK, MAX_READ))?;
        }
        let end = self.taken + length;
        if self.inbox[end..end + 2] != *b"\r\n" {
            return Err(WireError::Garbage(self.inbox[end..end + 2].to_vec()));
        }
        let block = self.inbox[self.taken..end].to_vec();
        self.taken = end + 2;
        Ok(block)
    }

    /// Reads up to `most` bytes into the inbox; waits for at least one.
    fn fill(&mut self, most: usize) -> Result<(), WireError> {
        self.inbox.drain(..self.taken);
        self.taken = 0;
        let start = self.inbox.len();
        self.inbox.resize(start + most, 0);
        let deadline = self.deadline_of_read();
        let read = loop {
            match self.stream.read(&mut self.inbox[start..], deadline) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.inbox.truncate(start + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => Err(WireError::Cut("closed the connection".into())),
            Ok(_) => {
                self.answered = true;
                Ok(())
            }
            Err(error) => Err(failed(&error)),
        }
    }
}

impl Wire {
    /// Until when to wait for the next bytes.
    ///
    /// On a busy machine it may be us who came late, and the answer is there: so once per exchange there is a look at what
    /// has come, even after the time was up.
    fn deadline_of_read(&mut self) -> Instant {
        let now = Instant::now();
        if now < self.deadline || self.looked_late {
            return self.deadline;
        }
        self.looked_late = true;
        now + LAST_LOOK
    }
}

fn failed(error: &io::Error) -> WireError {
    match error.kind() {
        // A socket timeout shows as WouldBlock on most systems.
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => WireError::Silent,
        io::ErrorKind::UnexpectedEof => WireError::Cut("closed the connection".into()),
        _ => WireError::Cut(format!("broke the connection: {}", plain(error))),
    }
}

/// The cause in lower case, without the number that the standard library adds.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A wire to a peer that says `answer` at once, and the peer's end of it.
    fn answered(answer: &[u8], timeout: Duration) -> (Wire, std::net::TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string().parse().unwrap();
        let wire = Wire::open(&address, timeout).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        peer.write_all(answer).unwrap();
        (wire, peer)
    }

    #[test]
    fn an_answer_that_is_there_is_not_missed_because_we_came_late() {
        let timeout = Duration::from_millis(50);
        let (mut wire, _peer) = answered(b"HD\r\n", timeout);
        wire.send(b"mg k\r\n").unwrap();
        thread::sleep(2 * timeout);
        assert_eq!(wire.line().unwrap(), b"HD");
        // The grace is for one look only: a peer that goes on dripping does not hold us.
        assert!(matches!(wire.line(), Err(WireError::Silent)));
    }

    #[test]
    fn a_line_and_a_block_are_taken_in_turn_and_nothing_is_lost_between() {
        let (mut wire, _peer) = answered(b"VA 4 c1\r\n\r\nEN\r\nEN\r\n", Duration::from_secs(5));
        wire.send(b"mg k v\r\n").unwrap();
        assert_eq!(wire.line().unwrap(), b"VA 4 c1");
        assert_eq!(wire.block(4).unwrap(), b"\r\nEN");
        assert_eq!(wire.line().unwrap(), b"EN");
        assert_eq!(wire.fragment(), b"");
    }

    #[test]
    fn a_line_without_end_is_garbage() {
        let (mut wire, _peer) = answered(&[b'x'; 2 * MAX_LINE], Duration::from_secs(5));
        wire.send(b"mg k\r\n").unwrap();
        assert!(matches!(wire.line(), Err(WireError::Garbage(_))));
    }
}
