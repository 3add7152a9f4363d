//! What the scripted peer and the proxy share: accepting on threads that end with their owner,
//! and ending a connection in a chosen way.

use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// In order: the other side reads an end of file.
    Fin,
    /// By a reset: the other side gets an error, and what it has not yet read is lost.
    Rst,
}

/// Ends a connection on our side. Reads it empty first if it ends in order: closing a socket with
/// unread bytes would send a reset. Returns what was read.
pub(crate) fn hang_up(stream: Arc<TcpStream>, how: How) -> Vec<u8> {
    let mut unread = Vec::new();
    match how {
        How::Fin => {
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.set_read_timeout(None);
            let _ = (&*stream).read_to_end(&mut unread);
        }
        How::Rst => reset(stream),
    }
    unread
}

/// Closes with a linger time of zero, which is what makes the system send a reset. The socket
/// closes with its last handle, and another thread may be about to let go of one.
fn reset(stream: Arc<TcpStream>) {
    let _ = socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
    drop(stream);
}

/// Accepts connections on a port that the system picks and serves each on a thread of its own.
/// When dropped it ends them all, and passes on what panicked in them.
pub(crate) struct Acceptor {
    shared: Arc<Shared>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    ending: AtomicBool,
    accepted: AtomicUsize,
    streams: Mutex<Vec<Weak<TcpStream>>>,
    workers: Mutex<Vec<JoinHandle<()>>>,
}

/// A connection to serve, and the means to have more sockets ended with it.
pub(crate) struct Accepted {
    /// 0 for the first connection.
    pub(crate) index: usize,
    pub(crate) stream: Arc<TcpStream>,
    pub(crate) registry: Registry,
}

/// Sockets to be shut down when the acceptor ends, so that no thread blocks on one for ever.
#[derive(Clone)]
pub(crate) struct Registry {
    shared: Arc<Shared>,
}

impl Registry {
    pub(crate) fn add(&self, stream: TcpStream) -> Arc<TcpStream> {
        let stream = Arc::new(stream);
        let mut streams = locked(&self.shared.streams);
        streams.retain(|stream| stream.strong_count() > 0);
        streams.push(Arc::downgrade(&stream));
        drop(streams);
        // An acceptor that began to end in between has not seen this one.
        if self.shared.ending.load(Ordering::SeqCst) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        stream
    }
}

impl Acceptor {
    /// Listens on `address`, such as `127.0.0.1:0`.
    pub(crate) fn start(
        address: &str,
        serve: impl Fn(Accepted) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            ending: AtomicBool::new(false),
            accepted: AtomicUsize::new(0),
            streams: Mutex::default(),
            workers: Mutex::default(),
        });
        let serve: Arc<dyn Fn(Accepted) + Send + Sync> = Arc::new(serve);
        let thread = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared, &serve)
        });
        Ok(Self {
            shared,
            address,
            thread: Some(thread),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections came.
    pub(crate) fn connections(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// Shuts all connections down at once, in both directions.
    pub(crate) fn cut_all(&self) {
        for stream in locked(&self.shared.streams).drain(..) {
            if let Some(stream) = stream.upgrade() {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

fn accept(
    listener: &TcpListener,
    shared: &Arc<Shared>,
    serve: &Arc<dyn Fn(Accepted) + Send + Sync>,
) {
    for stream in listener.incoming().flatten() {
        if shared.ending.load(Ordering::SeqCst) {
            return;
        }
        let _ = stream.set_nodelay(true);
        let registry = Registry {
            shared: Arc::clone(shared),
        };
        let accepted = Accepted {
            index: shared.accepted.fetch_add(1, Ordering::SeqCst),
            stream: registry.add(stream),
            registry,
        };
        let serve = Arc::clone(serve);
        let mut workers = locked(&shared.workers);
        // A long run has many connections: the threads of those that are over are let go, but not their failures.
        if let Some(over) = workers.iter().position(JoinHandle::is_finished)
            && let Err(panic) = workers.swap_remove(over).join()
        {
            workers.push(thread::spawn(move || std::panic::resume_unwind(panic)));
        }
        workers.push(thread::spawn(move || serve(accepted)));
    }
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        self.shared.ending.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(self.address);
        let accepting = self.thread.take().map(JoinHandle::join);
        self.cut_all();
        let workers: Vec<_> = locked(&self.shared.workers).drain(..).collect();
        let panicked = workers
            .into_iter()
            .map(JoinHandle::join)
            .chain(accepting)
            .find_map(Result::err);
        if let Some(panic) = panicked
            && !thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

/// Locks what a panicking thread may have left: its panic is reported elsewhere.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
