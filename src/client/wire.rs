//! One connection: writes a request, reads lines and data blocks, all within one deadline, and knows how
//! much of the request was sent when something failed.
//!
//! The crate's `MetaConnection` is not used for this: `stats` must travel in one write with `mg`, a reply line must have
//! a limit, an interrupted read must go on, and TLS needs another kind of stream. The crate encodes the commands and
//! parses the answers (see [`protocol`](super::protocol)).

use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::access::Access;
use super::address::Address;
use super::dial::{Dialled, Stream, dial};
use super::mark::Mark;
use super::plain::plain;
use crate::check::Handshake;

/// The longest line that a memcached server sends; stats and meta lines stay far below.
const MAX_LINE: usize = 8192;
/// How much is read from the socket at a time.
const CHUNK: usize = 16 * 1024;
/// The same for the first time on a connection: most have one short answer, and new memory costs more than to ask again.
const FIRST_CHUNK: usize = 2 * 1024;
/// The least by which the room for a value grows, and the most of it that is read at a time.
const MAX_READ: usize = 1024 * 1024;

/// How long an answer may take once it is waited for no longer.
const MOMENT: Duration = Duration::from_millis(100);

/// How long the last look for an answer takes, after its time was up.
const LAST_LOOK: Duration = Duration::from_millis(1);

/// Why an exchange failed.
#[derive(Debug)]
pub(super) enum WireError {
    /// The peer closed the connection, or the network broke it.
    Cut(String),
    /// TLS failed: what one side has shown, the other does not accept.
    Distrust(String),
    /// No answer, or not all of it, within the time.
    Silent,
    /// The same, but somebody wanted an end before the time was up.
    Hurried,
    /// The answer is not memcached's.
    Garbage(Vec<u8>),
    /// The answer is memcached's, but not to what was asked.
    OutOfStep(String),
    /// Something had come before anything was asked: nothing was sent.
    Unasked(Vec<u8>),
    /// A value of this many bytes was announced, which is more than is taken. Nothing of it was read.
    TooLong(usize),
    /// The first line on a connection asks for a login; nothing that was sent has been executed.
    Unauthenticated,
    /// The login was refused.
    LoginRefused,
    /// The login was answered with something that a memcached does not say.
    LoginUnclear,
}

/// How a server asks for a login, and answers everything else until it has one (protocol.md 8).
pub(super) const ASKS_FOR_LOGIN: &[u8] = b"CLIENT_ERROR unauthenticated";

/// An open connection and what has been read from it.
pub(super) struct Wire {
    stream: Stream,
    round_trip: Option<Duration>,
    timeout: Duration,
    deadline: Instant,
    inbox: Vec<u8>,
    /// What is read into, once it is needed: kept, as to clear so much each time takes longer than most answers do.
    chunk: Vec<u8>,
    taken: usize,
    sent: usize,
    answered: bool,
    /// Lines read since the connection was opened, or since a login.
    lines: usize,
    /// How many no-ops were asked whose answers have not come.
    barriers: usize,
    mark: Mark,
    longest_value: usize,
    /// Up when an answer is to be waited for only a moment longer.
    hurry: Arc<AtomicBool>,
    /// Whether this exchange has been cut short so.
    hurried: bool,
    /// Whether this exchange has had its last look, after its time was up.
    looked_late: bool,
}

impl Wire {
    /// Opens a connection; `timeout` bounds this and each exchange.
    pub(super) fn open(address: &Address, access: &Access, timeout: Duration) -> io::Result<Wire> {
        let Dialled { stream, round_trip } = dial(address, access, timeout)?;
        let deadline = Instant::now() + timeout;
        Ok(Wire {
            stream,
            round_trip,
            timeout,
            deadline,
            inbox: Vec::new(),
            chunk: Vec::new(),
            taken: 0,
            sent: 0,
            answered: false,
            barriers: 0,
            lines: 0,
            mark: Mark::default(),
            longest_value: 0,
            hurry: Arc::default(),
            hurried: false,
            looked_late: false,
        })
    }

    /// What the way to the server and back takes: the least that the handshake or an exchange took; `None` for a local socket.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// Learns what an exchange took.
    pub(super) fn came_back_in(&mut self, took: Duration) {
        self.round_trip = self.round_trip.map(|least| least.min(took));
    }

    /// How many bytes of the last request were sent, or may have been.
    pub(super) fn sent(&self) -> usize {
        self.sent
    }

    /// What came and was not read: after a failure, the beginning of the missing answer.
    pub(super) fn fragment(&self) -> &[u8] {
        &self.inbox[self.taken..]
    }

    /// Whether this connection has ever brought a byte.
    pub(super) fn answered(&self) -> bool {
        self.answered
    }

