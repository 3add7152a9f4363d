//! Another writer, or another server process, comes between a lost swap and its resolution: the truth, or "unknown".

use super::act::Act;
use super::sweep::{Case, Codes, LONG, Lengths, On, sweep};
use super::{INSTALLED, MODERN, PROVEN, Setting, Trial, WRITES, Write};
use crate::harness::eye::Eye;
use crate::harness::proxy::{Fault, Proxy};
use crate::harness::server::Memcached;
use crate::harness::sockets::How;

fn acts(write: Write) -> Vec<Act> {
    let mut acts = vec![
        Act::Overwrite,
        Act::StoreTheSame(write),
        Act::Delete,
        Act::DeleteAndRestore(write),
        Act::OverwriteAndDelete,
        Act::Invalidate,
        Act::WriteElsewhere,
    ];
    if write == Write::Increment {
        acts.push(Act::Add);
    }
    acts
}

/// The swap is lost, applied or not, and somebody acts before a burst of its resolution.
fn interfered(setting: &'static Setting, write: Write) -> Vec<Case> {
    let request = Lengths::of(setting, write).request;
    let mut cases = Vec::new();
    for act in acts(write) {
        for byte in [request, request - 1] {
            for burst in [3, 4] {
                let lost = Fault::CutAfterRequest(byte, How::Fin);
                cases.push(Case {
                    acts: vec![(burst, act)],
                    ..Case::cut(write, vec![(On::Connection(0), lost)])
                });
            }
        }
        // Before the swap: no fault at all, and the swap must see it.
        cases.push(Case {
            acts: vec![(2, act)],
            ..Case::cut(write, vec![])
        });
    }
    cases
}

fn interfere(setting: &'static Setting) -> Codes {
    let cases: Vec<_> = WRITES
        .into_iter()
        .flat_map(|write| interfered(setting, write))
        .collect();
    let codes = sweep(setting, &cases);
    codes.print("another writer", setting);
    codes
}

#[test]
fn another_writer_never_makes_it_lie() {
    for setting in [&INSTALLED, &MODERN, &PROVEN] {
        let codes = interfere(setting);
        assert!(codes.of(0) > 0 && codes.of(6) > 0, "{codes}");
    }
}

/// Runs one write on a server of its own and has the server restarted before a burst; the new process then hands out the
/// very token that the old one had handed out, for a value of somebody else.
fn restarted(setting: &'static Setting, write: Write, burst: usize, lost: Option<Fault>) {
    let server = setting.server();
    let eye = Eye::on(&server);
    let trial = Trial::new(&eye, setting, write, "k");
    let token = trial.before.as_ref().map(|before| before.token);
    let proxy = Proxy::to(&server).on_request(burst, move |server| {
        server.restart();
        if let Some(token) = token {
            take_token(server, token);
        }
    });
    let proxy = match lost {
        Some(fault) => proxy.fault(fault),
        None => proxy,
    };
    let outcome = trial.command(&proxy.address(), LONG).run();
    drop(proxy);
    let context = format!("{}, {write:?}, burst {burst}, {lost:?}", setting.name);
    assert_eq!(outcome.code, 6, "{context}: {outcome:?}");
    let value = server.item("k").map(|item| item.value);
    let expected = token.map(|_| b"theirs".to_vec());
    assert_eq!(value, expected, "{context}: {outcome:?}");
}

/// Writes a key until it carries this token.
fn take_token(server: &Memcached, token: u64) {
    for _ in 0..100 {
        server.set("k", "theirs");
        if server.token("k") == token {
            return;
        }
    }
    panic!("the new process does not hand out {token}");
}

/// How many bytes the command sends to a server that has just started.
fn request_length(setting: &'static Setting, write: Write) -> usize {
    let server = setting.server();
    let eye = Eye::on(&server);
    let trial = Trial::new(&eye, setting, write, "k");
    let proxy = Proxy::to(&server);
    trial.command(&proxy.address(), LONG).run();
    proxy.counts().request_bytes
}

#[test]
fn a_token_of_the_old_process_is_never_used_on_the_new_one() {
    for setting in [&INSTALLED, &MODERN, &PROVEN] {
        for write in WRITES {
            let request = request_length(setting, write);
            restarted(setting, write, 2, None);
            for byte in [request, request - 1] {
                let lost = Fault::CutAfterRequest(byte, How::Rst);
                restarted(setting, write, 3, Some(lost));
            }
        }
    }
}

#[test]
fn a_server_that_ends_is_unreachable_before_the_swap_and_unknown_after_it() {
    for setting in [&INSTALLED, &PROVEN] {
        let request = request_length(setting, Write::Increment);
        let lost = Fault::CutAfterRequest(request, How::Fin);
        for (burst, fault, code) in [(1, Fault::None, 5), (2, Fault::None, 6), (3, lost, 6)] {
            let server = setting.server();
            let eye = Eye::on(&server);
            let trial = Trial::new(&eye, setting, Write::Increment, "k");
            let proxy = Proxy::to(&server)
                .fault(fault)
                .on_request(burst, Memcached::stop);
            let outcome = trial.command(&proxy.address(), LONG).run();
            assert_eq!(outcome.code, code, "{}, {burst}: {outcome:?}", setting.name);
        }
    }
}
