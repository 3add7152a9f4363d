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

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::thread::{self, JoinHandle};
    use std::time::Duration;

    use super::*;
    use crate::cas::testing::{key, swap};
    use crate::cas::{Store, Want, Written};
    use crate::client::access::{Access, Identity, Secret};
    use crate::client::tls::TlsOptions;

    const ASKS: &str = "CLIENT_ERROR unauthenticated\r\n";

    /// A server that gives these answers to whatever comes, each to one write, and says what came.
    fn server(answers: &'static [&'static str]) -> (String, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let served = thread::spawn(move || {
            let (mut peer, _) = listener.accept().unwrap();
            let mut came = Vec::new();
            let mut bytes = [0; 4096];
            for answer in answers {
                let read = peer.read(&mut bytes).unwrap();
                came.push(String::from_utf8_lossy(&bytes[..read]).into_owned());
                peer.write_all(answer.as_bytes()).unwrap();
            }
            let read = peer.read(&mut bytes).unwrap_or(0);
            came.push(String::from_utf8_lossy(&bytes[..read]).into_owned());
            came
        });
        (address, served)
    }

    fn session(address: &str, password: Option<&str>) -> Session {
        let identity = Identity {
            name: password.map(|_| "bob".into()),
            password: password.map(|password| Secret::new(password.into())),
            password_file: None,
        };
        let access = Arc::new(Access::new(identity, TlsOptions::default()));
        let address = address.parse().unwrap();
        Session::new(address, Duration::from_secs(5)).with_access(&access)
    }

    #[test]
    fn a_write_is_not_the_first_where_a_login_may_be_asked_for() {
        let (address, served) = server(&[ASKS, "STORED\r\n", "HD Ow1 c8\r\n"]);
        let mut session = session(&address, Some("s3cret"));
        let written = session.swap(&swap(7, None)).unwrap();
        assert_eq!(written, Written::Stored(crate::cas::Token::new(8)));
        drop(session);
        let came = served.join().unwrap();
        assert_eq!(came[0], "version\r\n");
        assert!(came[1].ends_with(" 0 -1 10\r\nbob s3cret\r\n"), "{came:?}");
        assert!(came[2].contains(" C7 "), "{came:?}");
    }

    #[test]
    fn a_harmless_question_goes_before_a_write_and_no_login_where_none_is_asked_for() {
        let (address, served) = server(&["VERSION 1.6.18\r\n", "HD Ow1 c8\r\n"]);
        let mut session = session(&address, Some("s3cret"));
        session.swap(&swap(7, None)).unwrap();
        drop(session);
        let came = served.join().unwrap().concat();
        assert!(!came.contains("s3cret"), "{came}");
    }

    #[test]
    fn a_write_that_is_said_to_be_unauthenticated_is_in_doubt_and_not_repeated() {
        let (address, served) = server(&[ASKS]);
        let mut session = session(&address, None);
        let error = session.swap(&swap(7, None)).unwrap_err();
        assert!(matches!(error, StoreError::Unknown(_)), "{error:?}");
        drop(session);
        let came = served.join().unwrap();
        assert_eq!((came.len(), &*came[1]), (2, ""));
    }

    #[test]
    fn requests_for_a_login_that_come_late_are_passed_over() {
        let (address, served) = server(&[
            "CLIENT_ERROR unauthenticated\r\nCLIENT_ERROR unauthenticated\r\n",
            "CLIENT_ERROR unauthenticated\r\nSTORED\r\n",
            "EN O0\r\nEN O1\r\n",
        ]);
        let mut session = session(&address, Some("s3cret"));
        assert_eq!(session.look(&[key()]).unwrap().len(), 1);
        drop(session);
        assert_eq!(served.join().unwrap().concat().matches("s3cret").count(), 1);
    }

    #[test]
    fn no_answer_to_a_login_is_repeated_as_it_may_be_an_echo() {
        for (answer, refused) in [
            ("bob s3cret\r\n", false),
            ("CLIENT_ERROR bob s3cret\r\n", true),
            ("SERVER_ERROR bob s3cret\r\n", false),
        ] {
            let answers = Box::leak(Box::new([ASKS, answer]));
            let (address, served) = server(answers);
            let mut session = session(&address, Some("s3cret"));
            let error = session.read(&key(), Want::Value).unwrap_err();
            assert_eq!(matches!(error, StoreError::Refused(_)), refused, "{error}");
            assert!(
                !format!("{error} {error:?}").contains("s3cret"),
                "{error:?}"
            );
            served.join().unwrap();
        }
    }
}
