//! One connection through the proxy: two threads that carry bytes, and the fault between them.
//!
//! The order of a cut matters more than its moment. The server must have acted on every byte that
//! it was to get before the client can notice anything; else a test could not say what the state
//! of the server ought to be. So the server gets the end of the request (FIN), and all it says is read,
//! before the client's connection is touched. A reset toward the server is never sent: it could
//! destroy bytes that the server has not read yet.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::harness::proxy::{Direction, Fault, State};
use crate::harness::sockets::{How, hang_up, locked};

/// When the client was quiet for this long, it has sent what it had to send.
const QUIET: Duration = Duration::from_millis(10);

/// So many bytes tell a command from others.
const OPENING: usize = "mg ".len();

const CHUNK: usize = 256 * 1024;

/// Carries a connection to its end.
pub(crate) fn run(
    state: &State,
    connection: usize,
    client: Arc<TcpStream>,
    server: Arc<TcpStream>,
) {
    let fault = state.fault(connection);
    let link = Link {
        state,
        connection,
        fault,
        client: Mutex::new(Some(client)),
        server,
        last: Mutex::default(),
        opening: Mutex::default(),
        asked: AtomicUsize::new(0),
        muted: AtomicBool::new(false),
        reply_cut: AtomicBool::new(false),
    };
    thread::scope(|scope| {
        let replies = scope.spawn(|| link.carry_replies());
        link.carry_requests();
        if let Fault::CutAtOnceAfterRequest(..) = fault {
            link.end_client();
        }
        let _ = link.server.shutdown(Shutdown::Write);
        if let Err(panic) = replies.join() {
            std::panic::resume_unwind(panic);
        }
    });
    link.end_client();
}

struct Link<'a> {
    state: &'a State,
    /// Its number, from 0.
    connection: usize,
    fault: Fault,
    /// Taken when the client's connection is ended: the last handle closes the socket.
    client: Mutex<Option<Arc<TcpStream>>>,
    server: Arc<TcpStream>,
    /// The direction of the last bytes: a change of it begins a burst.
    last: Mutex<Option<Direction>>,
    /// How the last request began, as much as tells what it is.
    opening: Mutex<Vec<u8>>,
    /// How many requests have begun: the reply that comes belongs to the last of them.
    asked: AtomicUsize,
    /// The client gets nothing more.
    muted: AtomicBool,
    /// The reply was cut: the connection ends as soon as the client is quiet.
    reply_cut: AtomicBool,
}

