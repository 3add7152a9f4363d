//! The way to the servers: no other file of the commands makes a client.

use std::time::{Duration, Instant};

use super::under_way::{Guarded, UnderWay};
use super::{Context, Subcommand, UsageError};
use crate::cas::{Key, Store};
use crate::client::address::Address;
use crate::client::discover::{self, Naming, Undiscovered};
use crate::client::everywhere::{self, Shelf};
use crate::client::hash::{HashError, Ring, Scheme};
use crate::client::servers::Server;
use crate::client::{Cluster, Session};
use crate::output::Output;
use crate::settings::Settings;

/// Looks at what is named for the way to the servers, so that what cannot be used is told before anything is sent.
pub(super) fn prepare(settings: &Settings, out: &mut Output) -> Result<(), UsageError> {
    let addresses = settings.servers.iter().map(Server::address);
    let tls: Vec<String> = addresses
        .filter(|address| matches!(address, Address::Tls { .. }))
        .map(ToString::to_string)
        .collect();
    let access = &settings.access;
    access.prepare(!tls.is_empty()).map_err(UsageError::new)?;
    if !tls.is_empty() && access.is_insecure() {
        let servers = tls.join(", ");
        out.trouble(&format!(
            "--tls-insecure: whoever answers is taken for {servers}, and anybody in between can read and change everything"
        ));
    }
    Ok(())
}

/// Between two questions about servers that may be starting up.
const PAUSE: Duration = Duration::from_millis(200);

/// With less time left nobody is asked once more: the answer would come too late.
const SHORTEST: Duration = Duration::from_millis(20);

/// How long there is still patience, in whole milliseconds, as people are told of it.
pub(super) fn left(began: Instant, patience: Option<Duration>) -> Option<Duration> {
    let left = patience?.saturating_sub(began.elapsed()).as_millis();
    Some(Duration::from_millis(left.try_into().unwrap_or(u64::MAX)))
}

/// Waits between two questions about servers that may be starting up; returns whether there is time for another one.
pub(super) fn another_round(
    began: Instant,
    patience: Option<Duration>,
    out: &Output,
) -> anyhow::Result<bool> {
    let Some(left) = left(began, patience) else {
        return Ok(false);
    };
    let pause = pause(left);
    out.pause(pause.unwrap_or(left))?;
    Ok(pause.is_some())
}

/// How long to wait for another question, of which an answer is to come in what is left: near the end they come closer together.
fn pause(left: Duration) -> Option<Duration> {
    (left >= SHORTEST).then(|| PAUSE.min(left / 2))
}

/// [`discovered`], asked again until the patience is over as long as the answer may be another one later.
pub(super) fn discovered_in_time(
    settings: &Settings,
    began: Instant,
    patience: Option<Duration>,
    out: &mut Output,
) -> anyhow::Result<Result<Option<Settings>, Undiscovered>> {
    loop {
        // One that is silent must not be waited for any longer than there is patience.
        let bound = left(began, patience).map_or(settings.timeout, |left| {
            left.max(Duration::from_millis(1)).min(settings.timeout)
        });
        let error = match discovered(settings, bound) {
            Err(error) if error.may_pass() => error,
            found => return Ok(found),
        };
        if !another_round(began, patience, out)? {
            return Ok(Err(error));
        }
        if let Undiscovered::Untold { error, .. } = &error {
            out.detail(&format!("{error}; trying again"));
        }
    }
}

/// The settings with the servers that were found out, where those named only lead to them; no exchange takes longer than `bound`.
fn discovered(settings: &Settings, bound: Duration) -> Result<Option<Settings>, Undiscovered> {
    if !settings.discover && !settings.servers.is_open() {
        return Ok(None);
    }
    let open = |address| Session::new(address, bound).with_access(&settings.access);
    let name_servers = settings.name_servers.as_ref();
    let mut servers = discover::looked_up(&settings.servers, name_servers, &open)?;
    if settings.discover {
        // By default pymemcache's own discovery takes the addresses, and the others take the names.
        let naming = match settings.hash {
            Some(Scheme::Pymemcache) => Naming::Ip,
            _ => Naming::Host,
        };
        servers = discover::clusters(&servers, naming, &open)?;
    }
    Ok(Some(Settings {
        servers,
        ..settings.clone()
    }))
}

