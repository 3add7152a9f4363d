use std::io::Read;
use std::process::Stdio;

use super::*;

const LONG: Duration = Duration::from_secs(20);

/// Starts a script and waits for the line by which it says that it is ready.
fn start(script: &str) -> Running {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut running = Running::start(&mut command).unwrap();
    let mut ready = [0];
    let stdout = running.child.stdout.as_mut().unwrap();
    stdout.read_exact(&mut ready).unwrap();
    running
}

fn is_left(running: &Running) -> bool {
    is_alive(running.group)
}

#[test]
fn the_end_of_a_command_is_noticed_at_once_and_remembered() {
    let signals = Signals::of_children().unwrap();
    let mut running = start("echo; exit 5");
    let started = Instant::now();
    assert_eq!(running.wait(LONG, &signals), Event::Ended(Status::Code(5)));
    assert!(started.elapsed() < LONG);
    assert_eq!(
        running.wait(Duration::ZERO, &signals),
        Event::Ended(Status::Code(5))
    );
    assert!(!is_left(&running));
}

#[test]
fn a_wait_ends_in_time() {
    let signals = Signals::of_children().unwrap();
    let mut running = start("echo; sleep 60");
    let started = Instant::now();
    let time = Duration::from_millis(50);
    assert_eq!(running.wait(time, &signals), Event::Timeout);
    assert!(started.elapsed() >= time);
    assert_eq!(running.end(LONG), Status::Signal(15));
}

#[test]
fn a_command_that_has_stopped_is_told_and_heeds_what_is_passed_on() {
    let signals = Signals::of_children().unwrap();
    // One process: a shell stands only when what it is just starting (vfork) does not.
    let mut running = start("echo; exec sleep 60");
    running.signal(Signal::STOP);
    assert_eq!(running.wait(LONG, &signals), Event::Stopped(Signal::STOP));
    let moment = Duration::from_millis(20);
    assert_eq!(running.wait(moment, &signals), Event::Timeout);
    running.pass_on(Signal::WINCH);
    assert_eq!(running.wait(moment, &signals), Event::Timeout);
    running.pass_on(Signal::TERM);
    assert_eq!(
        running.wait(LONG, &signals),
        Event::Ended(Status::Signal(15))
    );
}

#[test]
fn a_signal_reaches_the_whole_group() {
    let signals = Signals::of_children().unwrap();
    // Ready when the grandchild listens: before its exec a signal could go by it.
    let member = "sh -c 'trap \"exit 0\" USR1; echo; while :; do sleep 0.01; done'";
    let mut running = start(&format!("trap 'wait; exit 7' USR1; {member} & wait"));
    running.signal(Signal::USR1);
    assert_eq!(running.wait(LONG, &signals), Event::Ended(Status::Code(7)));
    assert!(!is_left(&running));
}

#[test]
fn a_signal_to_us_ends_the_wait_and_is_handed_over() {
    let signals = Signals::listen().unwrap();
    let mut running = start("echo; sleep 60");
    signal_hook::low_level::raise(Signal::USR2.as_raw()).unwrap();
    assert_eq!(running.wait(LONG, &signals), Event::Signal(Signal::USR2));
    running.signal(Signal::USR2);
    assert_eq!(
        running.wait(LONG, &signals),
        Event::Ended(Status::Signal(Signal::USR2.as_raw()))
    );
}

#[test]
fn another_thread_ends_the_wait() {
    let signals = Signals::of_children().unwrap();
    let mut running = start("echo; sleep 60");
    signals.waker().unwrap().wake();
    assert_eq!(running.wait(LONG, &signals), Event::Woken);
    assert_eq!(running.end(LONG), Status::Signal(15));
}

#[test]
fn members_that_ignore_term_are_killed_after_the_leader_has_gone() {
    let script = "(trap '' TERM; echo; sleep 60; sleep 60) & trap 'exit 0' TERM; wait";
    let mut running = start(script);
    let grace = Duration::from_millis(200);
    let started = Instant::now();
    let _ = running.end(grace);
    assert!(started.elapsed() >= grace);
    assert!(!is_left(&running));
}

#[test]
fn members_have_the_whole_grace_even_if_the_leader_goes_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cleaned");
    let script = format!(
        "(trap 'sleep 0.2; : > {0}; exit' TERM; echo; while :; do sleep 0.01; done) & exec sleep 60",
        file.display()
    );
    let mut running = start(&script);
    assert_eq!(running.end(LONG), Status::Signal(15));
    assert!(file.exists());
}

#[test]
fn what_is_dropped_leaves_no_process() {
    let running = start("trap '' TERM; sleep 60 & echo; wait");
    let group = running.group;
    drop(running);
    assert!(!is_alive(group));
}
