//! The live view: the table drawn again and again, and what the user's keys do to it.

use std::io;
use std::time::Instant;

use super::signals::{Signals, ask_to_stop};
use super::{Run, Woken};
use crate::command::interrupt::Held;
use crate::contention::{Findings, Sort};
use crate::output::contention::live::Frame;
use crate::output::contention::screen::{self, Pressed, Screen};

/// How the picture is to be.
struct View {
    screen: Screen,
    /// After the screen, so that it is given back when one is obeyed at the end.
    signals: Signals,
    /// After the screen, too: what asks to finish, even twice, does not end the program before.
    _held: Held,
    sort: Sort,
    /// What is shown as long as the picture stands still.
    paused: Option<Findings>,
    /// Whether the keys are shown instead of the table.
    help: bool,
}

/// What follows from a key.
#[derive(PartialEq, Eq)]
enum Reaction {
    Nothing,
    Redraw,
    Quit,
}

impl Run<'_, '_> {
    /// Draws the table again and again.
    pub(super) fn live(&mut self) -> anyhow::Result<()> {
        let (signals, held) = (Signals::catch()?, self.interrupt.hold());
        let mut view = View {
            screen: Screen::enter()?,
            sort: self.sort,
            signals,
            _held: held,
            paused: None,
            help: false,
        };
        let mut next = self.source.started();
        loop {
            let size = Screen::size();
            Screen::show(&self.picture(&view, size))?;
            while next <= Instant::now() {
                next += self.interval;
            }
            let mut pressed = Vec::new();
            let woken = self.wait(self.until(next), &mut || {
                pressed = view.screen.pressed();
                !pressed.is_empty() || view.signals.came() || Screen::size() != size
            });
            let quits = self.react(&mut view, &pressed)? == Reaction::Quit;
            if quits || matches!(woken, Woken::End) || self.is_over() {
                return Ok(());
            }
            if view.signals.came() && !self.obey(&view)? {
                return Ok(());
            }
            if Instant::now() >= next {
                self.end_interval()?;
            }
        }
    }

    /// Lets the signals that came do what they do; whether the view goes on then.
    fn obey(&self, view: &View) -> io::Result<bool> {
        let asked = || self.interrupt.asked();
        view.screen
            .aside(|| view.signals.obey(screen::is_ours, asked))
    }

    fn react(&self, view: &mut View, pressed: &[Pressed]) -> io::Result<Reaction> {
        let mut reaction = Reaction::Nothing;
        for key in pressed {
            match key {
                Pressed::Quit => return Ok(Reaction::Quit),
                Pressed::Help => view.help = !view.help,
                Pressed::Sort => view.sort = view.sort.next(self.reads),
                Pressed::Pause => {
                    view.paused = match view.paused {
                        Some(_) => None,
                        None => Some(self.timeline.told(self.source.whole(self.by))),
                    }
                }
                Pressed::Suspend => ask_to_stop()?,
            }
            reaction = Reaction::Redraw;
        }
        Ok(reaction)
    }

    fn picture(&self, view: &View, (width, height): (usize, usize)) -> Vec<String> {
        let shown = |findings: Findings| findings.sorted(view.sort).cut(self.args.top);
        let findings = match &view.paused {
            // With its history: that of the others goes on.
            Some(paused) => shown(paused.clone()),
            None => self.timeline.told(shown(self.source.whole(self.by))),
        };
        let frame = Frame {
            findings: &findings,
            server: &self.source.name(),
            sort: view.sort,
            paused: view.paused.is_some(),
            left: self
                .end
                .map(|end| end.saturating_duration_since(Instant::now()).as_secs()),
            paint: self.context.out.paint(),
        };
        if view.help {
            frame.keys(width, height)
        } else {
            frame.lines(width, height)
        }
    }
}
