//! A signal while a write is under way: what is known of the write is told, and if nothing is, that.

use std::sync::mpsc;
use std::time::Duration;

use crate::harness::mccas::{Mccas, mccas_at};
use crate::harness::outcome::Outcome;
use crate::harness::process::{is_stopped, signal};
use crate::harness::proxy::{Fault, Proxy};
use crate::harness::server::Memcached;
use crate::harness::sockets::How;
use crate::harness::wait;

const SIGNALS: [(&str, i32); 3] = [("INT", 130), ("TERM", 143), ("HUP", 129)];

/// A server with a counter, and a proxy that freezes it when the n-th request comes.
fn frozen_at(request: usize) -> (Memcached, Proxy) {
    let server = Memcached::start();
    server.set("k", "41");
    let proxy = Proxy::to(&server).on_request(request, Memcached::freeze);
    (server, proxy)
}

/// Runs it until a request of it has frozen the server, and then sends it the signal.
fn interrupted(command: Mccas, server: &Memcached, name: &str) -> Outcome {
    let running = command.spawn();
    wait::until("a frozen server", || is_stopped(server.pid()).then_some(()));
    running.signal(name);
    let outcome = running.wait();
    server.thaw();
    outcome
}

#[test]
fn a_write_without_an_answer_is_told_to_be_in_doubt() {
    for (name, code) in SIGNALS {
        for args in [
            &["incr-cas", "k"][..],
            &["cas", "k", "42", "--expect", "41"],
            &["cas", "k", "42", "--token", "TOKEN"],
        ] {
            let (server, proxy) = frozen_at(2);
            let token = server.token("k").to_string();
            let args = args
                .iter()
                .map(|&arg| if arg == "TOKEN" { &*token } else { arg });
            let command = mccas_at(proxy.address()).args(args).arg("--json");
            let outcome = interrupted(command, &server, name);
            assert_eq!(outcome.code, code, "{outcome:?}");
            let object = outcome.object();
            assert_eq!(
                (&object["status"], &object["key"]),
                (&"unknown".into(), &"k".into())
            );
            let last = outcome.stderr.lines().last().expect("a line");
            for word in [
                "k: ",
                &format!("SIG{name}"),
                "may have been applied",
                &proxy.address(),
            ] {
                assert!(last.contains(word), "{word} {outcome:?}");
            }
            // Not after the time that the answer would have had.
            assert!(outcome.elapsed < Duration::from_secs(8), "{outcome:?}");
        }
    }
}

/// As its object tells how mccas ends.
#[test]
fn the_object_of_an_update_has_the_exit_code_of_the_signal() {
    for (name, code) in SIGNALS {
        let (server, proxy) = frozen_at(2);
        let update = mccas_at(proxy.address()).args(["update", "k", "--json", "--", "echo", "new"]);
        let outcome = interrupted(update, &server, name);
        let object = outcome.object();
        assert_eq!(
            (outcome.code, &object["status"], &object["exit"]),
            (code, &"unknown".into(), &code.into()),
            "{outcome:?}"
        );
        assert_eq!(object["command_exit"], 0, "{outcome:?}");
    }
}

#[test]
fn a_creation_is_a_write_and_text_has_no_object() {
    let server = Memcached::start();
    let proxy = Proxy::to(&server).on_request(2, Memcached::freeze);
    let command = mccas_at(proxy.address()).args(["incr-cas", "k", "--initial", "0"]);
    let outcome = interrupted(command, &server, "TERM");
    assert_eq!((outcome.code, outcome.stdout_text()), (143, ""));
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    assert!(
        outcome.stderr.contains("may have been applied"),
        "{outcome:?}"
    );
}

#[test]
fn before_anything_was_written_nothing_is_in_doubt() {
    for (name, code) in SIGNALS {
        let (server, proxy) = frozen_at(1);
        let command = mccas_at(proxy.address()).args(["incr-cas", "k", "--json"]);
        let outcome = interrupted(command, &server, name);
        assert_eq!(
            (outcome.code, outcome.stdout_text(), &*outcome.stderr),
            (code, "", "")
        );
        assert_eq!(server.value("k"), "41");
    }
}

/// Runs an increment that gets the signal between the moment when the server has acted and the moment when the answer
/// arrives, with what another writer does right before the swap.
fn signalled_before_the_answer(before_the_swap: fn(&Memcached)) -> (Outcome, String) {
    let server = Memcached::start();
    server.set("k", "41");
    let (send, pid) = mpsc::channel();
    let proxy = Proxy::to(&server)
        .on_request(2, before_the_swap)
        .on_reply(2, move |_| signal(pid.recv().expect("a process"), "INT"));
    let running = mccas_at(proxy.address()).args(["incr-cas", "k"]).spawn();
    send.send(running.pid()).expect("the hook waits");
    (running.wait(), server.value("k"))
}

/// The answer counts only if it comes within a moment, which a busy machine may miss: then the doubt is told. One of
/// several runs is in time.
fn in_time(before_the_swap: fn(&Memcached)) -> (Outcome, String) {
    let in_doubt = |outcome: &Outcome| outcome.stderr.contains("may have been applied");
    let mut runs = (0..20).map(|_| signalled_before_the_answer(before_the_swap));
    let told = runs.find(|(outcome, _)| {
        assert_eq!(outcome.code, 130, "{outcome:?}");
        !in_doubt(outcome)
    });
    told.expect("an answer within a moment")
}

#[test]
fn an_answer_that_comes_within_a_moment_is_told_instead() {
    let (outcome, value) = in_time(|_| {});
    assert_eq!((outcome.stdout_text(), &*outcome.stderr), ("42\n", ""));
    assert_eq!(value, "42");
}

#[test]
fn an_attempt_that_is_known_to_have_lost_leaves_no_doubt_and_is_not_repeated() {
    let (outcome, value) = in_time(|server| server.set("k", "100"));
    assert_eq!((outcome.stdout_text(), &*outcome.stderr), ("", ""));
    assert_eq!(value, "100");
}

#[test]
fn while_a_lost_answer_is_being_resolved_the_write_is_still_under_way() {
    let server = Memcached::start();
    server.set("k", "41");
    let whole = Proxy::to(&server);
    let command = mccas_at(whole.address()).args(["incr-cas", "k"]);
    assert_eq!(command.run().code, 0);
    server.set("k", "41");
    // The swap's answer is cut off, and the server that is asked what became of it does not answer.
    let cut = Fault::CutAfterRequest(whole.counts().request_bytes, How::Fin);
    let proxy = Proxy::to(&server)
        .fault(cut)
        .on_request(3, Memcached::freeze);
    let command = mccas_at(proxy.address()).args(["incr-cas", "k"]);
    let outcome = interrupted(command, &server, "INT");
    assert_eq!((outcome.code, outcome.stdout_text()), (130, ""));
    assert!(
        outcome.stderr.contains("may have been applied"),
        "{outcome:?}"
    );
}
