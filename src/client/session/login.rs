//! Logging in, once a server has asked for it (`-Y`; protocol.md 8).
//!
//! Name and password travel as the value of a `set`, which a server that does not ask would store like any other. So they
//! are sent only after a line that asks for them, alone, and on the connection on which it came. Such a line says that nothing of
//! the question was executed, and so the question is put again behind the login. For a *write* that is not enough:
//! something between us and the server could have said it, and the write be done all the same. Where a server has asked
//! once, a write is therefore never the first on a connection; a harmless question goes before it.

use super::Session;
use crate::cas::StoreError;
use crate::client::protocol::{ReplyError, Request};
use crate::client::wire::{ASKS_FOR_LOGIN, Wire, WireError};

/// A question that every server answers with one line. (Some close the connection on a shorter one, `mn`.)
const HARMLESS: &[u8] = b"version\r\n";

impl Session {
    /// Opens a connection. Nothing is sent on it yet.
    pub(in crate::client) fn open(&self) -> Result<Wire, StoreError> {
        Wire::open(&self.address, &self.access, self.timeout)
            .map_err(|error| self.not_dialled(&error))
    }

    /// Whether `request` must not be the first on a new connection, as the server may ask for a login.
    pub(super) fn is_to_knock(&self, request: &Request) -> bool {
        request.writes() && self.may_ask_for_login()
    }

    /// Whether the server asks for a login, as far as we know.
    pub(super) fn may_ask_for_login(&self) -> bool {
        match self.asks {
            Some(asks) => asks,
            None => self.access.credentials().is_some(),
        }
    }

    /// Finds out by a harmless question whether the server asks for a login, and logs in if so.
    pub(super) fn knock_and_log_in(&self, wire: &mut Wire) -> Result<(), ReplyError> {
        match wire.send(HARMLESS).and_then(|()| wire.line()) {
            Ok(line) if line.starts_with(b"VERSION ") => Ok(()),
            Ok(line) => Err(WireError::Garbage(line).into()),
            Err(WireError::Unauthenticated) => self.log_in(wire),
            Err(error) => Err(error.into()),
        }
    }

    /// Logs in on a connection that has asked for it.
    ///
    /// If the question had come in several pieces, the server has asked for each of them. All that precedes the answer to
    /// the login, as a `set` is never answered so.
    pub(in crate::client) fn log_in(&self, wire: &mut Wire) -> Result<(), ReplyError> {
        let credentials = self.access.credentials();
        let credentials = credentials.ok_or(WireError::Unauthenticated)?;
        wire.send_on_demand(&credentials.command())?;
        loop {
            match wire.line()? {
                line if line == b"STORED" => break,
                line if line == ASKS_FOR_LOGIN => {}
                line if line.starts_with(b"CLIENT_ERROR ") => {
                    return Err(WireError::LoginRefused.into());
                }
                // Nothing of it is kept: it may be an echo of what was sent.
                _ => return Err(WireError::LoginUnclear.into()),
            }
        }
        wire.begin_anew();
        Ok(())
    }

    /// The server has asked for a login that it cannot be given.
    pub(super) fn locked_out(&self) -> StoreError {
        let address = &self.address;
        StoreError::Refused(if self.access.credentials().is_some() {
            format!("{address} asks for authentication again, though it has accepted it")
        } else {
            format!(
                "{address} wants authentication: give the user name by MCCAS_USERNAME or --username, \
                 and the password by MCCAS_PASSWORD or --password-file"
            )
        })
    }

    /// The server does not let us in.
    pub(super) fn login_refused(&self) -> StoreError {
        StoreError::Refused(format!(
            "{} refused the user name or the password",
            self.address
        ))
    }
}
