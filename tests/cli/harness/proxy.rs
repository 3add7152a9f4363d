//! A TCP proxy in front of a real memcached: it counts round trips, lets a test act at an exact
//! moment of an exchange, and cuts connections at an exact byte. One connection in `pump.rs`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::harness::pump;
use crate::harness::server::Memcached;
use crate::harness::sockets::{Accepted, Acceptor, How, locked};
use crate::harness::target::Target;

/// What goes wrong on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The server gets exactly this many bytes of what the client sends, reads them all and acts on
    /// them. From the last of these bytes on the client gets nothing more, and when the server is
    /// through the client's connection ends.
    CutAfterRequest(usize, How),
    /// The same, but the client's connection ends at once, whatever the server is doing: to be used
    /// where the server is frozen and wakes only later.
    CutAtOnceAfterRequest(usize, How),
    /// The client gets exactly this many bytes of what the server sends. When there is one more,
    /// the server gets all that the client has sent and acts on it, and then the client's
    /// connection ends.
    CutAfterReply(usize, How),
    /// The same for the n-th reply (from 1) of the connection; the others pass whole, and so does
    /// this one if it is not longer than that.
    CutInReply(usize, usize, How),
    /// The client gets this many bytes of the n-th reply and then silence; nothing happens if it is
    /// not longer than that.
    SilenceInReply(usize, usize),
    /// The client gets this many bytes of what the server sends and then silence, on a connection
    /// that stays open. The server gets everything.
    SilenceAfterReply(usize),
    /// The server gets this many bytes of what the client sends at once, and the rest late, whether
    /// or not the client is still there.
    HoldAfterRequest(usize, Duration),
    /// Every burst of the client's bytes waits before it goes on to the server.
    DelayRequests(Duration),
    /// Every burst of the server's bytes waits before it goes on to the client.
    DelayReplies(Duration),
}

/// The direction of bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Request,
    Reply,
}

/// Called before a burst goes on, with the server and the number of the burst, from 1.
type Hook = Box<dyn FnMut(&Memcached, usize) + Send>;

/// A proxy. Dropping it ends all connections and fails the test if a hook panicked.
pub(crate) struct Proxy {
    acceptor: Acceptor,
    state: Arc<State>,
}

/// What the connections of a proxy share.
pub(crate) struct State {
    target: Target,
    faults: Mutex<Faults>,
    counts: Mutex<Counts>,
    traffic: Mutex<Vec<Traffic>>,
    on_request: Mutex<Vec<Hook>>,
    on_reply: Mutex<Vec<Hook>>,
    struck: AtomicUsize,
    /// Whether the first fault that has struck did so while an item was read.
    struck_a_read: AtomicBool,
}

#[derive(Default)]
struct Faults {
    by_connection: HashMap<usize, Fault>,
    otherwise: Fault,
}

/// What went through so far, on all connections together. A burst is a run of bytes of one
/// direction with none of the other in between. (A request above 256 KB that the server begins to
/// answer before it has it all may count as two.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) request_bursts: usize,
    pub(crate) reply_bursts: usize,
    pub(crate) request_bytes: usize,
    pub(crate) reply_bytes: usize,
}

/// The bytes that went through on one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub(crate) request_bytes: usize,
    pub(crate) reply_bytes: usize,
}

impl Proxy {
    /// A proxy to a server, or to what stands in front of one, on a port that the system picks; so far it
    /// does nothing but count.
    pub(crate) fn to(target: impl Into<Target>) -> Self {
        let state = Arc::new(State {
            target: target.into(),
            faults: Mutex::default(),
            counts: Mutex::default(),
            traffic: Mutex::default(),
            on_request: Mutex::default(),
            on_reply: Mutex::default(),
            struck: AtomicUsize::new(0),
            struck_a_read: AtomicBool::new(false),
        });
        let acceptor = Acceptor::start("127.0.0.1:0", {
            let state = Arc::clone(&state);
            move |Accepted {
                      index,
                      stream,
                      registry,
                  }| {
                // A server that is down: the client's connection ends as soon as it is accepted.
                if let Ok(server) = state.target.dial() {
                    let server = registry.add(server);
                    pump::run(&state, index, stream, server);
                }
            }
        });
        Self {
            acceptor: acceptor.expect("a port of its own"),
            state,
        }
    }

    /// Puts a fault on the first connection; later ones pass.
    pub(crate) fn fault(self, fault: Fault) -> Self {
        self.fault_on(0, fault)
    }

    /// Puts a fault on one connection, counted from 0.
    pub(crate) fn fault_on(self, connection: usize, fault: Fault) -> Self {
        locked(&self.state.faults)
            .by_connection
            .insert(connection, fault);
        self
    }

