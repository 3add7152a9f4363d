//! What `watch` can see, and its name: the same word in text, in JSON and in `MCCAS_EVENT`.

use serde::{Serialize, Serializer};

/// What `watch` saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Present,
    Absent,
    Changed,
    Created,
    Deleted,
    Touched,
    /// A swap that lost to another writer (from the server's log).
    Lost,
    /// A swap whose key was gone.
    Missing,
    /// A store whose own condition did not hold, or that failed.
    NotStored,
    Unreachable,
    Reachable,
    Refused,
    NoCas,
    /// The value is longer than the user lets through.
    Unsuitable,
    NotInTime,
}

impl Event {
    /// Its name for people and programs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Event::Present => "present",
            Event::Absent => "absent",
            Event::Changed => "changed",
            Event::Created => "created",
            Event::Deleted => "deleted",
            Event::Touched => "touched",
            Event::Lost => "lost",
            Event::Missing => "missing",
            Event::NotStored => "not_stored",
            Event::Unreachable => "unreachable",
            Event::Reachable => "reachable",
            Event::Refused => "refused",
            Event::NoCas => "no_cas",
            Event::Unsuitable => "unsuitable",
            Event::NotInTime => "not_in_time",
        }
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
