//! The only code that writes to stdout and stderr, and the facts about both: terminal or pipe, colour or none.

mod bytes;
pub(crate) mod calendar;
pub(crate) mod check;
mod columns;
pub(crate) mod contention;
mod diff;
pub(crate) mod event;
mod glyphs;
pub(crate) mod measurements;
pub(crate) mod page;
mod paint;
mod progress;
pub(crate) mod report;
mod rounding;
mod stdout;
pub(crate) mod text;

use std::env;
use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;

pub(crate) use self::paint::{Paint, When};
use self::progress::{Progress, Tally};
use self::stdout::Bounded;
use crate::exit::Exit;

/// Objects up to this size are written at once.
const PIECE: usize = 64 * 1024;

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Loudness {
    /// Nothing.
    Silent,
    /// What a caller cannot expect: trouble, and outcomes in doubt.
    Quiet,
    /// Also notes, hints and the reason of an ordinary outcome.
    #[default]
    Normal,
    /// Also each attempt.
    Verbose,
}

/// What the user wants of the output.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OutputSettings {
    pub(crate) json: bool,
    pub(crate) color: When,
    pub(crate) loudness: Loudness,
}

/// The two streams.
pub(crate) struct Output {
    json: bool,
    loudness: Loudness,
    stdout: Stdout,
    terminal: bool,
    stdout_paint: Paint,
    stderr_paint: Paint,
    /// How long stdout may be written to.
    end: Option<Instant>,
    /// What waits to be written to stdout, while the outcomes of many keys are told.
    batch: Option<Vec<u8>>,
    /// How far a list of keys is.
    tally: Option<Tally>,
}

/// The time to write to stdout is over, and its reader has not taken all of it.
#[derive(Debug)]
pub(crate) struct Late;

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stdout takes nothing more")
    }
}

impl std::error::Error for Late {}

/// The reader of our stdout has gone. Not an error: the program ends quietly with 0.
///
/// Recognised where stdout is written and nowhere else, as a broken *socket* shows the same kind of I/O error.
#[derive(Debug)]
pub(crate) struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stdout is closed")
    }
}

impl std::error::Error for Closed {}

/// Stdout took what was written to it no more, for another reason than that its reader has gone.
#[derive(Debug)]
struct Unwritable;

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot write to stdout")
    }
}

/// Whether it is stdout that failed, so that nothing more can be told there.
pub(crate) fn is_of_stdout(error: &anyhow::Error) -> bool {
    error.is::<Unwritable>() || error.is::<Late>() || error.is::<Closed>()
}

impl Output {
    pub(crate) fn new(settings: OutputSettings) -> Output {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        Output {
            json: settings.json,
            loudness: settings.loudness,
            stdout,
            terminal,
            stdout_paint: Paint::decide(settings.color, terminal),
            stderr_paint: Paint::decide(settings.color, io::stderr().is_terminal()),
            end: None,
            batch: None,
            tally: None,
        }
    }

    /// Lets writing to stdout end then, whether or not its reader takes what is written: [`Late`].
    pub(crate) fn end_at(&mut self, end: Instant) {
        self.end = Some(end);
    }

    /// Whether answers are JSON objects.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// Whether nothing is to be said that a caller may expect.
    pub(crate) fn quiet(&self) -> bool {
        self.loudness <= Loudness::Quiet
    }

    /// Whether stdout is a terminal: bytes from outside are escaped there, and untouched on a pipe.
    pub(crate) fn terminal(&self) -> bool {
        self.terminal
    }

    /// Whether stdout is a terminal that can show a live view.
    pub(crate) fn live(&self) -> bool {
        self.terminal && !self.json && env::var_os("TERM").is_some_and(|term| term != "dumb")
    }

    /// The colours of stdout.
    pub(crate) fn paint(&self) -> Paint {
        self.stdout_paint
    }

    /// Prints one JSON object as a line, at once.
    pub(crate) fn object(&mut self, object: &impl Serialize) -> anyhow::Result<()> {
        if self.terminal {
            let json = serde_json::to_string(object)?;
            return self.line(&bytes::json_for_terminal(&json));
        }
        if self.batch.is_some() {
            let mut batch = self.batch.take().unwrap_or_default();
            serde_json::to_writer(&mut batch, object)?;
            batch.push(b'\n');
            return self.keep(batch);
        }
        // An ordinary object goes out in one piece, and a large value takes no second room.
        let mut out = BufWriter::with_capacity(PIECE, self.stdout());
        let written = serde_json::to_writer(&mut out, object)
            .map_err(io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush());
        // Whatever is left in a buffer that failed must not be written when it is dropped.
        let _ = out.into_parts();
        checked(written)
    }

    /// Prints one line, at once.
    pub(crate) fn line(&mut self, line: &str) -> anyhow::Result<()> {
        self.bytes(format!("{line}\n").as_bytes())
    }

    /// Prints one line and behind it a value as it is, with a line end of its own: in one piece, if that takes no room to speak of.
    pub(crate) fn line_and_value(&mut self, line: String, value: &[u8]) -> anyhow::Result<()> {
        let mut piece = line.into_bytes();
        piece.push(b'\n');
        if value.len() > PIECE {
            self.bytes(&piece)?;
            self.bytes(value)?;
            piece.clear();
        } else {
            piece.extend_from_slice(value);
        }
        piece.push(b'\n');
        self.bytes(&piece)
    }

    /// Writes bytes as they are, at once.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        match self.batch.take() {
            None => self.write(bytes),
            // A large value takes no second room.
            Some(batch) if bytes.len() > PIECE => {
                self.write(&batch)?;
                self.write(bytes)?;
                self.keep(Vec::new())
            }
            Some(mut batch) => {
                batch.extend_from_slice(bytes);
                self.keep(batch)
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut stdout = self.stdout();
        checked(stdout.write_all(bytes).and_then(|()| stdout.flush()))
    }

