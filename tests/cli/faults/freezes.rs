//! A server that stands still (SIGSTOP) at each phase of a write, and bytes that come too late.
//!
//! What a client that gave up had sent is applied when the server wakes: only "unknown" is true then.

use std::time::Duration;

use super::act::Act;
use super::sweep::{Allowed, Case, LONG, Lengths, On, SHORT, sweep};
use super::{INSTALLED, MODERN, PROVEN, Setting, WRITES, Write};
use crate::harness::proxy::Fault;
use crate::harness::sockets::How;

/// Longer than the timeout of a command that has been told to be impatient.
const TOO_LATE: Duration = Duration::from_millis(900);

static SETTINGS: [&Setting; 3] = [&INSTALLED, &MODERN, &PROVEN];

/// The swap is lost with its connection, applied or (without its last byte) not.
fn lost(lengths: Lengths, applied: bool) -> Vec<(On, Fault)> {
    let byte = if applied {
        lengths.request
    } else {
        lengths.swap() - 1
    };
    vec![(On::Connection(0), Fault::CutAfterRequest(byte, How::Rst))]
}

/// Runs one kind of case for each write; each must end with one of these codes, which must be true.
fn each(
    what: &str,
    setting: &'static Setting,
    expected: &'static [i32],
    make: impl Fn(Write, Lengths) -> Vec<Case>,
) {
    let cases: Vec<_> = WRITES
        .into_iter()
        .flat_map(|write| make(write, Lengths::of(setting, write)))
        .map(|case| case.allowing(Allowed::always(expected)))
        .collect();
    sweep(setting, &cases).print(what, setting);
}

fn case(
    write: Write,
    timeout: &'static str,
    faults: Vec<(On, Fault)>,
    acts: &[(usize, Act)],
) -> Case {
    Case {
        timeout,
        acts: acts.to_vec(),
        ..Case::cut(write, faults)
    }
}

#[test]
fn a_server_frozen_before_the_read_is_answered_has_written_nothing() {
    for setting in SETTINGS {
        each("frozen at the read", setting, &[5], |write, _| {
            vec![case(write, SHORT, vec![], &[(1, Act::Freeze)])]
        });
    }
}

#[test]
fn a_server_frozen_before_the_swap_is_answered_leaves_it_unknown() {
    for setting in SETTINGS {
        each("frozen at the swap", setting, &[6], |write, _| {
            vec![case(write, SHORT, vec![], &[(2, Act::Freeze)])]
        });
    }
}

#[test]
fn a_server_frozen_during_the_resolution_leaves_it_unknown() {
    for setting in SETTINGS {
        each(
            "frozen at the resolution",
            setting,
            &[6],
            |write, lengths| {
                let at = |burst, applied| {
                    let faults = lost(lengths, applied);
                    case(write, SHORT, faults, &[(burst, Act::Freeze)])
                };
                // A proof is found by the look already.
                let found = setting.exactly_once.then(|| at(4, false));
                let all = || vec![at(3, true), at(3, false), at(4, true), at(4, false)];
                found.map_or_else(all, |last| vec![at(3, true), at(3, false), last])
            },
        );
    }
}

#[test]
fn a_server_frozen_after_the_look_has_shown_the_proof() {
    each("frozen after the look", &PROVEN, &[0], |write, lengths| {
        vec![case(write, SHORT, lost(lengths, true), &[(4, Act::Freeze)])]
    });
}

/// Whether a swap that has not arrived may be sent again: a creation only with a proof.
fn is_repeated(setting: &Setting, write: Write) -> bool {
    setting.exactly_once || write != Write::Create
}

#[test]
fn a_server_that_wakes_during_the_resolution_answers_it() {
    for setting in SETTINGS {
        // Without a proof it is the order in which the server finds its two connections that decides.
        let expected: &[i32] = if setting.exactly_once { &[0] } else { &[0, 6] };
        each("awake at the resolution", setting, expected, |write, _| {
            let acts = [(2, Act::Freeze), (3, Act::Thaw)];
            vec![case(write, SHORT, vec![], &acts)]
        });
    }
}

#[test]
fn a_pause_shorter_than_the_timeout_changes_nothing() {
    for setting in SETTINGS {
        each("paused", setting, &[0], |write, lengths| {
            let pause = |burst, faults| case(write, LONG, faults, &[(burst, Act::Pause)]);
            let mut cases = vec![pause(1, vec![]), pause(2, vec![])];
            if is_repeated(setting, write) {
                cases.extend([3, 4].map(|burst| pause(burst, lost(lengths, false))));
            }
            cases
        });
    }
}

#[test]
fn a_creation_without_a_proof_that_was_lost_stays_unknown() {
    // It may arrive yet, when whoever it was for has deleted what a second one had stored.
    for setting in SETTINGS.into_iter().filter(|setting| !setting.exactly_once) {
        each("late creation", setting, &[6], |write, lengths| {
            let late = Fault::HoldAfterRequest(lengths.swap() - 1, TOO_LATE);
            let late = vec![(On::Connection(0), late)];
            let pause = |burst| case(write, LONG, lost(lengths, false), &[(burst, Act::Pause)]);
            match write {
                Write::Create => vec![case(write, SHORT, late, &[]), pause(3)],
                _ => vec![],
            }
        });
    }
}

#[test]
fn a_swap_that_arrives_after_it_was_repeated_changes_nothing_any_more() {
    for setting in SETTINGS {
        each("late swap", setting, &[0], |write, lengths| {
            let late = Fault::HoldAfterRequest(lengths.swap() - 1, TOO_LATE);
            let faults = vec![(On::Connection(0), late)];
            let repeated = is_repeated(setting, write);
            repeated
                .then(|| case(write, SHORT, faults, &[]))
                .into_iter()
                .collect()
        });
    }
}

#[test]
fn an_answer_that_stops_in_the_middle_is_as_good_as_a_cut_one() {
    for setting in SETTINGS {
        let expected: &[i32] = if setting.exactly_once { &[0] } else { &[0, 6] };
        each("silent answer", setting, expected, |write, _| {
            let faults = [0, 1, 2, 3, 5, 9]
                .map(|byte| vec![(On::Connection(0), Fault::SilenceInReply(2, byte))]);
            faults
                .map(|faults| case(write, SHORT, faults, &[]))
                .to_vec()
        });
    }
}

#[test]
fn delays_within_the_timeout_change_nothing_and_beyond_it_nothing_is_written() {
    let short = Duration::from_millis(50);
    for setting in [&INSTALLED, &PROVEN] {
        let all = |fault| vec![(On::TheRest, fault)];
        each("delayed", setting, &[0], |write, _| {
            vec![
                case(write, LONG, all(Fault::DelayRequests(short)), &[]),
                case(write, LONG, all(Fault::DelayReplies(short)), &[]),
            ]
        });
        each("delayed too long", setting, &[5], |write, _| {
            vec![
                case(write, SHORT, all(Fault::DelayRequests(TOO_LATE)), &[]),
                case(write, SHORT, all(Fault::DelayReplies(TOO_LATE)), &[]),
            ]
        });
    }
}
