//! Many processes and one lock, holders that are killed, a server that stands still, renewals that are cut.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use tempfile::TempDir;

use crate::alone;
use crate::harness::mccas::{Mccas, mccas_at};
use crate::harness::process::{is_stopped, signal};
use crate::harness::proxy::{Fault, Proxy};
use crate::harness::running::Running;
use crate::harness::server::Memcached;
use crate::harness::sockets::{How, locked};
use crate::harness::tell::tell;
use crate::harness::wait;

/// Long enough for all that wait.
const LIMIT: Duration = Duration::from_secs(180);

fn lock(address: &str, options: &[&str], line: &str) -> Mccas {
    mccas_at(address)
        .args(["lock", "k", "--shell", line])
        .args(options)
        .env("MCCAS_TIMEOUT", "1s")
        .limit(LIMIT)
}

/// A folder in which commands leave their marks.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap_or_default()
    }

    /// When the file was written last.
    fn time(&self, name: &str) -> SystemTime {
        let modified = fs::metadata(self.file(name)).and_then(|file| file.modified());
        modified.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn command(&self, command: Mccas) -> Mccas {
        command.env("FOLDER", self.0.path())
    }

    #[track_caller]
    fn wait_for(&self, name: &str) {
        wait::until(name, || self.file(name).exists().then_some(()));
    }
}

/// A command that shows that it lives.
const BEATING: &str = "while :; do : > \"$FOLDER/beat\"; sleep 0.005; done";
/// A command that shows when it began.
const BEGIN: &str = ": > \"$FOLDER/begun\"";

#[test]
fn twenty_processes_hold_it_one_after_the_other() {
    const PROCESSES: usize = 20;
    let _turn = alone();
    let server = Memcached::start();
    let folder = Folder::new();
    let line =
        "echo \"begin $N\" >> \"$FOLDER/log\"; sleep 0.1; echo \"end $N\" >> \"$FOLDER/log\"";
    let started = Instant::now();
    let running: Vec<Running> = (0..PROCESSES)
        .map(|n| {
            let command = lock(&server.address(), &["--wait", "2m"], line);
            folder.command(command).env("N", n.to_string()).spawn()
        })
        .collect();
    for running in running {
        let outcome = running.wait();
        assert_eq!(outcome.code, 0, "{outcome:?}");
    }
    let log = folder.read("log");
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 2 * PROCESSES, "{log}");
    for pair in lines.chunks(2) {
        let n = pair[0].strip_prefix("begin ").expect("a beginning");
        assert_eq!(pair[1], format!("end {n}"), "{log}");
    }
    assert_eq!(server.item("k"), None);
    tell(format_args!(
        "{PROCESSES} holders of 100 ms, one after the other, took {:?}",
        started.elapsed()
    ));
}

#[test]
fn a_holder_that_is_killed_blocks_for_its_ttl_and_no_longer() {
    let _turn = alone();
    let server = Memcached::start();
    let mut holder = lock(
        &server.address(),
        &["--ttl", "4s"],
        "echo $$; exec sleep 60",
    )
    .spawn();
    let command: u32 = holder.line().parse().expect("a pid");
    signal(holder.pid(), "KILL");
    let killed = Instant::now();
    // Nothing ends the command of a holder that is killed so.
    signal(command, "KILL");
    assert_eq!(holder.wait().code, 137);
    let next = lock(&server.address(), &["--wait", "30s"], "true").run();
    assert_eq!(next.code, 0, "{next:?}");
    let blocked = killed.elapsed();
    tell(format_args!(
        "a killed holder with a TTL of 4 s blocked for {blocked:?}"
    ));
    // The server's clock has whole seconds, and whoever waits looks twice a second or more often.
    assert!((3_000..5_500).contains(&blocked.as_millis()), "{blocked:?}");
}

/// The time from the last sign of life of the first command to the first one of the second.
#[track_caller]
fn margin(folder: &Folder) -> Duration {
    let (last, first) = (folder.time("beat"), folder.time("begun"));
    first.duration_since(last).unwrap_or_else(|error| {
        panic!(
            "the second began {:?} before the end of the first",
            error.duration()
        )
    })
}

