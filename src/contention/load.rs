//! Whether a server can bear to be watched: it drops what it has no time or room for.

use std::collections::VecDeque;

/// Looks that count together.
const LOOKS: usize = 10;
/// With fewer lines than this, the share of dropped ones says little.
const ENOUGH_LINES: u64 = 1000;

/// What share of its lines a server drops, over the last looks.
#[derive(Debug)]
pub(crate) struct Load {
    /// The largest share that is borne.
    most: f64,
    /// Lines that came, and lines that did not, in all until each of the last looks.
    looks: VecDeque<(u64, u64)>,
}

impl Load {
    /// Bears this share of dropped lines.
    pub(crate) fn up_to(most: f64) -> Load {
        Load {
            most,
            looks: VecDeque::from([(0, 0)]),
        }
    }

    /// A look at what has come and what was dropped so far; the share of the dropped lines if that is too much.
    #[allow(clippy::cast_precision_loss)] // a share of 2^53 lines needs no last digit
    pub(crate) fn look(&mut self, came: u64, dropped: u64) -> Option<f64> {
        let (came_before, dropped_before) = self.looks.front().copied().unwrap_or_default();
        let lost = dropped.saturating_sub(dropped_before);
        let lines = came.saturating_sub(came_before).saturating_add(lost);
        self.looks.push_back((came, dropped));
        if self.looks.len() > LOOKS {
            self.looks.pop_front();
        }
        let share = lost as f64 / lines as f64;
        (lines >= ENOUGH_LINES && share > self.most).then_some(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_share_is_too_much() {
        let mut load = Load::up_to(0.1);
        assert_eq!(load.look(900, 100), None, "not more than it");
        assert_eq!(load.look(1800, 300), Some(300.0 / 2100.0));
    }

    #[test]
    fn few_lines_say_little() {
        let mut load = Load::up_to(0.1);
        assert_eq!(load.look(0, 999), None);
        assert_eq!(load.look(0, 0), None, "nothing at all is no share");
        assert_eq!(load.look(0, 1000), Some(1.0));
    }

    #[test]
    fn what_was_borne_long_ago_does_not_weigh_against_what_is_dropped_now() {
        let mut load = Load::up_to(0.1);
        for second in 1..100 {
            assert_eq!(load.look(second * 10_000, 0), None);
        }
        let later =
            (1..=LOOKS as u64).map(|second| load.look(990_000 + second * 5000, second * 5000));
        assert!(later.into_iter().any(|share| share.is_some()));
    }
}
