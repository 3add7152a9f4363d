//! Many cases on a few threads, each thread with a server of its own, and the exit codes counted.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::act::Act;
use super::{FLAGS, Setting, Trial, Write};
use crate::harness::eye::{Eye, Look, State};
use crate::harness::proxy::{Fault, Proxy, Traffic};
use crate::harness::sockets::{How, locked};
use crate::harness::target::Target;
use crate::harness::tell::tell;

/// More threads than cores: most of a case is waiting.
const THREADS: usize = 4;
/// How many failures are told in full.
const TOLD: usize = 5;
/// A cut is noticed at once: whoever waits for this long has missed it.
pub(super) const LONG: &str = "10s";
/// Where silence is the fault, this is how long it is borne.
pub(super) const SHORT: &str = "400ms";

/// A key beside the one written, which nobody may touch.
const NEIGHBOUR: &str = "neighbour";

/// One write and what happens to it.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) write: Write,
    pub(super) timeout: &'static str,
    /// What happens to its connections.
    pub(super) faults: Vec<(On, Fault)>,
    /// What happens right before a burst of its requests goes on, if there is one. The bursts are: 1 the read, 2 the swap; if
    /// that was lost and the connection cut, 3 the look at the item and the process, 4 the swap again where that is safe.
    pub(super) acts: Vec<(usize, Act)>,
    /// Whether each cut must find its byte: what travels may depend on the clock.
    pub(super) finds_its_byte: bool,
    /// What it may end with, beside that this must be true.
    pub(super) allowed: Allowed,
}

/// The exit codes that a case may end with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowed {
    /// If its fault has struck.
    pub(super) struck: &'static [i32],
    /// If its fault has struck while the item was read: perhaps once more, as the clock ticked, where the swap was meant.
    pub(super) reading: &'static [i32],
    /// If the exchange was over before the byte at which it was to strike. Empty where there is such a byte.
    pub(super) missed: &'static [i32],
}

impl Allowed {
    pub(super) const ANY: Self = Self::always(&[0, 3, 4, 5, 6, 7, 8]);

    /// The same codes whether or not the fault has struck.
    pub(super) const fn always(codes: &'static [i32]) -> Self {
        Self {
            struck: codes,
            reading: codes,
            missed: codes,
        }
    }

    fn judge(self, code: i32, struck: Struck) -> Result<(), String> {
        let (allowed, what) = match struck {
            Struck::Write => (self.struck, "a fault struck"),
            Struck::Read => (self.reading, "a fault struck the read"),
            Struck::Nothing => (self.missed, "no fault struck"),
        };
        if allowed.contains(&code) {
            Ok(())
        } else {
            Err(format!("{what}: exit {code} is not in {allowed:?}"))
        }
    }
}

/// What a fault has struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Struck {
    Nothing,
    /// A request that reads an item.
    Read,
    /// Any other.
    Write,
}

impl Struck {
    fn of(proxy: &Proxy) -> Self {
        match (proxy.fault_has_struck(), proxy.fault_has_struck_a_read()) {
            (false, _) => Self::Nothing,
            (true, true) => Self::Read,
            (true, false) => Self::Write,
        }
    }
}

impl Case {
    /// A case of faults that show at once.
    pub(super) fn cut(write: Write, faults: Vec<(On, Fault)>) -> Self {
        Self {
            write,
            timeout: LONG,
            faults,
            acts: Vec::new(),
            finds_its_byte: true,
            allowed: Allowed::ANY,
        }
    }

    /// The same where what travels may be shorter.
    pub(super) fn perhaps_cut(write: Write, faults: Vec<(On, Fault)>) -> Self {
        Self {
            finds_its_byte: false,
            ..Self::cut(write, faults)
        }
    }

    /// The same with fewer exit codes.
    pub(super) fn allowing(self, allowed: Allowed) -> Self {
        Self { allowed, ..self }
    }
}

/// Which connection a fault strikes.
#[derive(Clone, Copy, Debug)]
pub(super) enum On {
    /// The one with this number, from 0.
    Connection(usize),
    /// All that have no fault of their own.
    TheRest,
}