    /// What the answer to the write that is sent now must bring back.
    pub(super) fn expect(&mut self, mark: Mark) {
        self.mark = mark;
    }

    /// What the answer to a write must bring back.
    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    /// A no-op was asked behind what is answered next.
    pub(super) fn expect_barrier(&mut self) {
        self.barriers += 1;
    }

    /// Whether the answer to a no-op is still to come.
    pub(super) fn has_barrier(&self) -> bool {
        self.barriers > 0
    }

    /// Reads the answer to the no-op: nothing else may stand before it.
    pub(super) fn pass_barrier(&mut self) -> Result<(), WireError> {
        let line = self.line()?;
        if line == b"MN" {
            self.barriers -= 1;
            return Ok(());
        }
        let line = String::from_utf8_lossy(&line);
        let what = format!("{line:?} where nothing should follow");
        Err(WireError::OutOfStep(what))
    }

    /// Bounds each exchange from now on by another time.
    pub(super) fn allow(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// Waits for an answer only a moment longer once `hurry` is up.
    pub(super) fn heed(&mut self, hurry: &Arc<AtomicBool>) {
        self.hurry = Arc::clone(hurry);
    }

    /// Takes values of at most so many bytes from now on; before, it takes none.
    pub(super) fn take_values(&mut self, longest: usize) {
        self.longest_value = longest;
    }

    /// Where the connection leads; `None` where that has no address.
    pub(super) fn peer(&self) -> Option<String> {
        self.stream.peer().map(|address| address.to_string())
    }

    /// What its encryption was agreed on; `None` where there is none.
    pub(super) fn handshake(&self) -> Option<Handshake> {
        self.stream.handshake()
    }

    /// The stream, and what has been read from it already.
    pub(super) fn into_parts(mut self) -> (Stream, Vec<u8>) {
        self.inbox.drain(..self.taken);
        (self.stream, self.inbox)
    }

    /// Gives up on the connection, and on what was not sent yet.
    pub(super) fn abort(self) {
        self.stream.abort();
    }

    /// Starts an exchange: writes all of `request`, unless there is something to read already: that would be taken for
    /// the answer.
    pub(super) fn send(&mut self, request: &[u8]) -> Result<(), WireError> {
        self.deadline = Instant::now() + self.timeout;
        self.sent = 0;
        self.looked_late = false;
        self.hurried = false;
        self.ensure_quiet()?;
        self.send_all(request)
    }

    /// The same for what is sent on demand, behind an answer of which more lines may be on their way.
    pub(super) fn send_on_demand(&mut self, request: &[u8]) -> Result<(), WireError> {
        self.deadline = Instant::now() + self.timeout;
        self.looked_late = false;
        self.hurried = false;
        self.send_all(request)
    }

    /// What follows is as on a new connection.
    pub(super) fn begin_anew(&mut self) {
        self.lines = 0;
    }

    fn send_all(&mut self, request: &[u8]) -> Result<(), WireError> {
        self.sent = 0;
        while self.sent < request.len() {
            // From here on these bytes may be on their way, whatever fails later.
            self.sent += self.write(&request[self.sent..])?;
        }
        self.flush()
    }

    /// Lets the wait for an answer begin now: whoever reads many of them in turn may be slow with those before it.
    pub(super) fn renew(&mut self) {
        if !self.hurried {
            self.deadline = Instant::now() + self.timeout;
            self.looked_late = false;
        }
    }

    /// Asks one thing more in the exchange that is under way.
    pub(super) fn ask_more(&mut self, mut request: &[u8]) -> Result<(), WireError> {
        while !request.is_empty() {
            request = &request[self.write(request)?..];
        }
        self.flush()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, WireError> {
        loop {
            match self.stream.write(bytes, self.deadline) {
                Ok(0) => return Err(WireError::Cut("closed the connection".into())),
                Ok(written) => return Ok(written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(&error)),
            }
        }
    }

    fn flush(&mut self) -> Result<(), WireError> {
        self.stream
            .flush(self.deadline)
            .map_err(|error| failed(&error))
    }

    fn ensure_quiet(&mut self) -> Result<(), WireError> {
        if self.fragment().is_empty() {
            let mut unasked = [0; 1024];
            match self.stream.read_arrived(&mut unasked) {
                Ok(None) => return Ok(()),
                Ok(Some(0)) => return Err(WireError::Cut("closed the connection".into())),
                Ok(Some(read)) => self.inbox.extend_from_slice(&unasked[..read]),
                Err(error) => return Err(failed(&error)),
            }
        }
        let mut lines = self.fragment().split(|&byte| byte == b'\n');
        let line = lines.next().unwrap_or_default();
        Err(WireError::Unasked(
            line.strip_suffix(b"\r").unwrap_or(line).to_vec(),
        ))
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
                self.lines += 1;
                if self.lines == 1 && line == ASKS_FOR_LOGIN {
                    return Err(WireError::Unauthenticated);
                }
                return Ok(line);
            }
            if unread.len() > MAX_LINE {
                return Err(WireError::Garbage(unread.to_vec()));
            }
            searched = unread.len();
            self.fill()?;
        }
    }

