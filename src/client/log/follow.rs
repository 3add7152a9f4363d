//! Following a server's log: one half reads it, the other keeps it coming and knows what it cannot tell.
//!
//! The halves may live on two threads, as a server drops what is not read fast enough, and an answer to a question can
//! be late. What they share is locked while the lines of one read are taken in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::super::Session;
use super::clients::Clients;
use super::seen::{Awaited, Entry, Seen};
use super::{Detail, Knock, Log};
use crate::cas::StoreError;
use crate::cas::mutation::{Counters, Mutation};

/// After this long without a store the server's logging thread is about to doze off.
const QUIET: Duration = Duration::from_millis(100);
/// The longest that the logging thread sleeps, and a little more.
const SLEEP: Duration = Duration::from_millis(1200);

/// Attaches to the log of `server`; also learns who was connected before it began.
pub(crate) fn follow(mut server: Session, detail: Detail) -> Result<(Reader, Keeper), StoreError> {
    let mut clients = Clients::default();
    let log = attach(&mut server, &mut clients, detail)?;
    let deletes_told = log.deletes_told;
    let shared = Arc::new(Mutex::new(Seen::new(clients)));
    let reader = Reader {
        log,
        shared: Arc::clone(&shared),
    };
    let keeper = Keeper {
        server,
        shared,
        deletes_told,
        events: 0,
        grown: Instant::now(),
        knock: None,
    };
    Ok((reader, keeper))
}

/// Attaches to the log, and learns who was connected before it began.
fn attach(server: &mut Session, clients: &mut Clients, detail: Detail) -> Result<Log, StoreError> {
    // The log and the counters of a proxy know nothing of the items behind it (protocol.md 8).
    if server.is_proxy()? {
        return Err(server.proxy_has_no_log());
    }
    // Who is listed before and after was connected all the time.
    clients.listed(server.connections()?);
    let log = server.attach(detail)?;
    clients.listed(server.connections()?);
    Ok(log)
}

/// The half that reads.
pub(crate) struct Reader {
    log: Log,
    shared: Arc<Mutex<Seen>>,
}

/// The half that asks, on a connection of its own.
pub(crate) struct Keeper {
    server: Session,
    shared: Arc<Mutex<Seen>>,
    /// Whether the log of reads tells of deletes, so that their lookups are known.
    deletes_told: bool,
    /// The stores and lookups at the last look, and when they had grown.
    events: u64,
    grown: Instant,
    /// The last knock.
    knock: Option<Knock>,
}

/// How much of the log has come when it was to be settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    /// All of it until then.
    Whole,
    /// The server had more to tell.
    Behind,
}

/// What is to be told of stores after the moment at which a log is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Later {
    Told,
    LetPass,
}

impl Reader {
    /// Waits until `deadline` for more of the log.
    pub(crate) fn wait(&mut self, deadline: Instant) -> Result<(), StoreError> {
        self.log.fill(deadline)
    }

    /// Hands on each store that has come.
    pub(crate) fn stores(&mut self, take: &mut dyn FnMut(&Mutation)) -> Result<(), StoreError> {
        self.told(&mut |told| {
            if let Entry::Store(store) = told {
                take(store);
            }
        })
    }

    /// Hands on each store that has come, and each lookup that is sure to be no store's.
    pub(crate) fn told(&mut self, take: &mut dyn FnMut(Entry)) -> Result<(), StoreError> {
        let mut seen = lock(&self.shared);
        self.log.lines(&mut |line| seen.line(line, take))?;
        seen.sweep(take);
        Ok(())
    }
}

impl Keeper {
    /// Keeps the server's logging thread awake: to be called about ten times a second.
    pub(crate) fn keep_awake(&mut self) {
        let events = lock(&self.shared).events;
        if events != self.events {
            self.events = events;
            self.grown = Instant::now();
        } else if self.grown.elapsed() >= QUIET {
            self.knock = self.server.knock();
        }
    }

    /// Looks at the server's list of connections, if that could name somebody.
    pub(crate) fn name_clients(&mut self) -> Result<(), StoreError> {
        if !lock(&self.shared).clients.unsure() {
            return Ok(());
        }
        let list = self.server.connections()?;
        lock(&self.shared).clients.listed(list);
        Ok(())
    }

    /// The server's own counters; `None` if it does not tell.
    pub(crate) fn counters(&mut self) -> Result<Option<Counters>, StoreError> {
        self.server.counters()
    }

    /// Whether the log of reads tells of deletes, so that their lookups are known.
    pub(crate) fn deletes_told(&self) -> bool {
        self.deletes_told
    }

    /// Lines of any kind that have come so far.
    pub(crate) fn lines(&self) -> u64 {
        lock(&self.shared).lines
    }

    /// Hands on the lookups of which no line has said since what they were for: the log is at its end.
    pub(crate) fn finish(&mut self, take: &mut dyn FnMut(Entry)) {
        lock(&self.shared).finish(take);
    }

