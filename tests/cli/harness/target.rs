//! What a command is pointed at, and the memcached in which its items are: the same one, or one behind a filter or a proxy.

use std::io;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use crate::harness::build::Build;
use crate::harness::built_in::BuiltIn;
use crate::harness::filter::{Dialect, Filter};
use crate::harness::server::Memcached;
use crate::harness::tell::tell;
use crate::harness::twemproxy::Twemproxy;

/// A target. Clones are handles on the same one.
#[derive(Clone)]
pub(crate) struct Target {
    server: Memcached,
    front: Front,
}

/// What stands in front of the memcached.
#[derive(Clone)]
enum Front {
    Nothing,
    Filter(Arc<Filter>),
    Twemproxy(Arc<Twemproxy>),
    BuiltIn(Arc<BuiltIn>),
}

impl Target {
    /// memcached 1.6.9, or a filter that answers as it does.
    pub(crate) fn oldest() -> Self {
        Build::oldest().map_or_else(
            |absent| {
                tell(absent);
                Self::speaking(Dialect::V1_6_9)
            },
            |build| Memcached::of(&build).into(),
        )
    }

    /// The newest memcached, or the recent one.
    pub(crate) fn newest() -> Self {
        let build = Build::newest().unwrap_or_else(|absent| {
            tell(absent);
            Build::modern()
        });
        Memcached::of(&build).into()
    }

    /// A twemproxy with one memcached, or a filter that answers as it does.
    pub(crate) fn twemproxy() -> Self {
        match Build::twemproxy() {
            Ok(build) => {
                let server = Memcached::start();
                let proxy = Twemproxy::before(std::slice::from_ref(&server), &build);
                Self {
                    server,
                    front: Front::Twemproxy(Arc::new(proxy)),
                }
            }
            Err(absent) => {
                tell(absent);
                Self::speaking(Dialect::Twemproxy)
            }
        }
    }

    /// memcached's own proxy with one memcached, or a filter that answers as it does.
    pub(crate) fn built_in_proxy() -> Self {
        match Build::newest() {
            Ok(build) => {
                let server = Memcached::start();
                let proxy = BuiltIn::before(&server, &build);
                Self {
                    server,
                    front: Front::BuiltIn(Arc::new(proxy)),
                }
            }
            Err(absent) => {
                tell(absent);
                Self::speaking(Dialect::BuiltIn)
            }
        }
    }

    /// A filter that speaks this dialect, in front of the installed server.
    pub(crate) fn speaking(dialect: Dialect) -> Self {
        let server = Memcached::start();
        let filter = Filter::before(&server, dialect);
        Self {
            server,
            front: Front::Filter(Arc::new(filter)),
        }
    }

    /// What a user gives to `--server`.
    pub(crate) fn address(&self) -> String {
        match &self.front {
            Front::Nothing => self.server.address(),
            Front::Filter(filter) => filter.address(),
            Front::Twemproxy(proxy) => proxy.address(),
            Front::BuiltIn(proxy) => proxy.address(),
        }
    }

    /// The memcached in which the items are.
    pub(crate) fn server(&self) -> &Memcached {
        &self.server
    }

    /// Opens a plain connection.
    pub(crate) fn dial(&self) -> io::Result<TcpStream> {
        match &self.front {
            Front::Nothing => self.server.dial(),
            Front::Filter(_) | Front::BuiltIn(_) => {
                TcpStream::connect(self.address()).inspect(|stream| {
                    let _ = stream.set_nodelay(true);
                })
            }
            Front::Twemproxy(_) => UnixStream::connect(self.address())
                .map(|stream| TcpStream::from(OwnedFd::from(stream))),
        }
    }
}

impl From<Memcached> for Target {
    fn from(server: Memcached) -> Self {
        Self {
            server,
            front: Front::Nothing,
        }
    }
}

impl From<&Target> for Target {
    fn from(target: &Target) -> Self {
        target.clone()
    }
}

impl From<&Memcached> for Target {
    fn from(server: &Memcached) -> Self {
        server.clone().into()
    }
}
