//! A long run in bad weather: eight writers, connections killed at random, one restart of the server in the middle.
//!
//! `make soak` runs it for ten minutes; in the suite it takes a few seconds. At its end every increment that was
//! acknowledged stands in the counter, and nothing that was not at least attempted.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread;
use std::time::Duration;

use crate::harness::mccas::mccas_at;
use crate::harness::outcome::Outcome;
use crate::harness::proxy::Proxy;
use crate::harness::server::Memcached;
use crate::harness::sockets::locked;
use crate::harness::tell::tell;
use crate::harness::wait;
use crate::with_its_like;

const WRITERS: usize = 8;
/// How long the suite's own run takes.
const SHORT: Duration = Duration::from_secs(6);
/// The counter's first life begins here, so that no value of it can be one of the second, which begins at 0.
const FIRST_LIFE: u64 = 1_000_000_000;
const SECOND_LIFE: u64 = 0;

/// What the writers do and what they see.
struct Weather {
    proxy: Proxy,
    over: AtomicBool,
    /// Read by each request that goes to the server, written while the server is looked at and replaced.
    gate: Arc<RwLock<()>>,
    kills: AtomicUsize,
    /// The outcomes so far, by writer.
    outcomes: Vec<Mutex<Vec<Outcome>>>,
}

/// One life of the counter: from where to where it went.
struct Life {
    name: &'static str,
    start: u64,
    end: u64,
}

fn duration() -> Duration {
    let seconds = |name: &str, unit: u64| {
        let text = std::env::var(name).ok()?;
        let number: u64 = text.parse().unwrap_or_else(|_| panic!("{name}={text}"));
        Some(Duration::from_secs(number * unit))
    };
    seconds("SOAK_SECONDS", 1)
        .or_else(|| seconds("SOAK_MINUTES", 60))
        .unwrap_or(SHORT)
}

#[test]
fn every_increment_is_accounted_for_on_the_installed_server() {
    soak("installed", &Memcached::start(), |_| false);
}

#[test]
fn every_increment_is_accounted_for_on_the_modern_server() {
    soak(
        "modern, half of them --exactly-once",
        &Memcached::modern(),
        |writer| writer % 2 == 0,
    );
}

fn soak(name: &str, server: &Memcached, exactly_once: impl Fn(usize) -> bool + Sync) {
    let _turn = with_its_like();
    let gate = Arc::<RwLock<()>>::default();
    let weather = Weather {
        proxy: Proxy::to(server).on_each_request({
            let gate = Arc::clone(&gate);
            move |_, _| drop(gate.read())
        }),
        over: AtomicBool::new(false),
        gate,
        kills: AtomicUsize::new(0),
        outcomes: (0..WRITERS).map(|_| Mutex::default()).collect(),
    };
    let half = duration() / 2;
    server.set("k", FIRST_LIFE.to_string());
    let lives = thread::scope(|scope| {
        for writer in 0..WRITERS {
            let exactly_once = exactly_once(writer);
            let weather = &weather;
            scope.spawn(move || weather.increment(writer, exactly_once));
        }
        scope.spawn(|| weather.kill_connections());
        // Whatever fails here, the threads above must end.
        let _end = End(&weather.over);
        thread::sleep(half);
        let first = weather.restart(server);
        weather.wait_for_reports();
        create(server);
        thread::sleep(half);
        weather.over.store(true, Ordering::SeqCst);
        first
    });
    let second = Life {
        name: "second",
        start: SECOND_LIFE,
        end: counter(server),
    };
    weather.summary(name);
    let outcomes: Vec<_> = weather
        .outcomes
        .iter()
        .flat_map(|outcomes| locked(outcomes).clone())
        .collect();
    for life in [lives, second] {
        life.account(&outcomes);
    }
}

/// Sets the flag when dropped, also by a panic.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn counter(server: &Memcached) -> u64 {
    server.value("k").parse().expect("a number")
}

/// The counter is set again, by the only writer who does so.
fn create(server: &Memcached) {
    let start = SECOND_LIFE.to_string();
    let created = mccas_at(server.address())
        .args(["cas", "k", &start, "--token", "absent"])
        .run();
    assert_eq!(created.code, 0, "{created:?}");
}

