//! A signal while a write is under way ends mccas, but not without a word: whether the write happens is open then.
//!
//! A write is under way from its first byte to the end of what its lost answer led to. A signal in that time is caught. It
//! cuts the wait for the answer short, to a moment, and nothing more is asked. What is known then is told as always (if no
//! answer came, that the write may have been applied), and the signal ends mccas afterwards. At every other time signals do
//! what they always do.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustix::process::Signal;
use signal_hook::flag;

use super::child::{ignored, obey, signal_name};
use crate::cas::store::{Failure, Fault, InWindow};
use crate::cas::{
    Counter, Found, Glance, Item, Key, Process, Store, StoreError, Swap, Take, Token, Want, Written,
};

/// The signals that end a program at somebody's wish.
const CAUGHT: [Signal; 4] = [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM];

/// The write that is under way, if any.
#[derive(Clone, Default)]
pub(crate) struct UnderWay(Arc<Shared>);

struct Shared {
    /// Up while nothing is under way.
    idle: Arc<AtomicBool>,
    /// Up while the outcomes of several keys are collected: a signal waits until all are told.
    holding: AtomicBool,
    /// Up once a signal came: no answer is waited for any longer than a moment.
    hurry: Arc<AtomicBool>,
    /// Each signal that is caught, and whether it came. Nothing is caught before the first write.
    caught: OnceLock<Vec<(Signal, Arc<AtomicBool>)>>,
}

impl Default for Shared {
    fn default() -> Shared {
        Shared {
            idle: Arc::new(AtomicBool::new(true)),
            holding: AtomicBool::new(false),
            hurry: Arc::default(),
            caught: OnceLock::new(),
        }
    }
}

impl UnderWay {
    /// What the client looks at while it waits.
    pub(super) fn hurry(&self) -> &Arc<AtomicBool> {
        &self.0.hurry
    }

    fn begin(&self) {
        self.0.caught.get_or_init(|| {
            let ignored = ignored();
            let heeded = CAUGHT
                .into_iter()
                .filter(|&signal| !ignored.contains(signal));
            // One that cannot be caught ends the program as it always did: silently.
            heeded
                .filter_map(|signal| self.catch(signal).ok())
                .collect()
        });
        self.0.idle.store(false, Ordering::SeqCst);
    }

    fn catch(&self, signal: Signal) -> io::Result<(Signal, Arc<AtomicBool>)> {
        let (number, came) = (signal.as_raw(), Arc::new(AtomicBool::new(false)));
        flag::register_conditional_default(number, Arc::clone(&self.0.idle))?;
        flag::register(number, Arc::clone(&came))?;
        flag::register(number, Arc::clone(&self.0.hurry))?;
        Ok((signal, came))
    }

    /// A command of the user's is about to run: signals are for it, until this is [`over`](UnderWay::over).
    pub(super) fn hand_over(&self) {
        self.0.idle.store(false, Ordering::SeqCst);
    }

    /// Up while signals do to mccas what they always do.
    pub(super) fn idle(&self) -> &Arc<AtomicBool> {
        &self.0.idle
    }

    /// The outcomes of several keys are about to be found out: until they are told, and this is [`over`](UnderWay::over), no
    /// signal ends mccas. After one nothing more is begun.
    pub(super) fn hold(&self) {
        self.0.holding.store(true, Ordering::SeqCst);
    }

    fn is_holding(&self) -> bool {
        self.0.holding.load(Ordering::SeqCst)
    }

    /// What became of the write is known, or that it cannot be known is about to be told.
    pub(super) fn over(&self) {
        self.0.holding.store(false, Ordering::SeqCst);
        self.0.idle.store(true, Ordering::SeqCst);
    }

    /// Ends mccas if a signal came while a write was under way, now that it is told.
    pub(super) fn obey_late(&self) {
        if let Some(signal) = self.signal() {
            obey(signal);
        }
    }

    /// The signal that came.
    pub(super) fn signal(&self) -> Option<Signal> {
        let mut caught = self.0.caught.get()?.iter();
        let came = caught.find(|(_, came)| came.load(Ordering::SeqCst));
        came.map(|&(signal, _)| signal)
    }

    /// Whether there is time to ask what became of a write; if not, it stays unknown.
    fn ensure_wanted(&self) -> Result<(), StoreError> {
        match self.signal() {
            None => Ok(()),
            Some(signal) => Err(StoreError::Unknown(Failure {
                fault: Fault::Silent,
                message: format!("{} came", signal_name(signal)),
            })),
        }
    }
}

/// A store that knows when a write is under way.
pub(super) struct Guarded<S> {
    pub(super) store: S,
    pub(super) under_way: UnderWay,
}

