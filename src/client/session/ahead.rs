//! Reading many keys: questions go out ahead of the answers, which are handed on one by one in the order of the keys.
//!
//! Two windows of questions are under way at a time, so that the server has always something to do, and no more: a server
//! stops reading while its answers are not taken, so what is under way must fit the buffers between us (protocol.md 3). Answers
//! stay in those buffers until they are wanted: what the keys hold takes no room here, however much it is.
//!
//! Reads may be repeated. So where a connection breaks that has brought answers, the rest is asked for on a new one. A server
//! that brings none is left alone for a while, and its keys fail at once.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::Session;
use super::looks::Looks;
use super::read::BATCH_BYTES;
use crate::cas::store::Fault;
use crate::cas::{Item, Key, Looked, StoreError, Take, Token, Want};
use crate::client::protocol::{ReplyError, Seen};

/// Questions of one window.
const WINDOW_BYTES: usize = BATCH_BYTES / 2;

/// How many bytes of values wait at most while one before them is looked at more closely.
const HELD_BYTES: usize = 4 * 1024 * 1024;

/// How long a server is left alone that could not be reached, or answered nothing.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// What a key holds, or why that is not known.
type Outcome = Result<Option<Item>, StoreError>;

/// The keys that one server is asked for, and how far that is.
#[derive(Default)]
struct Ahead<'a> {
    keys: Vec<&'a Key>,
    /// How many keys have been asked for.
    asked: usize,
    /// How many of them have their answer.
    answered: usize,
    /// The windows under way: where each ends, and whether its items are asked for by one look at each.
    windows: VecDeque<(usize, bool)>,
    /// Outcomes that are next to be handed on.
    ready: VecDeque<Outcome>,
    /// Whether the connection has brought answers.
    progress: bool,
    /// Whether the one before it brought none.
    barren: bool,
    /// Whether the window that is being read holds a value that the server could count with.
    numbers: bool,
}

/// An answer, and whether another look at the item is needed.
struct Answer {
    item: Outcome,
    doubtful: bool,
}

impl Answer {
    /// The token by which a recache win must be given back.
    fn won(&self) -> Option<Token> {
        let item = self.item.as_ref().ok()?.as_ref()?;
        item.freshness.won().then_some(item.token)
    }

    /// Puts what a closer look has shown in the place of the first one.
    fn see_again(&mut self, again: Outcome) {
        let first = std::mem::replace(&mut self.item, again);
        if let (Ok(Some(first)), Ok(Some(item))) = (first, &mut self.item)
            && first.token == item.token
        {
            // The win, if there was one, came with the first look.
            item.freshness = first.freshness;
        }
    }

    fn size(&self) -> usize {
        let item = self.item.as_ref().ok().and_then(Option::as_ref);
        item.map_or(0, |item| item.size)
    }
}

/// Looks at keys, each on the session that `place` gives for it: all of the servers are at work at a time, and the outcomes are
/// handed on in the order of the keys.
pub(in crate::client) fn look_through(
    sessions: &mut [Session],
    keys: &[Key],
    place: impl Fn(&Key) -> usize,
    take: Take<'_>,
) {
    let mut ahead: Vec<Ahead> = sessions.iter().map(|_| Ahead::default()).collect();
    let places: Vec<usize> = keys.iter().map(place).collect();
    for (key, &place) in keys.iter().zip(&places) {
        ahead[place].keys.push(key);
    }
    for (ahead, session) in ahead.iter_mut().zip(&mut *sessions) {
        ahead.begin(session);
    }
    for (number, place) in places.into_iter().enumerate() {
        let session = &mut sessions[place];
        let outcome = ahead[place].next(session);
        let server = &session.address;
        let looked = Looked {
            number,
            server,
            outcome,
        };
        if let ControlFlow::Break(()) = take(looked) {
            break;
        }
    }
    for (ahead, session) in ahead.iter_mut().zip(sessions) {
        ahead.end(session);
    }
}