impl Weather {
    fn increment(&self, writer: usize, exactly_once: bool) {
        let proof: &[&str] = if exactly_once {
            &["--exactly-once"]
        } else {
            &[]
        };
        while !self.over.load(Ordering::SeqCst) {
            let outcome = mccas_at(self.proxy.address())
                .args(["--json", "incr-cas", "k"])
                .args(proof)
                .run();
            locked(&self.outcomes[writer]).push(outcome);
        }
    }

    fn kill_connections(&self) {
        while !self.over.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(fastrand::u64(1..60)));
            self.proxy.cut_all();
            self.kills.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Replaces the server while no request can reach it; what the counter was then is the end of its first life.
    fn restart(&self, server: &Memcached) -> Life {
        let closed = self.gate.write();
        // A request that had passed the gate just before reaches the server in this time.
        thread::sleep(Duration::from_millis(100));
        let end = counter(server);
        server.restart();
        drop(closed);
        Life {
            name: "first",
            start: FIRST_LIFE,
            end,
        }
    }

    /// Waits until every writer has said that its counter is gone, or that it does not know.
    fn wait_for_reports(&self) {
        let before: Vec<_> = self.outcomes.iter().map(|all| locked(all).len()).collect();
        wait::until("every writer to report the restart", || {
            let reported = self.outcomes.iter().zip(&before).all(|(all, before)| {
                let all = locked(all);
                all[*before..]
                    .iter()
                    .any(|outcome| matches!(outcome.code, 4..=6))
            });
            reported.then_some(())
        });
    }

    fn summary(&self, name: &str) {
        let mut codes = [0; 10];
        for outcome in self.outcomes.iter().flat_map(|all| locked(all).clone()) {
            codes[usize::try_from(outcome.code).expect("a code")] += 1;
        }
        tell(format_args!(
            "soak, {name}: {:?}, {WRITERS} writers, {} increments tried, {} times all connections killed",
            duration(),
            codes.iter().sum::<usize>(),
            self.kills.load(Ordering::SeqCst)
        ));
        for (code, count) in codes.iter().enumerate().filter(|(_, count)| **count > 0) {
            tell(format_args!("    exit {code}: {count}"));
        }
        let strange: usize = [1, 2, 7, 8, 9].map(|code| codes[code]).iter().sum();
        assert_eq!(
            strange, 0,
            "exit codes that nothing here can cause: {codes:?}"
        );
    }
}

impl Life {
    fn has(&self, value: u64) -> bool {
        // Far more than any run can count.
        (self.start..self.start + FIRST_LIFE).contains(&value)
    }

    fn values(&self, outcomes: &[Outcome], code: i32) -> Vec<u64> {
        let those = outcomes.iter().filter(|outcome| outcome.code == code);
        those
            .map(|outcome| outcome.object()["after"].as_u64().expect("a number"))
            .filter(|value| self.has(*value))
            .collect()
    }

    /// Each value that the counter went through was stored by one increment that says so, or by one that does not know.
    fn account(&self, outcomes: &[Outcome]) {
        let (done, unknown) = (self.values(outcomes, 0), self.values(outcomes, 6));
        let stored = usize::try_from(self.end - self.start).expect("a number");
        tell(format_args!(
            "    {} life: {} acknowledged <= {stored} stored <= {} acknowledged or unknown",
            self.name,
            done.len(),
            done.len() + unknown.len()
        ));
        assert!(stored >= done.len(), "acknowledged increments are lost");
        assert!(
            stored <= done.len() + unknown.len(),
            "increments were applied twice"
        );
        let distinct: BTreeSet<_> = done.iter().copied().collect();
        assert_eq!(distinct.len(), done.len(), "two were told the same value");
        let known: BTreeSet<_> = done.into_iter().chain(unknown).collect();
        let nobody = (self.start + 1..=self.end).find(|value| !known.contains(value));
        assert_eq!(nobody, None, "a value that nobody stored");
        assert!(stored > 0, "nothing was counted");
    }
}
