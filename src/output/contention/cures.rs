//! What is to be done about a hot key, by what was seen of it, with the command for each cure. docs/contention.md says what
//! each is worth.

use crate::contention::findings::{Name, Row};

/// Above this share of lost swaps something is to be done (docs/contention.md).
const MUCH: f64 = 0.05;
/// A host that has this share of all lost swaps is the one to look at.
const MOST: f64 = 0.5;

/// One cure.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cure {
    pub(super) what: &'static str,
    pub(super) why: String,
    pub(super) command: String,
}

/// What helps a key that loses swaps, the cheapest first; nothing if it is well.
pub(super) fn cures(row: &Row) -> Vec<Cure> {
    let Name::Key(key) = &row.name else {
        return Vec::new();
    };
    if row.counts.lost_ratio().unwrap_or(0.0) < MUCH {
        return Vec::new();
    }
    let key = argument(key);
    let mut cures = vec![Cure {
        what: "If it is a counter, let the server add.",
        why: "Arithmetic in place needs no swap, so nobody can lose.".into(),
        command: format!("mccas incr-cas {key} --fallback incr"),
    }];
    cures.extend(slow_host(row, &key));
    cures.extend([
        Cure {
            what: "Wait before trying again, and read after the wait.",
            why: "Writers that retry at once keep each other from winning. mccas waits by itself, longer the more it loses.".into(),
            command: format!("mccas update {key} -- your-command"),
        },
        Cure {
            what: "Split the key.",
            why: "Each writer takes one of eight at random, and readers add them up: an eighth of the writers on each.".into(),
            command: format!("mccas incr-cas {}$((RANDOM % 8)) --initial 0", prefix(&key)),
        },
        Cure {
            what: "Let one at a time do it.",
            why: "Where the work itself takes long, a lock is cheaper than doing it again.".into(),
            command: format!("mccas lock {} -- your-command", suffixed(&key, ".lock")),
        },
        Cure {
            what: "Keep it cured.",
            why: "A check for cron or CI, which ends with 3 if the key loses more than a fifth of its swaps.".into(),
            command: format!("mccas contention {key} --for 30s --fail-above 0.2"),
        },
    ]);
    cures
}

/// One host that loses most of all thinks too long between reading and writing.
fn slow_host(row: &Row, key: &str) -> Option<Cure> {
    let lost = row.hosts.iter().map(|host| host.counts.lost);
    let all = lost.fold(0, u64::saturating_add);
    let hottest = row.hosts.iter().max_by_key(|host| host.counts.lost)?;
    let name = match &hottest.name {
        Name::Host(Some(name)) => crate::output::text::escaped(name.as_bytes()),
        _ => return None,
    };
    let most = row.hosts.len() > 1 && share(hottest.counts.lost, all) > MOST;
    most.then(|| Cure {
        what: "Look at the host that loses most.",
        why: format!("{name} has more than half of the lost swaps: what lies between its reads and its writes is too long."),
        command: format!("mccas contention {key} --by client"),
    })
}

#[expect(clippy::cast_precision_loss, reason = "a share needs no last digit")]
fn share(part: u64, all: u64) -> f64 {
    part as f64 / (all.max(1)) as f64
}

/// The key as an argument of a shell; a word that stands for it, if it cannot be typed.
fn argument(key: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.:/@%+,=-".contains(byte);
    let text = String::from_utf8_lossy(key).into_owned();
    if key.iter().all(plain) && !key.starts_with(b"-") {
        return text;
    }
    let quotable = |byte: &u8| (b' '..=b'~').contains(byte) && *byte != b'\'';
    if key.iter().all(quotable) && !key.starts_with(b"-") {
        return format!("'{text}'");
    }
    "KEY".into()
}

/// The argument with something behind it, as one word.
fn suffixed(argument: &str, more: &str) -> String {
    match argument.strip_suffix('\'') {
        Some(quoted) => format!("{quoted}{more}'"),
        None => format!("{argument}{more}"),
    }
}

fn prefix(argument: &str) -> String {
    suffixed(argument, ":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::mutation::Outcome;
    use crate::contention::testing::{named, tried};
    use crate::contention::{By, Scope, Tally};

    fn row(key: &str, lost: &[(&str, usize)]) -> Row {
        let mut tally = Tally::new(Vec::new());
        for (number, &(client, lost)) in lost.iter().enumerate() {
            let writer = named(number as u64 + 1, client);
            tally.take(&tried(key, "cas", Outcome::Stored, Some(&writer)));
            (0..lost).for_each(|_| tally.take(&tried(key, "cas", Outcome::Exists, Some(&writer))));
        }
        tally.findings(By::Key, Scope::Whole).rows.remove(0)
    }

    #[test]
    fn a_key_that_is_well_needs_nothing() {
        assert_eq!(cures(&row("k", &[("10.0.0.7:1", 0)])), []);
    }

    #[test]
    fn a_host_that_loses_most_is_named_where_there_are_others() {
        let named = |lost: &[(&str, usize)]| {
            let cures = cures(&row("k", lost));
            cures.iter().any(|cure| cure.why.contains("10.0.0.7"))
        };
        assert!(named(&[("10.0.0.7:1", 9), ("10.0.0.8:1", 2)]));
        assert!(!named(&[("10.0.0.7:1", 9)]));
        assert!(!named(&[("10.0.0.7:1", 5), ("10.0.0.8:1", 5)]));
    }

    #[test]
    fn commands_can_be_pasted_whatever_the_key_is() {
        let arguments = ["a:1", "a b$(x)", "it's", "-k", "\u{202e}"];
        let arguments = arguments.map(|key| argument(key.as_bytes()));
        assert_eq!(arguments, ["a:1", "'a b$(x)'", "KEY", "KEY", "KEY"]);
        assert_eq!(suffixed("'a b'", ".lock"), "'a b.lock'");
    }
}
