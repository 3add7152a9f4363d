//! The connection is cut after every byte of the request and of the answer, in order and by a reset.

use super::sweep::{Allowed, Case, Codes, Lengths, On, sweep};
use super::{CLASSIC, INSTALLED, MODERN, PROVEN, REFUSED, Setting, WRITES, Write};
use crate::harness::proxy::Fault;
use crate::harness::sockets::How;

const BOTH: [How; 2] = [How::Fin, How::Rst];

/// An answer to `mg` is cut at every byte: they stand at both ends of what a read brings. Between them the server tells its
/// statistics, thousands of bytes of one kind, of which one in so many is cut.
const ENDS: usize = 48;
const STRIDE: usize = 151;
/// Numbers in the statistics grow by a few digits from one case to the next.
const SLACK: usize = 16;
/// The answer to a swap is not longer than this; nor is that to a repeated one and the look behind it.
const SWAP_REPLY: usize = 28;
const SECOND_REPLY: usize = 120;

/// The bytes of a first reply after which it is cut; all of them if `MCCAS_TEST_EVERY_BYTE` is set.
fn reply_bytes(length: usize) -> Vec<usize> {
    let every = std::env::var_os("MCCAS_TEST_EVERY_BYTE").is_some();
    (0..length + SLACK)
        .filter(|byte| every || *byte < ENDS || byte + ENDS > length || byte.is_multiple_of(STRIDE))
        .collect()
}

/// Where the two replies of a connection are cut: which one, and after how many bytes.
fn replies(first: usize, second: usize) -> impl Iterator<Item = (usize, usize)> {
    let firsts = reply_bytes(first).into_iter().map(|byte| (1, byte));
    firsts.chain((0..=second).map(|byte| (2, byte)))
}

fn by_turns(byte: usize) -> How {
    BOTH[byte % 2]
}

/// How a write ends whose first connection was cut behind the read.
#[derive(Clone, Copy)]
struct Truth {
    /// If its answer tells, or the same swap sent again.
    settled: &'static [i32],
    /// The same of a creation that was sent, but has not arrived whole: it is not sent again without a proof.
    lost_creation: &'static [i32],
    /// If nothing but a proof can tell.
    unknowable: &'static [i32],
    /// How much of the answer to the swap tells that it was stored, and that it is the answer to this swap.
    first_words: usize,
}

/// The second request is marked so, and its answer.
const FIRST_WORDS: usize = "HD Ow2 ".len();

const PLAIN_TRUTH: Truth = Truth {
    settled: &[0],
    lost_creation: &[6],
    unknowable: &[6],
    first_words: FIRST_WORDS,
};
/// Nothing but the answers that follow shows it there, up to the last byte.
const CLASSIC_TRUTH: Truth = Truth {
    first_words: usize::MAX,
    ..PLAIN_TRUTH
};
const PROVEN_TRUTH: Truth = Truth {
    settled: &[0],
    lost_creation: &[0],
    unknowable: &[0],
    first_words: FIRST_WORDS,
};
/// A swap that must have a proof is not sent to a server that has none to give.
const REFUSED_TRUTH: Truth = Truth {
    settled: &[7],
    lost_creation: &[7],
    unknowable: &[7],
    first_words: FIRST_WORDS,
};

/// What the outcome must be if only the first connection is cut, there. A read is not repeated, a swap is made good; and
/// what became of it cannot be known (`unknowable`) if it has arrived and of its answer not even the first words.
fn after_first_cut(write: Write, fault: Fault, lengths: Lengths, truth: Truth) -> Allowed {
    const NEVER: &[i32] = &[];
    let Truth {
        settled,
        lost_creation,
        unknowable,
        first_words,
    } = truth;
    let (struck, missed): (&[i32], &[i32]) = match fault {
        Fault::CutAfterRequest(byte, _) if byte <= lengths.read => (&[5], NEVER),
        Fault::CutAfterRequest(byte, _) if byte < lengths.swap() && write == Write::Create => {
            (lost_creation, NEVER)
        }
        Fault::CutAfterRequest(byte, _) if byte < lengths.swap() => (settled, NEVER),
        Fault::CutAfterRequest(..) => (unknowable, NEVER),
        // The statistics of a fresh server are a little shorter.
        Fault::CutInReply(1, byte, _) if byte + ENDS < lengths.read_reply => (&[5], NEVER),
        Fault::CutInReply(1, ..) => (&[5], settled),
        Fault::CutInReply(_, byte, _) if byte < first_words => (unknowable, NEVER),
        _ => (settled, settled),
    };
    Allowed {
        struck,
        reading: &[5],
        missed,
    }
}

/// Cuts of the first connection.
fn first_cuts(setting: &'static Setting, truth: Truth) -> impl Iterator<Item = [Case; 2]> {
    WRITES.into_iter().flat_map(move |write| {
        let lengths = Lengths::of(setting, write);
        let requests =
            (0..=lengths.request).map(|byte| BOTH.map(|how| Fault::CutAfterRequest(byte, how)));
        let replies = replies(lengths.read_reply, SWAP_REPLY)
            .map(|(nth, byte)| BOTH.map(|how| Fault::CutInReply(nth, byte, how)));
        let case = move |fault| {
            let case = Case::cut(write, vec![(On::Connection(0), fault)]);
            case.allowing(after_first_cut(write, fault, lengths, truth))
        };
        requests.chain(replies).map(move |both| both.map(case))
    })
}

