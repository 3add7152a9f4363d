//! The live view of `mccas contention` on a terminal (tmux): its keys, and what becomes of the terminal.

use std::fs;
use std::process::Command;

use crate::harness::reaper;
use crate::harness::server::Memcached;
use crate::harness::tmux::Tmux;
use crate::harness::wait;

/// A shell in which the view has been started, on so many columns and rows.
fn viewing(server: &Memcached, args: &str, size: (u16, u16)) -> Tmux {
    let tmux = Tmux::new();
    tmux.start(
        &["bash", "--norc", "--noprofile"],
        size,
        &|command: &mut Command| {
            command.env_clear().envs([
                ("PATH", "/usr/local/bin:/usr/bin:/bin"),
                ("PS1", "> "),
                ("TERM", "screen"),
                ("LC_ALL", "C.UTF-8"),
            ]);
            reaper::mark(command);
        },
    );
    tmux.wait_for("prompt", |screen| screen.ends_with('>'));
    let program = env!("CARGO_BIN_EXE_mccas");
    let line = format!(
        "clear; {program} -s {} contention --for 5m {args}",
        server.address()
    );
    tmux.send(&["-l", &line]);
    tmux.send(&["Enter"]);
    wait::until("the log to be read", || {
        (server.count("log_watchers") == 1).then_some(())
    });
    tmux
}

/// One key with many stores, and one that is fought over.
fn store(server: &Memcached) {
    server.raw("set busy 0 0 1\r\n1\r\n".repeat(9));
    server.raw("set fought 0 0 1\r\n1\r\ncas fought 0 0 1 99999\r\n1\r\n");
}

/// Whether `first` stands above `second`.
fn in_order(screen: &str, first: &str, second: &str) -> bool {
    let at = |what: &str| screen.lines().position(|line| line.starts_with(what));
    matches!((at(first), at(second)), (Some(first), Some(second)) if first < second)
}

#[test]
fn keys_sort_pause_and_explain() {
    let server = Memcached::start();
    let tmux = viewing(&server, "--interval 100ms", (100, 24));
    store(&server);
    tmux.wait_for("table, the lost first", |screen| {
        in_order(screen, "fought", "busy")
    });
    tmux.send(&["s"]);
    tmux.send(&["s"]);
    tmux.wait_for("table, the most stores first", |screen| {
        screen.contains("by stores") && in_order(screen, "busy", "fought")
    });
    tmux.send(&["?"]);
    tmux.wait_for("keys", |screen| {
        screen.contains("Ctrl-Z suspend; fg brings it back")
    });
    tmux.send(&["?"]);
    tmux.send(&["p"]);
    tmux.wait_for("paused table", |screen| screen.contains("paused 10 stores"));
    store(&server);
    tmux.send(&["p"]);
    tmux.wait_for("table that goes on", |screen| {
        screen.contains("by stores 20 stores")
    });
    tmux.send(&["q"]);
    let screen = tmux.wait_for("final table", |screen| screen.ends_with('>'));
    assert!(screen.contains("2 keys in "), "{screen}");
}

#[test]
fn it_can_be_suspended_and_comes_back() {
    let server = Memcached::start();
    let tmux = viewing(&server, "--interval 100ms", (100, 24));
    store(&server);
    tmux.wait_for("table", |screen| screen.contains("fought"));
    tmux.send(&["C-z"]);
    tmux.wait_for("shell", |screen| {
        screen.contains("Stopped") && screen.ends_with('>')
    });
    tmux.send(&["-l", "echo typed"]);
    tmux.send(&["Enter"]);
    tmux.wait_for("what the shell says", |screen| screen.contains("\ntyped\n"));
    tmux.send(&["-l", "fg"]);
    tmux.send(&["Enter"]);
    tmux.wait_for("table again", |screen| {
        screen.contains("? keys") && screen.contains("fought")
    });
    tmux.send(&["C-c"]);
    tmux.wait_for("final table", |screen| {
        screen.contains("2 keys in ") && screen.ends_with('>')
    });
    tmux.send(&["-l", "echo shown"]);
    tmux.wait_for("what is typed after it", |screen| {
        screen.ends_with("> echo shown")
    });
}

#[test]
fn what_has_no_room_is_said_and_nothing_else() {
    let server = Memcached::start();
    let tmux = viewing(&server, "--interval 100ms", (160, 24));
    store(&server);
    let screen = tmux.wait_for("table", |screen| screen.contains("fought"));
    assert!(!screen.contains("no room"), "{screen}");
    drop(tmux);
    wait::until("the log to be left", || {
        (server.count("log_watchers") == 0).then_some(())
    });
    let tmux = viewing(&server, "--interval 100ms", (60, 8));
    for n in 0..9 {
        server.set(format!("k{n}"), "v");
    }
    tmux.wait_for("what is hidden", |screen| {
        screen.contains("no room for: 7 more rows; hottest clients (lost)")
    });
}

#[test]
fn a_file_for_prometheus_that_fails_leaves_the_view_with_the_report() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let [here, gone] = ["here", "gone"].map(|name| folder.path().join(name));
    fs::create_dir(&here).expect("a folder");
    let file = here.join("mccas.prom").display().to_string();
    let args = format!("--interval 100ms --prometheus {file}");
    let tmux = viewing(&server, &args, (160, 24));
    store(&server);
    tmux.wait_for("table", |screen| screen.contains("fought"));
    fs::rename(here, gone).expect("a folder");
    let screen = tmux.wait_for("final table", |screen| screen.ends_with('>'));
    for part in ["fought", "2 keys in ", "cannot write"] {
        assert!(screen.contains(part), "{part:?} is not in:\n{screen}");
    }
}