    /// Puts a fault on every connection that has none of its own.
    pub(crate) fn fault_on_all(self, fault: Fault) -> Self {
        locked(&self.state.faults).otherwise = fault;
        self
    }

    /// Runs `hook` right before the n-th burst of client bytes (from 1) goes on to the server:
    /// what it writes to the server comes between the client's reply before and this request.
    pub(crate) fn on_request(
        self,
        n: usize,
        hook: impl FnOnce(&Memcached) + Send + 'static,
    ) -> Self {
        self.on_each_request(once(n, hook))
    }

    /// The same before every burst.
    pub(crate) fn on_each_request(
        self,
        hook: impl FnMut(&Memcached, usize) + Send + 'static,
    ) -> Self {
        locked(&self.state.on_request).push(Box::new(hook));
        self
    }

    /// Runs `hook` right before the n-th burst of server bytes (from 1) goes on to the client: the
    /// server has acted, and the client does not know it yet.
    pub(crate) fn on_reply(self, n: usize, hook: impl FnOnce(&Memcached) + Send + 'static) -> Self {
        locked(&self.state.on_reply).push(Box::new(once(n, hook)));
        self
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn address(&self) -> String {
        self.acceptor.address().to_string()
    }

    /// How many connections came.
    pub(crate) fn connections(&self) -> usize {
        self.acceptor.connections()
    }

    /// How often the client waited for the server: bursts of its bytes, on all connections.
    pub(crate) fn round_trips(&self) -> usize {
        self.counts().request_bursts
    }

    /// Whether the cut or the silence happened: false if the connection ended before that byte.
    pub(crate) fn fault_has_struck(&self) -> bool {
        self.state.struck.load(Ordering::SeqCst) > 0
    }

    /// Whether the first of them has come about while an item was read: a tick of the clock makes a client read once more, and a fault
    /// that is counted in bytes may then strike that.
    pub(crate) fn fault_has_struck_a_read(&self) -> bool {
        self.state.struck_a_read.load(Ordering::SeqCst)
    }

    /// What went through so far.
    pub(crate) fn counts(&self) -> Counts {
        *locked(&self.state.counts)
    }

    /// The same for each connection.
    pub(crate) fn traffic(&self) -> Vec<Traffic> {
        locked(&self.state.traffic).clone()
    }

    /// Ends all connections at once, wherever they are in an exchange.
    pub(crate) fn cut_all(&self) {
        self.acceptor.cut_all();
    }
}

/// Makes a hook for all bursts of one for a single burst.
fn once(
    n: usize,
    hook: impl FnOnce(&Memcached) + Send + 'static,
) -> impl FnMut(&Memcached, usize) + Send + 'static {
    let mut hook = Some(hook);
    move |server, burst| {
        if burst == n
            && let Some(hook) = hook.take()
        {
            hook(server);
        }
    }
}

impl State {
    pub(crate) fn fault(&self, connection: usize) -> Fault {
        let faults = locked(&self.faults);
        let fault = faults.by_connection.get(&connection);
        *fault.unwrap_or(&faults.otherwise)
    }

    /// Notes that a cut or a silence has begun.
    pub(crate) fn fault_struck(&self, opening: &[u8]) {
        if self.struck.fetch_add(1, Ordering::SeqCst) == 0 {
            self.struck_a_read
                .store(opening == b"mg ", Ordering::SeqCst);
        }
    }

    /// Counts bytes that are about to go on, and runs the hooks if they begin a burst.
    pub(crate) fn passing(
        &self,
        connection: usize,
        direction: Direction,
        bytes: usize,
        begins_burst: bool,
    ) {
        self.note_traffic(connection, direction, bytes);
        let (number, hooks) = {
            let mut counts = locked(&self.counts);
            let counts = &mut *counts;
            let (bursts, total, hooks) = match direction {
                Direction::Request => (
                    &mut counts.request_bursts,
                    &mut counts.request_bytes,
                    &self.on_request,
                ),
                Direction::Reply => (
                    &mut counts.reply_bursts,
                    &mut counts.reply_bytes,
                    &self.on_reply,
                ),
            };
            *total += bytes;
            *bursts += usize::from(begins_burst);
            (*bursts, hooks)
        };
        if begins_burst {
            for hook in locked(hooks).iter_mut() {
                hook(self.target.server(), number);
            }
        }
    }

    fn note_traffic(&self, connection: usize, direction: Direction, bytes: usize) {
        let mut traffic = locked(&self.traffic);
        let connections = traffic.len().max(connection + 1);
        traffic.resize(connections, Traffic::default());
        match direction {
            Direction::Request => traffic[connection].request_bytes += bytes,
            Direction::Reply => traffic[connection].reply_bytes += bytes,
        }
    }
}