/// Cuts at each byte in both ways.
fn cut_first(setting: &'static Setting, truth: Truth) -> Codes {
    let cases: Vec<_> = first_cuts(setting, truth).flatten().collect();
    let codes = sweep(setting, &cases);
    codes.print("cut once", setting);
    codes
}

/// Cuts at each byte, in both ways by turns: where only the protocol differs.
fn cut_first_by_turns(setting: &'static Setting, truth: Truth) -> Codes {
    let pairs = first_cuts(setting, truth).enumerate();
    let cases: Vec<_> = pairs.map(|(n, both)| both[n % 2].clone()).collect();
    let codes = sweep(setting, &cases);
    codes.print("cut once", setting);
    codes
}

#[test]
fn once_on_the_installed_server() {
    let codes = cut_first(&INSTALLED, PLAIN_TRUTH);
    assert!([0, 5, 6].iter().all(|&code| codes.of(code) > 0), "{codes}");
}

#[test]
fn once_on_the_modern_server() {
    let codes = cut_first(&MODERN, PLAIN_TRUTH);
    assert!([0, 5, 6].iter().all(|&code| codes.of(code) > 0), "{codes}");
}

#[test]
fn once_with_a_proof_and_nothing_stays_unknown() {
    let codes = cut_first(&PROVEN, PROVEN_TRUTH);
    assert_eq!(codes.of(6), 0, "{codes}");
    assert!(codes.of(0) > 0 && codes.of(5) > 0, "{codes}");
}

#[test]
fn once_where_a_proof_is_refused_and_nothing_stays_unknown() {
    // A recent server may stand in for the installed one.
    let answer = REFUSED.server().raw("ms k 1 E77\r\nv\r\n");
    let truth = if answer.starts_with(b"HD") {
        PROVEN_TRUTH
    } else {
        REFUSED_TRUTH
    };
    let codes = cut_first_by_turns(&REFUSED, truth);
    assert_eq!(codes.of(6), 0, "{codes}");
}

#[test]
fn once_where_swaps_travel_by_the_classic_protocol() {
    let codes = cut_first_by_turns(&CLASSIC, CLASSIC_TRUTH);
    assert!(codes.of(0) > 0 && codes.of(5) > 0, "{codes}");
}

/// The first connection is lost with the swap: applied (all of it had arrived), or not (the last byte had not).
fn lost_swaps(request: usize) -> [Fault; 2] {
    [request, request - 1].map(|byte| Fault::CutAfterRequest(byte, How::Fin))
}

/// Cuts of what resolves the swap: the second connection, or (`on`) it and all that follow.
fn second_cuts(setting: &'static Setting, on: On, write: Write) -> Vec<Case> {
    let lengths = Lengths::of(setting, write);
    let requests =
        (0..=lengths.second_request).map(|byte| Fault::CutAfterRequest(byte, by_turns(byte)));
    // The first reply there is the look, most of which is statistics.
    let replies = replies(0, SECOND_REPLY)
        .chain(
            reply_bytes(lengths.second_reply)
                .into_iter()
                .step_by(4)
                .map(|byte| (1, byte)),
        )
        .map(|(nth, byte)| Fault::CutInReply(nth, byte, by_turns(byte)));
    let seconds: Vec<_> = requests.chain(replies).collect();
    let firsts = lost_swaps(lengths.request);
    let pairs = firsts
        .into_iter()
        .flat_map(|first| seconds.iter().map(move |&second| (first, second)));
    // A swap had been sent, unless a tick of the clock put another read where it should have been.
    let allowed = Allowed {
        struck: &[0, 6],
        reading: &[0, 5, 6],
        missed: &[],
    };
    pairs
        .map(|(first, second)| Case::cut(write, vec![(On::Connection(0), first), (on, second)]))
        .map(|case| case.allowing(allowed))
        .collect()
}

fn cut_second(setting: &'static Setting, on: On, step: usize, what: &str) -> Codes {
    let cases: Vec<_> = WRITES
        .into_iter()
        .flat_map(|write| second_cuts(setting, on, write).into_iter().step_by(step))
        .collect();
    let codes = sweep(setting, &cases);
    codes.print(what, setting);
    codes
}

#[test]
fn the_resolution_is_cut_too_without_a_proof() {
    cut_second(&INSTALLED, On::Connection(1), 3, "resolution cut");
}

#[test]
fn the_resolution_is_cut_too_and_with_a_proof_nothing_stays_unknown() {
    let codes = cut_second(&PROVEN, On::Connection(1), 1, "resolution cut");
    assert_eq!(codes.of(6), 0, "{codes}");
}

#[test]
fn every_connection_of_the_resolution_is_cut() {
    let codes = cut_second(&PROVEN, On::TheRest, 5, "every resolution cut");
    assert!(codes.of(6) > 0, "{codes}");
}

#[test]
fn every_connection_is_cut_at_the_same_byte() {
    for setting in [&INSTALLED, &PROVEN] {
        let mut cases = Vec::new();
        for write in WRITES {
            let lengths = Lengths::of(setting, write);
            let requests = (0..=lengths.request).step_by(3);
            let requests = requests.map(|byte| Fault::CutAfterRequest(byte, by_turns(byte)));
            let replies = replies(lengths.read_reply, SWAP_REPLY).step_by(3);
            let replies = replies.map(|(nth, byte)| Fault::CutInReply(nth, byte, by_turns(byte)));
            let faults = requests.chain(replies);
            cases.extend(faults.map(|fault| Case::cut(write, vec![(On::TheRest, fault)])));
        }
        let codes = sweep(setting, &cases);
        codes.print("every connection cut", setting);
        assert!(codes.of(5) > 0, "{codes}");
    }
}