    /// Lines that the server says it did not send, so far.
    pub(crate) fn skipped(&self) -> u64 {
        lock(&self.shared).skipped
    }

    /// Knocks, and has the line of it waited for; whether that is possible.
    pub(crate) fn knock(&mut self, later: Later) -> bool {
        // Locked meanwhile, so that the line is not read before it is waited for.
        let mut seen = lock(&self.shared);
        self.knock = self.server.knock();
        let Some(name) = self.knock.as_ref().and_then(|knock| knock.name) else {
            return false;
        };
        seen.awaited = Some(Awaited {
            name: name.to_string(),
            ends: later == Later::LetPass,
        });
        true
    }

    /// Waits until everything has come that the log has to tell until now.
    ///
    /// A knock's line stands in the log behind all that its thread of the server wrote before. A second knock, seen too,
    /// proves that the lines of the other threads have come as well: the server goes round them one by one.
    ///
    /// `read` lets the log be read until a moment, and says whether to go on; `patience` bounds the wait for each knock.
    pub(crate) fn settle(
        &mut self,
        later: Later,
        patience: Duration,
        read: &mut dyn FnMut(Instant) -> Result<bool, StoreError>,
    ) -> Result<Settled, StoreError> {
        // An earlier knock's line was never seen: between us and the server somebody changes addresses.
        let strange = self.is_waiting();
        for later in [later, Later::Told] {
            let knocked = !strange && self.knock(later);
            // Without knocking, wait as long as a line can take.
            let deadline = Instant::now() + if knocked { patience } else { SLEEP };
            while (!knocked || self.is_waiting()) && Instant::now() < deadline {
                if !read(deadline)? {
                    return Ok(self.behind());
                }
            }
            if !knocked {
                return Ok(Settled::Whole);
            }
            if self.is_waiting() {
                return Ok(self.behind());
            }
        }
        Ok(Settled::Whole)
    }

    fn is_waiting(&self) -> bool {
        lock(&self.shared).awaited.is_some()
    }

    fn behind(&self) -> Settled {
        lock(&self.shared).awaited = None;
        Settled::Behind
    }
}

/// What another thread left behind when it panicked is still worth reporting.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn store(gid: u64) -> String {
        format!("gid={gid} type=item_store key=k status=stored cmd=set cfd=9")
    }

    fn opened(gid: u64, port: u16) -> String {
        format!("gid={gid} type=conn_new rip=127.0.0.1 rport={port} transport=tcp cfd=9")
    }

    fn told(seen: &mut Seen, line: &str) -> usize {
        let mut told = 0;
        seen.line(line.as_bytes(), &mut |_| told += 1);
        told
    }

    /// A keeper that knocks at a listener, and the listener.
    fn keeper() -> (Keeper, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string().parse().unwrap();
        let keeper = Keeper {
            server: Session::new(address, Duration::from_secs(5)),
            shared: Arc::new(Mutex::new(Seen::new(Clients::default()))),
            deletes_told: true,
            events: 0,
            grown: Instant::now(),
            knock: None,
        };
        (keeper, listener)
    }

    #[test]
    fn a_log_is_settled_when_the_lines_of_two_knocks_have_come() {
        let (mut keeper, listener) = keeper();
        let shared = Arc::clone(&keeper.shared);
        let mut knocks = 0;
        let settled = keeper.settle(Later::LetPass, Duration::from_secs(5), &mut |_| {
            let (_, knocking) = listener.accept().unwrap();
            knocks += 1;
            let mut seen = lock(&shared);
            told(&mut seen, &opened(knocks * 10, knocking.port()));
            // Behind the first knock: written after the end, and told no more.
            assert_eq!(told(&mut seen, &store(knocks * 10 + 1)), 0);
            Ok(true)
        });
        assert_eq!((settled, knocks), (Ok(Settled::Whole), 2));
        assert_eq!(lock(&shared).end, 10);
    }

    #[test]
    fn a_log_whose_knock_is_not_told_is_behind() {
        let (mut keeper, _listener) = keeper();
        let patience = Duration::from_millis(20);
        let settled = keeper.settle(Later::Told, patience, &mut |_| Ok(true));
        assert_eq!(settled, Ok(Settled::Behind));
        // What is not waited for any more makes the next time no stranger.
        assert!(!keeper.is_waiting());
        let settled = keeper.settle(Later::Told, Duration::from_secs(60), &mut |_| Ok(false));
        assert_eq!(settled, Ok(Settled::Behind));
    }

    #[test]
    fn where_knocks_are_not_seen_the_longest_sleep_is_waited() {
        let (mut keeper, _listener) = keeper();
        assert!(keeper.knock(Later::Told));
        let began = Instant::now();
        let settled = keeper.settle(Later::Told, Duration::ZERO, &mut |_| Ok(true));
        assert_eq!(settled, Ok(Settled::Whole));
        assert!(began.elapsed() >= SLEEP);
    }
}
