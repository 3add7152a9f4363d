//! `mccas watch --log`: each store of the keys as the server's log tells it, lost swaps included.
//!
//! A line of the log has neither token nor value. They are fetched, and shown only if the item is still that write: the
//! log, read up to a moment after the fetch, must have no further store of the key.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use super::Watch;
use crate::cas::{Item, Key, StoreError};
use crate::client::Session;
use crate::client::log::Log;
use crate::contention::clients::Clients;
use crate::contention::{Line, Outcome};
use crate::exit::Exit;
use crate::output::event::Event;
use crate::output::report::Report;
use crate::output::text;

/// How long to wait for lines at a time; between, the server's logging thread is kept awake.
const BEAT: Duration = Duration::from_millis(100);
/// The longest that the logging thread sleeps, and a little more.
const SLEEP: Duration = Duration::from_millis(1200);

/// The log of a server, reduced to the keys.
struct Follow {
    server: Session,
    log: Log,
    clients: Clients,
    keys: HashMap<Vec<u8>, usize>,
    /// The connection whose line is waited for.
    awaited: Option<String>,
}

/// One store that was tried.
struct Told {
    index: usize,
    outcome: Outcome,
    command: String,
    client: String,
    at: SystemTime,
}

impl Watch<'_, '_> {
    /// Follows the log to the end of the watch; `None` if it cannot be followed (any more) and polling must take over.
    pub(super) fn follow_log(&mut self, mut server: Session) -> anyhow::Result<Option<Exit>> {
        let mut clients = Clients::default();
        let log = match server.attach_knowing(&mut clients) {
            Ok(log) => log,
            Err(error @ StoreError::Refused(_)) => {
                let message = format!("{error}; polling instead");
                self.context.out.message(&message);
                return Ok(None);
            }
            Err(error) => return self.fail(&error).map(Some),
        };
        let keys = self.args.keys.iter().enumerate();
        let mut follow = Follow {
            server,
            log,
            clients,
            keys: keys
                .map(|(at, key)| (key.as_bytes().to_vec(), at))
                .collect(),
            awaited: None,
        };
        match self.context.store.glance(&self.args.keys) {
            Ok(glances) => {
                if let Err(error) = self.seen(&glances)? {
                    self.lost(&error)?;
                }
            }
            Err(error) => return self.fail(&error).map(Some),
        }
        match self.follow(&mut follow)? {
            Ok(exit) => Ok(Some(exit)),
            Err(error) => {
                self.lost(&error)?;
                Ok(None)
            }
        }
    }

    fn follow(&mut self, follow: &mut Follow) -> anyhow::Result<Result<Exit, StoreError>> {
        let mut batch = Vec::new();
        loop {
            if let Some(exit) = self.time_is_up()? {
                return Ok(Ok(exit));
            }
            if batch.is_empty() {
                match follow.next(self.end()) {
                    Ok(told) => batch = told,
                    Err(error) => return Ok(Err(error)),
                }
                continue;
            }
            let (items, later) = match self.fetch(follow, &batch) {
                Ok(fetched) => fetched,
                Err(error) => return Ok(Err(error)),
            };
            for (at, told) in batch.iter().enumerate() {
                let mut after = batch[at + 1..].iter().chain(&later);
                let is_last = !after.any(|other| other.stored(told.index));
                let item = items.get(&told.index).filter(|_| is_last);
                self.tell(told, item)?;
                if self.args.count.is_some_and(|count| self.changes >= count) {
                    return Ok(Ok(Exit::Done));
                }
            }
            batch = later;
        }
    }

    /// The items that a batch stored, and what the log tells of the time until after they were fetched.
    fn fetch(
        &mut self,
        follow: &mut Follow,
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
        let (later, complete) = follow.catch_up()?;
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
            Some(item) => Report::event(event).item(item),
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

impl Told {
    /// Whether it changed the key with this index.
    fn stored(&self, index: usize) -> bool {
        self.index == index && self.outcome == Outcome::Stored
    }
}

impl Follow {
    /// What comes next about the keys; nothing if nothing comes within a beat.
    fn next(&mut self, end: Option<Instant>) -> Result<Vec<Told>, StoreError> {
        let beat = Instant::now() + BEAT;
        let mut batch = Vec::new();
        self.read(end.map_or(beat, |end| end.min(beat)), &mut batch)?;
        if batch.is_empty() && self.server.can_be_knocked() {
            self.server.knock();
        }
        if self.clients.unsure() {
            self.clients.listed(self.server.connections()?);
        }
        Ok(batch)
    }

    /// Reads what the log has to tell until now, and whether that was all. Two knocks, one after the other, prove it: the
    /// server goes round the lines of its threads one by one.
    fn catch_up(&mut self) -> Result<(Vec<Told>, bool), StoreError> {
        let mut batch = Vec::new();
        for _ in 0..2 {
            let knock = self
                .server
                .can_be_knocked()
                .then(|| self.server.knock())
                .flatten();
            self.awaited = knock.map(|name| name.to_string());
            let knocked = self.awaited.is_some();
            let deadline = Instant::now() + SLEEP;
            while Instant::now() < deadline && (self.awaited.is_some() || !knocked) {
                self.read(deadline, &mut batch)?;
            }
            if !knocked {
                // Without knocking, wait as long as a line can take.
                return Ok((batch, true));
            }
            if self.awaited.take().is_some() {
                return Ok((batch, false));
            }
        }
        Ok((batch, true))
    }

    fn read(&mut self, deadline: Instant, batch: &mut Vec<Told>) -> Result<(), StoreError> {
        let Follow {
            log,
            clients,
            keys,
            awaited,
            ..
        } = self;
        log.fill(deadline)?;
        log.lines(&mut |line| match Line::parse(line) {
            Line::Opened(opened) => {
                let name = opened.name();
                awaited.take_if(|awaited| *awaited == name);
                clients.opened(opened.cfd, opened.gid, name);
            }
            Line::Closed(closed) => clients.closed(closed.cfd, closed.gid, closed.name()),
            Line::Mutation(mutation) => {
                let Some(&index) = keys.get(&*mutation.key) else {
                    return;
                };
                let client = mutation.cfd.map(|cfd| clients.writer(cfd, mutation.gid));
                let name = client.as_ref().and_then(|client| client.name());
                batch.push(Told {
                    index,
                    outcome: mutation.outcome,
                    command: String::from_utf8_lossy(mutation.command).into_owned(),
                    client: name.unwrap_or("?").into(),
                    at: mutation.at.and_then(moment).unwrap_or_else(SystemTime::now),
                });
            }
            Line::Skipped(_) | Line::Other => {}
        })
    }
}

/// Microseconds of unix time, if a calendar has it.
fn moment(micros: u64) -> Option<SystemTime> {
    let time = Duration::from_micros(micros);
    (time.as_secs() < 253_402_300_800).then(|| SystemTime::UNIX_EPOCH + time)
}
