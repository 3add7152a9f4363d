//! Contention as JSON, as a table, and as a live view.

pub(crate) mod json;
pub(crate) mod live;
pub(crate) mod remarks;
pub(crate) mod screen;
pub(crate) mod table;

use super::bytes;
use crate::contention::report::Name;

/// A name for people; `?` for a client that is not sure.
fn shown(name: &Name) -> String {
    match name {
        Name::Key(key) => bytes::escaped(key),
        Name::Client(Some(client)) => bytes::escaped(client.as_bytes()),
        Name::Client(None) => "?".into(),
    }
}
