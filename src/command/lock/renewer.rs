//! The thread that speaks with the server while the command runs.
//!
//! An exchange may take as long as its time limit, or longer where names are looked up. Meanwhile somebody must pass signals
//! on, and end the command in time: so the exchanges have a thread of their own, which is asked for one thing at a time.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread;

use super::clock::now;
use crate::cas::lease::{Answered, Keep, Release};
use crate::cas::{Store, StoreError};
use crate::command::child::Waker;

enum Ask {
    /// Sent first, once there is a lease.
    Begin(Box<dyn Store + Send>, Keep),
    Renew,
    Release,
}

/// What came of what was asked.
#[derive(Debug)]
pub(super) enum Answer {
    Renewal(Answered),
    Release(Result<Release, StoreError>),
}

/// The way to the thread; it ends with this.
pub(super) struct Renewer {
    asks: Sender<Ask>,
    answers: Receiver<Answer>,
    /// How many answers are still to come.
    pending: u32,
}

impl Renewer {
    /// Starts the thread, which has nothing to do yet. Each answer calls the waker.
    pub(super) fn start(waker: Waker) -> io::Result<Renewer> {
        let (asks, asked) = mpsc::channel();
        let (answer, answers) = mpsc::channel();
        thread::Builder::new().spawn(move || work(&asked, &answer, &waker))?;
        Ok(Renewer {
            asks,
            answers,
            pending: 0,
        })
    }

    /// From now on this lease is to be kept.
    pub(super) fn begin(&self, store: Box<dyn Store + Send>, keep: Keep) {
        let _ = self.asks.send(Ask::Begin(store, keep));
    }

    pub(super) fn renew(&mut self) {
        self.ask(Ask::Renew);
    }

    pub(super) fn release(&mut self) {
        self.ask(Ask::Release);
    }

    fn ask(&mut self, ask: Ask) {
        self.pending += 1;
        // If the thread is gone, no answer comes: that is what `answer` reports.
        let _ = self.asks.send(ask);
    }

    /// Whether an answer is still to come.
    pub(super) fn is_busy(&self) -> bool {
        self.pending > 0
    }

    /// The next answer that has come; `Err` if none ever will.
    pub(super) fn answer(&mut self) -> Result<Option<Answer>, Gone> {
        match self.answers.try_recv() {
            Ok(answer) => {
                self.pending -= 1;
                Ok(Some(answer))
            }
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(Gone),
        }
    }
}

/// The thread has ended: it has panicked.
#[derive(Debug)]
pub(super) struct Gone;

fn work(asked: &Receiver<Ask>, answer: &Sender<Answer>, waker: &Waker) {
    // However it ends, whoever waits for an answer must notice.
    let _wake = WakeAtLast(waker);
    let Ok(Ask::Begin(mut store, keep)) = asked.recv() else {
        return;
    };
    while let Ok(ask) = asked.recv() {
        let done = match ask {
            Ask::Begin(..) => continue,
            Ask::Renew => Answer::Renewal(keep.renew(store.as_mut(), &now)),
            Ask::Release => Answer::Release(keep.release(store.as_mut())),
        };
        if answer.send(done).is_err() {
            return;
        }
        waker.wake();
    }
}

struct WakeAtLast<'a>(&'a Waker);

impl Drop for WakeAtLast<'_> {
    fn drop(&mut self) {
        self.0.wake();
    }
}
