//! A terminal taken over for a live view, and given back as it was.

use std::io::{self, IsTerminal, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process;
use rustix::termios::{self, OptionalActions, SpecialCodeIndex, Termios};

/// The alternate screen without cursor, and back. What was on the terminal before is there again afterwards.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[2J";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
/// Bytes of keys: these come as bytes while keys are read one by one.
const CTRL_C: u8 = 3;
const CTRL_Z: u8 = 26;

/// Whether the terminal is taken over, and how its keys were; a panic gives it back too.
static TAKEN: AtomicBool = AtomicBool::new(false);
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// A terminal that is ours until this is dropped.
pub(crate) struct Screen {
    keys: bool,
}

impl Screen {
    /// Takes stdout over, and stdin's keys if it is a terminal.
    pub(crate) fn enter() -> io::Result<Screen> {
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            leave();
            tell(panic);
        }));
        let keys = io::stdin().is_terminal();
        let screen = Screen { keys };
        screen.take_over()?;
        Ok(screen)
    }

    fn take_over(&self) -> io::Result<()> {
        let stdin = io::stdin();
        TAKEN.store(true, Ordering::SeqCst);
        if self.keys {
            let before = termios::tcgetattr(&stdin)?;
            let mut raw = before.clone();
            raw.make_raw();
            // Line ends are still the terminal's business; a read takes what is there and waits for nothing.
            raw.output_modes = before.output_modes;
            raw.special_codes[SpecialCodeIndex::VMIN] = 0;
            raw.special_codes[SpecialCodeIndex::VTIME] = 0;
            *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
            termios::tcsetattr(&stdin, OptionalActions::Now, &raw)?;
        }
        write(ENTER)
    }

    /// Gives the terminal back meanwhile. Returns whether it is taken over again, which is so if it is ours then.
    pub(crate) fn aside(&self, meanwhile: impl FnOnce()) -> io::Result<bool> {
        leave();
        meanwhile();
        if is_ours() {
            self.take_over()?;
        }
        Ok(TAKEN.load(Ordering::SeqCst))
    }

    /// Columns and rows.
    pub(crate) fn size() -> (usize, usize) {
        size().unwrap_or((80, 24))
    }

    /// Replaces the picture, in one write so that it does not flicker.
    pub(crate) fn show(lines: &[String]) -> io::Result<()> {
        let mut picture = String::from("\x1b[H");
        for (at, line) in lines.iter().enumerate() {
            if at > 0 {
                picture += "\r\n";
            }
            picture += line;
            picture += "\x1b[K";
        }
        write(&(picture + "\x1b[J"))
    }

    /// What the user pressed since the last look.
    pub(crate) fn pressed(&self) -> Vec<Pressed> {
        let mut keys = [0; 64];
        let read = if self.keys {
            read_what_is_there(&mut keys)
        } else {
            0
        };
        keys[..read]
            .iter()
            .filter_map(|&key| meaning(key))
            .collect()
    }
}

/// Reads keys and waits for none: not even where somebody else has set the terminal back to reading whole lines.
fn read_what_is_there(keys: &mut [u8]) -> usize {
    let stdin = io::stdin();
    let mut streams = [PollFd::new(&stdin, PollFlags::IN)];
    let at_once = Timespec::default();
    match poll(&mut streams, Some(&at_once)) {
        Ok(1..) => rustix::io::read(&stdin, keys).unwrap_or(0),
        _ => 0,
    }
}

/// A key that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pressed {
    Quit,
    /// Show the keys, or the table again.
    Help,
    /// Sort by the next thing.
    Sort,
    /// Let the picture stand, or go on.
    Pause,
    Suspend,
}

fn meaning(key: u8) -> Option<Pressed> {
    match key {
        b'q' | b'Q' | CTRL_C => Some(Pressed::Quit),
        b'?' | b'h' => Some(Pressed::Help),
        b's' => Some(Pressed::Sort),
        b'p' | b' ' => Some(Pressed::Pause),
        CTRL_Z => Some(Pressed::Suspend),
        _ => None,
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

/// Columns and rows of the terminal on stdout.
pub(crate) fn size() -> Option<(usize, usize)> {
    let size = termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then(|| (size.ws_col.into(), size.ws_row.into()))
}

/// Whether we are in the foreground; where the system does not tell, we are.
pub(crate) fn is_ours() -> bool {
    termios::tcgetpgrp(io::stdout()).map_or(true, |group| group == process::getpgrp())
}

fn leave() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // There is nobody to tell if the terminal itself is gone.
    let _ = write(LEAVE);
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &before);
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
