//! How far a long job has come, on a terminal.

use std::fmt;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::glyphs::Glyphs;

/// A bar on stderr; nothing where stderr is no terminal.
pub(crate) struct Progress(ProgressBar);

/// How long a job may take before it is shown how far it is.
const SHORT: Duration = Duration::from_secs(1);

/// How far a list of unknown length is, on stderr. It shows itself after a second, and makes way for each line.
pub(super) struct Tally {
    bar: ProgressBar,
    /// When it is to show itself, as long as it does not.
    due: Option<Instant>,
}

impl Tally {
    pub(super) fn new(shown: bool) -> Tally {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{pos} keys  {rate}  {elapsed}") {
            // The library's own {per_sec} has four decimals.
            let rate = |state: &ProgressState, text: &mut dyn fmt::Write| {
                let _ = write!(text, "{:.0}/s", state.per_sec());
            };
            bar.set_style(style.with_key("rate", rate));
        }
        Tally {
            bar,
            due: shown.then(|| Instant::now() + SHORT),
        }
    }

    /// So many more are done.
    pub(super) fn add(&mut self, number: usize) {
        self.bar.inc(number as u64);
        if self.due.is_some_and(|due| Instant::now() >= due) {
            self.due = None;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Writes to the same terminal.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Progress {
    pub(super) fn new(steps: usize, shown: bool) -> Progress {
        if !shown {
            return Progress(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(steps as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}  {elapsed}  {msg}") {
            let characters = match Glyphs::here() {
                Glyphs::Blocks => "█░",
                Glyphs::Ascii => "#-",
            };
            bar.set_style(style.progress_chars(characters));
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress(bar)
    }

    /// The next step begins.
    pub(crate) fn step(&mut self, what: &str) {
        self.0.set_message(what.to_string());
        self.0.inc(1);
    }

    /// Clears the bar away.
    pub(crate) fn finish(&mut self) {
        self.0.finish_and_clear();
    }
}
