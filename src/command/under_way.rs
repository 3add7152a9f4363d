//! A signal while a write is under way ends mccas, but not without a word: whether the write happens is open then.
//!
//! A write is under way from its first byte to the end of what its lost answer led to. A signal in that time is caught, and
//! the answer gets a moment to come: then it is told as always, and the signal ends mccas afterwards. If it does not come,
//! it is the watcher that says so and ends mccas, as the main thread waits for the server, wherever that may be. At every
//! other time signals do what they always do.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use super::child::{Signals, obey, signal_name};
use crate::cas::{
    Counter, Found, Glance, Item, Key, Process, Store, StoreError, Swap, Token, Want, Written,
};
use crate::output::report::{Report, Status};
use crate::output::{Output, OutputSettings};

/// How long the answer may take after the signal.
const MOMENT: Duration = Duration::from_millis(100);

/// The write that is under way, if any.
#[derive(Clone)]
pub(crate) struct UnderWay(Arc<Shared>);

struct Shared {
    output: OutputSettings,
    /// The key that is being written, and its server. Whoever holds the lock decides how the write is told.
    target: Mutex<Option<Target>>,
    /// Up while nothing is under way.
    idle: Arc<AtomicBool>,
    signals: OnceLock<Option<Signals>>,
}

struct Target {
    key: Key,
    server: String,
}

impl UnderWay {
    /// Nothing is caught before the first write.
    pub(super) fn new(output: OutputSettings) -> UnderWay {
        UnderWay(Arc::new(Shared {
            output,
            target: Mutex::default(),
            idle: Arc::new(AtomicBool::new(true)),
            signals: OnceLock::new(),
        }))
    }

    fn begin(&self, key: &Key, server: String) {
        let shared = &self.0;
        if shared.signals.get().is_none() {
            // Without signals or a thread to spare, a signal ends the program as it always did: silently.
            let signals = self.listen().ok();
            let _ = shared.signals.set(signals);
        }
        *self.target() = Some(Target {
            key: key.clone(),
            server,
        });
        shared.idle.store(false, Ordering::SeqCst);
    }

    /// A command of the user's is about to run: signals are for it, until this is [`over`](UnderWay::over).
    pub(super) fn hand_over(&self) {
        self.0.idle.store(false, Ordering::SeqCst);
    }

    /// Up while signals do to mccas what they always do.
    pub(super) fn idle(&self) -> &Arc<AtomicBool> {
        &self.0.idle
    }

    /// What became of the write is known, or that it cannot be known is about to be told.
    pub(super) fn over(&self) {
        *self.target() = None;
        self.0.idle.store(true, Ordering::SeqCst);
    }

    /// Ends mccas if a signal came while a write was under way, now that it is told.
    pub(super) fn obey_late(&self) {
        if let Some(signal) = self.signal() {
            obey(signal);
        }
    }

    fn listen(&self) -> io::Result<Signals> {
        let signals = Signals::listen_unless(&self.0.idle)?;
        let watcher = self.clone();
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || watcher.watch())?;
        Ok(signals)
    }

    fn watch(&self) {
        let Some(signals) = self.0.signals.wait() else {
            return;
        };
        loop {
            signals.wait();
            thread::sleep(MOMENT);
            let target = self.target();
            if let Some(target) = &*target
                && let Some(signal) = self.signal()
            {
                // Should nobody read what is told, a second signal ends the program at once.
                self.0.idle.store(true, Ordering::SeqCst);
                self.tell(target, signal);
                obey(signal);
            }
        }
    }

    fn tell(&self, target: &Target, signal: Signal) {
        let Target { key, server } = target;
        let name = signal_name(signal);
        let message = format!(
            "{key}: {name} came while a write was under way to {server}; \
             it may have been applied: look (mccas gets) before repeating"
        );
        let mut out = Output::new(self.0.output);
        if out.json() {
            let report = Report {
                server: Some(server.clone()),
                error: Some(message.clone()),
                ..Report::of(Status::Unknown).key(key)
            };
            // If stdout fails, the line on stderr still says it.
            let _ = out.object(&report);
        }
        out.message(&message);
    }

    /// A signal that was caught, and that ends a program.
    fn signal(&self) -> Option<Signal> {
        let signals = self.0.signals.get()?.as_ref()?;
        std::iter::from_fn(|| signals.take()).find(|&signal| signal != Signal::WINCH)
    }

    fn target(&self) -> MutexGuard<'_, Option<Target>> {
        self.0.target.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store that knows when a write is under way.
pub(super) struct Guarded<S> {
    pub(super) store: S,
    pub(super) under_way: UnderWay,
}

impl<S: Store> Guarded<S> {
    fn write<T>(
        &mut self,
        key: &Key,
        write: impl FnOnce(&mut S) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.under_way.begin(key, self.store.server(key));
        let answer = write(&mut self.store);
        if !matches!(answer, Err(StoreError::Unknown(_))) {
            self.under_way.over();
        }
        answer
    }
}

impl<S: Store> Store for Guarded<S> {
    fn server(&self, key: &Key) -> String {
        self.store.server(key)
    }

    fn look(&mut self, keys: &[Key]) -> Result<Vec<Option<Item>>, StoreError> {
        self.store.look(keys)
    }

    fn glance(&mut self, keys: &[Key]) -> Result<Vec<Option<Glance>>, StoreError> {
        self.store.glance(keys)
    }

    fn read(&mut self, key: &Key, want: Want) -> Result<Option<Item>, StoreError> {
        // The last attempt lost, and that is known: here nothing is in doubt.
        self.under_way.obey_late();
        self.store.read(key, want)
    }

    fn instance(&mut self, key: &Key) -> Result<Option<String>, StoreError> {
        self.store.instance(key)
    }

    fn now(&mut self, key: &Key) -> Result<Option<u64>, StoreError> {
        self.store.now(key)
    }

    fn swap(&mut self, swap: &Swap) -> Result<Written, StoreError> {
        self.write(&swap.key, |store| store.swap(swap))
    }

    fn swap_again(&mut self, swap: &Swap) -> Result<(Written, Option<Token>), StoreError> {
        // The first one is still in doubt, whatever becomes of this one.
        let server = self.store.server(&swap.key);
        self.under_way.begin(&swap.key, server);
        self.store.swap_again(swap)
    }

    fn add(
        &mut self,
        key: &Key,
        delta: u64,
    ) -> Result<Option<(Counter, Option<Token>)>, StoreError> {
        self.write(key, |store| store.add(key, delta))
    }

    fn delete(&mut self, key: &Key) -> Result<(), StoreError> {
        self.store.delete(key)
    }

    fn delete_if(&mut self, key: &Key, token: Token) -> Result<Written, StoreError> {
        // One that was lost before is still in doubt, whatever becomes of this one.
        self.under_way.begin(key, self.store.server(key));
        self.store.delete_if(key, token)
    }

    fn release(&mut self, key: &Key, token: Token) -> Result<(), StoreError> {
        self.store.release(key, token)
    }

    fn reconnect(&mut self, key: &Key) -> Result<Process, StoreError> {
        self.store.reconnect(key)
    }

    fn look_again(&mut self, key: &Key) -> Result<Found, StoreError> {
        self.store.look_again(key)
    }
}
