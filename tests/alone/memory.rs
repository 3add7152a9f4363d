//! No peer makes the program take memory without bound, or time: floods against every command that reads.

use std::collections::VecDeque;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use crate::alone;
use crate::harness::inspect::show;
use crate::harness::mccas::{collect, end_within, mccas_at, take};
use crate::harness::outcome::code_of;
use crate::harness::server::Memcached;
use crate::harness::tell::tell;
use crate::hostile::floods::{self, VALUE_KIB};
use crate::hostile::{Flood, Hostile};

/// What may be taken beside the values asked for.
const BESIDE_KIB: u64 = 64 * 1024;
/// More than any of the commands needs to see through any of the peers, on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// Runs a command and prints its exit code and its peak. The system keeps the peak: no sampling can miss it.
const MEASURE: &str = "\
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";

/// The commands, how many values each has at a time, and the exit codes that are right for it.
const COMMANDS: [(&[&str], u64, &[i32]); 10] = [
    (&["gets", "k"], 1, &[0, 4, 5, 7, 8]),
    (&["gets", "a", "b", "c"], 3, &[0, 4, 5, 7, 8]),
    (&["gets", "--json", "k"], 1, &[0, 4, 5, 7, 8]),
    (&["cas", "k", "v", "--expect", "41"], 1, WRITERS),
    (&["cas", "k", "v", "--token", "5", "--json"], 1, WRITERS),
    (&["incr-cas", "k", "--deadline", "1s"], 1, WRITERS),
    (&["watch", "k", "--for", "700ms"], 1, &[0, 5, 7, 8]),
    (&["watch", "k", "--log", "--for", "700ms"], 1, &[0, 5, 7, 8]),
    (&["contention", "--for", "700ms"], 0, &[0, 5, 7]),
    (
        &[
            "bench",
            "--key",
            "k",
            "--workers",
            "2",
            "--for",
            "100ms",
            "--strategy",
            "cas",
        ],
        2,
        // The counter of these peers stands still, which is a lost update to the bench.
        &[0, 1, 3, 4, 5, 6, 7, 8],
    ),
];

const WRITERS: &[i32] = &[0, 3, 4, 5, 6, 7, 8];

/// What a run took.
struct Taken {
    code: i32,
    /// The most memory at a time, in KiB.
    peak: u64,
    stderr: String,
}

/// Runs the command with these options more and measures it; `None` if it does not end in time.
fn measured(address: &str, command: &[&str], options: [&str; 4]) -> Option<Taken> {
    let mccas = mccas_at(address).args(command).args(options).command();
    let mut measured = Command::new("python3");
    measured.args(["-c", MEASURE]).arg(mccas.get_program());
    measured.args(mccas.get_args());
    for (name, value) in mccas.get_envs() {
        match value {
            Some(value) => measured.env(name, value),
            None => measured.env_remove(name),
        };
    }
    measured.stdin(Stdio::null());
    measured.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = measured.spawn().expect("python3");
    let stdout = collect(child.stdout.take().expect("a pipe"));
    let stderr = collect(child.stderr.take().expect("a pipe"));
    let status = end_within(&mut child, LIMIT)?;
    let stdout = show(&take(&stdout).expect("an end"));
    let stderr = show(&take(&stderr).expect("an end"));
    assert_eq!(code_of(status), 0, "{stderr}");
    let (code, peak) = stdout.trim().split_once(' ').expect("two numbers");
    Some(Taken {
        code: code.parse().expect("a code"),
        peak: peak.parse().expect("a size"),
        stderr,
    })
}

/// What is wrong with a run, if anything is.
fn fault(taken: Option<&Taken>, most: u64, codes: &[i32]) -> Option<String> {
    let Some(Taken { code, peak, stderr }) = taken else {
        return Some("no end".into());
    };
    if !codes.contains(code) {
        Some(format!("exit code {code}: {stderr}"))
    } else if *peak > most {
        Some(format!("{peak} KiB instead of {most} at most"))
    } else {
        (stderr.len() > 10_000).then(|| format!("{} bytes on stderr", stderr.len()))
    }
}

type Case = (
    &'static str,
    String,
    (&'static [&'static str], u64, &'static [i32]),
);

/// Each command against each peer that can say what it floods with: a log is asked for by two only.
fn cases(peers: &[(Flood, Hostile)]) -> VecDeque<Case> {
    let mut cases = VecDeque::new();
    for (flood, peer) in peers {
        let tls = flood.name.contains("TLS").then_some("tls://");
        for scheme in [""].into_iter().chain(tls) {
            let address = format!("{scheme}{}", peer.address());
            let asks = |words: &[&str]| {
                flood.at != "watch" || words[0] == "contention" || words.contains(&"--log")
            };
            let commands = COMMANDS.into_iter().filter(|(words, ..)| asks(words));
            cases.extend(commands.map(|command| (flood.name, address.clone(), command)));
        }
    }
    cases
}

