//! Questions to the person at the terminal.

use std::io;

use rustix::process::Signal;

use crate::command::child::{Signals, obey};
use crate::output::Output;

/// What the person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// One of the letters that were offered.
    Letter(char),
    /// The terminal is closed, or cannot be read.
    End,
    /// Ctrl-C, or another signal that asks to end.
    Signal(Signal),
}

/// Asks until one of the letters is the answer.
pub(super) fn ask(question: &str, letters: &str, signals: &Signals, out: &mut Output) -> Reply {
    loop {
        out.question(question);
        match signals.until_readable(io::stdin()) {
            Some(Signal::WINCH) => continue,
            Some(Signal::TSTP) => {
                obey(Signal::TSTP);
                continue;
            }
            Some(signal) => return Reply::Signal(signal),
            None => {}
        }
        let mut line = String::new();
        match io::stdin().read_line(&mut line) {
            Ok(0) => return Reply::End,
            Err(error) if error.kind() != io::ErrorKind::InvalidData => return Reply::End,
            _ => {}
        }
        let first = line.trim_start().chars().next();
        let first = first.map(|letter| letter.to_ascii_lowercase());
        if let Some(letter) = first.filter(|&letter| letters.contains(letter)) {
            return Reply::Letter(letter);
        }
    }
}
