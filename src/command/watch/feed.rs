//! The log of a server as `watch` reads it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::told::Told;
use crate::cas::{Key, StoreError, Token};
use crate::client::log::{Keeper, Later, Reader, Settled};

/// How long to wait for lines at a time; between, the server's logging thread is kept awake.
const BEAT: Duration = Duration::from_millis(100);
/// How long to wait for what the server has yet to tell of a moment: a little more than its logging thread sleeps.
const PATIENCE: Duration = Duration::from_millis(1200);
/// Stores that are kept, at most, until they are told; a server that tells of more meanwhile is not waited for.
const KEPT: usize = 10_000;

/// What is known of the log that is to be followed.
#[derive(Default)]
pub(super) struct Wanted {
    /// Whether it could ever be had; if not, it is asked for again only when the server was away.
    pub(super) had: bool,
    /// It, from the moment at which it was asked for until it is followed.
    pub(super) feed: Option<Feed>,
    /// Why it could not be had at the last look.
    pub(super) refused: Option<StoreError>,
    /// Whether people were told that it cannot be had.
    pub(super) noted: bool,
}

/// The log of a server, reduced to the keys.
pub(super) struct Feed {
    reader: Reader,
    keeper: Keeper,
    keys: HashMap<Vec<u8>, usize>,
    /// What a look has shown since the log was there, by key: a line of it tells nothing new.
    pub(super) shown: Vec<Option<Token>>,
}

impl Feed {
    pub(super) fn new((reader, keeper): (Reader, Keeper), keys: &[Key]) -> Feed {
        let keys = keys.iter().enumerate();
        Feed {
            reader,
            keeper,
            keys: keys
                .map(|(at, key)| (key.as_bytes().to_vec(), at))
                .collect(),
            shown: Vec::new(),
        }
    }

    /// Whether a look has told of the store that left `token`; it is asked once, as no two stores have one token.
    pub(super) fn has_shown(&mut self, index: usize, token: Token) -> bool {
        let shown = self.shown.get_mut(index);
        shown.is_some_and(|shown| shown.take_if(|shown| *shown == token).is_some())
    }

    /// What comes next about the keys; nothing if nothing comes within a beat.
    pub(super) fn next(&mut self, end: Option<Instant>) -> Result<Vec<Told>, StoreError> {
        let beat = Instant::now() + BEAT;
        let mut batch = Vec::new();
        self.reader.wait(end.map_or(beat, |end| end.min(beat)))?;
        take(&mut self.reader, &self.keys, &mut batch)?;
        if batch.is_empty() {
            self.keeper.keep_awake();
        }
        self.keeper.name_clients()?;
        Ok(batch)
    }

    /// Reads what the log has to tell until now, and whether that was all.
    pub(super) fn catch_up(&mut self) -> Result<(Vec<Told>, bool), StoreError> {
        let Feed {
            reader,
            keeper,
            keys,
            ..
        } = self;
        let mut batch = Vec::new();
        let settled = keeper.settle(Later::Told, PATIENCE, &mut |deadline| {
            reader.wait(deadline)?;
            take(reader, keys, &mut batch)?;
            Ok(batch.len() < KEPT)
        })?;
        Ok((batch, settled == Settled::Whole))
    }
}

/// Takes in what the log tells of the keys.
fn take(
    reader: &mut Reader,
    keys: &HashMap<Vec<u8>, usize>,
    batch: &mut Vec<Told>,
) -> Result<(), StoreError> {
    reader.stores(&mut |mutation| {
        if let Some(&index) = keys.get(mutation.key) {
            batch.push(Told::of(mutation, index));
        }
    })
}
