use super::*;

const MEGABYTE: usize = 1024 * 1024;

fn sh(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script);
    command
}

/// Fast enough for a test, long enough for a busy machine.
fn limits() -> Limits {
    Limits {
        deadline: Some(Instant::now() + Duration::from_secs(20)),
        ..Limits::new(4 * MEGABYTE)
    }
}

fn run(command: &mut Command, input: &[u8], limits: &Limits) -> Filtered {
    let signals = Signals::of_children().unwrap();
    filter(command, input, limits, &signals).unwrap()
}

fn megabytes(count: usize) -> Vec<u8> {
    (0..=250).cycle().take(count * MEGABYTE).collect()
}

fn exited(output: Vec<u8>) -> Filtered {
    Filtered {
        ending: Ending::Exited,
        status: Status::Code(0),
        output,
        signal: None,
    }
}

/// Whether a process group with this number (as text) is left.
fn is_left(pid: &[u8]) -> bool {
    let pid: i32 = std::str::from_utf8(pid).unwrap().trim().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    super::super::group::is_alive(pid)
}

#[test]
fn three_megabytes_go_through_cat_byte_for_byte() {
    let input = megabytes(3);
    let filtered = run(&mut Command::new("cat"), &input, &limits());
    assert!(filtered == exited(input));
}

#[test]
fn an_empty_input_and_an_empty_output_are_fine() {
    assert_eq!(
        run(&mut Command::new("cat"), b"", &limits()),
        exited(vec![])
    );
}

#[test]
fn a_command_may_write_a_megabyte_before_it_reads_one() {
    let script = "head -c 1048576 /dev/zero; cat";
    let filtered = run(&mut sh(script), &megabytes(1), &limits());
    let mut output = vec![0; MEGABYTE];
    output.extend(megabytes(1));
    assert!(filtered == exited(output));
}

#[test]
fn a_command_may_read_only_after_it_closed_its_output() {
    let script = "printf done; exec >&-; wc -c >&2 2>/dev/null; cat >/dev/null";
    assert_eq!(
        run(&mut sh(script), &megabytes(2), &limits()),
        exited(b"done".to_vec())
    );
}

#[test]
fn a_command_that_reads_nothing_or_closes_its_input_does_no_harm() {
    for script in [
        "printf x",
        "exec <&-; printf x",
        "head -c 1 >/dev/null; printf x",
    ] {
        let filtered = run(&mut sh(script), &megabytes(2), &limits());
        assert_eq!(filtered, exited(b"x".to_vec()), "{script}");
    }
}

#[test]
fn exit_codes_and_signals_are_told_apart() {
    assert_eq!(
        run(&mut sh("exit 3"), b"", &limits()).status,
        Status::Code(3)
    );
    let killed = run(&mut sh("printf half; kill -9 $$"), b"", &limits());
    assert_eq!(
        (killed.ending, killed.status),
        (Ending::Exited, Status::Signal(9))
    );
    assert_eq!(killed.output, b"half");
}

#[test]
fn a_command_that_hangs_is_ended_with_its_whole_group() {
    let limits = Limits {
        deadline: Some(Instant::now() + Duration::from_millis(300)),
        ..limits()
    };
    let started = Instant::now();
    let filtered = run(&mut sh("echo $$; sleep 60 & sleep 60"), b"", &limits);
    assert_eq!(
        (filtered.ending, filtered.status),
        (Ending::TimedOut, Status::Signal(15))
    );
    assert!(started.elapsed() < Duration::from_secs(20));
    assert!(!is_left(&filtered.output));
}

#[test]
fn a_command_that_ignores_term_is_killed_after_the_grace() {
    let limits = Limits {
        deadline: Some(Instant::now() + Duration::from_millis(300)),
        grace: Duration::from_millis(200),
        ..limits()
    };
    let started = Instant::now();
    let script = "trap '' TERM; echo $$; sleep 60; sleep 60";
    let filtered = run(&mut sh(script), b"", &limits);
    assert_eq!(
        (filtered.ending, filtered.status),
        (Ending::TimedOut, Status::Signal(9))
    );
    assert!(started.elapsed() >= Duration::from_millis(500));
    assert!(!is_left(&filtered.output));
}

#[test]
fn a_stopped_command_is_ended_too() {
    let limits = Limits {
        deadline: Some(Instant::now() + Duration::from_millis(300)),
        ..limits()
    };
    let filtered = run(&mut sh("echo $$; kill -STOP $$"), b"", &limits);
    assert_eq!(
        (filtered.ending, filtered.status),
        (Ending::TimedOut, Status::Signal(15))
    );
}

#[test]
fn the_output_of_what_outlives_the_command_is_awaited() {
    // The command exits at once; what it started reads and writes on until its own end.
    let script = "exec 3<&0; cat <&3 & exit 0";
    let filtered = run(&mut sh(script), &megabytes(2), &limits());
    assert!(filtered == exited(megabytes(2)));
}

#[test]
fn an_output_held_open_in_silence_is_never_taken_for_whole() {
    let limits = Limits {
        linger: Duration::from_millis(200),
        ..limits()
    };
    let filtered = run(&mut sh("echo $$; sleep 60 & exit 0"), b"", &limits);
    assert_eq!(
        (filtered.ending, filtered.status),
        (Ending::HeldOpen, Status::Code(0))
    );
    assert!(!is_left(&filtered.output));
}

#[test]
fn a_background_process_that_holds_no_pipe_is_left_alone() {
    let script = "echo $$; sleep 60 >/dev/null 2>&1 </dev/null & exit 0";
    let filtered = run(&mut sh(script), b"", &limits());
    assert_eq!(filtered.ending, Ending::Exited);
    assert!(is_left(&filtered.output));
    let pid: i32 = std::str::from_utf8(&filtered.output)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let group = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process_group(group, Signal::KILL).unwrap();
}

#[test]
fn an_output_may_be_as_long_as_allowed_and_not_a_byte_longer() {
    let limits = Limits {
        max_output: 1000,
        ..limits()
    };
    let fits = run(&mut sh("head -c 1000 /dev/zero"), b"", &limits);
    assert_eq!(fits, exited(vec![0; 1000]));
    let endless = run(&mut sh("cat /dev/zero"), b"", &limits);
    assert_eq!(
        (endless.ending, endless.output.len()),
        (Ending::TooLong, 1001)
    );
    let none = Limits {
        max_output: 0,
        ..limits
    };
    assert_eq!(run(&mut sh(":"), b"", &none), exited(vec![]));
    assert_eq!(run(&mut sh("echo"), b"", &none).ending, Ending::TooLong);
}

#[test]
fn what_cannot_be_started_is_told_as_a_shell_does() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    std::fs::write(&plain, "#!/bin/sh\n").unwrap();
    let lost = folder.path().join("lost");
    std::fs::write(&lost, "#!/no/such/interpreter\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&lost, mode).unwrap();
    let signals = Signals::of_children().unwrap();
    let code = |program: &std::path::Path| {
        let mut command = Command::new(program);
        filter(&mut command, b"", &limits(), &signals)
            .unwrap_err()
            .shell_code()
    };
    assert_eq!(code("mccas-has-no-such-command".as_ref()), Some(127));
    assert_eq!(code("/no/such/file".as_ref()), Some(127));
    assert_eq!(code(&plain), Some(126));
    assert_eq!(code(folder.path()), Some(126));
    assert_eq!(code(&lost), Some(126));
}
