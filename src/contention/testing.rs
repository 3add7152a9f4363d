//! Stores and reads for tests.

use std::sync::Arc;

use crate::cas::fetch::{Fetch, Lookup};
use crate::cas::mutation::{Mutation, Outcome, Writer};

/// A store that was tried, 5 seconds and 6 microseconds after the beginning of unix time.
pub(crate) fn tried<'a>(
    key: &'a str,
    command: &'a str,
    outcome: Outcome,
    writer: Option<&Arc<Writer>>,
) -> Mutation<'a> {
    Mutation {
        at: Some(5_000_006),
        number: 0,
        key: key.as_bytes(),
        outcome,
        command: command.as_bytes(),
        writer: writer.cloned(),
    }
}

/// A read of the same moment.
pub(crate) fn read<'a>(key: &'a str, end: Lookup, client: &'a Arc<Writer>) -> Fetch<'a> {
    Fetch {
        at: Some(5_000_006),
        key: key.as_bytes(),
        end,
        client,
    }
}

/// A client whose name is known.
pub(crate) fn named(number: u64, name: &str) -> Arc<Writer> {
    let writer = Writer::unnamed(number);
    writer.call(name.into());
    Arc::new(writer)
}
