//! A server that stands still (SIGSTOP) at each phase of a write, and bytes that come too late.
//!
//! What a client that gave up had sent is applied when the server wakes: only "unknown" is true then.

use std::time::Duration;

use super::sweep::{Act, Case, Codes, LONG, Lengths, On, SHORT, sweep};
use super::{INSTALLED, MODERN, PROVEN, Setting, WRITES, Write};
use crate::proxy::Fault;
use crate::sockets::How;

/// Longer than the timeout of a command that has been told to be impatient.
const TOO_LATE: Duration = Duration::from_millis(700);

static SETTINGS: [&Setting; 3] = [&INSTALLED, &MODERN, &PROVEN];

/// The swap is lost with its connection, applied or (without its last byte) not.
fn lost(lengths: Lengths, applied: bool) -> Vec<(On, Fault)> {
    let byte = lengths.request - usize::from(!applied);
    vec![(On::Connection(0), Fault::CutAfterRequest(byte, How::Rst))]
}

/// Runs one kind of case for each write.
fn each(
    what: &str,
    setting: &'static Setting,
    make: impl Fn(Write, Lengths) -> Vec<Case>,
) -> Codes {
    let cases: Vec<_> = WRITES
        .into_iter()
        .flat_map(|write| make(write, Lengths::of(setting, write)))
        .collect();
    let codes = sweep(setting, &cases);
    codes.print(what, setting);
    assert_eq!(codes.together(), cases.len());
    codes
}

fn case(
    write: Write,
    timeout: &'static str,
    faults: Vec<(On, Fault)>,
    acts: &[(usize, Act)],
) -> Case {
    Case {
        write,
        timeout,
        faults,
        acts: acts.to_vec(),
    }
}

#[test]
fn a_server_frozen_before_the_read_is_answered_has_written_nothing() {
    for setting in SETTINGS {
        let codes = each("frozen at the read", setting, |write, _| {
            vec![case(write, SHORT, vec![], &[(1, Act::Freeze)])]
        });
        assert_eq!(codes.of(5), codes.together(), "{codes}");
    }
}

#[test]
fn a_server_frozen_before_the_swap_is_answered_leaves_it_unknown() {
    for setting in SETTINGS {
        let codes = each("frozen at the swap", setting, |write, _| {
            vec![case(write, SHORT, vec![], &[(2, Act::Freeze)])]
        });
        assert_eq!(codes.of(6), codes.together(), "{codes}");
    }
}

#[test]
fn a_server_frozen_during_the_resolution_leaves_it_unknown() {
    for setting in SETTINGS {
        let codes = each("frozen at the resolution", setting, |write, lengths| {
            let at = |burst, applied| {
                let faults = lost(lengths, applied);
                case(write, SHORT, faults, &[(burst, Act::Freeze)])
            };
            vec![at(3, true), at(3, false), at(4, true), at(4, false)]
        });
        assert_eq!(codes.of(6), codes.together(), "{codes}");
    }
}

#[test]
fn a_server_that_wakes_during_the_resolution_answers_it() {
    for setting in SETTINGS {
        let codes = each("awake at the resolution", setting, |write, _| {
            let acts = [(2, Act::Freeze), (3, Act::Thaw)];
            vec![case(write, SHORT, vec![], &acts)]
        });
        // Without a proof it is the order in which the server finds its two connections that decides.
        let expected = if setting.exactly_once {
            codes.of(0)
        } else {
            codes.of(0) + codes.of(6)
        };
        assert_eq!(expected, codes.together(), "{codes}");
    }
}

#[test]
fn a_pause_shorter_than_the_timeout_changes_nothing() {
    for setting in SETTINGS {
        let codes = each("paused", setting, |write, lengths| {
            let pause = |burst, faults| case(write, LONG, faults, &[(burst, Act::Pause)]);
            vec![
                pause(1, vec![]),
                pause(2, vec![]),
                pause(3, lost(lengths, false)),
                pause(4, lost(lengths, false)),
            ]
        });
        assert_eq!(codes.of(0), codes.together(), "{codes}");
    }
}

#[test]
fn a_swap_that_arrives_after_it_was_repeated_changes_nothing_any_more() {
    for setting in SETTINGS {
        let codes = each("late swap", setting, |write, lengths| {
            let late = Fault::HoldAfterRequest(lengths.request - 1, TOO_LATE);
            let faults = vec![(On::Connection(0), late)];
            vec![case(write, SHORT, faults, &[])]
        });
        assert_eq!(codes.of(0), codes.together(), "{codes}");
    }
}

#[test]
fn an_answer_that_stops_in_the_middle_is_as_good_as_a_cut_one() {
    for setting in SETTINGS {
        let codes = each("silent answer", setting, |write, lengths| {
            let bytes = (lengths.reply - 28..lengths.reply + 4).step_by(3);
            let faults =
                bytes.map(|byte| vec![(On::Connection(0), Fault::SilenceAfterReply(byte))]);
            let cases = faults.map(|faults| case(write, SHORT, faults, &[]));
            cases.collect()
        });
        assert!(!setting.exactly_once || codes.of(6) == 0, "{codes}");
        assert!(codes.of(0) > 0, "{codes}");
    }
}

#[test]
fn delays_within_the_timeout_change_nothing_and_beyond_it_nothing_is_written() {
    let short = Duration::from_millis(50);
    for setting in [&INSTALLED, &PROVEN] {
        let all = |fault| vec![(On::TheRest, fault)];
        let codes = each("delayed", setting, |write, _| {
            vec![
                case(write, LONG, all(Fault::DelayRequests(short)), &[]),
                case(write, LONG, all(Fault::DelayReplies(short)), &[]),
            ]
        });
        assert_eq!(codes.of(0), codes.together(), "{codes}");
        let codes = each("delayed too long", setting, |write, _| {
            vec![
                case(write, SHORT, all(Fault::DelayRequests(TOO_LATE)), &[]),
                case(write, SHORT, all(Fault::DelayReplies(TOO_LATE)), &[]),
            ]
        });
        assert_eq!(codes.of(5), codes.together(), "{codes}");
    }
}