    /// Reads a value of `length` bytes and the line end after it.
    pub(super) fn block(&mut self, length: usize) -> Result<Vec<u8>, WireError> {
        if length > self.longest_value {
            return Err(WireError::TooLong(length));
        }
        let there = length.min(self.fragment().len());
        let mut block = self.fragment()[..there].to_vec();
        self.taken += there;
        // The room grows with what really comes, not with what was announced.
        while block.len() < length {
            let start = block.len();
            let missing = length - start;
            block.reserve_exact(missing.min(start.max(MAX_READ)));
            block.resize(start + missing.min(MAX_READ), 0);
            let read = self.read(|stream, deadline| stream.read(&mut block[start..], deadline))?;
            block.truncate(start + read);
        }
        while self.fragment().len() < 2 {
            self.fill()?;
        }
        let end = &self.fragment()[..2];
        if end != b"\r\n" {
            return Err(WireError::Garbage(end.to_vec()));
        }
        self.taken += 2;
        Ok(block)
    }

    /// Reads into the inbox; waits for at least one byte.
    fn fill(&mut self) -> Result<(), WireError> {
        self.inbox.drain(..self.taken);
        self.taken = 0;
        let mut chunk = mem::take(&mut self.chunk);
        chunk.resize(if chunk.is_empty() { FIRST_CHUNK } else { CHUNK }, 0);
        let read = self.read(|stream, deadline| stream.read(&mut chunk, deadline));
        if let Ok(read) = read {
            self.inbox.extend_from_slice(&chunk[..read]);
        }
        self.chunk = chunk;
        read.map(|_| ())
    }

    /// Reads by `read` until something has come. Whoever was stopped meanwhile (Ctrl-Z and fg, a paused machine) has the rest
    /// of the time, and in any case another look: the answer may have been there all the while.
    fn read(
        &mut self,
        mut read: impl FnMut(&mut Stream, Instant) -> io::Result<usize>,
    ) -> Result<usize, WireError> {
        loop {
            self.look_whether_to_hurry();
            let deadline = self.deadline_of_read();
            match read(&mut self.stream, deadline) {
                Ok(0) => return Err(WireError::Cut("closed the connection".into())),
                Ok(read) => {
                    self.answered = true;
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => match failed(&error) {
                    WireError::Silent if !self.looked_late => {}
                    WireError::Silent if self.hurried => return Err(WireError::Hurried),
                    failed => return Err(failed),
                },
            }
        }
    }
}

impl Wire {
    /// A signal interrupts a read, and whoever caught it may want an end.
    fn look_whether_to_hurry(&mut self) {
        if !self.hurried && self.hurry.load(Ordering::SeqCst) {
            self.hurried = true;
            self.deadline = self.deadline.min(Instant::now() + MOMENT);
        }
    }

    /// Until when to wait for the next bytes.
    ///
    /// It may be us who came late, on a busy machine or after an interruption, and the answer is there: so once per exchange
    /// there is a look at what has come, even after the time was up.
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
        // So TLS tells of whatever one side does not like of the other.
        io::ErrorKind::InvalidData => {
            WireError::Distrust(format!("broke the connection: {}", plain(error)))
        }
        io::ErrorKind::UnexpectedEof => WireError::Cut("closed the connection".into()),
        _ => WireError::Cut(format!("broke the connection: {}", plain(error))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A wire and its peer's end.
    fn connected(timeout: Duration) -> (Wire, std::net::TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string().parse().unwrap();
        let mut wire = Wire::open(&address, &Access::default(), timeout).unwrap();
        wire.take_values(usize::MAX);
        let (peer, _) = listener.accept().unwrap();
        (wire, peer)
    }

    /// A wire on which a question was asked and this came back.
    fn answered(answer: &[u8], timeout: Duration) -> (Wire, std::net::TcpStream) {
        let (mut wire, mut peer) = connected(timeout);
        wire.send(b"mg k v\r\n").unwrap();
        peer.write_all(answer).unwrap();
        (wire, peer)
    }

    const PATIENT: Duration = Duration::from_secs(5);

    #[test]
    fn the_round_trip_is_the_least_that_the_handshake_or_an_exchange_took() {
        let (mut wire, _peer) = connected(PATIENT);
        let handshake = wire.round_trip().expect("it came over a network");
        wire.came_back_in(handshake * 2);
        assert_eq!(wire.round_trip(), Some(handshake));
        wire.came_back_in(handshake / 2);
        assert_eq!(wire.round_trip(), Some(handshake / 2));
    }

    #[test]
    fn a_socket_in_the_file_system_has_no_way_to_be_measured() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let address = format!("unix:{}", path.display()).parse().unwrap();
        let mut wire = Wire::open(&address, &Access::default(), PATIENT).unwrap();
        wire.came_back_in(Duration::from_micros(1));
        assert_eq!(wire.round_trip(), None);
    }