    /// From now on, what is printed waits until there is much of it, or [`flush`](Output::flush).
    pub(crate) fn begin_batch(&mut self) {
        self.batch = Some(Vec::with_capacity(2 * PIECE));
        // Lines that run through the same terminal show well enough how far it is.
        let shown = self.loudness >= Loudness::Normal && io::stderr().is_terminal();
        self.tally = Some(Tally::new(shown && !self.terminal));
    }

    /// Prints what waits, and everything at once from now on.
    pub(crate) fn end_batch(&mut self) -> anyhow::Result<()> {
        self.tally = None;
        self.flush()?;
        self.batch = None;
        Ok(())
    }

    /// So many keys of the list are done.
    pub(crate) fn progress_by(&mut self, keys: usize) {
        if let Some(tally) = &mut self.tally {
            tally.add(keys);
        }
    }

    /// Prints what waits.
    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        let Some(mut batch) = self.batch.take() else {
            return Ok(());
        };
        let written = if batch.is_empty() {
            Ok(())
        } else {
            self.write(&batch)
        };
        batch.clear();
        self.batch = Some(batch);
        written
    }

    /// Says on stderr how something ended, behind what waits for stdout.
    pub(crate) fn aside(&mut self, exit: Exit, text: &str) -> anyhow::Result<()> {
        self.flush()?;
        self.outcome(exit, text);
        Ok(())
    }

    fn keep(&mut self, batch: Vec<u8>) -> anyhow::Result<()> {
        let much = batch.len() >= PIECE;
        self.batch = Some(batch);
        if much { self.flush() } else { Ok(()) }
    }

    fn stdout(&self) -> Box<dyn Write + '_> {
        match self.end {
            Some(end) => Box::new(Bounded {
                stdout: &self.stdout,
                end,
            }),
            None => Box::new(self.stdout.lock()),
        }
    }

    /// Shows how far a job of so many steps has come, on a terminal.
    pub(crate) fn progress(&self, steps: usize) -> Progress {
        Progress::new(
            steps,
            self.loudness >= Loudness::Normal && io::stderr().is_terminal(),
        )
    }

    /// Waits, but only while somebody reads stdout: a program that prints nothing would not notice otherwise.
    pub(crate) fn pause(&self, time: Duration) -> anyhow::Result<()> {
        // Asked for no event, poll reports only that the other end has gone.
        let mut streams = [PollFd::new(&self.stdout, PollFlags::empty())];
        let time = Timespec::try_from(time).unwrap_or(Timespec {
            tv_sec: i64::MAX,
            tv_nsec: 0,
        });
        // A signal ends the wait early; callers expect that.
        let _ = poll(&mut streams, Some(&time));
        if streams[0].revents().is_empty() {
            return Ok(());
        }
        Err(Closed.into())
    }

    /// Says something to people on stderr that a caller may well expect: a note, a hint, why an ordinary outcome is one.
    pub(crate) fn message(&mut self, text: &str) {
        if self.loudness >= Loudness::Normal {
            self.say(text);
        }
    }

    /// Says on stderr what went wrong, also to those who want to hear nothing else.
    pub(crate) fn trouble(&mut self, text: &str) {
        if self.loudness >= Loudness::Quiet {
            self.say(text);
        }
    }

    /// Says on stderr why the program ends as it does.
    pub(crate) fn outcome(&mut self, exit: Exit, text: &str) {
        if exit.is_ordinary() {
            self.message(text);
        } else {
            self.trouble(text);
        }
    }

    /// Says something on stderr if the user asked for every attempt.
    pub(crate) fn detail(&mut self, text: &str) {
        if self.loudness >= Loudness::Verbose {
            self.say(text);
        }
    }

    /// Shows people on stderr how one value differs from another, each with its name.
    pub(crate) fn difference(&mut self, old: (&str, &[u8]), new: (&str, &[u8])) {
        let lines = diff::lines(old, new, self.stderr_paint);
        let text = lines.join("\n") + "\n";
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// Asks people something on stderr; what they answer stands behind it on the same line.
    pub(crate) fn question(&mut self, text: &str) {
        let text = text::escaped(text.as_bytes());
        let line = format!("{} {text} ", self.stderr_paint.program("mccas:"));
        let _ = io::stderr().write_all(line.as_bytes());
    }

    fn say(&mut self, text: &str) {
        // Keys and values come escaped; the path of a file or the cause of an error may not.
        let text = text::escaped(text.as_bytes());
        let line = format!("{} {text}\n", self.stderr_paint.program("mccas:"));
        // There is nobody left to tell if stderr itself fails.
        let write = || io::stderr().write_all(line.as_bytes());
        let _ = match &mut self.tally {
            Some(tally) => tally.aside(write),
            None => write(),
        };
    }
}
/// What became of a write to stdout: a reader that has gone is no failure.
fn checked(written: io::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Closed.into()),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(Late.into()),
        Err(error) => Err(error).context(Unwritable),
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stdout_did_is_told_apart_from_what_happened_elsewhere() {
        let write = |kind: io::ErrorKind| checked(Err(kind.into())).context("k was stored");
        for kind in [
            io::ErrorKind::StorageFull,
            io::ErrorKind::BrokenPipe,
            io::ErrorKind::TimedOut,
        ] {
            assert!(is_of_stdout(&write(kind).unwrap_err()), "{kind}");
        }
        let full = write(io::ErrorKind::StorageFull).unwrap_err();
        assert!(format!("{full:#}").starts_with("k was stored: cannot write to stdout: "));
        let socket = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(!is_of_stdout(&anyhow::Error::from(socket)));
    }
}
