//! What the server says about itself: its counters, and who is connected.

use super::Session;
use crate::cas::StoreError;
use crate::client::facts::number;
use crate::client::log::Log;
use crate::client::protocol::{Request, reply};
use crate::contention::clients::Clients;
use crate::contention::line::unix_name;
use crate::contention::report::Counters;

/// More than a server says of its connections, in bytes: some lines for each, of a hundred thousand and more.
const MAX_CONNECTIONS: usize = 32 * 1024 * 1024;

impl Session {
    /// The counters of swaps and of lost log lines; `None` if the server does not say.
    pub(crate) fn counters(&mut self) -> Result<Option<Counters>, StoreError> {
        let mut request = Request::new();
        request.stats();
        let stats = self.exchange(&request, |wire, _| Ok(reply::stats(wire)?))?;
        Ok(stats.and_then(|stats| counters(&stats)))
    }

    /// The server's number of each connection, with the client's address; empty if the server does not say.
    pub(crate) fn connections(&mut self) -> Result<Vec<(u32, String)>, StoreError> {
        let mut request = Request::new();
        request.connections();
        self.exchange(&request, |wire, _| {
            let mut connections = Vec::new();
            reply::each_stat(wire, MAX_CONNECTIONS, |name, value| {
                connections.extend(connection(name, value));
            })?;
            Ok(connections)
        })
    }

    /// Attaches to the log, and learns who was connected before it began.
    pub(crate) fn attach_knowing(&mut self, clients: &mut Clients) -> Result<Log, StoreError> {
        if self.is_proxy()? {
            return Err(self.proxy_has_no_log());
        }
        // Who is listed before and after was connected all the time.
        clients.listed(self.connections()?);
        let log = self.attach()?;
        clients.listed(self.connections()?);
        Ok(log)
    }

    /// Whether this is a proxy, whose log and counters know nothing of the items behind it (protocol.md 8).
    fn is_proxy(&mut self) -> Result<bool, StoreError> {
        Ok(self.learn()?.settings.says_proxy())
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
    })
}

/// `29:addr` `tcp:127.0.0.1:39960`; a client on a unix socket has no address, and its socket's name may be garbage.
fn connection(name: &str, value: &str) -> Option<(u32, String)> {
    let (cfd, field) = name.split_once(':')?;
    let cfd = cfd.parse().ok().filter(|_| field == "addr")?;
    match value.split_once(':')? {
        ("tcp" | "tcp6", address) => Some((cfd, address.to_string())),
        _ => Some((cfd, unix_name(cfd))),
    }
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
    }
}