/// Nothing more is begun, as a signal has come.
fn not_begun(signal: Signal) -> StoreError {
    StoreError::Unreachable(Failure {
        fault: Fault::Silent,
        message: format!(
            "{} came before it was sent; nothing was written",
            signal_name(signal)
        ),
    })
}

impl<S: Store> Guarded<S> {
    fn write<T>(
        &mut self,
        write: impl FnOnce(&mut S) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.under_way.begin();
        let answer = write(&mut self.store);
        if !matches!(answer, Err(StoreError::Unknown(_))) && !self.under_way.is_holding() {
            self.under_way.over();
        }
        answer
    }
}

impl<S: Store> Store for Guarded<S> {
    fn server(&self, key: &Key) -> String {
        self.store.server(key)
    }

    fn peer(&self, key: &Key) -> Option<&'static str> {
        self.store.peer(key)
    }

    fn round_trip(&self, key: &Key) -> Option<Duration> {
        self.store.round_trip(key)
    }

    fn takes_proof(&self, key: &Key) -> Result<(), StoreError> {
        self.store.takes_proof(key)
    }

    fn try_proof(&mut self, key: &Key) -> Result<(), StoreError> {
        self.store.try_proof(key)
    }

    fn look(&mut self, keys: &[Key]) -> Result<Vec<Option<Item>>, StoreError> {
        self.store.look(keys)
    }

    fn look_through(&mut self, keys: &[Key], take: Take<'_>) {
        self.store.look_through(keys, take);
    }

    fn glance(&mut self, keys: &[Key]) -> Result<Vec<Option<Glance>>, StoreError> {
        self.store.glance(keys)
    }

    fn look_each(&mut self, keys: &[Key]) -> Vec<Result<Option<Item>, StoreError>> {
        self.store.look_each(keys)
    }

    fn glance_each(&mut self, keys: &[Key]) -> Vec<Result<Option<Glance>, StoreError>> {
        self.store.glance_each(keys)
    }

    fn read(&mut self, key: &Key, want: Want) -> Result<Option<Item>, StoreError> {
        // The last attempt lost, and that is known: here nothing is in doubt.
        if self.under_way.is_holding() {
            if let Some(signal) = self.under_way.signal() {
                return Err(not_begun(signal));
            }
        } else {
            self.under_way.obey_late();
        }
        self.store.read(key, want)
    }

    fn read_window(&mut self, keys: &[Key]) -> Vec<Result<InWindow, StoreError>> {
        match self.under_way.signal() {
            None => self.store.read_window(keys),
            Some(signal) => keys.iter().map(|_| Err(not_begun(signal))).collect(),
        }
    }

    fn swap_window(&mut self, swaps: &[Swap]) -> Vec<Result<Written, StoreError>> {
        self.under_way.begin();
        self.store.swap_window(swaps)
    }

    fn delete_window(&mut self, items: &[(&Key, Token)]) -> Vec<Result<Written, StoreError>> {
        self.under_way.begin();
        self.store.delete_window(items)
    }

    fn instance(&mut self, key: &Key) -> Result<Option<String>, StoreError> {
        self.store.instance(key)
    }

    fn now(&mut self, key: &Key) -> Result<Option<u64>, StoreError> {
        self.store.now(key)
    }

    fn swap(&mut self, swap: &Swap) -> Result<Written, StoreError> {
        self.write(|store| store.swap(swap))
    }

    fn swap_again(&mut self, swap: &Swap) -> Result<(Written, Option<Token>), StoreError> {
        // The first one is still in doubt, whatever becomes of this one.
        self.under_way.ensure_wanted()?;
        self.store.swap_again(swap)
    }

    fn add(
        &mut self,
        key: &Key,
        delta: u64,
    ) -> Result<Option<(Counter, Option<Token>)>, StoreError> {
        self.write(|store| store.add(key, delta))
    }

    fn delete(&mut self, key: &Key) -> Result<(), StoreError> {
        self.store.delete(key)
    }

    fn delete_if(&mut self, key: &Key, token: Token) -> Result<Written, StoreError> {
        // One that was lost before is still in doubt, whatever becomes of this one.
        self.under_way.begin();
        self.under_way.ensure_wanted()?;
        self.store.delete_if(key, token)
    }

    fn release(&mut self, key: &Key, token: Token) -> Result<(), StoreError> {
        self.store.release(key, token)
    }

    fn reconnect(&mut self, key: &Key) -> Result<Process, StoreError> {
        self.store.reconnect(key)
    }

    fn look_again(&mut self, key: &Key) -> Result<Found, StoreError> {
        self.under_way.ensure_wanted()?;
        self.store.look_again(key)
    }
}
