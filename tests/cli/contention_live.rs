//! The live view of `mccas contention` on a terminal (tmux): its keys, and what becomes of the terminal.

use std::fs;
use std::process::Command;

use crate::harness::process::{is_stopped, signal};
use crate::harness::server::Memcached;
use crate::harness::tmux::Tmux;
use crate::harness::wait;

fn is_observed(server: &Memcached) {
    wait::until("the log to be read", || {
        (server.count("log_watchers") == 1).then_some(())
    });
}

/// The command that starts the view.
fn view(server: &Memcached, args: &str) -> String {
    let program = env!("CARGO_BIN_EXE_mccas");
    let address = server.address();
    format!("{program} -s {address} contention --for 5m --interval 100ms {args}")
}

/// A shell in which the view has been started, on so many columns and rows.
fn viewing(server: &Memcached, args: &str, size: (u16, u16)) -> Tmux {
    let tmux = Tmux::shell(size);
    tmux.line(&format!("clear; {}", view(server, args)));
    is_observed(server);
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
    let tmux = viewing(&server, "", (100, 24));
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
fn a_paused_picture_stands_still_with_its_sparklines() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("meanwhile.jsonl");
    let args = format!("--record {}", path.display());
    let tmux = viewing(&server, &args, (170, 24));
    let intervals = || fs::read_to_string(&path).map_or(0, |text| text.lines().count());
    // Two intervals later than now, and so drawn anew.
    let drawn_anew = || {
        let before = intervals();
        wait::until("two intervals", || {
            (intervals() >= before + 2).then_some(())
        });
    };
    let table = |screen: &str| -> Vec<String> {
        let rows = screen.lines().skip(1).map(String::from);
        rows.collect()
    };
    store(&server);
    tmux.wait_for("sparkline", |screen| {
        screen.contains("LOST% OVER TIME") && screen.contains(['▁', '▄', '█'])
    });
    tmux.send(&["p"]);
    let paused = tmux.wait_for("paused table", |screen| screen.contains("paused"));
    store(&server);
    drawn_anew();
    assert_eq!(table(&tmux.screen()), table(&paused));
    tmux.send(&["p"]);
    let going_on = tmux.wait_for("table that goes on", |screen| screen.contains("20 stores"));
    assert_ne!(table(&going_on), table(&paused));
    drawn_anew();
    assert_ne!(table(&tmux.screen()), table(&going_on), "a step further");
}

