//! Questions to the person at the terminal.

use std::io;

use rustix::process::Signal;

use crate::command::child::{Signals, obey};
use crate::output::Output;

/// Why there is no answer. Nothing that was asked about may be done then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// The terminal is closed, or cannot be read.
    End,
    /// Ctrl-C, or another signal that asks to end.
    Signal(Signal),
}

impl NoAnswer {
    /// The signal that is to be obeyed, when all has been told.
    pub(super) fn signal(self) -> Option<Signal> {
        match self {
            NoAnswer::End => None,
            NoAnswer::Signal(signal) => Some(signal),
        }
    }
}

/// Asks until one of the letters is the answer.
pub(super) fn ask(
    question: &str,
    letters: &str,
    signals: &Signals,
    out: &mut Output,
) -> Result<char, NoAnswer> {
    loop {
        out.question(question);
        match signals.until_readable(io::stdin()) {
            Some(Signal::WINCH) => continue,
            Some(Signal::TSTP) => {
                obey(Signal::TSTP);
                continue;
            }
            Some(signal) => return Err(NoAnswer::Signal(signal)),
            None => {}
        }
        let mut line = String::new();
        match io::stdin().read_line(&mut line) {
            Ok(0) => return Err(NoAnswer::End),
            Err(error) if error.kind() != io::ErrorKind::InvalidData => return Err(NoAnswer::End),
            _ => {}
        }
        let first = line.trim_start().chars().next();
        let first = first.map(|letter| letter.to_ascii_lowercase());
        if let Some(letter) = first.filter(|&letter| letters.contains(letter)) {
            return Ok(letter);
        }
    }
}
