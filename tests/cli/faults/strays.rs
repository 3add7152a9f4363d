//! A line that nobody asked for, before or behind each answer: it is never taken for one. What the exit code says is what the
//! server holds, also where the line says the contrary.

use std::thread;

use super::sweep::Codes;
use super::{CLASSIC, INSTALLED, MODERN, PROVEN, Setting, Trial, Write};
use crate::harness::chatter::{Chatter, Place};
use crate::harness::eye::Eye;
use crate::harness::mccas::mccas_at;
use crate::harness::server::Memcached;

/// Answers of every kind that a server gives, and what is none.
const LINES: [&str; 16] = [
    "HD\r\n",
    "HD c9\r\n",
    "HD c9 O1\r\n",
    "EX\r\n",
    "NF\r\n",
    "NS\r\n",
    "EN\r\n",
    "MN\r\n",
    "VA 2 c9 t-1 f0\r\n41\r\n",
    "STORED\r\n",
    "EXISTS\r\n",
    "END\r\n",
    "SERVER_ERROR out of memory storing object\r\n",
    "CLIENT_ERROR bad data chunk\r\n",
    "ERROR\r\n",
    "\r\n",
];

/// A write makes two exchanges: the read and the swap.
const PLACES: [Place; 7] = [
    Place::AtOnce,
    Place::Before(1),
    Place::Behind(1),
    Place::Before(2),
    Place::Instead(2),
    Place::Behind(2),
    // A connection that an error line has shown to be in doubt is asked once more.
    Place::Before(3),
];

static SETTINGS: [&Setting; 4] = [&INSTALLED, &CLASSIC, &MODERN, &PROVEN];

/// The write, with the item as it is read (`won`) or already another one when the swap comes (lost).
fn swap_with(setting: &'static Setting, write: Write, won: bool, codes: &mut Codes) {
    let server = setting.server();
    let eye = Eye::on(&server);
    for (number, line) in LINES.into_iter().enumerate() {
        for (at, place) in PLACES.into_iter().enumerate() {
            let key = format!("k{number}-{at}");
            let trial = Trial::new(&eye, setting, write, &key);
            let chatter = Chatter::to(&server, line.as_bytes(), place);
            let command = trial.command(&chatter.address(), "300ms");
            let others = u64::from(!won);
            let outcome = if won {
                command.run()
            } else {
                // Another writer comes first: a swap by the token that was given loses.
                server.raw(format!("set {key} 9 0 3 noreply\r\n100\r\n"));
                command.run()
            };
            drop(chatter);
            let judged = trial.judge_among(&outcome, others);
            let what = format!("{line:?} {place:?}, {write:?}, won: {won}");
            judged.unwrap_or_else(|complaint| panic!("{what}: {complaint}"));
            codes.add(write, outcome.code);
        }
    }
}

#[test]
fn a_line_that_nobody_asked_for_is_no_answer_to_a_swap() {
    // Most of a run is waiting: all settings at once.
    thread::scope(|scope| {
        for setting in SETTINGS {
            scope.spawn(|| {
                let mut codes = Codes::default();
                for write in [Write::Swap, Write::Create, Write::Increment] {
                    swap_with(setting, write, true, &mut codes);
                }
                for write in [Write::Swap, Write::Create] {
                    swap_with(setting, write, false, &mut codes);
                }
                codes.print("a line too many", setting);
                assert!(codes.of(0) > 0, "{codes}");
            });
        }
    });
}

#[test]
fn nor_is_it_one_to_a_question() {
    let server = Memcached::start();
    server.set("k", "41");
    let token = server.token("k").to_string();
    for line in LINES {
        for place in [
            Place::AtOnce,
            Place::Before(1),
            Place::Instead(1),
            Place::Behind(1),
        ] {
            let chatter = Chatter::to(&server, line.as_bytes(), place);
            for (args, truth) in [
                (&["gets", "k", "--raw"][..], "41"),
                (&["gets", "k", "--token-only"], &format!("{token}\n")),
            ] {
                let outcome = mccas_at(chatter.address()).args(args).run();
                let told = outcome.code == 0 && outcome.stdout_text() == truth;
                let refused = matches!(outcome.code, 5 | 7) && outcome.stdout.is_empty();
                assert!(told || refused, "{line:?} {place:?}: {outcome:?}");
            }
        }
    }
}
