//! A scripted peer: it does what a healthy server never does (cuts, silence, garbage, drips).

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::harness::inspect::show;
use crate::harness::sockets::{Accepted, Acceptor, How, hang_up, locked};
use crate::harness::wait::{self, PATIENCE};

/// What the peer does on one connection, step by step. After the last step it hangs up in order.
#[derive(Clone, Default)]
#[must_use = "a script does nothing until a peer serves it"]
pub(crate) struct Connection {
    steps: Vec<Step>,
}

#[derive(Clone)]
enum Step {
    Read(usize),
    ReadUntil(Vec<u8>),
    IfAsked(Vec<u8>),
    Reply(Vec<u8>),
    Drip(Vec<u8>, Duration),
    Silence,
    HangUp(How),
}

impl Connection {
    /// A script without steps: the connection is accepted and closed.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Reads this many bytes.
    pub(crate) fn read(self, count: usize) -> Self {
        self.then(Step::Read(count))
    }

    /// Reads to the end of the next occurrence of this pattern.
    pub(crate) fn read_until(self, pattern: impl AsRef<[u8]>) -> Self {
        self.then(Step::ReadUntil(pattern.as_ref().to_vec()))
    }

    /// The same, for a script that goes on only if the pattern comes: the other side may hang up before.
    pub(crate) fn if_asked(self, pattern: impl AsRef<[u8]>) -> Self {
        self.then(Step::IfAsked(pattern.as_ref().to_vec()))
    }

    /// Sends these bytes at once.
    pub(crate) fn reply(self, bytes: impl AsRef<[u8]>) -> Self {
        self.then(Step::Reply(bytes.as_ref().to_vec()))
    }

    /// Sends these bytes one by one, each after a wait.
    pub(crate) fn drip(self, bytes: impl AsRef<[u8]>, wait: Duration) -> Self {
        self.then(Step::Drip(bytes.as_ref().to_vec(), wait))
    }

    /// Answers nothing until the other side hangs up; what it sends is read and recorded.
    pub(crate) fn silence(self) -> Self {
        self.then(Step::Silence)
    }

    /// Ends the connection in order.
    pub(crate) fn close(self) -> Self {
        self.then(Step::HangUp(How::Fin))
    }

    /// Ends the connection by a reset.
    pub(crate) fn reset(self) -> Self {
        self.then(Step::HangUp(How::Rst))
    }

    fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

/// A listener that plays scripts and keeps what it received. Dropping it fails the test if a script
/// could not be played to its end.
pub(crate) struct Peer {
    acceptor: Acceptor,
    log: Arc<Mutex<Vec<Record>>>,
}

#[derive(Clone, Default)]
struct Record {
    received: Vec<u8>,
    done: bool,
}

impl Peer {
    /// Plays one script per connection, in order; connections beyond them are closed at once.
    pub(crate) fn serve(scripts: impl IntoIterator<Item = Connection>) -> Self {
        let scripts: Vec<_> = scripts.into_iter().collect();
        Self::start("127.0.0.1:0", move |index| {
            scripts.get(index).cloned().unwrap_or_default()
        })
    }

    /// Plays the same script on every connection.
    pub(crate) fn always(script: Connection) -> Self {
        Self::start("127.0.0.1:0", move |_| script.clone())
    }

