//! `mccas watch --log`: each store of the keys as the server's log tells it, lost swaps included.
//!
//! A line of the log has neither token nor value. They are fetched, and shown only if the item is still that write: the
//! log, read up to a moment after the fetch, must have no further store of the key.
//!
//! The threads of the server write their lines each for itself, so that later stores can stand before earlier ones. Whoever waits
//! for the value of a store has the lines of all threads until then, and so can tell them in their order.
//!
//! Where the log breaks or cannot be had, the keys are polled, and it is asked for again right before a look: what happened in
//! between is told by that look, and what comes then by the log.

use std::collections::HashMap;

use super::Watch;
use super::feed::Feed;
use super::told::{Told, in_order};
use crate::cas::mutation::Outcome;
use crate::cas::watch::Follower;
use crate::cas::{Item, Key, StoreError};
use crate::client::log::{self, Detail};
use crate::command::connect;
use crate::exit::Exit;
use crate::output::event::Event;
use crate::output::report::Report;
use crate::output::text;

/// Whose log it is: all keys are on one server.
const ITS_SERVER: usize = 0;

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
    /// Asks for the log before a look, if it can be hoped for; `back` says that the server was away. An error leaves nothing to go
    /// on with.
    pub(super) fn ask_for_log(&mut self, back: bool) -> Result<(), StoreError> {
        let first = !self.servers[ITS_SERVER].understood;
        if !(first || back || self.log.had) {
            return Ok(());
        }
        // That it is one server was made sure of at the beginning.
        let Ok(Some(server)) = connect::session_of(self.context.settings, &self.args.keys) else {
            return Ok(());
        };
        self.log.refused = None;
        match log::follow(server, Detail::Stores) {
            Ok(halves) => self.log.feed = Some(Feed::new(halves, &self.args.keys)),
            Err(error @ (StoreError::Refused(_) | StoreError::Unable(_))) => {
                self.log.refused = Some(error);
            }
            Err(error) if first => return Err(error),
            Err(error) => self.log.refused = Some(error),
        }
        Ok(())
    }

    /// Says once that the keys are polled, as the log cannot be had.
    pub(super) fn say_that_it_polls(&mut self) {
        let Some(error) = self.log.refused.take() else {
            return;
        };
        if !std::mem::replace(&mut self.log.noted, true) {
            let until = if self.log.had {
                "polling until its log can be had"
            } else {
                "polling instead"
            };
            self.context.out.message(&format!("{error}; {until}"));
        }
    }

    /// Follows the log that was there at the last look; `None` if there is none (any more) and polling must take over.
    pub(super) fn follow_log(&mut self) -> anyhow::Result<Option<Exit>> {
        let Some(mut feed) = self.log.feed.take() else {
            return Ok(None);
        };
        let again = std::mem::replace(&mut self.log.had, true);
        if !self.servers[ITS_SERVER].reachable {
            return Ok(None);
        }
        if again {
            feed.shown = self.followers.iter().map(Follower::token).collect();
        }
        if std::mem::take(&mut self.log.noted) {
            let server = self.server(ITS_SERVER);
            let message = format!("{server} shows its log now; following it");
            self.context.out.message(&message);
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
                let is_last = told.changed().is_some() && !told.again;
                let item = items.get(&told.index);
                if let Some(item) = item.filter(|_| is_last)
                    && feed.has_shown(told.index, item.token)
                {
                    continue;
                }
                // Not proved to be this store's where the log is behind, and no news later all the same.
                if is_last && !told.late {
                    self.followers[told.index].knows(item, self.started.elapsed());
                }
                let found = match item {
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
