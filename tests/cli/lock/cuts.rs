//! The connection is cut after every byte of the creation and of the release: exit code, lock and command agree.
//!
//! Renewals take seconds, and so are cut in the target `alone`.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{Notes, lock_at};
use crate::harness::proxy::{Fault, Proxy};
use crate::harness::server::Memcached;
use crate::harness::sockets::{How, locked};
use crate::harness::tell::tell;

const THREADS: usize = 4;

/// What comes before the creation is thousands of bytes of statistics, of which one in so many is cut.
const STRIDE: usize = 211;

fn by_turns(byte: usize) -> How {
    [How::Fin, How::Rst][byte % 2]
}

/// How many bytes go either way when nothing happens: of all requests, and of the first reply.
fn lengths() -> (usize, usize) {
    let server = Memcached::start();
    let proxy = Proxy::to(&server);
    lock_at(&proxy.address(), "true").run();
    let whole = proxy.counts();
    // All replies but the first are short.
    (whole.request_bytes, whole.reply_bytes)
}

fn faults() -> Vec<Fault> {
    let every = std::env::var_os("MCCAS_TEST_EVERY_BYTE").is_some();
    let (requests, replies) = lengths();
    let in_requests = (0..=requests).map(|byte| Fault::CutAfterRequest(byte, by_turns(byte)));
    let in_first = (0..replies)
        .filter(|byte| every || byte % STRIDE == 0)
        .map(|byte| Fault::CutInReply(1, byte, by_turns(byte)));
    // Of the creation, of the look before the release, and of the release.
    let in_others = [(2, 24), (3, 160), (4, 24)]
        .into_iter()
        .flat_map(|(reply, length)| (0..length).map(move |byte| (reply, byte)))
        .map(|(reply, byte)| Fault::CutInReply(reply, byte, by_turns(byte)));
    in_requests.chain(in_first).chain(in_others).collect()
}

/// Runs one case; returns the exit code, or what is wrong.
fn run(server: &Memcached, fault: Fault) -> Result<i32, String> {
    let notes = Notes::new();
    let proxy = Proxy::to(server).fault(fault);
    let outcome = lock_at(&proxy.address(), "echo ran >> \"$NOTES\"")
        .env("NOTES", notes.name())
        .arg("--json")
        .run();
    // With the proxy's end everything sent has arrived.
    drop(proxy);
    let left = server.item("k");
    let status = outcome.object()["status"].to_string();
    let ran = notes.read();
    let agrees = match outcome.code {
        0 => ran == "ran\n" && left.is_none() && status == "\"released\"",
        5 => ran.is_empty() && left.is_none() && status == "\"unreachable\"",
        6 => ran.is_empty() && status == "\"unknown\"",
        _ => false,
    };
    server.raw("delete k\r\n");
    if agrees {
        Ok(outcome.code)
    } else {
        Err(format!(
            "{fault:?}: it ran {ran:?}, left {left:?}\n{outcome:?}"
        ))
    }
}

#[test]
fn the_creation_and_the_release_are_cut_at_every_byte() {
    let faults = faults();
    let next = AtomicUsize::new(0);
    let codes = Mutex::new(BTreeMap::<i32, usize>::new());
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let server = Memcached::start();
                while let Some(&fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match run(&server, fault) {
                        Ok(code) => *locked(&codes).entry(code).or_default() += 1,
                        Err(complaint) => locked(&wrong).push(complaint),
                    }
                }
            });
        }
    });
    let (codes, wrong) = (locked(&codes), locked(&wrong));
    tell(format_args!(
        "lock cut at {} places: {codes:?}",
        faults.len()
    ));
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        faults.len(),
        wrong[0]
    );
    for code in [0, 5, 6] {
        assert!(codes.contains_key(&code), "{codes:?}");
    }
    // Only a creation that has not arrived whole is in doubt: one that has shows our value.
    assert!(codes[&6] < 200, "{codes:?}");
}
