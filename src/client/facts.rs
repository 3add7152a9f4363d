//! What a server says of itself: which process it is, what its clock shows, and what it can store.

use std::time::Instant;

use crate::cas::{Key, Process};

/// The smallest item size that a server can be started with (`-I`): what fits it, fits every server.
const SMALLEST_ITEM_SIZE: usize = 1024;
/// The item size of a server that does not say.
const DEFAULT_ITEM_SIZE: usize = 1024 * 1024;
/// What an item's header and key may take beside key and value, rounded up (protocol.md 1.3, rule 5).
const HEADER_BOUND: usize = 80;
/// What the header takes on a 64-bit server, beside key, flags and value (protocol.md 1.3).
const HEADER: usize = 59;

/// All of it, as one read brought it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    /// `None` if the server does not say, or is a proxy: the tokens come from another process then.
    pub(super) instance: Option<Instance>,
    pub(super) growth: Growth,
    /// `None` if the server does not say.
    pub(super) clock: Option<Clock>,
    pub(super) limits: Limits,
}

/// One life of one server process: tokens mean something only within it (protocol.md 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instance {
    pid: u64,
    started: u64,
}

/// What a process counts up from its start, and never down: two processes that look alike (in containers each is process 1,
/// and several can start in one second) hardly agree in all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Growth([Option<u64>; GROWING.len()]);

/// How many items the process has stored: it grows with each write that lands, whatever becomes of the item afterwards,
/// and with nothing else.
const STORED: &str = "total_items";
const GROWING: [&str; 8] = [
    STORED,
    "total_connections",
    "bytes_read",
    "bytes_written",
    "cmd_get",
    "cmd_set",
    "get_hits",
    "get_misses",
];

/// The server's clock as last asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// What it showed, in seconds.
    pub(super) time: u64,
    /// Just before it was asked, and just after it had answered, by our own clock.
    pub(super) asked: Instant,
    pub(super) answered: Instant,
}

/// Where a value of some size can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// `ms`, which returns the new token.
    Meta,
    /// Classic `cas`: slower and without the new token, but it keeps the old item if it fails.
    Classic,
    /// Nowhere; the largest value in bytes.
    TooLarge(usize),
}

/// What `stats settings` says about storing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    item_size_max: Option<usize>,
    evictions: bool,
    proxy: bool,
    pub(super) cas_enabled: bool,
}

impl Facts {
    /// What is known where nothing can be asked.
    pub(super) fn untold() -> Facts {
        Facts {
            instance: None,
            growth: Growth::of(&[]),
            clock: None,
            limits: Limits::unknown(),
        }
    }

    /// Which process answers `now`, where these facts were asked at the read.
    pub(super) fn process(&self, now: &Facts) -> Process {
        if self.instance.is_none()
            || self.instance != now.instance
            || !self.growth.may_become(&now.growth)
        {
            Process::Other
        } else if self.growth.stored().is_some() && self.growth.stored() == now.growth.stored() {
            Process::Untouched
        } else {
            Process::Same
        }
    }
}

impl Growth {
    pub(super) fn of(stats: &[(String, String)]) -> Growth {
        Growth(GROWING.map(|name| number(stats, name)))
    }

    fn stored(&self) -> Option<u64> {
        self.0[0]
    }

    /// Whether the same process may count so `later`. A count that went down has begun anew, and so may the tokens have; one
    /// that came or went is another server's.
    fn may_become(&self, later: &Growth) -> bool {
        let mut counts = self.0.iter().zip(later.0);
        counts.all(|(before, later)| before.is_some() == later.is_some() && *before <= later)
    }
}

impl Instance {
    /// From `stats`: process and start time.
    pub(super) fn of(stats: &[(String, String)]) -> Option<Instance> {
        let started = number(stats, "time")?.checked_sub(number(stats, "uptime")?)?;
        Some(Instance {
            pid: number(stats, "pid")?,
            started,
        })
    }
}

impl std::fmt::Display for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.pid, self.started)
    }
}

impl Clock {
    pub(super) fn of(
        stats: &[(String, String)],
        asked: Instant,
        answered: Instant,
    ) -> Option<Clock> {
        Some(Clock {
            time: number(stats, "time")?,
            asked,
            answered,
        })
    }

    /// The least that the clock can show at `moment`.
    pub(super) fn earliest(&self, moment: Instant) -> u64 {
        let passed = moment.saturating_duration_since(self.answered).as_secs();
        self.time.saturating_add(passed)
    }

