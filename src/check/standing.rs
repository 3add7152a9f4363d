//! What `--strict` looks at beside the swaps: how the server is set up, and how full it is.

use super::Finding;

/// What memcached's own default stores at most, in bytes; a client may rely on it.
const USUAL_ITEM_SIZE: u64 = 1024 * 1024;
/// How far a server's clock may be from ours, in seconds: expiry beyond 30 days is a date by it.
const TOLERATED_SKEW: u64 = 2;
/// The share of the connections from which on a crowd may find no room.
const CROWDED: u128 = 90;

/// What a server says of itself beside its version.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    /// The largest item in bytes, header and key included.
    pub(crate) item_size: Option<u64>,
    /// Its clock in seconds since 1970, and ours at that moment.
    pub(crate) clocks: Option<(u64, u64)>,
    /// Items that had to go before their time, to make room.
    pub(crate) evictions: Option<u64>,
    /// Bytes in use, and bytes that may be used.
    pub(crate) memory: Option<(u64, u64)>,
    /// Whether it makes room by evictions; if not, it refuses to store when it is full.
    pub(crate) evicts: bool,
    /// What it says instead of letting its log be watched.
    pub(crate) no_watch: Option<String>,
    /// Connections that are open, and how many there may be.
    pub(crate) connections: Option<(u64, u64)>,
}

/// The findings about how the server stands.
pub(crate) fn standing(seen: &Standing) -> Vec<Finding> {
    vec![
        item_size(seen),
        clock(seen),
        evicting(seen),
        watch(seen),
        connections(seen),
    ]
}

const UNTOLD: &str = "the server does not say";

fn item_size(seen: &Standing) -> Finding {
    let name = "item_size";
    match seen.item_size {
        None => Finding::skipped(name, UNTOLD),
        Some(size) if size < USUAL_ITEM_SIZE => Finding::wrong(
            name,
            format!("at most {size} bytes, less than the usual 1 MiB"),
        )
        .advice("values that fit other servers do not fit this one: raise its -I"),
        Some(size) => Finding::ok(name, format!("up to {size} bytes")),
    }
}

fn clock(seen: &Standing) -> Finding {
    let name = "clock";
    match seen.clocks {
        None => Finding::skipped(name, UNTOLD),
        Some((theirs, ours)) if theirs.abs_diff(ours) <= TOLERATED_SKEW => {
            Finding::ok(name, "as ours, to 2 s")
        }
        Some((theirs, ours)) => {
            let side = if theirs > ours { "ahead of" } else { "behind" };
            let seconds = theirs.abs_diff(ours);
            Finding::wrong(name, format!("{seconds} s {side} ours"))
                .advice("set the clocks by NTP: an expiry of more than 30 days is a date by the server's clock")
        }
    }
}

fn evicting(seen: &Standing) -> Finding {
    let name = "evicting";
    let full = match seen.memory {
        Some((used, most)) if most > 0 => format!(
            "{} % of the memory used",
            u128::from(used) * 100 / u128::from(most)
        ),
        _ => return Finding::skipped(name, UNTOLD),
    };
    if !seen.evicts {
        return Finding::warn(name, format!("{full}, and evictions are off (-M)"))
            .advice("when it is full it refuses to store: watch its memory");
    }
    match seen.evictions {
        Some(0) | None => Finding::ok(name, format!("nothing was evicted, {full}")),
        Some(items) => {
            let items = if items == 1 {
                "1 item was".into()
            } else {
                format!("{items} items were")
            };
            Finding::warn(name, format!("{items} evicted, {full}")).advice(
                "items go before they expire: give the server more memory (-m), or store less",
            )
        }
    }
}

fn watch(seen: &Standing) -> Finding {
    let name = "watch";
    match &seen.no_watch {
        None => Finding::ok(name, "its log can be watched"),
        Some(answer) => Finding::wrong(name, answer)
            .advice("mccas contention and mccas watch --log need it; everything else does not"),
    }
}

fn connections(seen: &Standing) -> Finding {
    let name = "connections";
    match seen.connections {
        Some((open, most)) if most > 0 && u128::from(open) * 100 >= u128::from(most) * CROWDED => {
            Finding::wrong(name, format!("{open} of {most} are open"))
                .advice("raise its -c, or find out who keeps them open")
        }
        Some((open, most)) if most > 0 => Finding::ok(name, format!("{open} of {most} are open")),
        _ => Finding::skipped(name, UNTOLD),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Outcome;

    fn good() -> Standing {
        Standing {
            item_size: Some(1 << 20),
            clocks: Some((1000, 1001)),
            evictions: Some(0),
            memory: Some((10, 100)),
            evicts: true,
            no_watch: None,
            connections: Some((5, 1024)),
        }
    }

    fn not_ok(seen: &Standing) -> Vec<(&'static str, &'static str)> {
        let found = standing(seen).into_iter();
        let bad = found.filter(|finding| finding.outcome != Outcome::Ok);
        bad.map(|finding| (finding.name, finding.outcome.word()))
            .collect()
    }

    #[test]
    fn each_trouble_is_named_by_its_own_step_alone() {
        assert_eq!(not_ok(&good()), []);
        let cases: [(fn(&mut Standing), _); 7] = [
            (|seen| seen.item_size = Some(1024), ("item_size", "failed")),
            (|seen| seen.clocks = Some((1000, 1003)), ("clock", "failed")),
            (|seen| seen.clocks = Some((1003, 1000)), ("clock", "failed")),
            (|seen| seen.evictions = Some(1), ("evicting", "warn")),
            (|seen| seen.evicts = false, ("evicting", "warn")),
            (
                |seen| seen.no_watch = Some("ERROR".into()),
                ("watch", "failed"),
            ),
            (
                |seen| seen.connections = Some((922, 1024)),
                ("connections", "failed"),
            ),
        ];
        for (change, expected) in cases {
            let mut seen = good();
            change(&mut seen);
            assert_eq!(not_ok(&seen), [expected]);
        }
    }

    #[test]
    fn what_a_server_does_not_say_is_no_trouble() {
        for (name, outcome) in not_ok(&Standing {
            evicts: true,
            ..Standing::default()
        }) {
            assert_eq!(outcome, "skipped", "{name}");
        }
    }

    #[test]
    fn no_number_that_a_server_may_say_overflows() {
        let most = u64::MAX;
        standing(&Standing {
            item_size: Some(most),
            clocks: Some((most, 0)),
            evictions: Some(most),
            memory: Some((most, most)),
            connections: Some((most, most)),
            ..good()
        });
    }
}