    #[test]
    fn an_answer_that_is_there_is_not_missed_because_we_came_late() {
        let timeout = Duration::from_millis(50);
        let (mut wire, _peer) = answered(b"HD\r\n", timeout);
        thread::sleep(2 * timeout);
        assert_eq!(wire.line().unwrap(), b"HD");
        // The grace is for one look only: a peer that goes on dripping does not hold us.
        assert!(matches!(wire.line(), Err(WireError::Silent)));
    }

    #[test]
    fn an_answer_that_came_while_we_were_stopped_in_the_read_is_not_missed() {
        for error in [io::ErrorKind::Interrupted, io::ErrorKind::WouldBlock] {
            let timeout = Duration::from_millis(50);
            let (mut wire, _peer) = answered(b"HD\r\n", timeout);
            // Stopped before the first read: it ends without bytes when its time is long over.
            let mut stopped = Some(error);
            let read = wire.read(|stream, deadline| match stopped.take() {
                Some(error) => {
                    thread::sleep(2 * timeout);
                    Err(error.into())
                }
                None => stream.read(&mut [0; 16], deadline),
            });
            assert_eq!(read.unwrap(), 4);
        }
    }

    #[test]
    fn a_line_and_a_block_are_taken_in_turn_and_nothing_is_lost_between() {
        let (mut wire, _peer) = answered(b"VA 4 c1\r\n\r\nEN\r\nEN\r\n", PATIENT);
        assert_eq!(wire.line().unwrap(), b"VA 4 c1");
        assert_eq!(wire.block(4).unwrap(), b"\r\nEN");
        assert_eq!(wire.line().unwrap(), b"EN");
        assert_eq!(wire.fragment(), b"");
    }

    #[test]
    fn a_large_block_comes_whole_and_one_that_only_was_announced_takes_no_room() {
        let value: Vec<u8> = (0..=255).cycle().take(3 * MAX_READ + 7).collect();
        let (mut wire, mut peer) = answered(b"", PATIENT);
        let sent = value.clone();
        let writer = thread::spawn(move || {
            peer.write_all(&sent).unwrap();
            peer.write_all(b"\r\n").unwrap();
            peer
        });
        assert!(wire.block(value.len()).unwrap() == value);
        drop(writer.join().unwrap());
        let (mut wire, _peer) = answered(b"few", Duration::from_millis(50));
        assert!(matches!(wire.block(usize::MAX), Err(WireError::Silent)));
    }

    #[test]
    fn a_value_longer_than_is_taken_is_refused_before_any_of_it_comes() {
        let (mut wire, _peer) = answered(b"123456\r\n", PATIENT);
        wire.take_values(5);
        assert!(matches!(wire.block(6), Err(WireError::TooLong(6))));
        wire.take_values(6);
        assert_eq!(wire.block(6).unwrap(), b"123456");
    }

    #[test]
    fn a_line_without_end_is_garbage() {
        let (mut wire, _peer) = answered(&[b'x'; 2 * MAX_LINE], PATIENT);
        assert!(matches!(wire.line(), Err(WireError::Garbage(_))));
    }

    #[test]
    fn what_was_said_before_anything_was_asked_is_no_answer() {
        let (mut wire, mut peer) = connected(PATIENT);
        peer.write_all(b"HD c9 O1\r\nEN\r\n").unwrap();
        let unasked = wire.send(b"mg k v\r\n");
        assert!(
            matches!(&unasked, Err(WireError::Unasked(line)) if line == b"HD c9 O1"),
            "{unasked:?}"
        );
        assert_eq!(wire.sent(), 0);
        // The same of what is left in the inbox when an answer is longer than the question.
        let (mut wire, _peer) = answered(b"HD\r\nHD\r\n", PATIENT);
        wire.line().unwrap();
        assert!(matches!(wire.send(b"mg k\r\n"), Err(WireError::Unasked(line)) if line == b"HD"));
        // A connection that was closed meanwhile is noticed before anything is sent.
        let (mut wire, peer) = connected(PATIENT);
        drop(peer);
        assert!(matches!(wire.send(b"mg k\r\n"), Err(WireError::Cut(_))));
        assert_eq!(wire.sent(), 0);
    }
}
