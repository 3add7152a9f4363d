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
    used: Arc<OnceLock<SocketAddr>>,
}

impl Host {
    /// The same name at one of its addresses.
    pub(super) fn at(&self, address: SocketAddr) -> Host {
        Host {
            name: self.name.clone(),
            used: Arc::new(OnceLock::from(address)),
        }
    }

    /// Uses this address from now on, unless one is used already; returns the one that is.
    pub(super) fn pin(&self, address: SocketAddr) -> SocketAddr {
        *self.used.get_or_init(|| address)
    }

    /// The address in use, if the name has several.
    pub(super) fn pinned(&self) -> Option<SocketAddr> {
        self.used.get().copied()
    }

    /// The address in use, where the name does not say enough. Those of the machine itself are no news.
    pub(super) fn told(&self) -> Option<SocketAddr> {
        self.pinned().filter(|address| !address.ip().is_loopback())
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
        let host = Host::from("cache");
        let clone = host.clone();
        assert_eq!(host.pinned(), None);
        assert_eq!(clone.pin(first), first);
        assert_eq!(host.pin(second), first);
        assert_eq!((host.pinned(), host.told()), (Some(first), Some(first)));
        assert_eq!(host.at(second).pinned(), Some(second));
        assert_eq!(host.at(second), host);
        assert_eq!(
            Host::from("h").at("127.0.0.1:1".parse().unwrap()).told(),
            None
        );
    }
}