impl Link<'_> {
    /// Client to server, until the client hangs up or the fault ends it.
    fn carry_requests(&self) {
        let Some(client) = self.client() else { return };
        let mut left = match self.fault {
            Fault::CutAfterRequest(count, _) | Fault::CutAtOnceAfterRequest(count, _) => count,
            Fault::CutAfterReply(..) | Fault::CutInReply(..) => {
                let _ = client.set_read_timeout(Some(QUIET));
                usize::MAX
            }
            _ => usize::MAX,
        };
        let mut at_once = self.held_from();
        let mut chunk = vec![0; CHUNK];
        loop {
            // Muted before the last byte goes on: an answer to it could be quick.
            if left == 0 {
                return self.mute();
            }
            let bytes = match (&*client).read(&mut chunk) {
                Ok(0) => return,
                Ok(count) => {
                    self.note(&chunk[..count.min(OPENING)]);
                    &chunk[..count.min(left)]
                }
                Err(error) if is_quiet(&error) => {
                    if self.reply_cut.load(Ordering::SeqCst) {
                        return;
                    }
                    continue;
                }
                Err(_) => return,
            };
            left -= bytes.len();
            if left == 0 {
                self.mute();
            }
            self.pass(Direction::Request, bytes.len());
            let (first, late) = bytes.split_at(at_once.min(bytes.len()));
            at_once -= first.len();
            if (&*self.server).write_all(first).is_err() {
                return;
            }
            if late.is_empty() {
                continue;
            }
            self.hold();
            at_once = usize::MAX;
            if (&*self.server).write_all(late).is_err() {
                return;
            }
        }
    }

    /// Server to client, until the server hangs up. What the client is not to get is read all the
    /// same, so that the server never waits for a reader.
    fn carry_replies(&self) {
        let mut allowance = Allowance::of(self.fault);
        let mut chunk = vec![0; CHUNK];
        loop {
            let count = match (&*self.server).read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if is_quiet(&error) => continue,
                Err(_) => break,
            };
            if self.is_muted() {
                continue;
            }
            let bytes = &chunk[..allowance.take(self.asked(), count)];
            if !bytes.is_empty() {
                self.pass(Direction::Reply, bytes.len());
                self.send_to_client(bytes);
            }
            if bytes.len() < count {
                self.mute();
                self.reply_cut.store(true, Ordering::SeqCst);
            }
        }
        // A server that hung up by itself: so do we.
        if !self.is_muted()
            && let Some(client) = self.client()
        {
            let _ = client.shutdown(Shutdown::Write);
        }
    }

    /// Notes that bytes are about to go on, waits if they are to be late, and runs the hooks.
    fn pass(&self, direction: Direction, bytes: usize) {
        let begins_burst = locked(&self.last).replace(direction) != Some(direction);
        if begins_burst && direction == Direction::Request {
            self.asked.fetch_add(1, Ordering::SeqCst);
        }
        self.state
            .passing(self.connection, direction, bytes, begins_burst);
        match self.fault {
            Fault::DelayRequests(wait) if begins_burst && direction == Direction::Request => {
                thread::sleep(wait);
            }
            Fault::DelayReplies(wait) if begins_burst && direction == Direction::Reply => {
                thread::sleep(wait);
            }
            _ => {}
        }
    }

    fn hold(&self) {
        if let Fault::HoldAfterRequest(_, wait) = self.fault {
            self.strike();
            thread::sleep(wait);
        }
    }

    /// A client that has gone is no fault: the server's bytes are then read and dropped.
    fn send_to_client(&self, bytes: &[u8]) {
        if let Some(client) = self.client() {
            let _ = (&*client).write_all(bytes);
        }
    }

    fn client(&self) -> Option<Arc<TcpStream>> {
        locked(&self.client).clone()
    }

    fn end_client(&self) {
        let client = locked(&self.client).take();
        if let Some(client) = client {
            hang_up(client, self.end());
        }
    }

    fn end(&self) -> How {
        match self.fault {
            Fault::CutAfterRequest(_, how)
            | Fault::CutAtOnceAfterRequest(_, how)
            | Fault::CutAfterReply(_, how)
            | Fault::CutInReply(_, _, how)
                if self.is_muted() =>
            {
                how
            }
            _ => How::Fin,
        }
    }

    fn mute(&self) {
        if !self.muted.swap(true, Ordering::SeqCst) {
            self.strike();
        }
    }

    /// How many bytes of a request go on before the rest is held back.
    fn held_from(&self) -> usize {
        match self.fault {
            Fault::HoldAfterRequest(count, _) => count,
            _ => usize::MAX,
        }
    }

    /// Remembers how a request begins.
    fn note(&self, opening: &[u8]) {
        if *locked(&self.last) != Some(Direction::Request) {
            *locked(&self.opening) = opening.to_vec();
        }
    }

    fn strike(&self) {
        self.state.fault_struck(&locked(&self.opening));
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn is_muted(&self) -> bool {
        self.muted.load(Ordering::SeqCst)
    }
}

/// How much of what the server sends the client is to get.
enum Allowance {
    /// All of it.
    All,
    /// So many more bytes, of whichever reply.
    OfConnection(usize),
    /// So many more bytes of this reply, and all of the others: a cut that is longer than its reply
    /// must not run on into the next one.
    OfReply { nth: usize, left: usize },
}

impl Allowance {
    fn of(fault: Fault) -> Self {
        match fault {
            Fault::CutAfterReply(left, _) | Fault::SilenceAfterReply(left) => {
                Self::OfConnection(left)
            }
            Fault::CutInReply(nth, left, _) | Fault::SilenceInReply(nth, left) => {
                Self::OfReply { nth, left }
            }
            _ => Self::All,
        }
    }

    /// How many of the `count` bytes that have come of a reply the client gets.
    fn take(&mut self, reply: usize, count: usize) -> usize {
        let left = match self {
            Self::OfConnection(left) => left,
            Self::OfReply { nth, left } if *nth == reply => left,
            Self::OfReply { .. } | Self::All => return count,
        };
        let taken = count.min(*left);
        *left -= taken;
        taken
    }
}

fn is_quiet(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}
