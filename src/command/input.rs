//! A value from where the user has it: an argument, a file, stdin. No more is read than may be stored, and nothing is
//! waited for without end that may never come.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::opened::{self, NotOpen};
use super::{Context, UsageError, args, ending, stdin};
use crate::cas::Key;
use crate::exit::Exit;
use crate::output::report::{Report, Status};
use crate::settings::Size;

/// Where a value comes from.
pub(super) struct Input<'a> {
    pub(super) value: Option<&'a OsString>,
    pub(super) file: Option<&'a PathBuf>,
    /// Whether one newline at its end is dropped.
    pub(super) chomp: bool,
}

/// Why there is no value to store.
pub(super) enum NoValue {
    /// It is longer than may be read.
    TooLong(Size),
    /// Nobody opened the named pipe for writing.
    NoWriter(String),
    /// It cannot be read, or is not named.
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for NoValue {
    fn from(error: E) -> NoValue {
        NoValue::Failed(error.into())
    }
}

impl NoValue {
    /// Tells it as the outcome of a write to `key`; an error if it is none.
    pub(super) fn report(self, key: &Key, context: &mut Context) -> anyhow::Result<Exit> {
        let (exit, status, message) = match self {
            NoValue::Failed(error) => return Err(error),
            NoValue::TooLong(max) => {
                let how = "--max-value SIZE lets longer ones through, up to";
                let message = format!(
                    "{key}: the value is longer than {max}; nothing was sent; {how} {}",
                    Size::LARGEST
                );
                (Exit::Unsuitable, Status::Unsuitable, message)
            }
            NoValue::NoWriter(message) => (Exit::NotInTime, Status::NotInTime, message),
        };
        let server = context.server(key);
        ending::fail(
            context,
            &server,
            exit,
            Report::of(status).key(key),
            &message,
        )
    }
}

impl Input<'_> {
    /// Reads the value: at most `max` bytes, and for the writer of a named pipe at most `patience` is waited.
    pub(super) fn read(&self, max: Size, patience: Duration) -> Result<Vec<u8>, NoValue> {
        // What is dropped afterwards may come on top.
        let most = max.bytes() + u64::from(self.chomp);
        let mut value = match (self.value, self.file) {
            (_, Some(path)) => from_file(path, most, patience)?,
            (Some(value), None) if value != "-" => args::bytes(value),
            (Some(_), None) => {
                let read = stdin::open().and_then(|stdin| at_most(stdin.lock(), most));
                read.context("cannot read stdin")?
            }
            // Unasked, stdin may be somebody else's: the rest of a loop's input, or nothing under cron.
            (None, None) => {
                return Err(UsageError::new(
                    "no value: give it as argument, by --file PATH, or as - to read it from stdin",
                )
                .into());
            }
        };
        if self.chomp && value.last() == Some(&b'\n') {
            value.pop();
        }
        if value.len() as u64 > max.bytes() {
            return Err(NoValue::TooLong(max));
        }
        Ok(value)
    }
}

/// Reads one byte more than `most`, if there are so many: that it is too long shows without the rest.
fn at_most(source: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut value = Vec::new();
    source.take(most + 1).read_to_end(&mut value)?;
    Ok(value)
}

fn from_file(path: &Path, most: u64, patience: Duration) -> Result<Vec<u8>, NoValue> {
    let file = opened::open(path, patience, "the value").map_err(|why| match why {
        NotOpen::NoWriter(message) => NoValue::NoWriter(message),
        NotOpen::Failed(error) => NoValue::Failed(error),
    })?;
    let value = at_most(file, most);
    Ok(value.with_context(|| format!("cannot read {}", path.display()))?)
}