/// A store that holds every key; it connects when it is first asked.
pub(super) fn store(settings: &Settings, ring: &Ring) -> Box<dyn Store> {
    Box::new(cluster(settings, ring.clone(), settings.timeout))
}

/// The same for another thread; no exchange takes longer than `bound`.
pub(super) fn bounded(settings: &Settings, ring: &Ring, bound: Duration) -> Box<dyn Store + Send> {
    Box::new(cluster(settings, ring.clone(), bound))
}

/// Which server holds a key.
pub(super) fn ring(settings: &Settings) -> Result<Ring, UsageError> {
    let ring = Ring::choose(settings.hash, &settings.servers);
    ring.map_err(|error: HashError| UsageError::new(error.to_string()))
}

/// The server that holds all of these keys, by itself, for what only it can tell: its log, its counters and its clients.
/// `None` if there is more than one.
pub(super) fn session_of(settings: &Settings, keys: &[Key]) -> Result<Option<Session>, UsageError> {
    let ring = ring(settings)?;
    let mut places: Vec<usize> = keys
        .iter()
        .map(|key| ring.server_of(key.as_bytes()))
        .collect();
    places.dedup();
    let only = match places.as_slice() {
        &[place] => settings.servers.iter().nth(place),
        _ => None,
    };
    Ok(only.map(|server| session(server, settings)))
}

/// Each server by itself; nothing is sent before the first question.
pub(super) fn sessions(settings: &Settings) -> impl Iterator<Item = Session> {
    let longest = longest(settings);
    let servers = settings.servers.iter();
    servers.map(move |server| session(server, settings).taking_values(longest))
}

/// What every server holds under these keys, wherever they belong.
pub(super) fn look_everywhere(settings: &Settings, keys: &[Key]) -> Vec<Shelf> {
    let timeout = settings.timeout;
    everywhere::look(keys, &settings.servers, timeout, &|address: Address| {
        let session = Session::new(address, timeout).with_access(&settings.access);
        session.taking_values(longest(settings))
    })
}

fn session(server: &Server, settings: &Settings) -> Session {
    Session::new(server.address().clone(), settings.timeout).with_access(&settings.access)
}

fn cluster(settings: &Settings, ring: Ring, bound: Duration) -> Cluster {
    let (timeout, longest) = (bound.min(settings.timeout), longest(settings));
    Cluster::new(&settings.servers, ring, timeout, longest).with_access(&settings.access)
}

fn longest(settings: &Settings) -> usize {
    // On a machine of 32 bits, too, a size is at most 1 GiB.
    usize::try_from(settings.max_value.bytes()).unwrap_or(usize::MAX)
}

impl<'a> Context<'a> {
    /// What `subcommand` works with.
    pub(super) fn connect(
        settings: &'a Settings,
        subcommand: &dyn Subcommand,
        began: Instant,
        tree: fn() -> clap::Command,
        out: &'a mut Output,
    ) -> Result<Context<'a>, UsageError> {
        let under_way = UnderWay::default();
        let store = if subcommand.asks_by_key() {
            let bound = subcommand.bound().unwrap_or(settings.timeout);
            cluster(settings, ring(settings)?, bound)
        } else {
            Cluster::of_none()
        };
        Ok(Context {
            store: Box::new(Guarded {
                store: store.hurried_by(under_way.hurry()),
                under_way: under_way.clone(),
            }),
            settings,
            tree,
            out,
            began,
            under_way,
        })
    }

    /// The server that holds `key`, for messages and JSON.
    pub(super) fn server(&self, key: &Key) -> String {
        self.store.server(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_asks_until_the_end_and_not_beyond_it() {
        let ms = Duration::from_millis;
        assert_eq!(pause(ms(30_000)), Some(PAUSE));
        assert_eq!(pause(ms(401)), Some(PAUSE));
        assert_eq!(pause(ms(300)), Some(ms(150)));
        assert_eq!(pause(ms(20)), Some(ms(10)));
        assert_eq!(pause(ms(19)), None);
        assert_eq!(pause(ms(0)), None);
        let began = Instant::now();
        assert_eq!(left(began, None), None);
        assert_eq!(left(began, Some(Duration::ZERO)), Some(ms(0)));
        let left = left(began, Some(Duration::MAX)).unwrap();
        assert_eq!(left.subsec_nanos() % 1_000_000, 0);
    }
}