    /// The most that the clock can show at `moment`; it ticks once a second, at a moment unknown.
    pub(super) fn latest(&self, moment: Instant) -> u64 {
        let passed = moment.saturating_duration_since(self.asked).as_secs();
        self.time.saturating_add(passed + 1)
    }

    /// The moment at which an item expires that has this much time left now.
    pub(super) fn after(&self, left: u64) -> u64 {
        self.time.saturating_add(left)
    }
}

impl Limits {
    pub(super) fn of(stats: &[(String, String)]) -> Limits {
        let is = |name, value| text(stats, name) == Some(value);
        Limits {
            item_size_max: number(stats, "item_size_max").and_then(|size| size.try_into().ok()),
            evictions: !is("evictions", "off"),
            proxy: is("binding_protocol", "proxy"),
            cas_enabled: !is("cas_enabled", "no"),
        }
    }

    /// What to assume of a server that does not tell its limits.
    pub(super) fn unknown() -> Limits {
        Limits {
            item_size_max: None,
            evictions: true,
            proxy: true,
            cas_enabled: true,
        }
    }

    /// Whether what answers is, or may be, memcached's proxy: its statistics are its own (protocol.md 8).
    pub(super) fn is_proxy(&self) -> bool {
        self.proxy
    }

    /// Whether the server says that it passes everything on to others. One that says nothing is only treated so.
    pub(super) fn says_proxy(self) -> bool {
        self.proxy && self.item_size_max.is_some()
    }

    /// How to store a value of `size` bytes under `key` without endangering the item that is there.
    ///
    /// A failing `ms` deletes it (protocol.md 1.3), so `ms` is used only where it cannot fail: the value fits whatever
    /// the limit is, or fits the limit that the server itself enforces, and memory can be freed by eviction.
    pub(super) fn route(&self, key: &Key, flags: u32, size: usize) -> Route {
        let key_bytes = key.as_bytes().len();
        let limit = self.item_size_max.unwrap_or(DEFAULT_ITEM_SIZE);
        let flag_bytes = if flags == 0 { 0 } else { 4 };
        if !self.proxy {
            let largest = limit.saturating_sub(HEADER + key_bytes + flag_bytes);
            if size > largest {
                return Route::TooLarge(largest);
            }
        }
        let needed = size + key_bytes + HEADER_BOUND;
        let limit = if self.proxy {
            SMALLEST_ITEM_SIZE
        } else {
            limit
        };
        let surely_fits = self.evictions && needed <= limit;
        // A key that needs base64 cannot travel by the classic protocol: up to the assumed limit it takes the risk.
        let must = !key.is_plain() && needed <= self.item_size_max.unwrap_or(DEFAULT_ITEM_SIZE);
        if surely_fits || must {
            Route::Meta
        } else if key.is_plain() {
            Route::Classic
        } else {
            Route::TooLarge(
                self.item_size_max
                    .unwrap_or(DEFAULT_ITEM_SIZE)
                    .saturating_sub(HEADER_BOUND + key_bytes),
            )
        }
    }
}

fn text<'a>(stats: &'a [(String, String)], name: &str) -> Option<&'a str> {
    stats
        .iter()
        .find(|(stat, _)| stat == name)
        .map(|(_, value)| value.as_str())
}

