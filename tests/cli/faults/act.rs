//! What somebody else does while a write is under way.

use std::thread;
use std::time::Duration;

use super::Write;
use crate::harness::server::Memcached;

/// Something that the server or another writer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// The server stands still until it is told to go on, or to the end of the command.
    Freeze,
    /// It goes on.
    Thaw,
    /// The server stands still for a moment that is shorter than any timeout.
    Pause,
    /// Another writer stores another value.
    Overwrite,
    /// Another writer stores the very value that this write is to store.
    StoreTheSame(Write),
    Delete,
    /// The key is deleted and stored again as it was before.
    DeleteAndRestore(Write),
    OverwriteAndDelete,
    /// The item is invalidated: its token changes.
    Invalidate,
    /// The server's own arithmetic on the counter, in place.
    Add,
    /// The neighbour is written: the server stores something, but not here.
    WriteElsewhere,
}

impl Act {
    pub(super) fn happen(self, server: &Memcached, key: &str) {
        let delete = format!("delete {key} noreply\r\n");
        let set = |value: &str| format!("set {key} 9 0 {} noreply\r\n{value}\r\n", value.len());
        let raw = match self {
            Self::Freeze => return server.freeze(),
            Self::Thaw => return server.thaw(),
            Self::Pause => return pause(server),
            Self::Overwrite => set("100"),
            Self::StoreTheSame(write) => set(write.after().expect("a value")),
            Self::Delete => delete,
            Self::DeleteAndRestore(write) => delete + &set(write.before().unwrap_or("old")),
            Self::OverwriteAndDelete => set("100") + &delete,
            Self::Invalidate => format!("md {key} I T30 q\r\n"),
            Self::Add => format!("incr {key} 5 noreply\r\n"),
            Self::WriteElsewhere => "set elsewhere 0 0 1 noreply\r\nx\r\n".into(),
        };
        server.raw(raw);
    }

    /// How many items it stores.
    pub(super) fn stores(self) -> u64 {
        match self {
            Self::Overwrite
            | Self::StoreTheSame(_)
            | Self::DeleteAndRestore(_)
            | Self::OverwriteAndDelete
            | Self::WriteElsewhere => 1,
            _ => 0,
        }
    }

    /// Whether it makes the item another one.
    pub(super) fn writes(self) -> bool {
        !matches!(self, Self::Freeze | Self::Thaw | Self::Pause)
    }
}

/// Freezes a server and has it thawed a moment later.
fn pause(server: &Memcached) {
    server.freeze();
    let server = server.clone();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        server.thaw();
    });
}
