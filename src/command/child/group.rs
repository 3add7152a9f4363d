//! Whether anybody of a process group still runs.

use std::fs;

use rustix::process::{Pid, test_kill_process_group};

/// Whether the group has members that can still do something.
///
/// The dead wait in the process table for their parent; that of an orphan is the first process of the system or of the
/// container, which may take seconds or never look. Signals cannot tell them from the living, `/proc` can; where there is
/// none, they count as living.
pub(super) fn is_alive(group: Pid) -> bool {
    test_kill_process_group(group).is_ok() && has_living_member(group).unwrap_or(true)
}

/// Looks through `/proc`; `None` if it cannot be read.
fn has_living_member(group: Pid) -> Option<bool> {
    // Without this the folder is not what we think it is.
    fs::metadata("/proc/self/stat").ok()?;
    let found = fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter(|entry| entry.file_name().as_encoded_bytes()[0].is_ascii_digit())
        // A process that has gone meanwhile has no file any more.
        .filter_map(|entry| fs::read(entry.path().join("stat")).ok())
        .any(|stat| lives_in(&stat, group.as_raw_nonzero().get()));
    Some(found)
}

/// Whether a line of `/proc/PID/stat` is that of a living member: `PID (NAME) STATE PPID PGRP ...`.
fn lives_in(stat: &[u8], group: i32) -> bool {
    // The name may hold anything, also brackets and line feeds: it ends at the last bracket.
    let Some(end) = stat.iter().rposition(|&byte| byte == b')') else {
        return false;
    };
    let rest = String::from_utf8_lossy(&stat[end + 1..]);
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next();
    let is_member = fields.nth(1).and_then(|field| field.parse().ok()) == Some(group);
    is_member && !matches!(state, Some("Z" | "X") | None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_living_members_of_a_group_are_told_from_the_dead_and_from_others() {
        assert!(lives_in(b"12 (sleep) S 1 7 7 0", 7));
        assert!(lives_in(b"12 (a) Z 1 8\n) T 1 7 7 0", 7));
        assert!(!lives_in(b"12 (sleep) Z 1 7 7 0", 7));
        assert!(!lives_in(b"12 (sleep) X 1 7 7 0", 7));
        assert!(!lives_in(b"12 (sleep) S 7 8 7 0", 7));
        assert!(!lives_in(b"", 7));
    }
}
