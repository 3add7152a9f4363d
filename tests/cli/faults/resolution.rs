//! What a lost swap may conclude from the process that answers next: the same one, one that was restarted, one that looks like
//! the same and is another, and one that does not say which it is.

use std::time::{Duration, Instant};

use super::sweep::LONG;
use super::{INSTALLED, MODERN, PROVEN, Setting, Trial, Write};
use crate::harness::balancer::{Balancer, Pid};
use crate::harness::eye::{Eye, Look};
use crate::harness::outcome::Outcome;
use crate::harness::proxy::{Fault, Proxy};
use crate::harness::server::Memcached;
use crate::harness::sockets::How;

const WRITES: [Write; 4] = [
    Write::Swap,
    Write::Expected,
    Write::Create,
    Write::Increment,
];
static SETTINGS: [&Setting; 3] = [&INSTALLED, &MODERN, &PROVEN];

/// Items stored beforehand, so that another server can come to the same token.
const PADDING: usize = 100;

/// Whether the lost swap had arrived: its last byte decides.
const ARRIVED: [bool; 2] = [true, false];

/// How many bytes the command sends up to the end of its swap, where nothing happens.
fn request_length(setting: &'static Setting, write: Write) -> usize {
    let server = padded(setting.server());
    let eye = Eye::on(&server);
    let trial = Trial::new(&eye, setting, write, "k");
    let proxy = Proxy::to(&server);
    let outcome = trial.command(&proxy.address(), LONG).run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    // Behind a number whose token only the answer shows, its value is asked for.
    let look = match write {
        Write::Increment if !setting.exactly_once => "gets k\r\n".len(),
        _ => 0,
    };
    proxy.counts().request_bytes - look
}

/// The server, with some items stored before.
fn padded(server: Memcached) -> Memcached {
    server.raw("set pad 0 0 1 noreply\r\nx\r\n".repeat(PADDING));
    server
}

fn lost(request: usize, arrived: bool) -> Fault {
    Fault::CutAfterRequest(request - usize::from(!arrived), How::Fin)
}

/// Runs a write whose swap is lost on `first`, where `then` answers next.
fn run(trial: &Trial<'_>, first: &Memcached, fault: Fault, then: &Memcached, pid: Pid) -> Outcome {
    let cut = Proxy::to(first).fault(fault);
    let balancer = Balancer::to(vec![cut.address(), then.address()], pid);
    let outcome = trial.command(&balancer.address(), LONG).run();
    assert!(cut.fault_has_struck(), "{outcome:?}");
    outcome
}

/// The code where the process that was asked, or what may be that process, answers again.
fn expected(setting: &Setting, write: Write, arrived: bool) -> i32 {
    let proven = setting.exactly_once;
    match (arrived, write) {
        _ if proven => 0,
        (true, _) | (false, Write::Create) => 6,
        (false, _) => 0,
    }
}

#[test]
fn the_same_process_settles_what_may_be_sent_again() {
    for setting in SETTINGS {
        for write in WRITES {
            let request = request_length(setting, write);
            for arrived in ARRIVED {
                let server = padded(setting.server());
                let eye = Eye::on(&server);
                let trial = Trial::new(&eye, setting, write, "k");
                let outcome = run(&trial, &server, lost(request, arrived), &server, Pid::One);
                let judged = trial.judge(&outcome).map(|_| outcome.code);
                assert_eq!(judged, Ok(expected(setting, write, arrived)), "{outcome:?}");
            }
        }
    }
}

#[test]
fn a_process_that_hides_which_one_it_is_is_looked_at_and_never_written_to_again() {
    for setting in SETTINGS {
        for write in WRITES {
            let request = request_length(setting, write);
            for arrived in ARRIVED {
                let server = padded(setting.server());
                let eye = Eye::on(&server);
                let trial = Trial::new(&eye, setting, write, "k");
                let outcome = run(
                    &trial,
                    &server,
                    lost(request, arrived),
                    &server,
                    Pid::Hidden,
                );
                let judged = trial
                    .judge(&outcome)
                    .map(|look| (outcome.code, look.stored));
                // Only a proof tells, and only that it landed.
                let code = if setting.exactly_once && arrived {
                    0
                } else {
                    6
                };
                let stored = trial.stored + u64::from(arrived);
                assert_eq!(judged, Ok((code, stored)), "{outcome:?}");
            }
        }
    }
}

/// Two servers that agree in all they say of themselves (behind [`Pid::One`]): they have started in the same second.
fn twins(setting: &'static Setting) -> [Memcached; 2] {
    let began = |server: &Memcached| server.count("time") - server.count("uptime");
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        let servers = [setting.server(), setting.server()];
        if began(&servers[0]) == began(&servers[1]) {
            return servers;
        }
    }
    panic!("no two servers started within a second");
}

/// Has the other server hand out the same token for another value, and count more of everything than the first one will.
fn step_ahead(theirs: &Memcached, token: Option<u64>) {
    if let Some(token) = token {
        while theirs.item("k").is_none_or(|item| item.token < token) {
            theirs.set("k", "7");
        }
        assert_eq!(theirs.token("k"), token, "tokens in step");
    }
    let theirs = padded(padded(theirs.clone()));
    for _ in 0..20 {
        theirs.item("pad");
    }
}

#[test]
fn another_process_that_looks_like_the_same_is_not_written_to() {
    for setting in SETTINGS {
        for write in WRITES {
            let request = request_length(setting, write);
            for arrived in ARRIVED {
                let [ours, theirs] = twins(setting);
                let ours = padded(ours);
                let (eye, other_eye) = (Eye::on(&ours), Eye::on(&theirs));
                let trial = Trial::new(&eye, setting, write, "k");
                step_ahead(&theirs, trial.before.as_ref().map(|before| before.token));
                let Look { item, stored } = other_eye.look("k");
                let outcome = run(&trial, &ours, lost(request, arrived), &theirs, Pid::One);
                let context = format!("{}, {write:?}, {arrived}: {outcome:?}", setting.name);
                let after = other_eye.look("k");
                assert_eq!((after.item, after.stored), (item, stored), "{context}");
                assert_eq!(outcome.code, 6, "{context}");
                let judged = trial.judge(&outcome).map(|look| look.stored);
                assert_eq!(judged, Ok(trial.stored + u64::from(arrived)), "{context}");
            }
        }
    }
}
