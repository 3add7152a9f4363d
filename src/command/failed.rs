//! What is told once of a server, though it is so for many keys.

use std::collections::HashSet;

use crate::cas::StoreError;
use crate::exit::Exit;
use crate::output::Output;

/// Failures that are remembered, at most.
const REMEMBERED: usize = 1000;

/// What has gone wrong on which server: where it is the same with many of its keys, people are told once.
#[derive(Default)]
pub(super) struct Failed(HashSet<(String, String)>);

impl Failed {
    /// Tells people of a failure, unless it was told.
    pub(super) fn tell(
        &mut self,
        server: String,
        error: &StoreError,
        out: &mut Output,
    ) -> anyhow::Result<()> {
        let message = error.to_string();
        if self.is_news(server, &message) {
            out.aside(Exit::of(error), &message)?;
        }
        Ok(())
    }

    fn is_news(&mut self, server: String, message: &str) -> bool {
        let told = (server, message.to_string());
        // A list may be endless, and what a hostile server says another thing each time.
        let room = self.0.len() < REMEMBERED;
        !self.0.contains(&told) && (!room || self.0.insert(told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_of_one_server_is_told_once_and_of_another_again() {
        let mut failed = Failed::default();
        let mut news = |server: &str, message: &str| failed.is_news(server.into(), message);
        assert!(news("a", "refused"));
        assert!(!news("a", "refused"));
        assert!(news("b", "refused"));
        assert!(news("a", "timed out"));
        assert!(!news("a", "refused"));
        // What finds no room is told each time.
        (0..REMEMBERED).for_each(|n| assert!(news("c", &n.to_string())));
        assert!(news("d", "refused"));
        assert!(news("d", "refused"));
        assert!(!news("a", "refused"));
    }
}
