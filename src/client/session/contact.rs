//! A first contact with a server, step by step, for those who want to know where it ends.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Session;
use crate::cas::store::Fault;
use crate::cas::{Key, Store, StoreError, Want};
use crate::check::{Contact, Login, Reached, Standing};
use crate::client::address::Address;
use crate::client::dial;
use crate::client::facts::number;
use crate::client::protocol::{ReplyError, reply};
use crate::client::wire::WireError;

impl Session {
    /// Goes as far as it gets: name, connection, encryption, authentication, and what the server is. `key` is only read, and
    /// nobody should have it.
    pub(crate) fn contact(&mut self, key: &Key) -> Contact {
        let mut seen = Contact {
            encrypted: matches!(self.address, Address::Tls { .. }),
            ..Contact::default()
        };
        seen.error = self.reach(&mut seen, key).err();
        if let Some(StoreError::Unreachable(failure)) = &seen.error
            && failure.fault == Fault::Handshake
        {
            // By TLS 1.3 the server may refuse what we have shown when the handshake is over for us.
            seen.handshake = None;
        }
        if self.asks == Some(true) {
            let in_vain =
                matches!(seen.error, Some(StoreError::Refused(_))) && seen.speaks.is_none();
            seen.login = if in_vain {
                Login::Refused
            } else {
                Login::Accepted
            };
        }
        seen
    }

    fn reach(&mut self, seen: &mut Contact, key: &Key) -> Result<(), StoreError> {
        self.hang_up();
        seen.addresses = Some(timed(|| self.addresses())?);
        if seen.encrypted {
            // Only to see whether somebody accepts a connection there; what is said on it is TLS.
            seen.peer = Some(timed(|| self.accepts())?);
            let (wire, took) = clocked(|| self.open())?;
            seen.handshake = wire.handshake().map(|what| Reached { what, took });
            self.wire = Some(wire);
        } else {
            let (wire, took) = clocked(|| self.open())?;
            let what = wire.peer().unwrap_or_else(|| self.name());
            seen.peer = Some(Reached { what, took });
            self.wire = Some(wire);
        }
        self.meet_server(seen, key)
    }

    fn meet_server(&mut self, seen: &mut Contact, key: &Key) -> Result<(), StoreError> {
        let (read, took) = clocked_always(|| self.read(key, Want::Meta));
        match read {
            // It answers, in a language that is understood.
            Err(StoreError::NoCas(_)) => seen.cas = Some(false),
            read => {
                read?;
                seen.cas = self.facts.map(|facts| facts.limits.cas_enabled);
            }
        }
        let what = self.language.peer().unwrap_or("memcached").to_string();
        seen.speaks = Some(Reached { what, took });
        seen.version = Some(timed(|| self.version())?);
        Ok(())
    }

    /// The addresses that its name has; none for a socket in the file system.
    fn addresses(&self) -> Result<Vec<String>, StoreError> {
        let found = dial::addresses(&self.address, self.timeout);
        let found = found.map_err(|error| self.not_dialled(&error))?;
        Ok(found
            .iter()
            .map(|address| address.ip().to_string())
            .collect())
    }

    /// Connects without a word; returns where that leads.
    fn accepts(&self) -> Result<String, StoreError> {
        let (Address::Tcp { host, port } | Address::Tls { host, port }) = &self.address else {
            return Ok(self.name());
        };
        let stream = dial::tcp(host, *port, Instant::now() + self.timeout)
            .and_then(|dialled| dialled.stream.peer_addr());
        Ok(stream
            .map_err(|error| self.not_dialled(&error))?
            .to_string())
    }

    /// What the server says of its version.
    fn version(&mut self) -> Result<String, StoreError> {
        let mut request = self.request();
        request.version();
        self.exchange(&request, |wire, _| {
            let line = wire.line()?;
            match reply::error_line(&line) {
                Some(error) => Err(error),
                None => match line.strip_prefix(b"VERSION ") {
                    Some(version) => Ok(reply::lossy(version)),
                    None => Err(ReplyError::Wire(WireError::Garbage(line))),
                },
            }
        })
    }

    /// How the server stands, as far as it says.
    pub(crate) fn standing(&mut self) -> Standing {
        let no_watch = self.shows_log().err().map(|error| error.to_string());
        let mut request = self.request();
        request.stats();
        request.settings();
        let told = self.exchange(&request, |wire, _| {
            Ok((reply::stats(wire)?, reply::stats(wire)?))
        });
        let (stats, settings) = told.unwrap_or_default();
        let (stats, settings) = (stats.unwrap_or_default(), settings.unwrap_or_default());
        let ours = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let pair = |one: Option<u64>, other: Option<u64>| one.zip(other);
        Standing {
            item_size: number(&settings, "item_size_max"),
            clocks: number(&stats, "time").map(|theirs| (theirs, ours.as_secs())),
            evictions: number(&stats, "evictions"),
            memory: pair(number(&stats, "bytes"), number(&stats, "limit_maxbytes")),
            evicts: !settings
                .iter()
                .any(|(name, value)| name == "evictions" && value == "off"),
            no_watch,
            connections: pair(
                number(&stats, "curr_connections"),
                number(&stats, "max_connections").or_else(|| number(&settings, "maxconns")),
            ),
        }
    }
}

fn clocked_always<T>(job: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let what = job();
    (what, began.elapsed())
}

fn clocked<T>(job: impl FnOnce() -> Result<T, StoreError>) -> Result<(T, Duration), StoreError> {
    let (what, took) = clocked_always(job);
    Ok((what?, took))
}

fn timed<T>(job: impl FnOnce() -> Result<T, StoreError>) -> Result<Reached<T>, StoreError> {
    clocked(job).map(|(what, took)| Reached { what, took })
}