#[test]
fn a_server_frozen_for_longer_than_the_ttl_never_makes_two_holders() {
    let _turn = alone();
    for ttl in [4, 6] {
        let server = Memcached::start();
        let folder = Folder::new();
        let time = format!("{ttl}s");
        let options = ["--ttl", &time, "--grace", "50ms", "--json"];
        let first = folder
            .command(lock(&server.address(), &options, BEATING))
            .spawn();
        folder.wait_for("beat");
        let gets = server.count("cmd_get");
        let waits = ["--wait", "1m"];
        let second = folder
            .command(lock(&server.address(), &waits, BEGIN))
            .spawn();
        wait::until("a look", || {
            (server.count("cmd_get") > gets + 1).then_some(())
        });
        server.freeze();
        let frozen = Instant::now();
        let outcome = first.wait();
        let ended = frozen.elapsed();
        assert_eq!(
            (outcome.code, &outcome.object()["status"]),
            (3, &"lost".into())
        );
        assert!(ended < Duration::from_secs(ttl), "{ended:?}");
        thread::sleep(
            (Duration::from_secs(ttl) + Duration::from_millis(100)).saturating_sub(ended),
        );
        server.thaw();
        let outcome = second.wait();
        assert_eq!(outcome.code, 0, "{outcome:?}");
        tell(format_args!(
            "frozen for a TTL of {ttl} s: the command was ended {ended:?} after that, {:?} before the next began",
            margin(&folder)
        ));
    }
}

#[test]
fn a_holder_that_is_stopped_does_not_go_on_when_its_time_is_over() {
    let _turn = alone();
    let server = Memcached::start();
    let folder = Folder::new();
    let options = ["--ttl", "4s", "--grace", "50ms"];
    let first = folder
        .command(lock(&server.address(), &options, BEATING))
        .spawn();
    folder.wait_for("beat");
    for _ in 0..2 {
        first.signal("TSTP");
        wait::until("a stopped process", || {
            is_stopped(first.pid()).then_some(())
        });
        let beat = folder.time("beat");
        first.signal("CONT");
        wait::until("a sign of life", || {
            (folder.time("beat") > beat).then_some(())
        });
    }
    first.signal("TSTP");
    wait::until("a stopped process", || {
        is_stopped(first.pid()).then_some(())
    });
    let outcome = folder
        .command(lock(&server.address(), &["--wait", "1m"], BEGIN))
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    first.signal("CONT");
    let outcome = first.wait();
    assert_eq!(outcome.code, 3, "{outcome:?}");
    assert!(outcome.stderr.contains("stood still"), "{outcome:?}");
    tell(format_args!(
        "stopped with a TTL of 4 s: {:?} between two holders",
        margin(&folder)
    ));
}

#[test]
fn a_holder_that_is_cut_off_ends_before_its_lease_does() {
    let _turn = alone();
    let server = Memcached::start();
    let folder = Folder::new();
    // The first renewal gets no answer, nor does anything after it.
    let proxy = Proxy::to(&server)
        .fault(Fault::SilenceInReply(3, 0))
        .fault_on_all(Fault::SilenceAfterReply(0));
    let options = ["--ttl", "5s", "--grace", "50ms"];
    let first = folder
        .command(lock(&proxy.address(), &options, BEATING))
        .spawn();
    folder.wait_for("beat");
    let second = folder
        .command(lock(&server.address(), &["--wait", "1m"], BEGIN))
        .spawn();
    assert_eq!(first.wait().code, 3);
    let outcome = second.wait();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    tell(format_args!(
        "cut off with a TTL of 5 s: {:?} between two holders",
        margin(&folder)
    ));
}

/// How many hold a slot after each line of the log, and how often so many did: `+ N` and `- N`.
fn at_once(log: &str) -> impl Iterator<Item = i32> {
    log.lines().scan(0, |holders, line| {
        *holders += if line.starts_with('+') { 1 } else { -1 };
        Some(*holders)
    })
}

