//! Measuring the loop: many workers increment one counter at once, each with a connection of its own, by one strategy.
//!
//! Knows neither arguments nor printing: it takes a [`Trial`] and returns a [`Measurement`].

mod measurement;
mod race;
mod trial;
mod worker;

use std::sync::Barrier;
use std::sync::atomic::AtomicU64;
use std::thread;

pub(crate) use self::measurement::Measurement;
use self::race::Race;
pub(crate) use self::trial::{Connect, Strategy, Trial, TrialError, Until};
use self::worker::Worked;
use crate::cas::{Counter, Key, Store};

/// Makes one measurement.
pub(crate) fn run(trial: &Trial, connect: Connect) -> Result<Measurement, TrialError> {
    let mut observer = connect();
    let before = read(observer.as_mut(), trial.key)?;
    let race = Race {
        start: Barrier::new(trial.workers),
        until: trial.until,
        begun: AtomicU64::new(0),
        over: trial.over,
    };
    let worked = thread::scope(|scope| {
        let workers: Vec<_> = (0..trial.workers)
            .map(|_| scope.spawn(|| worker::work(connect().as_mut(), trial, &race)))
            .collect();
        let join = |worker: thread::ScopedJoinHandle<'_, Worked>| {
            worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().map(join).collect::<Vec<_>>()
    });
    let after = read(observer.as_mut(), trial.key)?;
    if let Some(error) = worked.iter().find_map(|worked| worked.error.clone()) {
        return Err(TrialError::Store(error));
    }
    Ok(Measurement::of(trial, &worked, after.get() - before.get()))
}

fn read(store: &mut dyn Store, key: &Key) -> Result<Counter, TrialError> {
    let items = store
        .look(std::slice::from_ref(key))
        .map_err(TrialError::Store)?;
    let item = items
        .into_iter()
        .flatten()
        .next()
        .ok_or(TrialError::Missing)?;
    let counter = Counter::parse(&item.value).map_err(|_| TrialError::Unsuitable)?;
    if counter.is_far_from_wrapping() {
        Ok(counter)
    } else {
        Err(TrialError::Unsuitable)
    }
}
