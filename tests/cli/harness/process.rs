//! Signals to processes that a test started, and what they take.

use std::fs;
use std::process::{Child, Command, Stdio};

use crate::harness::inspect::show;

/// SIGKILL, which ends a frozen process too.
pub(crate) fn end(process: &mut Child) {
    let _ = process.kill();
    let _ = process.wait();
}

/// Sends a signal by the shell's own `kill`: unsafe code is forbidden here, and a small machine
/// may have no such program.
#[track_caller]
pub(crate) fn signal(pid: u32, name: &str) {
    let status = Command::new("sh")
        .args(["-c", &format!("kill -{name} {pid}")])
        .status()
        .expect("sh");
    assert!(status.success(), "kill -{name} {pid} failed");
}

/// Whether all threads of a process stand. Where there is no /proc the signal is trusted.
pub(crate) fn is_stopped(pid: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return true;
    };
    threads.flatten().all(|thread| {
        // "PID (NAME) STATE ...", and the name may hold anything.
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('T'))
    })
}

/// The memory that a process holds, in KiB.
#[track_caller]
pub(crate) fn resident_kib(pid: u32) -> u64 {
    let output = Command::new("ps")
        .args(["-o", "rss=", "-p", &pid.to_string()])
        .stdin(Stdio::null())
        .output();
    show(&output.expect("ps").stdout)
        .trim()
        .parse()
        .expect("a size")
}