/// Runs all cases, some at a time; returns what was wrong, and the highest peak with its case.
fn sweep(cases: VecDeque<Case>) -> (Vec<String>, (u64, String)) {
    let cases = Mutex::new(cases);
    let seen = Mutex::new((Vec::new(), (0, String::new())));
    let allowed = format!("{VALUE_KIB}KiB");
    let work = || {
        loop {
            let next = cases.lock().expect("cases").pop_front();
            let Some((name, address, (command, values, codes))) = next else {
                return;
            };
            let options = ["--timeout", "300ms", "--max-value", &allowed];
            let taken = measured(&address, command, options);
            let case = format!("{} against {name} at {address}", command.join(" "));
            let (faults, highest) = &mut *seen.lock().expect("what was seen");
            let most = BESIDE_KIB + values * VALUE_KIB;
            if let Some(fault) = fault(taken.as_ref(), most, codes) {
                faults.push(format!("{case}: {fault}"));
            }
            if let Some(taken) = taken.filter(|taken| taken.peak > highest.0) {
                *highest = (taken.peak, case);
            }
        }
    };
    // Most of the time is waiting: for the end of what is given, or for a peer that says nothing to the point.
    thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(work))));
    seen.into_inner().expect("what was seen")
}

#[test]
fn no_peer_makes_any_command_take_more_memory_or_time_than_it_may() {
    let _turn = alone();
    let peers: Vec<_> = floods::all()
        .into_iter()
        .map(|flood| (flood.clone(), Hostile::start(flood)))
        .collect();
    let cases = cases(&peers);
    tell(format_args!(
        "{} runs against {} peers",
        cases.len(),
        peers.len()
    ));
    let (faults, (peak, case)) = sweep(cases);
    tell(format_args!("the highest peak was {peak} KiB: {case}"));
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// The measure by itself: it sees what a value takes that is let through.
#[test]
fn a_peak_is_seen() {
    let _turn = alone();
    let peer = Hostile::start(floods::value_of(128 << 20));
    let options = ["--timeout", "10s", "--max-value", "128m"];
    let taken = measured(&peer.address(), &["gets", "k"], options).expect("an end");
    assert_eq!(taken.code, 5, "{}", taken.stderr);
    let value = 128 * 1024;
    assert!(
        (value..value + BESIDE_KIB).contains(&taken.peak),
        "{} KiB",
        taken.peak
    );
}

/// A large value that is shown, refused or compared stands in memory once.
#[test]
fn a_large_value_takes_no_room_twice() {
    let _turn = alone();
    let server = Memcached::start_with(&["-I", "64m", "-m", "512"]);
    // An unoptimised build looks at each byte, and escapes each newline by itself: that takes its time.
    for (byte, mebibytes) in [(b'x', 24), (b'\n', 16), (0xff, 24)] {
        server.set("k", vec![byte; mebibytes * 1024 * 1024]);
        for (command, code) in [
            (&["gets", "k"][..], 0),
            (&["gets", "k", "--json"], 0),
            (&["cas", "k", "v", "--expect", "w", "--json"], 3),
            (&["cas", "k", "v", "--token", "999999", "--json"], 3),
            (&["incr-cas", "k", "--json"], 8),
        ] {
            let options = ["--timeout", "10s", "--max-value", "128MiB"];
            let taken = measured(&server.address(), command, options);
            let most = mebibytes as u64 * 1024 + BESIDE_KIB;
            let fault = fault(taken.as_ref(), most, &[code]);
            assert_eq!(fault, None, "{command:?} of {mebibytes} MiB of {byte:#x}");
        }
    }
}

/// However much the keys of a list hold together, and however many they are.
#[test]
fn a_list_of_keys_takes_no_room_for_what_they_hold() {
    let _turn = alone();
    let server = Memcached::start_with(&["-m", "512"]);
    // Values that are looked at once, then some that could be numbers, then stale ones: 120 MB in all.
    for n in 0..120 {
        let first = if (50..80).contains(&n) { b'7' } else { b'x' };
        server.set(
            format!("large{n}"),
            [vec![first], vec![b' '; 1_000_000]].concat(),
        );
    }
    for n in 90..120 {
        server.raw(format!("md large{n} I T60\r\n"));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys");
    let missing = (0..50_000).map(|n| format!("small{n}\n"));
    let keys: String = missing
        .chain((0..120).map(|n| format!("large{n}\n")))
        .collect();
    std::fs::write(&path, keys).expect("a file");
    let path = path.to_str().expect("a path");
    let command = ["gets", "--keys-from", path];
    let options = ["-q", "--timeout", "10s", "--color=never"];
    let taken = measured(&server.address(), &command, options);
    assert_eq!(fault(taken.as_ref(), 32 * 1024, &[4]), None);
}
