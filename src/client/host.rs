//! A host as it was typed, and the one of its addresses that this process uses.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// The name of a host. Its spelling decides where clients put a key, so it stays as it was typed.
///
/// A name with several addresses may stand for several servers, and a token is worth nothing on another one. So whichever
/// answers first is used from then on, by this host and its clones: in every connection of the process.
#[derive(Clone)]
pub(crate) struct Host {
    name: String,
    used: Arc<OnceLock<Used>>,
}

/// The address in use, and whether it is worth telling.
#[derive(Clone, Copy)]
struct Used {
    address: SocketAddr,
    told: bool,
}

impl Host {
    /// The same name at one of its addresses.
    pub(super) fn at(&self, address: SocketAddr) -> Host {
        Host {
            name: self.name.clone(),
            used: Arc::new(OnceLock::from(Used {
                address,
                told: true,
            })),
        }
    }

    /// Uses the one of its addresses that answered, unless one is used already; returns the one that is. A name with one
    /// address may have another later. Those of the machine itself are no news.
    pub(super) fn pin(&self, address: SocketAddr, all: &[SocketAddr]) -> SocketAddr {
        if all.len() < 2 {
            return self.pinned().unwrap_or(address);
        }
        let told = !all.iter().all(|address| address.ip().is_loopback());
        self.used.get_or_init(|| Used { address, told }).address
    }

    /// The address in use, if the name has several.
    pub(super) fn pinned(&self) -> Option<SocketAddr> {
        self.used.get().map(|used| used.address)
    }

    /// The address in use, where the name does not say enough.
    pub(super) fn told(&self) -> Option<SocketAddr> {
        self.used
            .get()
            .filter(|used| used.told)
            .map(|used| used.address)
    }
}

impl From<&str> for Host {
    fn from(name: &str) -> Host {
        Host {
            name: name.into(),
            used: Arc::default(),
        }
    }
}

impl Deref for Host {
    type Target = str;

    fn deref(&self) -> &str {
        &self.name
    }
}

/// Names are compared, not what is behind them.
impl PartialEq for Host {
    fn eq(&self, other: &Host) -> bool {
        self.name == other.name
    }
}

impl Eq for Host {}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.name, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_address_is_used_by_every_clone() {
        let (first, second) = ("10.0.0.1:1", "10.0.0.2:1");
        let [first, second] = [first, second].map(|text| text.parse::<SocketAddr>().unwrap());
        let (host, all) = (Host::from("cache"), [first, second]);
        let clone = host.clone();
        assert_eq!(clone.pin(first, &all[..1]), first);
        assert_eq!(host.pinned(), None);
        assert_eq!(clone.pin(first, &all), first);
        assert_eq!(host.pin(second, &all), first);
        assert_eq!((host.pinned(), host.told()), (Some(first), Some(first)));
        assert_eq!(host.at(second).told(), Some(second));
        assert_eq!(host.at(second), host);
    }

    #[test]
    fn which_address_of_the_machine_itself_is_used_is_no_news() {
        let [v4, v6, other] = ["127.0.0.1:1", "[::1]:1", "10.0.0.1:1"]
            .map(|text| text.parse::<SocketAddr>().unwrap());
        let told = |all: &[SocketAddr]| {
            let host = Host::from("h");
            assert_eq!(host.pin(v4, all), v4);
            host.told()
        };
        assert_eq!(told(&[v4, v6]), None);
        assert_eq!(told(&[v4, other]), Some(v4));
    }
}
