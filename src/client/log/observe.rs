//! What the server says about itself: its counters, and who is connected.

use super::clients::NUMBERS;
use super::line::name_of;
use crate::cas::StoreError;
use crate::cas::lookups::Lookups;
use crate::cas::mutation::Counters;
use crate::client::Session;
use crate::client::facts::number;
use crate::client::protocol::reply;

/// More than a server says of its connections, in bytes: some lines for each, of a hundred thousand and more.
const MAX_CONNECTIONS: usize = 32 * 1024 * 1024;

impl Session {
    /// The counters of swaps and of lost log lines; `None` if the server does not say.
    pub(crate) fn counters(&mut self) -> Result<Option<Counters>, StoreError> {
        let mut request = self.request();
        request.stats();
        let stats = self.exchange(&request, |wire, _| Ok(reply::stats(wire)?))?;
        Ok(stats.and_then(|stats| counters(&stats)))
    }

    /// The server's number of each connection, with the client's address; empty if the server does not say.
    pub(crate) fn connections(&mut self) -> Result<Vec<(u32, String)>, StoreError> {
        let mut request = self.request();
        request.connections();
        self.exchange(&request, |wire, _| {
            let mut connections = Vec::new();
            reply::each_stat(wire, MAX_CONNECTIONS, |name, value| {
                // Of no more of them anything is kept.
                if connections.len() < NUMBERS {
                    connections.extend(connection(name, value));
                }
            })?;
            Ok(connections)
        })
    }
}

fn counters(stats: &[(String, String)]) -> Option<Counters> {
    Some(Counters {
        cas_hits: number(stats, "cas_hits")?,
        cas_badval: number(stats, "cas_badval")?,
        cas_misses: number(stats, "cas_misses")?,
        // A server without these has no log to drop lines from.
        log_worker_dropped: number(stats, "log_worker_dropped").unwrap_or(0),
        log_watcher_skipped: number(stats, "log_watcher_skipped").unwrap_or(0),
        lookups: lookups(stats),
    })
}

fn lookups(stats: &[(String, String)]) -> Lookups {
    let sum = |names: &[&str]| {
        let told = names.iter().filter_map(|name| number(stats, name));
        told.fold(0, u64::saturating_add)
    };
    Lookups {
        get_hits: sum(&["get_hits"]),
        get_misses: sum(&["get_misses"]),
        touches: sum(&["touch_hits", "touch_misses"]),
        arithmetic: sum(&["incr_hits", "incr_misses", "decr_hits", "decr_misses"]),
        deletes: sum(&["delete_hits"]),
        delete_misses: sum(&["delete_misses"]),
    }
}

/// `29:addr` `tcp:127.0.0.1:39960`; a client on a unix socket has no address, and its socket's name may be garbage.
fn connection(name: &str, value: &str) -> Option<(u32, String)> {
    let (cfd, field) = name.split_once(':')?;
    let cfd = cfd.parse().ok().filter(|_| field == "addr")?;
    let (transport, address) = value.split_once(':')?;
    let address = matches!(transport, "tcp" | "tcp6").then_some(address);
    Some((cfd, name_of(address, cfd)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_named_as_the_log_names_them() {
        let named = |name, value| connection(name, value);
        assert_eq!(
            named("29:addr", "tcp:127.0.0.1:39960"),
            Some((29, "127.0.0.1:39960".into()))
        );
        assert_eq!(
            named("30:addr", "tcp6:[::1]:5"),
            Some((30, "[::1]:5".into()))
        );
        assert_eq!(named("31:addr", "?:1"), Some((31, "unix:31".into())));
        assert_eq!(
            named("32:addr", "unix:/tmp/m.soc\u{fffd}"),
            Some((32, "unix:32".into()))
        );
        for (name, value) in [
            ("29:listen_addr", "tcp:127.0.0.1:1"),
            ("x:addr", "tcp:1"),
            ("29", "x"),
            ("29:addr", "x"),
            ("29:addr", &format!("tcp:{}:1", "1".repeat(100))),
        ] {
            assert_eq!(connection(name, value), None);
        }
    }

    #[test]
    fn counters_are_read_or_not_told() {
        let stats = |names: &[&str]| -> Vec<(String, String)> {
            names
                .iter()
                .map(|name| ((*name).to_string(), "7".to_string()))
                .collect()
        };
        assert_eq!(counters(&stats(&["cas_hits", "cas_badval"])), None);
        let told = counters(&stats(&[
            "cas_hits",
            "cas_badval",
            "cas_misses",
            "log_worker_dropped",
        ]))
        .unwrap();
        assert_eq!(
            (
                told.cas_misses,
                told.log_worker_dropped,
                told.log_watcher_skipped
            ),
            (7, 7, 0)
        );
        assert_eq!(told.lookups, Lookups::default());
        let told = lookups(&stats(&[
            "get_hits",
            "touch_hits",
            "touch_misses",
            "incr_hits",
            "decr_misses",
            "delete_hits",
        ]));
        let expected = Lookups {
            get_hits: 7,
            get_misses: 0,
            touches: 14,
            arithmetic: 14,
            deletes: 7,
            delete_misses: 0,
        };
        assert_eq!(told, expected);
    }
}
