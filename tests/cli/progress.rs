//! How far a list of many keys, or a bench, has come, on a terminal (tmux): gone at the end.

use std::fs;
use std::time::{Duration, Instant};

use crate::harness::server::Memcached;
use crate::harness::tmux::Tmux;
use crate::harness::wait;

/// Longer than a list takes to show how far it is.
const LONG: Duration = Duration::from_secs(2);

/// A shell in which a list is being read that ends when the test says so; `rest` is what stands behind the command.
fn reading(server: &Memcached, rest: &str) -> Tmux {
    server.set("k", "v");
    let tmux = Tmux::shell((80, 24));
    let folder = tmux.folder().display().to_string();
    let program = env!("CARGO_BIN_EXE_mccas");
    let keys = "while [ ! -e end ]; do echo k; if [ -e gone ]; then echo gone; rm gone; fi; done";
    let gets = format!("{program} -s {} gets --keys-from -", server.address());
    tmux.line(&format!(
        "cd {folder}; clear; {keys} | {gets} {rest}; echo ended ${{PIPESTATUS[1]}}"
    ));
    wait::until("the first keys", || {
        fs::metadata(tmux.folder().join("out"))
            .is_ok_and(|out| out.len() > 0)
            .then_some(())
    });
    tmux
}

/// Whether a line of the screen is such as `1024 keys 512/s 2s`.
fn is_progress(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let is_number = |text: &str| text.parse::<u64>().is_ok();
    matches!(words[..], [count, "keys", rate, _] if is_number(count) && rate.strip_suffix("/s").is_some_and(is_number))
}

fn say(tmux: &Tmux, file: &str) {
    fs::write(tmux.folder().join(file), "").expect("a file");
}

/// Lets the list end; returns the lines between the command and the status, without anything of the progress.
#[track_caller]
fn ended(tmux: &Tmux, status: i32) -> Vec<String> {
    say(tmux, "end");
    let end = format!("ended {status}\n>");
    let screen = tmux.wait_for("end", |screen| screen.ends_with(&end));
    assert!(!screen.lines().any(is_progress), "{screen}");
    let screen = screen.strip_suffix(&end).expect("the end");
    let lines = screen.lines().filter(|line| line.starts_with("mccas:"));
    lines.map(String::from).collect()
}

/// Looks at the screen for longer than it would take.
#[track_caller]
fn ensure_nothing_is_shown(tmux: &Tmux) {
    let begun = Instant::now();
    wait::until("time to go by", || {
        let screen = tmux.screen();
        assert!(!screen.lines().any(is_progress), "{screen}");
        (begun.elapsed() > LONG).then_some(())
    });
}

#[test]
fn a_terminal_shows_how_far_a_list_is_until_its_end() {
    let server = Memcached::start();
    let tmux = reading(&server, ">out");
    let last = |screen: &str| screen.lines().last().is_some_and(is_progress);
    tmux.wait_for("progress", last);
    // It makes way for a message, and goes on below.
    say(&tmux, "gone");
    tmux.wait_for("message above the progress", |screen| {
        let shown = screen.lines().filter(|line| is_progress(line)).count();
        screen.starts_with("mccas: gone ") && last(screen) && shown == 1
    });
    let messages = ended(&tmux, 4);
    let [gone, summary] = &messages[..] else {
        panic!("{messages:#?}");
    };
    assert!(gone.starts_with("mccas: gone"), "{gone}");
    assert!(summary.ends_with(" found, 1 missing"), "{summary}");
}

#[test]
fn quiet_shows_nothing() {
    let server = Memcached::start();
    let tmux = reading(&server, "-q >out");
    ensure_nothing_is_shown(&tmux);
    assert_eq!(ended(&tmux, 0), [""; 0]);
}

#[test]
fn a_pipe_gets_nothing_but_the_summary() {
    let server = Memcached::start();
    let tmux = reading(&server, "2>&1 >out | cat >err");
    ensure_nothing_is_shown(&tmux);
    assert_eq!(ended(&tmux, 0), [""; 0]);
    let told = fs::read_to_string(tmux.folder().join("err")).expect("a file");
    let summary = told.strip_suffix(" found\n").expect("a summary");
    assert!(summary.starts_with("mccas: "), "{told:?}");
    assert!(!summary.contains(char::is_control), "{told:?}");
}

#[test]
fn a_bench_shows_its_steps_until_its_end() {
    let server = Memcached::start();
    let tmux = Tmux::shell((80, 24));
    let program = env!("CARGO_BIN_EXE_mccas");
    let bench = "bench --workers 1 --strategy cas,incr --for 2s";
    let out = tmux.folder().join("out").display().to_string();
    tmux.line(&format!(
        "clear; {program} -s {} {bench} >{out}; echo ended $?",
        server.address()
    ));
    for step in ["1/2 ", "2/2 "] {
        tmux.wait_for("step", |screen| {
            screen.contains('█') && screen.contains(step) && screen.contains("with 1 workers")
        });
    }
    let screen = tmux.wait_for("end", |screen| screen.ends_with("ended 0\n>"));
    assert!(!screen.contains("with 1 workers"), "{screen}");
}