#[test]
fn three_slots_hold_three_of_thirty_also_after_two_were_killed() {
    const TTL: &str = "4s";
    let _turn = alone();
    let server = Memcached::start();
    let folder = Folder::new();
    let slots = ["--slots", "3", "--ttl", TTL, "--wait", "2m"];
    let victims: Vec<(Running, u32)> = (0..2)
        .map(|_| {
            let line = "echo + >> \"$FOLDER/log\"; echo $$; exec sleep 60";
            let mut victim = folder
                .command(lock(&server.address(), &slots, line))
                .spawn();
            let command = victim.line().parse().expect("a pid");
            (victim, command)
        })
        .collect();
    let line = "echo + >> \"$FOLDER/log\"; sleep 0.5; echo - >> \"$FOLDER/log\"";
    let others: Vec<Running> = (0..28)
        .map(|_| {
            folder
                .command(lock(&server.address(), &slots, line))
                .spawn()
        })
        .collect();
    wait::until("three at once", || {
        at_once(&folder.read("log")).find(|&n| n == 3)
    });
    for (victim, command) in victims {
        signal(victim.pid(), "KILL");
        signal(command, "KILL");
        assert_eq!(victim.wait().code, 137);
    }
    let killed = Instant::now();
    let before = folder.read("log").lines().count();
    for other in others {
        let outcome = other.wait();
        assert_eq!(outcome.code, 0, "{outcome:?}");
    }
    let log = folder.read("log");
    // The two that were killed have not said that they are gone: their slots are free after their TTL at the earliest, and
    // so the sum of those who live is at most three if this one is at most five.
    let counts: Vec<i32> = at_once(&log).collect();
    assert!(counts[..before].iter().all(|&n| n <= 3), "{log}");
    let most = *counts[before..].iter().max().expect("others");
    assert_eq!(most, 5, "three beside the two that were killed\n{log}");
    assert_eq!(log.lines().filter(|line| *line == "+").count(), 30);
    tell(format_args!(
        "30 processes in 3 slots, 2 of them killed: the rest was done {:?} after that",
        killed.elapsed()
    ));
}

/// The bytes of the requests of a lock before the first renewal, and of that.
fn lengths(server: &Memcached) -> (usize, usize) {
    let count = |line: &str, ttl: &str| {
        let proxy = Proxy::to(server);
        lock(&proxy.address(), &["--ttl", ttl], line).run();
        server.raw("delete k\r\n");
        proxy.counts().request_bytes
    };
    let first = count("kill -9 $PPID", "30s");
    let renewed = count("sleep 1.8; kill -9 $PPID", "4s");
    (first, renewed - first)
}

#[test]
fn a_renewal_cut_at_any_byte_is_made_good() {
    const TTL: &str = "6s";
    const THREADS: usize = 24;
    let _turn = alone();
    let server = Memcached::start();
    let (first, renewal) = lengths(&server);
    let every = std::env::var_os("MCCAS_TEST_EVERY_BYTE").is_some();
    let stride = if every { 1 } else { 7 };
    let by_turns = |byte: usize| [How::Fin, How::Rst][byte / stride % 2];
    let requests = (0..=renewal)
        .step_by(stride)
        .map(|byte| Fault::CutAfterRequest(first + byte, by_turns(byte)));
    let replies = (0..130)
        .step_by(stride * 2)
        .map(|byte| Fault::CutInReply(3, byte, by_turns(byte)))
        .chain((0..10).map(|byte| Fault::CutInReply(4, byte, by_turns(byte))));
    let faults: Vec<Fault> = requests.chain(replies).collect();
    let next = AtomicUsize::new(0);
    let codes = Mutex::new(BTreeMap::<(i32, bool), usize>::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let server = Memcached::start();
                while let Some(&fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let proxy = Proxy::to(&server).fault(fault);
                    // It ends after the lease would have without a renewal.
                    let options = ["--ttl", TTL, "--grace", "50ms"];
                    let outcome = lock(&proxy.address(), &options, "sleep 6.2; echo done").run();
                    let struck = proxy.fault_has_struck();
                    drop(proxy);
                    assert_eq!(
                        (outcome.code, outcome.stdout_text()),
                        (0, "done\n"),
                        "{fault:?}: {outcome:?}"
                    );
                    assert_eq!(server.item("k"), None, "{fault:?}: {outcome:?}");
                    *locked(&codes).entry((outcome.code, struck)).or_default() += 1;
                }
            });
        }
    });
    let codes = locked(&codes);
    tell(format_args!(
        "renewals cut at {} places: {codes:?}",
        faults.len()
    ));
    assert!(codes[&(0, true)] > faults.len() / 2, "{codes:?}");
}

/// The margins above are told apart by the times of files: those are fine enough.
#[test]
fn the_times_of_files_tell_two_writes_apart() {
    let _turn = alone();
    let folder = Folder::new();
    let write = |name: &str| fs::write(folder.file(name), "x").expect("a file");
    write("beat");
    thread::sleep(Duration::from_millis(20));
    write("begun");
    let margin = margin(&folder);
    assert!(margin >= Duration::from_millis(10), "{margin:?}");
}
