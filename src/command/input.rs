//! A value from where the user has it: an argument, a file, stdin. No more is read than may be stored, and nothing is
//! waited for without end that may never come.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::ioctl_fionbio;

use super::{Context, UsageError, args, ending};
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
            (Some(_), None) => at_most(io::stdin().lock(), most).context("cannot read stdin")?,
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
    let cannot = || format!("cannot read {}", path.display());
    // Without this flag it is the opening of a named pipe that waits for a writer.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let mut options = File::options();
    let file = options.read(true).custom_flags(flags).open(path);
    let file = file.with_context(cannot)?;
    let kind = file.metadata().with_context(cannot)?.file_type();
    if kind.is_fifo() && !has_writer(&file, patience) {
        let patience = humantime::format_duration(patience);
        return Err(NoValue::NoWriter(format!(
            "{}: within {patience} nobody opened this named pipe to write the value into it; \
             nothing was sent; --timeout waits longer",
            path.display()
        )));
    }
    ioctl_fionbio(&file, false)
        .map_err(io::Error::from)
        .with_context(cannot)?;
    Ok(at_most(file, most).with_context(cannot)?)
}

/// Waits until a named pipe has, or had, a writer: before the first one it shows nothing at all.
fn has_writer(pipe: &File, patience: Duration) -> bool {
    let until = Instant::now() + patience;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let mut streams = [PollFd::new(pipe, PollFlags::IN)];
        let waited = poll(&mut streams, Timespec::try_from(left).ok().as_ref());
        if !streams[0].revents().is_empty() {
            return true;
        }
        // An interrupted wait goes on.
        if waited.is_ok() && left.is_zero() {
            return false;
        }
    }
}
