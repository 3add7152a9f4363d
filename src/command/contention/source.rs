//! Where findings come from: servers that are observed, or a recording.

use std::time::Instant;

use crate::contention::{By, Findings};
use crate::exit::Exit;

/// What can be asked for findings, an interval after the other.
pub(super) trait Source {
    /// When it began.
    fn started(&self) -> Instant;

    /// What people call it.
    fn name(&self) -> String;

    /// Whether there was anything to find something in.
    fn has_begun(&self) -> bool;

    /// Whether more is to come.
    fn goes_on(&self) -> bool;

    /// What went wrong, in words, and what that is as an exit code.
    fn failures(&self) -> Vec<(Exit, String)>;

    /// Keeps it going: to be called about ten times a second.
    fn keep_awake(&mut self);

    /// The findings of the interval that ends now; the next one begins.
    fn interval(&mut self, by: By) -> Findings;

    /// The findings of the whole time, until now or until it was stopped.
    fn whole(&self, by: By) -> Findings;

    /// Ends the time.
    fn stop(&mut self);
}
