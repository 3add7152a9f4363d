//! `mccas watch --log`: each store of the keys as the server's log tells it, lost swaps included.
//!
//! A line of the log has neither token nor value. They are fetched, and shown only if the item is still that write: the
//! log, read up to a moment after the fetch, must have no further store of the key.
//!
//! The threads of the server write their lines each for itself, so that later stores can stand before earlier ones. Whoever waits
//! for the value of a store has the lines of all threads until then, and so can tell them in their order.

use std::collections::{HashMap, HashSet};
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
    /// Whether a later line tells of another store of the key.
    again: bool,
    /// Whether its line came only after the items had been fetched.
    late: bool,
}

/// What was found out about the stores of a batch.
#[derive(Default)]
struct Fetched {
    /// The items as they were after all of them.
    items: HashMap<usize, Item>,
    /// What the log told until then.
    later: Vec<Told>,
    /// Whether that was all of it.
    complete: bool,
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
            let Fetched {
                items,
                later,
                complete,
            } = self.fetch(feed, &batch)?;
            let later = in_order(&mut batch, later);
            for told in &batch {
                let found = match items.get(&told.index) {
                    _ if told.again => Err("it has changed again"),
                    // The fetch may have been before the store.
                    _ if told.late => Err("its line came late"),
                    _ if !complete => Err("the server is behind with its log"),
                    Some(item) => Ok(item),
                    None => Err("it has gone"),
                };
                self.tell(told, found)?;
                if self.args.count.is_some_and(|count| self.changes >= count) {
                    return Ok(Exit::Done);
                }
            }
            batch = later;
        }
    }

    /// The items that a batch stored, and what the log tells of the time until after they were fetched.
    fn fetch(&mut self, feed: &mut Feed, batch: &[Told]) -> Result<Fetched, StoreError> {
        let mut stored: Vec<usize> = batch.iter().filter_map(Told::changed).collect();
        stored.sort_unstable();
        stored.dedup();
        if stored.is_empty() {
            return Ok(Fetched::default());
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
        Ok(Fetched {
            items: found,
            later,
            complete,
        })
    }

    /// Tells of a store, with the item that it left, or why that could not be had.
    fn tell(&mut self, told: &Told, found: Result<&Item, &str>) -> anyhow::Result<()> {
        let key = &self.args.keys[told.index];
        let event = match told.outcome {
            Outcome::Stored => Event::Changed,
            Outcome::Exists => Event::Lost,
            Outcome::NotFound => Event::Missing,
            Outcome::NotStored | Outcome::Failed => Event::NotStored,
        };
        let item = found.ok().filter(|_| event == Event::Changed);
        let unseen = match found {
            Err(why) if event == Event::Changed => format!("(value and token not seen: {why})"),
            _ => String::new(),
        };
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
            item.map_or(paint.label(&unseen), |item| text::event_item(
                item, paint, terminal
            ))
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

/// Brings a batch into the order of time, with what `later` has that happened before its end; returns the rest of that.
fn in_order(batch: &mut Vec<Told>, later: Vec<Told>) -> Vec<Told> {
    // By the lines first: clocks can be set back.
    mark_again(batch, &later);
    let end = batch.iter().map(|told| told.at).max();
    let (mut earlier, later): (Vec<Told>, Vec<Told>) =
        later.into_iter().partition(|told| Some(told.at) < end);
    for told in &mut earlier {
        told.late = true;
    }
    batch.append(&mut earlier);
    batch.sort_by_key(|told| told.at);
    mark_again(batch, &later);
    later
}

/// Marks each store that another one of the same key follows.
fn mark_again(batch: &mut [Told], later: &[Told]) {
    let mut stored: HashSet<usize> = later.iter().filter_map(Told::changed).collect();
    for told in batch.iter_mut().rev() {
        told.again |= stored.contains(&told.index);
        stored.extend(told.changed());
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
            again: false,
            late: false,
        }
    }

    /// The index of the key that it changed, if it did.
    fn changed(&self) -> Option<usize> {
        (self.outcome == Outcome::Stored).then_some(self.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store of a key at a second.
    fn stored(index: usize, second: u64) -> Told {
        Told {
            index,
            outcome: Outcome::Stored,
            command: "set".into(),
            client: "?".into(),
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(second),
            again: false,
            late: false,
        }
    }

    fn shown(batch: &[Told]) -> Vec<(usize, u64, bool)> {
        let second = |told: &Told| {
            told.at
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap()
                .as_secs()
        };
        batch
            .iter()
            .map(|told| (told.index, second(told), told.again))
            .collect()
    }

    #[test]
    fn stores_come_in_the_order_of_time_whatever_thread_tells_them() {
        let mut batch = vec![stored(0, 3), stored(1, 1)];
        let later = in_order(&mut batch, vec![stored(2, 2), stored(3, 4)]);
        assert_eq!(shown(&batch), [(1, 1, false), (2, 2, false), (0, 3, false)]);
        assert_eq!(shown(&later), [(3, 4, false)]);
        let late: Vec<bool> = batch.iter().map(|told| told.late).collect();
        assert_eq!(late, [false, true, false], "it was not there to be fetched");
    }

    #[test]
    fn a_store_that_another_one_follows_is_marked_by_line_and_by_time() {
        let mut batch = vec![stored(0, 1), stored(0, 2), stored(1, 3)];
        in_order(&mut batch, vec![stored(1, 9)]);
        assert_eq!(shown(&batch), [(0, 1, true), (0, 2, false), (1, 3, true)]);
        // A clock that was set back: the last line is not the last by time, and neither has a value.
        let mut batch = vec![stored(0, 5), stored(0, 2)];
        in_order(&mut batch, Vec::new());
        assert_eq!(shown(&batch), [(0, 2, true), (0, 5, true)]);
    }
}
