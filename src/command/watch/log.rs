//! `mccas watch --log`: each store of the keys as the server's log tells it, lost swaps included.
//!
//! A line of the log has neither token nor value. They are fetched, and shown only if the item is still that write: the
//! log, read up to a moment after the fetch, must have no further store of the key.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use super::Watch;
use crate::cas::mutation::{Mutation, Outcome};
use crate::cas::{Item, Key, StoreError};
use crate::client::Session;
use crate::client::log::{self, Detail, Keeper, Later, Reader, Settled};
use crate::exit::Exit;
use crate::output::event::Event;
use crate::output::report::Report;
use crate::output::{calendar, text};

/// How long to wait for lines at a time; between, the server's logging thread is kept awake.
const BEAT: Duration = Duration::from_millis(100);
/// How long to wait for what the server has yet to tell of a moment: a little more than its logging thread sleeps.
const PATIENCE: Duration = Duration::from_millis(1200);
/// Stores that are kept, at most, until they are told; a server that tells of more meanwhile is not waited for.
const KEPT: usize = 10_000;

/// Whose log it is: all keys are on one server.
const ITS_SERVER: usize = 0;

/// The log of a server, reduced to the keys.
struct Feed {
    reader: Reader,
    keeper: Keeper,
    keys: HashMap<Vec<u8>, usize>,
}

/// One store that was tried.
struct Told {
    index: usize,
    outcome: Outcome,
    command: String,
    client: String,
    at: SystemTime,
}

/// Why the log is followed no further, before the watch is over.
enum Broken {
    /// The server does not tell any more.
    Server(StoreError),
    /// We cannot go on.
    Own(anyhow::Error),
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Broken {
        Broken::Server(error)
    }
}

impl From<anyhow::Error> for Broken {
    fn from(error: anyhow::Error) -> Broken {
        Broken::Own(error)
    }
}

impl Watch<'_, '_> {
    /// Follows the log to the end of the watch; `None` if it cannot be followed (any more) and polling must take over.
    pub(super) fn follow_log(&mut self, server: Session) -> anyhow::Result<Option<Exit>> {
        let (reader, keeper) = match log::follow(server, Detail::Stores) {
            Ok(halves) => halves,
            Err(error @ (StoreError::Refused(_) | StoreError::Unable(_))) => {
                let message = format!("{error}; polling instead");
                self.context.out.message(&message);
                return Ok(None);
            }
            Err(error) => return self.fail(ITS_SERVER, &error).map(Some),
        };
        let keys = self.args.keys.iter().enumerate();
        let mut feed = Feed {
            reader,
            keeper,
            keys: keys
                .map(|(at, key)| (key.as_bytes().to_vec(), at))
                .collect(),
        };
        match self.context.store.glance(&self.args.keys) {
            Ok(glances) => {
                if let Err(error) = self.seen(ITS_SERVER, &glances)? {
                    self.lost(ITS_SERVER, &error)?;
                }
            }
            Err(error) => return self.fail(ITS_SERVER, &error).map(Some),
        }
        match self.follow(&mut feed) {
            Ok(exit) => Ok(Some(exit)),
            Err(Broken::Own(error)) => Err(error),
            Err(Broken::Server(error)) => {
                self.lost(ITS_SERVER, &error)?;
                Ok(None)
            }
        }
    }

    fn follow(&mut self, feed: &mut Feed) -> Result<Exit, Broken> {
        let mut batch = Vec::new();
        loop {
            if let Some(exit) = self.time_is_up()? {
                return Ok(exit);
            }
            if batch.is_empty() {
                batch = feed.next(self.end())?;
                continue;
            }
            let (items, later) = self.fetch(feed, &batch)?;
            for (at, told) in batch.iter().enumerate() {
                let mut after = batch[at + 1..].iter().chain(&later);
                let is_last = !after.any(|other| other.stored(told.index));
                let item = items.get(&told.index).filter(|_| is_last);
                self.tell(told, item)?;
                if self.args.count.is_some_and(|count| self.changes >= count) {
                    return Ok(Exit::Done);
                }
            }
            batch = later;
        }
    }

    /// The items that a batch stored, and what the log tells of the time until after they were fetched.
    fn fetch(
        &mut self,
        feed: &mut Feed,
        batch: &[Told],
    ) -> Result<(HashMap<usize, Item>, Vec<Told>), StoreError> {
        let mut stored: Vec<usize> = batch
            .iter()
            .filter(|told| told.stored(told.index))
            .map(|told| told.index)
            .collect();
        stored.sort_unstable();
        stored.dedup();
        if stored.is_empty() {
            return Ok((HashMap::new(), Vec::new()));
        }
        let keys: Vec<Key> = stored
            .iter()
            .map(|&index| self.args.keys[index].clone())
            .collect();
        let items = self.context.store.look(&keys)?;
        let found = stored.into_iter().zip(items);
        let found = found
            .filter_map(|(index, item)| Some((index, item?)))
            .collect();
        let (later, complete) = feed.catch_up()?;
        Ok((if complete { found } else { HashMap::new() }, later))
    }

    fn tell(&mut self, told: &Told, item: Option<&Item>) -> anyhow::Result<()> {
        let key = &self.args.keys[told.index];
        let event = match told.outcome {
            Outcome::Stored => Event::Changed,
            Outcome::Exists => Event::Lost,
            Outcome::NotFound => Event::Missing,
            Outcome::NotStored | Outcome::Failed => Event::NotStored,
        };
        let item = item.filter(|_| event == Event::Changed);
        let (paint, terminal) = (self.context.out.paint(), self.context.out.terminal());
        let report = match item {
            Some(item) => Report::event(event).item(item.clone()),
            None => Report::event(event),
        };
        let report = Report {
            client: Some(told.client.clone()),
            command: Some(told.command.clone()),
            ..report.key(key)
        };
        let line = format!(
            "{}  {}  {}  {}",
            paint.key(&key.to_string()),
            text::event(event, paint),
            text::writer(&told.client, &told.command, paint),
            item.map(|item| text::event_item(item, paint, terminal))
                .unwrap_or_default()
        );
        self.event_at(told.at, report, &line)?;
        if event == Event::Changed {
            self.changes += 1;
            let token = item.map(|item| item.token);
            self.exec(
                told.index,
                event,
                token,
                item.map_or(&[], |item| &item.value),
            );
        }
        Ok(())
    }
}

impl Feed {
    /// What comes next about the keys; nothing if nothing comes within a beat.
    fn next(&mut self, end: Option<Instant>) -> Result<Vec<Told>, StoreError> {
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
    fn catch_up(&mut self) -> Result<(Vec<Told>, bool), StoreError> {
        let Feed {
            reader,
            keeper,
            keys,
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

impl Told {
    fn of(mutation: &Mutation, index: usize) -> Told {
        let writer = mutation.writer.as_ref();
        let client = writer.and_then(|writer| writer.name());
        Told {
            index,
            outcome: mutation.outcome,
            command: String::from_utf8_lossy(mutation.command).into_owned(),
            client: client.unwrap_or("?").into(),
            at: mutation
                .at
                .and_then(calendar::moment)
                .unwrap_or_else(SystemTime::now),
        }
    }

    /// Whether it changed the key with this index.
    fn stored(&self, index: usize) -> bool {
        self.index == index && self.outcome == Outcome::Stored
    }
}
