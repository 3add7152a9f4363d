//! What comes back, as far as all servers say it in the same way: errors and statistics.

use super::language::Language;
use crate::cas::Key;
use crate::cas::shown::quoted;
use crate::client::wire::{Wire, WireError};

/// The largest value that any memcached announces: its own ceiling for `-I`. How much is taken, the wire says.
pub(super) const MAX_VALUE: usize = 1 << 30;
/// More than any server says about itself in one answer, in bytes.
const MAX_STATS: usize = 1024 * 1024;

/// Why a reply brought no result.
#[derive(Debug)]
pub(crate) enum ReplyError {
    /// The connection failed, or what came is not memcached's.
    Wire(WireError),
    /// `CLIENT_ERROR` or `ERROR`: the server did not accept the command. Nothing was applied.
    Rejected(String),
    /// `SERVER_ERROR`: what it means depends on the command.
    Server(String),
    /// A read was answered in another dialect than it was asked in.
    Speaks(Language),
}

impl From<WireError> for ReplyError {
    fn from(error: WireError) -> ReplyError {
        ReplyError::Wire(error)
    }
}

/// The key that an answer names must be the one that was asked for.
pub(super) fn ensure_named(named: &[u8], key: &Key) -> Result<(), WireError> {
    if named == key.as_bytes() {
        return Ok(());
    }
    let named = quoted(named);
    Err(WireError::OutOfStep(format!("an item of the key {named}")))
}

pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An error line of the classic protocol, if `line` is one.
pub(crate) fn error_line(line: &[u8]) -> Option<ReplyError> {
    let after = |prefix: &[u8]| {
        line.strip_prefix(prefix)
            .map(|text| lossy(text).trim().to_string())
    };
    if let Some(text) = after(b"CLIENT_ERROR") {
        return Some(ReplyError::Rejected(text));
    }
    if let Some(text) = after(b"SERVER_ERROR") {
        return Some(ReplyError::Server(text));
    }
    line.starts_with(b"ERROR")
        .then(|| ReplyError::Rejected(lossy(line)))
}

/// The answer to `version`: all that was asked before it is answered.
pub(crate) fn version(wire: &mut Wire) -> Result<(), WireError> {
    let line = wire.line()?;
    if line.starts_with(b"VERSION ") {
        return Ok(());
    }
    let what = format!("{:?} where nothing should follow", lossy(&line));
    Err(WireError::OutOfStep(what))
}

/// The `STAT name value` lines of one statistics reply; `None` if the server answers with an error instead.
pub(crate) fn stats(wire: &mut Wire) -> Result<Option<Vec<(String, String)>>, WireError> {
    let mut stats = Vec::new();
    let told = each_stat(wire, MAX_STATS, |name, value| {
        stats.push((name.to_string(), value.to_string()));
    })?;
    Ok(told.then_some(stats))
}

/// Passes on the lines of one statistics reply of at most `most` bytes; false if the server answers with an error instead.
pub(crate) fn each_stat(
    wire: &mut Wire,
    most: usize,
    mut take: impl FnMut(&str, &str),
) -> Result<bool, WireError> {
    let mut seen = 0;
    loop {
        let line = wire.line()?;
        if line == b"END" {
            return Ok(true);
        }
        if seen == 0 && error_line(&line).is_some() {
            return Ok(false);
        }
        seen += line.len();
        let text = lossy(&line);
        match text
            .strip_prefix("STAT ")
            .and_then(|stat| stat.split_once(' '))
        {
            Some((name, value)) if seen <= most => take(name, value),
            _ => return Err(WireError::Garbage(line)),
        }
    }
}
