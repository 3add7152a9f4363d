//! Stdout, written to for as long as it may take and no longer.

use std::io::{self, Stdout, Write};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// A pipe that is ready takes so much without blocking (`PIPE_BUF`).
const PIECE: usize = 4096;

/// Stdout until a moment: a reader that takes nothing must not hold us longer (`ErrorKind::TimedOut`).
pub(super) struct Bounded<'a> {
    pub(super) stdout: &'a Stdout,
    pub(super) end: Instant,
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE)];
        let mut ready = [PollFd::new(self.stdout, PollFlags::OUT)];
        let left = self.end.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        if poll(&mut ready, Some(&left))? == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        // Past the buffer of the standard library, which is empty: it would collect more than a piece.
        Ok(rustix::io::write(self.stdout, piece)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
