//! The command is stopped while the lock is held: that is said, and a signal to mccas ends it all the same.

use super::lock;
use crate::harness::mccas::Mccas;
use crate::harness::process::{is_stopped, signal};
use crate::harness::server::Memcached;
use crate::harness::tmux::Tmux;
use crate::harness::wait;

const ENDLESS: &str = "echo $$; while :; do sleep 0.01; done";

/// Stops the process and waits until it stands.
#[track_caller]
fn stop(pid: u32) {
    signal(pid, "STOP");
    wait::until("a stopped command", || is_stopped(pid).then_some(()));
}

#[test]
fn a_stopped_command_gets_the_signals_of_mccas() {
    let server = Memcached::start();
    for (name, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let mut running = lock(&server, ENDLESS).arg("-q").spawn();
        let pid = running.line().parse().expect("a number");
        stop(pid);
        running.signal(name);
        let outcome = running.wait();
        assert_eq!(outcome.code, code, "{outcome:?}");
        // At -q, too: it is for nobody to expect that.
        let told = format!(
            "mccas: k: the command has stopped (SIGSTOP); kill -CONT -{pid} lets it go on; Ctrl-C, or SIGTERM to mccas, \
             ends it, and the lock is kept until then\n"
        );
        assert!(outcome.stderr.starts_with(&told), "{outcome:?}");
        assert_eq!(server.item("k"), None);
    }
}

/// A terminal at whose prompt this command has been typed.
#[track_caller]
fn typed(command: &Mccas) -> Tmux {
    let tmux = Tmux::shell((200, 30));
    let command = command.command();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<String> = words
        .map(|word| format!("'{}'", word.to_string_lossy()))
        .collect();
    // What shows the end is not in what was typed.
    tmux.line(&format!("{}; echo \"[exit\" $?]", words.join(" ")));
    tmux
}

#[test]
fn a_command_that_reads_the_terminal_is_told_to_have_stopped_and_ends_by_ctrl_c() {
    let server = Memcached::start();
    let tmux = typed(&lock(&server, "read a"));
    let told = "the command has stopped (SIGTTIN): it wants to read from the terminal";
    tmux.wait_for("word of it", |screen| screen.contains(told));
    assert!(server.item("k").is_some());
    tmux.send(&["C-c"]);
    tmux.wait_for("end", |screen| screen.contains("[exit 130]"));
    assert_eq!(server.item("k"), None);
}

#[test]
fn that_a_command_has_stopped_is_said_once() {
    let server = Memcached::start();
    let tmux = typed(&lock(&server, ENDLESS));
    let ours = |screen: &str| screen.lines().find_map(|line| line.parse().ok());
    let pid = wait::until("a pid", || ours(&tmux.screen()));
    stop(pid);
    let told = "the command has stopped (SIGSTOP)";
    tmux.wait_for("word of it", |screen| screen.contains(told));
    signal(pid, "CONT");
    wait::until("a command that goes on", || {
        (!is_stopped(pid)).then_some(())
    });
    stop(pid);
    tmux.send(&["C-c"]);
    let screen = tmux.wait_for("end", |screen| screen.contains("[exit 130]"));
    assert_eq!(screen.matches(told).count(), 1, "{screen}");
}