    fn start(address: &str, script: impl Fn(usize) -> Connection + Send + Sync + 'static) -> Self {
        let log = Arc::<Mutex<Vec<Record>>>::default();
        let acceptor = Acceptor::start(address, {
            let log = Arc::clone(&log);
            move |accepted| {
                let script = script(accepted.index);
                Player::new(accepted, Arc::clone(&log)).play(script);
            }
        });
        Self {
            acceptor: acceptor.expect("a port of its own"),
            log,
        }
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn address(&self) -> String {
        self.acceptor.address().to_string()
    }

    /// How many connections came.
    pub(crate) fn connections(&self) -> usize {
        self.acceptor.connections()
    }

    /// What each connection has sent so far.
    pub(crate) fn received(&self) -> Vec<Vec<u8>> {
        let log = locked(&self.log);
        log.iter().map(|record| record.received.clone()).collect()
    }

    /// Waits until this many connections are over on both sides, and returns what each has sent.
    #[track_caller]
    pub(crate) fn finish(&self, connections: usize) -> Vec<Vec<u8>> {
        wait::until("the connections to be over", || {
            let over = locked(&self.log)
                .iter()
                .filter(|record| record.done)
                .count();
            (over >= connections).then_some(())
        });
        self.received()
    }
}

/// One connection being served.
struct Player {
    index: usize,
    stream: Arc<TcpStream>,
    log: Arc<Mutex<Vec<Record>>>,
    /// Bytes received that no step has asked for yet.
    pending: Vec<u8>,
}

impl Player {
    fn new(accepted: Accepted, log: Arc<Mutex<Vec<Record>>>) -> Self {
        let Accepted { index, stream, .. } = accepted;
        let mut records = locked(&log);
        let count = records.len().max(index + 1);
        records.resize(count, Record::default());
        drop(records);
        Self {
            index,
            stream,
            log,
            pending: Vec::new(),
        }
    }

    fn play(mut self, script: Connection) {
        let mut end = How::Fin;
        for step in script.steps {
            match step {
                Step::Read(count) => self.read_to(|seen| (seen.len() >= count).then_some(count)),
                Step::ReadUntil(pattern) => self.read_to(|seen| end_of(seen, &pattern)),
                Step::IfAsked(pattern) => {
                    if !self.is_asked(&pattern) {
                        break;
                    }
                }
                Step::Reply(bytes) => self.send(&bytes),
                Step::Drip(bytes, wait) => {
                    for byte in bytes {
                        thread::sleep(wait);
                        self.send(&[byte]);
                    }
                }
                Step::Silence => while self.receive(None) {},
                Step::HangUp(how) => {
                    end = how;
                    break;
                }
            }
        }
        let unread = hang_up(self.stream, end);
        let record = &mut locked(&self.log)[self.index];
        record.received.extend(unread);
        record.done = true;
    }

    /// Reads until `enough` tells how many bytes this step takes.
    fn read_to(&mut self, enough: impl Fn(&[u8]) -> Option<usize>) {
        loop {
            if let Some(count) = enough(&self.pending) {
                self.pending.drain(..count);
                return;
            }
            let more = self.receive(Some(PATIENCE));
            assert!(
                more,
                "connection {} of the scripted peer ended early, after {:?}",
                self.index,
                show(&locked(&self.log)[self.index].received)
            );
        }
    }

    /// Reads to the end of the pattern; false if the connection ends before it.
    fn is_asked(&mut self, pattern: &[u8]) -> bool {
        loop {
            if let Some(count) = end_of(&self.pending, pattern) {
                self.pending.drain(..count);
                return true;
            }
            if !self.receive(Some(PATIENCE)) {
                return false;
            }
        }
    }

    /// Reads what comes; false at the end of the connection.
    fn receive(&mut self, limit: Option<Duration>) -> bool {
        let _ = self.stream.set_read_timeout(limit);
        let mut chunk = vec![0; 64 * 1024];
        match (&*self.stream).read(&mut chunk) {
            Ok(0) => false,
            Ok(count) => {
                self.pending.extend_from_slice(&chunk[..count]);
                locked(&self.log)[self.index]
                    .received
                    .extend_from_slice(&chunk[..count]);
                true
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => true,
            Err(error) => {
                let timed_out = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                assert!(!timed_out, "connection {}: nothing more came", self.index);
                false
            }
        }
    }

    /// Sends bytes. The other side may have gone: it need not stay for an answer that is too late.
    fn send(&mut self, bytes: &[u8]) {
        let _ = (&*self.stream).write_all(bytes);
    }
}

fn end_of(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    let found = bytes
        .windows(pattern.len())
        .position(|window| window == pattern)?;
    Some(found + pattern.len())
}