/// How often each exit code came, by write.
#[derive(Default)]
pub(super) struct Codes {
    counts: BTreeMap<(String, i32), usize>,
}

impl Codes {
    pub(super) fn add(&mut self, write: Write, code: i32) {
        let count = self.counts.entry((format!("{write:?}"), code));
        *count.or_default() += 1;
    }

    pub(super) fn of(&self, code: i32) -> usize {
        let counts = self.counts.iter().filter(|((_, other), _)| *other == code);
        counts.map(|(_, count)| count).sum()
    }

    pub(super) fn together(&self) -> usize {
        self.counts.values().sum()
    }

    /// Prints the counts, for `cargo test -- --nocapture`.
    pub(super) fn print(&self, what: &str, setting: &Setting) {
        tell(format_args!("{what}, {}:{self}", setting.name));
    }
}

impl fmt::Display for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut write = "";
        for ((of, code), count) in &self.counts {
            if of != write {
                write!(f, "\n    {of:<10}")?;
                write = of;
            }
            write!(f, "  exit {code}: {count:>4}")?;
        }
        write!(f, "\n    together {}", self.together())
    }
}

/// Runs all cases and fails if the code of any is not true. Returns how often each code came.
#[track_caller]
pub(super) fn sweep(setting: &'static Setting, cases: &[Case]) -> Codes {
    let next = AtomicUsize::new(0);
    let codes = Mutex::new(Codes::default());
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let worker = Worker::new(setting);
                let mut seen = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(number) else {
                        break;
                    };
                    let key = format!("k{number:05}");
                    let (code, judged) = worker.run(case, &key);
                    locked(&codes).add(case.write, code);
                    match judged {
                        Ok(look) => seen.push((key, look.item)),
                        Err(complaint) => {
                            locked(&failures).push(format!("{case:?}: {complaint}"));
                        }
                    }
                }
                locked(&failures).extend(worker.later(&seen));
            });
        }
    });
    let failures = locked(&failures);
    assert!(
        failures.is_empty(),
        "{} of {} cases:\n{}",
        failures.len(),
        cases.len(),
        failures[..failures.len().min(TOLD)].join("\n\n")
    );
    drop(failures);
    codes.into_inner().expect("no thread panicked")
}

/// A thread's own server, so that cases on other threads are no other writers.
struct Worker {
    target: Target,
    eye: Eye,
    setting: &'static Setting,
    neighbour: Look,
}

impl Worker {
    fn new(setting: &'static Setting) -> Self {
        let target = (setting.target)();
        let eye = Eye::on(target.server());
        eye.use_up_tokens();
        eye.set(NEIGHBOUR, "untouched", FLAGS, eye.stats().0 + 1000);
        let neighbour = eye.look(NEIGHBOUR);
        Self {
            target,
            eye,
            setting,
            neighbour,
        }
    }

    fn run(&self, case: &Case, key: &str) -> (i32, Result<Look, String>) {
        let trial = Trial::new(&self.eye, self.setting, case.write, key);
        let proxy = self.proxy(case, key);
        let outcome = trial.command(&proxy.address(), case.timeout).run();
        let struck = Struck::of(&proxy);
        let bursts = proxy.counts().request_bursts;
        self.target.server().thaw();
        // With the proxy's end everything sent has arrived.
        drop(proxy);
        let happened = || case.acts.iter().filter(|(burst, _)| *burst <= bursts);
        let judged = if happened().any(|(_, act)| act.writes()) {
            trial.judge_among(&outcome, happened().map(|(_, act)| act.stores()).sum())
        } else {
            trial.judge(&outcome)
        };
        let cut = matches!(case.faults[..], [(_, Fault::CutAfterRequest(..)), ..]);
        if cut && case.finds_its_byte && struck == Struck::Nothing && case.timeout == LONG {
            return (outcome.code, Err("the request has no such byte".into()));
        }
        let allowed = case.allowed.judge(outcome.code, struck);
        let allowed = allowed.map_err(|complaint| format!("{complaint}\n{outcome:?}"));
        (outcome.code, judged.and_then(|look| allowed.map(|()| look)))
    }