impl Ahead<'_> {
    /// Sends the first questions, so that this server is at work while others are listened to.
    fn begin(&mut self, session: &mut Session) {
        self.progress = true;
        if session.trouble().is_none() && self.ask(session).is_err() {
            // It fails again when the first answer is wanted, and is told then.
            self.ask_again();
        }
    }

    /// Leaves the connection free, and no recache win taken, when no more is wanted.
    fn end(&mut self, session: &mut Session) {
        let mut wins = Vec::new();
        while !self.windows.is_empty() {
            match self.answer(session) {
                Ok(answer) => wins.extend(answer.won().map(|token| (self.answered - 1, token))),
                Err(_) => self.ask_again(),
            }
        }
        self.release(session, wins);
    }

    /// The outcome of the next key; called once for each.
    fn next(&mut self, session: &mut Session) -> Outcome {
        loop {
            if let Some(outcome) = self.ready.pop_front() {
                return outcome;
            }
            if self.windows.is_empty()
                && let Some(error) = session.trouble().or_else(|| self.uncarried(session))
            {
                self.answered += 1;
                self.ask_again();
                return Err(error);
            }
            let answer = self.ask(session).and_then(|()| self.answer(session));
            match answer {
                Ok(answer) if !answer.doubtful && answer.won().is_none() => return answer.item,
                Ok(answer) => self.settle(session, answer),
                Err(error) => {
                    if let Some(error) = self.broken(session, error) {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Sees to it that two windows are under way, as long as there are keys.
    fn ask(&mut self, session: &mut Session) -> Result<(), StoreError> {
        while self.windows.len() < 2 && self.is_carried(session) {
            let (dialect, once) = (session.dialect(), session.looks == Looks::One);
            let mut request = session.request();
            while self.is_carried(session) && request.bytes().len() < WINDOW_BYTES {
                let key = self.keys[self.asked];
                if once {
                    dialect.ask_item_once(&mut request, key, self.asked);
                } else {
                    dialect.ask_item(&mut request, key, Want::Value, self.asked);
                }
                self.asked += 1;
            }
            self.progress &= session.wire.is_some();
            let first = self.windows.is_empty();
            self.windows.push_back((self.asked, once));
            session.on_wire(|wire| {
                wire.renew();
                let sent = if first {
                    wire.send(request.bytes())
                } else {
                    wire.ask_more(request.bytes())
                };
                sent.map_err(ReplyError::Wire)
            })?;
        }
        Ok(())
    }

    /// Whether there is a key to be asked for, and the server's dialect has a way to do so.
    fn is_carried(&self, session: &Session) -> bool {
        let key = self.keys.get(self.asked);
        key.is_some_and(|key| session.dialect().carries(key))
    }

    /// Why the next key cannot be asked for, if its form is the reason.
    fn uncarried(&self, session: &Session) -> Option<StoreError> {
        let key = std::slice::from_ref(*self.keys.get(self.answered)?);
        session.ensure_carried(key).err()
    }

    /// Reads the answer to the first question that has none. An error is the connection's end.
    fn answer(&mut self, session: &mut Session) -> Result<Answer, StoreError> {
        let &(end, once) = self.windows.front().expect("a question is under way");
        let (dialect, number) = (session.dialect(), self.answered);
        let seen = session.on_wire(|wire| {
            wire.renew();
            if once {
                dialect.item_once(wire, self.keys[number], number)
            } else {
                dialect.item(wire, self.keys[number], Want::Value, number)
            }
        });
        let seen = seen.map_err(|error| error.about(self.keys[number]))?;
        let is_number = matches!(&seen, Seen { item: Ok(Some(item)), .. } if dialect.can_be_counted_with(&item.value));
        self.progress = true;
        self.barren = false;
        self.numbers |= is_number;
        self.answered += 1;
        if self.answered == end {
            session.looks = if self.numbers { Looks::Two } else { Looks::One };
            self.numbers = false;
            self.windows.pop_front();
        }
        Ok(Answer {
            item: session.item(seen),
            doubtful: once && is_number,
        })
    }

    /// What is under way is lost, or not to be waited for: it is asked again.
    fn ask_again(&mut self) {
        self.windows.clear();
        self.asked = self.answered;
        self.numbers = false;
    }

    /// The connection has ended. The error is the next key's, unless that is to be asked for on a new connection: if this one
    /// has brought answers, or once if it was cut.
    fn broken(&mut self, session: &mut Session, error: StoreError) -> Option<StoreError> {
        if let Some(language) = session.heard.take() {
            // It is asked again as it wants to be asked.
            session.language = language;
            self.ask_again();
            return None;
        }
        let again = match &error {
            StoreError::Unreachable(failure) => match failure.fault {
                Fault::Dial | Fault::Handshake => false,
                Fault::Cut => self.progress || !self.barren,
                Fault::Silent | Fault::Foreign => self.progress,
            },
            _ => false,
        };
        self.answered += usize::from(!again);
        self.ask_again();
        self.barren = !self.progress;
        if again {
            self.progress = false;
            return None;
        }
        if !self.progress && !matches!(error, StoreError::TooLong(_)) {
            session.down = Some((Instant::now() + PAUSE, error.clone()));
        }
        Some(error)
    }

    /// Looks again at what one look cannot tell, and gives recache wins back. For both the connection must be free, so what
    /// is under way is taken first: it waits behind `first`, or is asked for again if it is too much for that.
    fn settle(&mut self, session: &mut Session, first: Answer) {
        let start = self.answered - 1;
        let mut held = vec![first];
        let overflow = self.take_rest(session, &mut held);
        self.look_again(session, start, &mut held);
        for (number, answer) in (start..).zip(held) {
            let mut item = answer.item;
            if let Ok(Some(item)) = &mut item
                && item.freshness.won()
            {
                session.give_back(self.keys[number], item);
            }
            self.ready.push_back(item);
        }
        self.release(session, overflow);
    }

    /// Gives recache wins back of items that are not told.
    fn release(&self, session: &mut Session, wins: Vec<(usize, Token)>) {
        for (number, token) in wins {
            // If one cannot be given back, the item's next writer clears it.
            let _ = session.release_win(self.keys[number], token);
        }
    }

    /// Takes the answers that are under way: as many as may wait, and of the others what must be given back.
    fn take_rest(&mut self, session: &mut Session, held: &mut Vec<Answer>) -> Vec<(usize, Token)> {
        let mut room = HELD_BYTES.saturating_sub(held[0].size());
        let mut wins = Vec::new();
        let mut first_dropped = None;
        while !self.windows.is_empty() {
            let number = self.answered;
            let Ok(answer) = self.answer(session) else {
                self.ask_again();
                break;
            };
            if first_dropped.is_none() && answer.size() <= room {
                room -= answer.size();
                held.push(answer);
            } else {
                first_dropped.get_or_insert(number);
                wins.extend(answer.won().map(|token| (number, token)));
            }
        }
        if let Some(number) = first_dropped {
            self.answered = number;
            self.ask_again();
        }
        wins
    }

    /// Reads the doubtful items once more, as they are to be read.
    fn look_again(&self, session: &mut Session, start: usize, held: &mut [Answer]) {
        let doubtful: Vec<usize> = (0..held.len()).filter(|&at| held[at].doubtful).collect();
        if doubtful.is_empty() {
            return;
        }
        session.looks = Looks::Two;
        let keys: Vec<Key> = doubtful
            .iter()
            .map(|&at| self.keys[start + at].clone())
            .collect();
        let seen = session.in_batches(
            &keys,
            |dialect, request, key, number| dialect.ask_item(request, key, Want::Value, number),
            |dialect, wire, number| dialect.item(wire, &keys[number], Want::Value, number),
        );
        match seen {
            Ok(seen) => {
                for (at, seen) in doubtful.into_iter().zip(seen) {
                    held[at].see_again(session.item(seen));
                }
            }
            Err(error) => {
                for at in doubtful {
                    held[at].item = Err(error.clone());
                }
            }
        }
    }
}

impl Session {
    /// Why this server is left alone for now, if it is.
    pub(super) fn trouble(&mut self) -> Option<StoreError> {
        let (until, error) = self.down.as_ref()?;
        if Instant::now() < *until {
            return Some(error.clone());
        }
        self.down = None;
        None
    }
}