#[test]
fn it_can_be_suspended_and_comes_back() {
    let server = Memcached::start();
    let tmux = viewing(&server, "", (100, 24));
    store(&server);
    tmux.wait_for("table", |screen| screen.contains("fought"));
    tmux.send(&["C-z"]);
    tmux.wait_for("shell", |screen| {
        screen.contains("Stopped") && screen.ends_with('>')
    });
    tmux.line("echo typed");
    tmux.wait_for("what the shell says", |screen| screen.contains("\ntyped\n"));
    tmux.line("fg");
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
    let tmux = viewing(&server, "", (160, 24));
    store(&server);
    let screen = tmux.wait_for("table", |screen| screen.contains("fought"));
    assert!(!screen.contains("no room"), "{screen}");
    drop(tmux);
    wait::until("the log to be left", || {
        (server.count("log_watchers") == 0).then_some(())
    });
    let tmux = viewing(&server, "", (60, 8));
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
/// The terminal as a shell has it, and not the view.
const GIVEN_BACK: (bool, bool) = (true, false);
const TAKEN: (bool, bool) = (false, true);

/// A view in a shell that says what came of it, its process, and how the terminal was set before and afterwards.
struct Watched {
    tmux: Tmux,
    pid: u32,
}

impl Watched {
    fn start(server: &Memcached) -> Watched {
        let tmux = Tmux::shell((100, 24));
        let folder = tmux.folder().display().to_string();
        let view = view(server, "");
        tmux.line(&format!(
            "cd {folder}; clear; stty -a >before; sh -c 'echo $$ >pid; exec {view}'; echo ended $?; stty -a >after"
        ));
        is_observed(server);
        tmux.wait_for("table", |screen| screen.contains("? keys"));
        let pid = fs::read_to_string(tmux.folder().join("pid")).expect("a number");
        let pid = pid.trim().parse().expect("a number");
        let watched = Watched { tmux, pid };
        watched.ensure_modes(TAKEN);
        watched
    }

    #[track_caller]
    fn ensure_modes(&self, modes: (bool, bool)) {
        wait::until("the terminal taken over or given back", || {
            (self.tmux.modes() == modes).then_some(())
        });
    }

    /// The screen after an end with this status, which leaves the terminal as it was.
    #[track_caller]
    fn ended(&self, status: i32) -> String {
        let end = format!("\nended {status}\n>");
        let screen = self.tmux.wait_for("end", |screen| screen.ends_with(&end));
        self.ensure_modes(GIVEN_BACK);
        let set = |file: &str| fs::read_to_string(self.tmux.folder().join(file)).expect("a file");
        assert!(set("before").contains("speed"));
        assert_eq!(set("before"), set("after"));
        screen
    }

    /// Waits for the shell's prompt above a stopped view.
    #[track_caller]
    fn is_suspended(&self) {
        self.tmux.wait_for("shell", |screen| {
            screen.contains("Stopped") && screen.ends_with('>')
        });
        self.ensure_modes(GIVEN_BACK);
        wait::until("a view that stands", || is_stopped(self.pid).then_some(()));
    }

    /// Brings it back, and ends it.
    #[track_caller]
    fn resume_and_quit(&self) {
        self.tmux.line("clear; fg; echo ended $?; stty -a >after");
        self.tmux
            .wait_for("table again", |screen| screen.contains("? keys"));
        self.ensure_modes(TAKEN);
        self.tmux.send(&["q"]);
        self.tmux
            .wait_for("final report", |screen| screen.contains("0 keys in "));
        self.ended(0);
    }
}

#[test]
fn sigterm_ends_it_with_its_report_and_gives_the_terminal_back() {
    let server = Memcached::start();
    let watched = Watched::start(&server);
    store(&server);
    signal(watched.pid, "TERM");
    let screen = watched.ended(143);
    assert!(screen.contains("2 keys in "), "{screen}");
}

/// Whether a signal that was sent has not reached the process yet.
fn is_pending(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mut pending = status
        .lines()
        .filter_map(|line| line.strip_prefix("ShdPnd:"));
    pending.any(|mask| mask.trim().bytes().any(|digit| digit != b'0'))
}

#[test]
fn who_asks_twice_gets_the_terminal_back_as_well() {
    let server = Memcached::start();
    for _ in 0..3 {
        let watched = Watched::start(&server);
        // The second right behind the first, which is heard then and not yet looked for.
        signal(watched.pid, "TERM");
        wait::until("the first to be heard", || {
            (!is_pending(watched.pid)).then_some(())
        });
        signal(watched.pid, "TERM");
        watched.ended(143);
        wait::until("the log to be left", || {
            (server.count("log_watchers") == 0).then_some(())
        });
    }
}

#[test]
fn signals_that_end_it_at_once_give_the_terminal_back_first() {
    let server = Memcached::start();
    for (name, status) in [("HUP", 129), ("QUIT", 131)] {
        let watched = Watched::start(&server);
        signal(watched.pid, name);
        watched.ended(status);
        wait::until("the log to be left", || {
            (server.count("log_watchers") == 0).then_some(())
        });
    }
}

#[test]
fn a_terminal_that_somebody_has_set_back_to_lines_holds_nothing_up() {
    let server = Memcached::start();
    let watched = Watched::start(&server);
    let terminal = format!("/proc/{}/fd/0", watched.pid);
    let set = Command::new("stty")
        .args(["-F", &terminal, "sane"])
        .status();
    assert!(set.expect("stty").success());
    // A read would wait for a whole line from now on.
    store(&server);
    watched
        .tmux
        .wait_for("a picture that goes on", |screen| screen.contains("fought"));
    signal(watched.pid, "TERM");
    watched.ended(143);
}

#[test]
fn a_server_that_goes_away_ends_it_and_gives_the_terminal_back() {
    let server = Memcached::start();
    let watched = Watched::start(&server);
    store(&server);
    watched
        .tmux
        .wait_for("table", |screen| screen.contains("fought"));
    let address = server.address();
    drop(server);
    let screen = watched.ended(5);
    assert!(screen.contains("2 keys in "), "{screen}");
    assert!(screen.contains(&format!("mccas: {address}")), "{screen}");
}

#[test]
fn sigtstp_from_outside_is_as_the_key() {
    let server = Memcached::start();
    let watched = Watched::start(&server);
    signal(watched.pid, "TSTP");
    watched.is_suspended();
    watched.resume_and_quit();
}

#[test]
fn it_does_not_take_the_terminal_from_the_shell() {
    let server = Memcached::start();
    let watched = Watched::start(&server);
    watched.tmux.send(&["C-z"]);
    watched.is_suspended();
    // While the shell reads a line its terminal is set otherwise, and that is not how it is to be afterwards.
    signal(watched.pid, "CONT");
    wait::until("a view that stands", || {
        is_stopped(watched.pid).then_some(())
    });
    assert_eq!(watched.tmux.modes(), GIVEN_BACK);
    watched.resume_and_quit();
}

#[test]
fn in_the_background_there_is_only_the_report() {
    let server = Memcached::start();
    let tmux = viewing(&server, "--for 500ms &", (100, 24));
    store(&server);
    let screen = tmux.wait_for("final report", |screen| screen.contains("2 keys in "));
    assert!(!screen.contains("? keys"), "{screen}");
}

#[test]
fn where_nobody_could_bring_it_back_it_does_not_stop() {
    let server = Memcached::start();
    let view = view(&server, "");
    let words: Vec<&str> = view.split_whitespace().collect();
    let tmux = Tmux::running(&words, (100, 24));
    tmux.wait_for("table", |screen| screen.contains("? keys"));
    tmux.send(&["C-z"]);
    tmux.send(&["p"]);
    tmux.wait_for("paused table", |screen| screen.contains("paused"));
}
