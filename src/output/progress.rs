//! How far a long job has come: one line on stderr, which is a terminal, written over time and again, and gone at the end.
//!
//! By hand, as a crate for it brings the library of mathematics along (for a smoothed rate), and the loading of that was nearly a tenth
//! of the time of a `gets`.

use std::io::{self, Write};
use std::mem;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::termios;

use super::columns::cut;
use super::glyphs::Glyphs;
use super::text::duration;

/// How long a job may take before it is shown how far it is.
const SHORT: Duration = Duration::from_secs(1);

/// Between two looks of somebody who watches.
const TICK: Duration = Duration::from_millis(200);

/// How many columns a whole bar takes.
const BAR: usize = 30;

/// The last line of the terminal.
#[derive(Default)]
struct Line {
    shown: bool,
}

impl Line {
    fn show(&mut self, text: &str) {
        let columns = termios::tcgetwinsize(io::stderr()).map_or(0, |size| size.ws_col);
        let columns = if columns == 0 { 80 } else { columns.into() };
        // A line that is full to the last column cannot be written over on every terminal.
        write(&format!("\r{}\x1b[K", cut(text, columns - 1)));
        self.shown = true;
    }

    /// Whether there was something to clear away.
    fn clear(&mut self) -> bool {
        let shown = mem::take(&mut self.shown);
        if shown {
            write("\r\x1b[K");
        }
        shown
    }
}

fn write(text: &str) {
    // Nothing is lost with it.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// How far a list of unknown length is. It shows itself after a second, and makes way for each line.
pub(super) struct Tally {
    done: usize,
    began: Instant,
    /// When it is to show itself again.
    due: Option<Instant>,
    line: Line,
}

impl Tally {
    pub(super) fn new(shown: bool) -> Tally {
        let began = Instant::now();
        Tally {
            done: 0,
            began,
            due: shown.then(|| began + SHORT),
            line: Line::default(),
        }
    }

    /// So many more are done.
    pub(super) fn add(&mut self, number: usize) {
        self.done += number;
        let now = Instant::now();
        if self.due.is_some_and(|due| now >= due) {
            self.due = Some(now + TICK);
            self.show();
        }
    }

    /// Writes to the same terminal.
    pub(super) fn aside<T>(&mut self, write: impl FnOnce() -> T) -> T {
        let shown = self.line.clear();
        let written = write();
        if shown {
            self.show();
        }
        written
    }

    fn show(&mut self) {
        self.line.show(&tally(self.done, self.began.elapsed()));
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.line.clear();
    }
}

fn tally(done: usize, time: Duration) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown without a fraction")]
    let rate = done as f64 / time.as_secs_f64().max(f64::MIN_POSITIVE);
    format!("{done} keys  {rate:.0}/s  {}", duration(time.as_secs()))
}

/// A bar for a job of so many steps; nothing where it is not to be shown. A thread draws it, as a step may take long and the time
/// goes on.
pub(crate) struct Progress(Option<(Sender<String>, JoinHandle<()>)>);

impl Progress {
    pub(super) fn new(steps: usize, shown: bool) -> Progress {
        Progress(shown.then(|| {
            let (sender, receiver) = mpsc::channel();
            (sender, thread::spawn(move || draw(&receiver, steps)))
        }))
    }

    /// The next step begins.
    pub(crate) fn step(&mut self, what: &str) {
        if let Some((drawer, _)) = &self.0 {
            let _ = drawer.send(what.to_string());
        }
    }

    /// Clears the bar away.
    pub(crate) fn finish(&mut self) {
        if let Some((drawer, thread)) = self.0.take() {
            drop(drawer);
            let _ = thread.join();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Draws until nobody is there to name another step.
fn draw(named: &Receiver<String>, steps: usize) {
    let (began, mut line) = (Instant::now(), Line::default());
    let (mut step, mut name) = (0, String::new());
    loop {
        match named.recv_timeout(TICK) {
            Ok(next) => (step, name) = (step + 1, next),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        let bar = bar(step, steps, Glyphs::here());
        let time = duration(began.elapsed().as_secs());
        line.show(&format!("{bar} {step}/{steps}  {time}  {name}"));
    }
    line.clear();
}

fn bar(step: usize, steps: usize, glyphs: Glyphs) -> String {
    let [full, empty] = match glyphs {
        Glyphs::Blocks => ["█", "░"],
        Glyphs::Ascii => ["#", "-"],
    };
    let done = (BAR * step / steps.max(1)).min(BAR);
    full.repeat(done) + &empty.repeat(BAR - done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_is_a_count_a_rate_and_a_time() {
        let shown = |done, milliseconds| tally(done, Duration::from_millis(milliseconds));
        assert_eq!(shown(1500, 1500), "1500 keys  1000/s  1s");
        assert_eq!(shown(7, 65_000), "7 keys  0/s  1m5s");
        assert_eq!(shown(0, 0), "0 keys  0/s  0s");
    }

    #[test]
    fn a_bar_is_as_full_as_steps_have_begun() {
        let full = |step, steps| bar(step, steps, Glyphs::Ascii).matches('#').count();
        assert_eq!(
            [full(0, 4), full(2, 4), full(4, 4), full(5, 4)],
            [0, 15, 30, 30]
        );
        assert_eq!(full(0, 0), 0);
        assert_eq!(bar(1, 2, Glyphs::Blocks).chars().count(), BAR);
    }
}
