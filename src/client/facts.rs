//! What a server says of itself: which process it is, what its clock shows, and what it can store.

use std::time::Instant;

use crate::cas::Key;

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
    /// `None` if the server keeps it to itself.
    pub(super) instance: Option<Instance>,
    /// `None` if the server keeps it to itself.
    pub(super) clock: Option<Clock>,
    pub(super) settings: Settings,
}

/// One life of one server process: tokens mean something only within it (protocol.md 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instance {
    pid: u64,
    started: u64,
}

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
pub(super) struct Settings {
    item_size_max: Option<usize>,
    evictions: bool,
    proxy: bool,
    pub(super) cas_enabled: bool,
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
        self.time + moment.saturating_duration_since(self.answered).as_secs()
    }

    /// The most that the clock can show at `moment`; it ticks once a second, at a moment unknown.
    pub(super) fn latest(&self, moment: Instant) -> u64 {
        self.time + moment.saturating_duration_since(self.asked).as_secs() + 1
    }
}

impl Settings {
    pub(super) fn of(stats: &[(String, String)]) -> Settings {
        let is = |name, value| text(stats, name) == Some(value);
        Settings {
            item_size_max: number(stats, "item_size_max").and_then(|size| size.try_into().ok()),
            evictions: !is("evictions", "off"),
            proxy: is("binding_protocol", "proxy"),
            cas_enabled: !is("cas_enabled", "no"),
        }
    }

    /// What to assume of a server that does not tell its settings.
    pub(super) fn unknown() -> Settings {
        Settings {
            item_size_max: None,
            evictions: true,
            proxy: true,
            cas_enabled: true,
        }
    }

    /// Whether the server says that it passes everything on to others. One that says nothing is only treated so.
    pub(super) fn is_proxy(self) -> bool {
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

    fn settings(lines: &[(&str, &str)]) -> Settings {
        Settings::of(&stats(lines))
    }

    fn route(settings: Settings, key: &str, size: usize) -> Route {
        settings.route(&Key::new(key).unwrap(), 0, size)
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
    fn ms_is_used_only_where_it_cannot_fail() {
        let usual = settings(&[("item_size_max", "1048576"), ("evictions", "on")]);
        assert_eq!(route(usual, "k", 10), Route::Meta);
        assert_eq!(route(usual, "k", 1_048_576 - 81), Route::Meta);
        assert_eq!(route(usual, "k", 1_048_576 - 80), Route::Classic);
        assert_eq!(
            route(usual, "k", 1_048_576),
            Route::TooLarge(1_048_576 - 60)
        );
        let full = settings(&[("item_size_max", "1048576"), ("evictions", "off")]);
        assert_eq!(route(full, "k", 1), Route::Classic);
        assert_eq!(route(full, "a b", 1), Route::Meta);
    }

    #[test]
    fn behind_a_proxy_and_without_settings_only_small_values_go_by_ms() {
        let proxy = settings(&[("item_size_max", "1048576"), ("binding_protocol", "proxy")]);
        for settings in [proxy, Settings::unknown()] {
            assert_eq!(route(settings, "k", 900), Route::Meta);
            assert_eq!(route(settings, "k", 1000), Route::Classic);
            assert_eq!(route(settings, "k", 5_000_000), Route::Classic);
            assert_eq!(route(settings, "a b", 100_000), Route::Meta);
            assert_eq!(
                route(settings, "a b", 5_000_000),
                Route::TooLarge(1_048_576 - 83)
            );
        }
    }
}
