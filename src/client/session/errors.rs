//! From what went wrong on the wire to what it means: applied, not applied or unknown, with a sentence for people.

use std::io;

use super::Session;
use crate::cas::StoreError;
use crate::cas::shown::{Shown, quoted};
use crate::cas::store::{Failure, Fault};
use crate::client::address::Address;
use crate::client::plain::plain;
use crate::client::protocol::reply::{ReplyError, error_line};
use crate::client::wire::WireError;

/// How much of a foreign answer is shown.
const SHOWN_BYTES: usize = 40;

/// How a server says that it has all the connections that it may have (`-c`).
const CROWDED: &str = "ERROR Too many open connections";

impl Session {
    /// There is no connection.
    pub(in crate::client) fn not_dialled(&self, error: &io::Error) -> StoreError {
        let cause = match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                format!("no answer within {}", self.patience())
            }
            _ => plain(error),
        };
        let hint = match error.kind() {
            io::ErrorKind::ConnectionRefused => " (is memcached running there?)",
            _ => "",
        };
        let message = format!("cannot reach {}: {cause}{hint}", self.address);
        let fault = match error.kind() {
            // So TLS names whatever it does not like.
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
                Fault::Handshake
            }
            _ => Fault::Dial,
        };
        StoreError::Unreachable(Failure { fault, message })
    }

    /// An exchange failed. `in_doubt`: a write in the request was sent whole. `answered`: this connection has brought an
    /// answer before.
    pub(in crate::client) fn explain(
        &self,
        error: ReplyError,
        in_doubt: bool,
        answered: bool,
    ) -> StoreError {
        match self.definite(error, in_doubt, answered) {
            Ok(definite) => definite,
            Err(error) => {
                let (fault, message) = self.broken(error, in_doubt, answered);
                if in_doubt {
                    let message = format!("the write was sent, and {message}");
                    return StoreError::Unknown(Failure { fault, message });
                }
                StoreError::Unreachable(Failure { fault, message })
            }
        }
    }

    /// An error that leaves no doubt: the server, or we ourselves, have refused. Any other is given back.
    fn definite(
        &self,
        error: ReplyError,
        in_doubt: bool,
        answered: bool,
    ) -> Result<StoreError, ReplyError> {
        Ok(match error {
            ReplyError::Rejected(text) => self.refused(&text),
            // Of a write the command handles the server's own words for "not stored"; the rest does not say what it did.
            ReplyError::Server(text) if !in_doubt => StoreError::Unable(self.refusal(&text)),
            ReplyError::Wire(WireError::Unauthenticated) if !in_doubt => self.locked_out(),
            ReplyError::Wire(WireError::LoginRefused) => self.login_refused(),
            ReplyError::Wire(WireError::Unasked(line)) => self.unasked(&line, answered),
            ReplyError::Wire(WireError::TooLong(length)) if !in_doubt => {
                StoreError::TooLong(self.too_long(length))
            }
            other => return Err(other),
        })
    }

    /// How the connection failed, and with which words.
    fn broken(&self, error: ReplyError, in_doubt: bool, answered: bool) -> (Fault, String) {
        let address = &self.address;
        let wire = match error {
            ReplyError::Wire(wire) => wire,
            ReplyError::Speaks(_) => {
                let message = format!("{address} answers otherwise than before");
                return (Fault::Foreign, message);
            }
            ReplyError::Rejected(text) | ReplyError::Server(text) => {
                let text = shown(text.as_bytes());
                return (Fault::Foreign, format!("{address} answered: {text}"));
            }
        };
        match wire {
            WireError::Silent | WireError::Cut(_)
                if !answered && !in_doubt && self.speaks_binary() =>
            {
                (Fault::Foreign, self.binary_only())
            }
            WireError::Silent => (Fault::Silent, self.silent(answered)),
            WireError::Hurried => (Fault::Silent, format!("{address} has not answered yet")),
            WireError::Cut(how) => (Fault::Cut, self.cut(&how, answered)),
            WireError::Distrust(how) => (Fault::Handshake, self.cut(&how, answered)),
            WireError::OutOfStep(what) => {
                let message = format!("{address} answers out of step: {what}");
                (Fault::Foreign, message)
            }
            WireError::Unauthenticated | WireError::LoginRefused => {
                (Fault::Foreign, format!("{address} asks for authentication"))
            }
            WireError::LoginUnclear => {
                let message = format!("{address} answered the login as no memcached does");
                (Fault::Foreign, message)
            }
            WireError::Garbage(bytes) | WireError::Unasked(bytes) => {
                (Fault::Foreign, self.garbage(&bytes))
            }
            WireError::TooLong(length) => (Fault::Foreign, self.too_long(length)),
        }
    }

    fn silent(&self, answered: bool) -> String {
        let hint = match (&self.address, answered) {
            (Address::Tcp { .. }, false) => {
                " (a TLS port needs tls://; a binary-only or stopped server is silent too)"
            }
            _ => "",
        };
        format!(
            "{} did not answer within {}{hint}",
            self.address,
            self.patience()
        )
    }

    fn binary_only(&self) -> String {
        format!(
            "{} speaks the binary protocol only (-S or -B binary), and mccas does not speak it",
            self.address
        )
    }

    fn cut(&self, how: &str, answered: bool) -> String {
        let hint = match (&self.address, answered) {
            (Address::Tcp { .. }, false) => " (a TLS port needs tls://; is it a memcached port?)",
            _ => "",
        };
        format!("{} {how}{hint}", self.address)
    }

    /// Something was said before anything was asked, so nothing was sent.
    fn unasked(&self, line: &[u8], answered: bool) -> StoreError {
        // A server that is full says so, and hangs up.
        if let Some(ReplyError::Rejected(text) | ReplyError::Server(text)) = error_line(line) {
            return self.refused(&text);
        }
        let message = if answered {
            let address = &self.address;
            format!(
                "{address} is out of step: it said {} without being asked",
                quoted(line)
            )
        } else {
            self.garbage(line)
        };
        StoreError::Unreachable(Failure {
            fault: Fault::Foreign,
            message,
        })
    }

    fn garbage(&self, bytes: &[u8]) -> String {
        let what = if bytes.starts_with(b"HTTP/") {
            "it is an HTTP server"
        } else {
            "it does not speak memcached's protocol"
        };
        format!(
            "{} is no memcached: {what}, it answered {}",
            self.address,
            quoted(bytes)
        )
    }

    fn too_long(&self, length: usize) -> String {
        format!(
            "{} announced a value of {length} bytes, and at most {} are taken; nothing of it was read; \
             --max-value SIZE lets longer ones through",
            self.address, self.longest_value
        )
    }

    /// An answer that memcached never gives.
    pub(super) fn foreign(&self, what: &str) -> StoreError {
        StoreError::Refused(format!("{} gave {what}", self.address))
    }

    /// The server does not take the command; nothing was applied. That it has no room for another connection may pass.
    pub(super) fn refused(&self, text: &str) -> StoreError {
        let message = self.refusal(text);
        if text == CROWDED {
            StoreError::Unable(message)
        } else {
            StoreError::Refused(message)
        }
    }

    fn refusal(&self, text: &str) -> String {
        let hint = match text {
            CROWDED => " (raise its -c, or try again)",
            _ => "",
        };
        let peer = match self.language.peer() {
            Some(peer) => format!(", which seems to be {peer},"),
            None => String::new(),
        };
        let text = shown(text.strip_prefix("ERROR ").unwrap_or(text).as_bytes());
        format!("{}{peer} refused: {text}{hint}", self.address)
    }

    /// The server hands out token 0.
    pub(super) fn no_cas(&self) -> StoreError {
        StoreError::NoCas(format!(
            "{} does no compare-and-swap: it was started with -C (restart it without, or use memcached's own incr)",
            self.address
        ))
    }

    /// The time limit of an exchange, as the user would write it.
    fn patience(&self) -> humantime::FormattedDuration {
        humantime::format_duration(self.timeout)
    }
}

fn shown(bytes: &[u8]) -> String {
    let bytes = &bytes[..bytes.len().min(SHOWN_BYTES)];
    Shown(bytes).to_string()
}
