//! The JSON contract as types: one object, the same names everywhere, fields that do not apply left out.

use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_with::skip_serializing_none;

use super::bytes::{Base64, text_or_base64};
use super::event::Event;
use super::rounding::rounded;
use crate::bench::Measurement;
use crate::cas::{Counter, ErrorKind, Item, Key, StoreError, Token, Ttl};

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Found,
    Missing,
    Located,
    Stored,
    Deleted,
    Unchanged,
    /// A lock: its command is done, and it was given back.
    Released,
    /// The same, but it could not be given back, and expires.
    Left,
    /// It was somebody else's, or nobody's, before its command was done.
    Lost,
    CommandFailed,
    Conflict,
    Exhausted,
    Unknown,
    Refused,
    NoCas,
    Unsuitable,
    Unreachable,
    NotInTime,
    /// What has no outcome of its own, such as a file that cannot be read.
    Failed,
    /// A line of a list is no key.
    Usage,
}

/// One operation, or one event.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) status: Option<Status>,
    pub(crate) event: Option<Event>,
    /// When an event was seen, in UTC.
    pub(crate) time: Option<String>,
    /// Which line of a list is no key.
    pub(crate) line: Option<u64>,
    pub(crate) key: Option<String>,
    pub(crate) key_base64: Option<Base64>,
    pub(crate) server: Option<String>,
    /// Who wrote, as far as it is sure, and by which of the server's commands.
    pub(crate) client: Option<String>,
    pub(crate) command: Option<String>,
    /// Which process of the server handed out the token.
    pub(crate) instance: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) value_base64: Option<Base64>,
    pub(crate) before: Option<Number>,
    pub(crate) after: Option<Number>,
    pub(crate) token: Option<String>,
    pub(crate) token_before: Option<String>,
    pub(crate) ttl: Option<Left>,
    pub(crate) flags: Option<u32>,
    /// Length of the value in bytes.
    pub(crate) size: Option<usize>,
    /// `stale` or `placeholder`, where the value is not an ordinary one.
    pub(crate) state: Option<&'static str>,
    /// Whether the servers that hold a key hold different values.
    pub(crate) differs: Option<bool>,
    pub(crate) attempts: Option<u32>,
    pub(crate) conflicts: Option<u32>,
    pub(crate) method: Option<&'static str>,
    /// What won over a swap that lost.
    pub(crate) current: Option<Current>,
    /// Where the text of an edit is that is not stored.
    pub(crate) file: Option<String>,
    /// Which of the slots of a lock, from 0.
    pub(crate) slot: Option<usize>,
    /// How long a lock was held.
    pub(crate) held_ms: Option<f64>,
    /// How mccas ends, where the exit code may also be the command's that it ran.
    pub(crate) exit: Option<u8>,
    /// How the command ended that it ran, as a shell tells it: 128+n for signal n.
    pub(crate) command_exit: Option<u8>,
    pub(crate) elapsed_ms: Option<f64>,
    pub(crate) error: Option<String>,
}

/// One measurement of `bench`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measured {
    strategy: &'static str,
    workers: usize,
    increments: u64,
    increments_per_second: f64,
    attempts_per_increment: f64,
    max_attempts: u32,
    p50_us: f64,
    p99_us: f64,
    max_us: f64,
    fairness: f64,
    lost_updates: i128,
    #[serde(skip_serializing_if = "is_zero")]
    exhausted: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Measured {
    pub(crate) fn of(measurement: &Measurement) -> Measured {
        let microseconds = |time: Duration| rounded(time.as_secs_f64() * 1e6, 1);
        Measured {
            strategy: measurement.strategy.name(),
            workers: measurement.workers,
            increments: measurement.increments,
            increments_per_second: rounded(measurement.increments_per_second, 1),
            attempts_per_increment: rounded(measurement.attempts_per_increment, 3),
            max_attempts: measurement.max_attempts,
            p50_us: microseconds(measurement.p50),
            p99_us: microseconds(measurement.p99),
            max_us: microseconds(measurement.max),
            fairness: rounded(measurement.fairness, 4),
            lost_updates: measurement.lost_updates,
            exhausted: measurement.exhausted,
        }
    }
}

/// The item that won over a swap.
#[skip_serializing_none]
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Current {
    value: Option<String>,
    value_base64: Option<Base64>,
    token: String,
}

/// Time left as JSON: seconds, or `null` for an item without expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left(Option<u64>);

impl Serialize for Left {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            None => serializer.serialize_none(),
            Some(left) => serializer.serialize_u64(left),
        }
    }
}

/// A counter as a JSON number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number(pub(crate) Counter);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i128(self.0.get())
    }
}

impl Status {
    /// The status of a question that got no answer.
    pub(crate) fn of(error: &StoreError) -> Status {
        match error.kind() {
            ErrorKind::Unreachable => Status::Unreachable,
            ErrorKind::Unknown => Status::Unknown,
            ErrorKind::Refused | ErrorKind::Unaskable => Status::Refused,
            ErrorKind::NoCas => Status::NoCas,
            ErrorKind::TooLarge => Status::Unsuitable,
        }
    }
}

impl Report {
    /// An operation that ended with `status`.
    pub(crate) fn of(status: Status) -> Report {
        Report {
            status: Some(status),
            ..Report::default()
        }
    }

    /// Something that `watch` saw.
    pub(crate) fn event(event: Event) -> Report {
        Report {
            event: Some(event),
            ..Report::default()
        }
    }

    pub(crate) fn key(mut self, key: &Key) -> Report {
        (self.key, self.key_base64) = text_or_base64(key.as_bytes().to_vec());
        self
    }

    /// Value, token, expiry, flags and size of an item that was read.
    pub(crate) fn item(mut self, item: Item) -> Report {
        (self.value, self.value_base64) = text_or_base64(item.value);
        self.flags = Some(item.flags);
        self.size = Some(item.size);
        self.state = item.freshness.word();
        self.token(Some(item.token)).ttl(item.ttl)
    }

    pub(crate) fn token(mut self, token: Option<Token>) -> Report {
        self.token = token.map(|token| token.to_string());
        self
    }

    pub(crate) fn token_before(mut self, token: Option<Token>) -> Report {
        self.token_before = token.map(|token| token.to_string());
        self
    }

    pub(crate) fn ttl(mut self, ttl: Ttl) -> Report {
        self.ttl = match ttl {
            Ttl::Never => Some(Left(None)),
            Ttl::Seconds(left) => Some(Left(Some(left))),
            Ttl::Unknown => None,
        };
        self
    }

    pub(crate) fn current(mut self, item: Option<Item>) -> Report {
        self.current = item.map(|item| {
            let (value, value_base64) = text_or_base64(item.value);
            Current {
                value,
                value_base64,
                token: item.token.to_string(),
            }
        });
        self
    }

    pub(crate) fn held(mut self, time: Duration) -> Report {
        self.held_ms = Some(rounded(time.as_secs_f64() * 1000.0, 2));
        self
    }

    pub(crate) fn elapsed(mut self, elapsed: Duration) -> Report {
        self.elapsed_ms = Some(rounded(elapsed.as_secs_f64() * 1000.0, 2));
        self
    }
}
