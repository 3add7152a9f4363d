//! How a server lets us in: what TLS trusts and shows, and who we say that we are.
//!
//! Nothing is read before it is needed, so that whoever needs neither pays for neither.

mod credentials;

use std::fmt;
use std::sync::OnceLock;

use self::credentials::Credentials;
pub(crate) use self::credentials::{Identity, Secret};

/// What is needed to get in, shared by all connections of a run.
#[derive(Default)]
pub(crate) struct Access {
    identity: Identity,
    credentials: OnceLock<Option<Credentials>>,
}

impl Access {
    /// Access as it was configured; no file is opened yet.
    pub(crate) fn new(identity: Identity) -> Access {
        Access {
            identity,
            credentials: OnceLock::new(),
        }
    }

    /// Reads what the user has named, and says what cannot be used of it, before anything is sent.
    pub(crate) fn prepare(&self) -> Result<(), String> {
        if self.credentials.get().is_none() {
            // Whoever was faster has read the same.
            let _ = self.credentials.set(self.identity.credentials()?);
        }
        Ok(())
    }

    /// The name and the password for a server that asks.
    pub(super) fn credentials(&self) -> Option<&Credentials> {
        self.prepare().ok()?;
        self.credentials.get()?.as_ref()
    }
}

/// By hand: it must never show a password.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}
