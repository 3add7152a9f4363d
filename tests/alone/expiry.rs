//! A hot key keeps its moment of expiry, however many swaps follow each other, where swaps travel by the classic protocol and the
//! expiry is told in older words.

use std::thread;
use std::time::{Duration, Instant};

use crate::alone;
use crate::harness::eye::Eye;
use crate::harness::filter::Dialect;
use crate::harness::mccas::mccas_at;
use crate::harness::target::Target;
use crate::harness::tell::tell;

const LIFETIME: u64 = 60;
const PROCESSES: usize = 4;
const HOW_LONG: Duration = Duration::from_secs(8);
/// Through a proxy the server's own arithmetic counts, which cannot move the moment a little at a time.
const HOW_LONG_BEHIND: Duration = Duration::from_secs(3);

/// Increments one key as fast as it goes, and returns how often that was acknowledged.
fn fight_over(target: &Target, key: &str, options: &[&str], how_long: Duration) -> u64 {
    let end = Instant::now() + how_long;
    let count = || {
        let mut done = 0;
        while Instant::now() < end {
            let outcome = mccas_at(target.address())
                .args(["incr-cas", key, "-q"])
                .args(options)
                .run();
            assert_eq!(outcome.code, 0, "{outcome:?}");
            done += 1;
        }
        done
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..PROCESSES).map(|_| scope.spawn(count)).collect();
        running
            .into_iter()
            .map(|process| process.join().expect("no panic"))
            .sum()
    })
}

fn the_moment_stays(name: &str, target: &Target) {
    the_moment_stays_with(name, target, &[], HOW_LONG);
}

fn the_moment_stays_with(name: &str, target: &Target, options: &[&str], how_long: Duration) {
    let _turn = alone();
    let eye = Eye::on(target.server());
    eye.set("k", "0", 7, eye.stats().0 + LIFETIME);
    let before = eye.look("k").item.expect("the item");
    let done = fight_over(target, "k", options, how_long);
    let after = eye.look("k").item.expect("the item");
    tell(format_args!(
        "{name}: {done} increments, {before:?} has become {after:?}"
    ));
    assert_eq!(after.value, done.to_string());
    assert_eq!((after.moment, after.flags), (before.moment, before.flags));
    assert!(done > 50, "{done}");
}

#[test]
fn of_a_hot_key_on_1_6_9() {
    the_moment_stays("1.6.9", &Target::oldest());
}

#[test]
fn of_a_hot_key_on_1_6_10_to_1_6_17() {
    the_moment_stays("1.6.12", &Target::speaking(Dialect::V1_6_12));
}

#[test]
fn of_a_hot_key_on_1_5_22() {
    the_moment_stays("1.5.22", &Target::speaking(Dialect::V1_5_22));
}

/// Behind a proxy no swap can keep it, and so none is made; the server's own arithmetic can.
fn the_moment_stays_behind(name: &str, target: &Target) {
    let eye = Eye::on(target.server());
    eye.set("hot", "0", 7, eye.stats().0 + LIFETIME);
    let before = eye.look("hot").item;
    for args in [
        &["incr-cas", "hot"][..],
        &["cas", "hot", "1", "--expect", "0"],
        &["update", "hot", "--", "echo", "1"],
    ] {
        let outcome = mccas_at(target.address()).args(args).run();
        assert_eq!(outcome.code, 7, "{outcome:?}");
        assert!(outcome.stderr.contains("give --ttl"), "{outcome:?}");
        assert_eq!(eye.look("hot").item, before);
    }
    the_moment_stays_with(name, target, &["--fallback", "incr"], HOW_LONG_BEHIND);
}

#[test]
fn of_a_hot_key_behind_the_built_in_proxy() {
    the_moment_stays_behind("the built-in proxy", &Target::built_in_proxy());
}

#[test]
fn of_a_hot_key_behind_a_filter_that_answers_as_the_built_in_proxy() {
    the_moment_stays_behind("its filter", &Target::speaking(Dialect::BuiltIn));
}

#[test]
fn of_a_hot_key_behind_twemproxy() {
    the_moment_stays_behind("twemproxy", &Target::twemproxy());
}

#[test]
fn of_a_hot_key_behind_mcrouter() {
    the_moment_stays_behind("mcrouter", &Target::speaking(Dialect::Mcrouter));
}