    fn proxy(&self, case: &Case, key: &str) -> Proxy {
        let mut proxy = Proxy::to(&self.target);
        for &(on, fault) in &case.faults {
            proxy = match on {
                On::Connection(number) => proxy.fault_on(number, fault),
                On::TheRest => proxy.fault_on_all(fault),
            };
        }
        for &(burst, act) in &case.acts {
            let key = key.to_string();
            proxy = proxy.on_request(burst, move |server| act.happen(server, &key));
        }
        proxy
    }

    /// Looks again at the end: what was not applied must not have been applied later.
    fn later(&self, seen: &[(String, Option<State>)]) -> Vec<String> {
        let neighbour = (NEIGHBOUR.to_string(), self.neighbour.item.clone());
        let all = seen.iter().chain([&neighbour]);
        let changed = all.filter(|(key, then)| self.eye.look(key).item != *then);
        changed
            .map(|(key, then)| format!("{key} has changed later: it was {then:?}"))
            .collect()
    }
}

/// How many bytes go either way for a write when nothing happens, and on the connection that resolves it if its answer
/// is lost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lengths {
    pub(super) request: usize,
    /// How much of it is the read, which comes first.
    pub(super) read: usize,
    /// How much of it is what asks, behind the swap, whose token the answer shows: always where the answer to a swap shows
    /// none; else only behind a number, which others may increment, and not where the proof is the token.
    pub(super) look: usize,
    /// The first reply: all but the answer to the swap, which is short.
    pub(super) read_reply: usize,
    pub(super) second_request: usize,
    pub(super) second_reply: usize,
}

impl Lengths {
    /// The bytes up to the end of the swap: the server acts on them, whatever becomes of the rest.
    pub(super) fn swap(&self) -> usize {
        self.request - self.look
    }

    pub(super) fn of(setting: &'static Setting, write: Write) -> Self {
        let worker = Worker::new(setting);
        // Under keys as long as those of the cases.
        let counts = |key: &str, fault| {
            let trial = Trial::new(&worker.eye, setting, write, key);
            let proxy = Proxy::to(&worker.target).fault(fault);
            trial.command(&proxy.address(), LONG).run();
            proxy
        };
        let plain = counts("k00000", Fault::None).counts();
        let cut = |how| Fault::CutAfterRequest(plain.request_bytes, how);
        let resolved = counts("k00001", cut(How::Fin)).counts();
        // The second connection answers what the first one did not.
        let unresolved = {
            let trial = Trial::new(&worker.eye, setting, write, "k00002");
            let proxy = Proxy::to(&worker.target)
                .fault(cut(How::Fin))
                .fault_on_all(Fault::CutAfterRequest(0, How::Fin));
            trial.command(&proxy.address(), LONG).run();
            proxy.counts()
        };
        // Whoever gets no answer to the read sends nothing else there.
        let read = counts("k00003", Fault::CutInReply(1, 0, How::Fin)).traffic()[0];
        Self {
            request: plain.request_bytes,
            read: read.request_bytes,
            look: match write {
                _ if setting.classic => "me k00000\r\ngets k00000\r\n".len(),
                Write::Increment if !setting.exactly_once => "gets k00000\r\n".len(),
                _ => 0,
            },
            read_reply: unresolved.reply_bytes,
            second_request: resolved.request_bytes - plain.request_bytes,
            second_reply: resolved.reply_bytes - unresolved.reply_bytes,
        }
    }
}

/// How many bytes each connection of a write takes where nothing happens but these faults.
pub(super) fn traffic(
    setting: &'static Setting,
    write: Write,
    faults: &[(On, Fault)],
) -> Vec<Traffic> {
    let worker = Worker::new(setting);
    let case = Case::cut(write, faults.to_vec());
    let key = "k00000";
    let trial = Trial::new(&worker.eye, setting, write, key);
    let proxy = worker.proxy(&case, key);
    trial.command(&proxy.address(), LONG).run();
    proxy.traffic()
}