/// A statistic that is a number.
pub(super) fn number(stats: &[(String, String)], name: &str) -> Option<u64> {
    text(stats, name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn stats(lines: &[(&str, &str)]) -> Vec<(String, String)> {
        lines
            .iter()
            .map(|(name, value)| ((*name).to_string(), (*value).to_string()))
            .collect()
    }

    fn limits(lines: &[(&str, &str)]) -> Limits {
        Limits::of(&stats(lines))
    }

    fn route(limits: Limits, key: &str, size: usize) -> Route {
        limits.route(&Key::new(key).unwrap(), 0, size)
    }

    #[test]
    fn an_instance_stays_the_same_while_its_clock_runs() {
        let at = |time, uptime| {
            Instance::of(&stats(&[("pid", "42"), ("uptime", uptime), ("time", time)])).unwrap()
        };
        assert_eq!(at("1000", "10"), at("1005", "15"));
        assert_ne!(at("1000", "10"), at("1000", "9"));
        assert_eq!(at("1000", "10").to_string(), "42-990");
        assert_eq!(
            Instance::of(&stats(&[("pid", "42"), ("uptime", "9"), ("time", "1")])),
            None
        );
    }

    #[test]
    fn a_process_is_the_same_untouched_or_another_one() {
        let facts = |instance: Option<(u64, u64)>, counts: &[(&str, &str)]| Facts {
            instance: instance.map(|(pid, started)| Instance { pid, started }),
            growth: Growth::of(&stats(counts)),
            clock: None,
            limits: Limits::unknown(),
        };
        let us = Some((42, 990));
        let before = facts(us, &[(STORED, "10"), ("bytes_read", "500")]);
        let process = |now: Facts| before.process(&now);
        let counts = |stored, read| facts(us, &[(STORED, stored), ("bytes_read", read)]);
        assert_eq!(process(counts("10", "900")), Process::Untouched);
        assert_eq!(process(counts("11", "900")), Process::Same);
        // In containers every process has the same pid, and several can start in one second.
        for other in [
            counts("9", "900"),
            counts("11", "499"),
            facts(us, &[("bytes_read", "900")]),
            facts(us, &[(STORED, "11")]),
            facts(Some((42, 991)), &[(STORED, "10"), ("bytes_read", "500")]),
            facts(Some((43, 990)), &[(STORED, "10"), ("bytes_read", "500")]),
            facts(None, &[(STORED, "10"), ("bytes_read", "500")]),
        ] {
            assert_eq!(process(other), Process::Other, "{other:?}");
        }
        let silent = facts(None, &[]);
        assert_eq!(silent.process(&silent), Process::Other);
        // One that counts nothing cannot be known to be untouched.
        assert_eq!(facts(us, &[]).process(&facts(us, &[])), Process::Same);
    }

    #[test]
    fn every_count_that_falls_shows_another_process() {
        let counts = |fallen: Option<&str>| {
            let of = |name: &&str| {
                (
                    (*name).to_string(),
                    if Some(*name) == fallen { "9" } else { "10" }.to_string(),
                )
            };
            Growth::of(&GROWING.iter().map(of).collect::<Vec<_>>())
        };
        assert!(counts(None).may_become(&counts(None)));
        for name in GROWING {
            assert!(!counts(None).may_become(&counts(Some(name))), "{name}");
        }
    }

    #[test]
    fn the_clock_is_known_to_the_tick() {
        let asked = Instant::now();
        let answered = asked + Duration::from_millis(10);
        let clock = Clock {
            time: 100,
            asked,
            answered,
        };
        assert_eq!(
            (clock.earliest(answered), clock.latest(answered)),
            (100, 101)
        );
        let later = answered + Duration::from_millis(2995);
        assert_eq!((clock.earliest(later), clock.latest(later)), (102, 104));
    }

    #[test]
    fn a_clock_that_shows_nonsense_overflows_nothing() {
        let now = Instant::now();
        let shown = u64::MAX.to_string();
        let clock = Clock::of(&stats(&[("time", &shown)]), now, now).unwrap();
        let later = now + Duration::from_secs(60);
        assert_eq!(
            (clock.earliest(later), clock.latest(later), clock.after(60)),
            (u64::MAX, u64::MAX, u64::MAX)
        );
    }

    #[test]
    fn ms_is_used_only_where_it_cannot_fail() {
        let usual = limits(&[("item_size_max", "1048576"), ("evictions", "on")]);
        assert_eq!(route(usual, "k", 10), Route::Meta);
        assert_eq!(route(usual, "k", 1_048_576 - 81), Route::Meta);
        assert_eq!(route(usual, "k", 1_048_576 - 80), Route::Classic);
        assert_eq!(
            route(usual, "k", 1_048_576),
            Route::TooLarge(1_048_576 - 60)
        );
        let full = limits(&[("item_size_max", "1048576"), ("evictions", "off")]);
        assert_eq!(route(full, "k", 1), Route::Classic);
        assert_eq!(route(full, "a b", 1), Route::Meta);
    }

    #[test]
    fn behind_a_proxy_and_without_settings_only_small_values_go_by_ms() {
        let proxy = limits(&[("item_size_max", "1048576"), ("binding_protocol", "proxy")]);
        for limits in [proxy, Limits::unknown()] {
            assert_eq!(route(limits, "k", 900), Route::Meta);
            assert_eq!(route(limits, "k", 1000), Route::Classic);
            assert_eq!(route(limits, "k", 5_000_000), Route::Classic);
            assert_eq!(route(limits, "a b", 100_000), Route::Meta);
            assert_eq!(
                route(limits, "a b", 5_000_000),
                Route::TooLarge(1_048_576 - 83)
            );
        }
    }
}
