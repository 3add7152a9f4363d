//! Contention as JSON, as a table, and as a live view.

mod column;
mod cures;
mod fights;
pub(crate) mod json;
pub(crate) mod live;
pub(crate) mod page;
pub(crate) mod prometheus;
pub(crate) mod recorded;
pub(crate) mod remarks;
pub(crate) mod screen;
mod sentence;
pub(crate) mod table;

use super::text;
use crate::contention::findings::Name;

/// A name for people; `?` for a client that is not sure.
fn shown(name: &Name) -> String {
    match name {
        Name::Key(key) => text::escaped(key),
        Name::Client(Some(client)) => text::escaped(client.as_bytes()),
        Name::Host(Some(host)) => text::escaped(host.as_bytes()),
        Name::Client(None) | Name::Host(None) => "?".into(),
        Name::Prefix(prefix) => text::escaped(prefix) + "*",
    }
}
