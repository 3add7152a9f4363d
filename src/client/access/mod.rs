//! How a server lets us in: what TLS trusts and shows, and who we say that we are.
//!
//! Nothing is read before it is needed, so that whoever needs neither pays for neither.

mod credentials;

use std::fmt;
use std::sync::OnceLock;

use self::credentials::Credentials;
pub(crate) use self::credentials::{Identity, Secret};
use super::tls::{Tls, TlsOptions};

/// What is needed to get in, shared by all connections of a run.
#[derive(Default)]
pub(crate) struct Access {
    identity: Identity,
    credentials: OnceLock<Option<Credentials>>,
    tls: Tls,
}

impl Access {
    /// Access as it was configured; no file is opened yet.
    pub(crate) fn new(identity: Identity, tls: TlsOptions) -> Access {
        Access {
            identity,
            credentials: OnceLock::new(),
            tls: Tls::new(tls),
        }
    }

    /// Reads what the user has named, and says what cannot be used of it, before anything is sent. With `tls` a server wants
    /// that, too.
    pub(crate) fn prepare(&self, tls: bool) -> Result<(), String> {
        if tls {
            self.tls.prepare()?;
        }
        self.read_credentials().map(|_| ())
    }

    /// Whether TLS is only for show: servers are not asked who they are.
    pub(crate) fn is_insecure(&self) -> bool {
        self.tls.is_insecure()
    }

    pub(super) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// The name and the password for a server that asks.
    pub(super) fn credentials(&self) -> Option<&Credentials> {
        self.read_credentials().ok().flatten()
    }

    fn read_credentials(&self) -> Result<Option<&Credentials>, String> {
        if let Some(credentials) = self.credentials.get() {
            return Ok(credentials.as_ref());
        }
        let credentials = self.identity.credentials()?;
        // Whoever was faster has read the same.
        Ok(self.credentials.get_or_init(|| credentials).as_ref())
    }
}

/// By hand: it must never show a password.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}
