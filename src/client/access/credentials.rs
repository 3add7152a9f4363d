//! The name and the password of a user, as memcached's `-Y` takes them.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::cas::shown::quoted;
use crate::client::plain::plain;

/// The longest password; memcached's own lines of name and password end at 256 bytes.
const MAX_PASSWORD: usize = 1024;
/// The longest name, for the same reason.
const MAX_NAME: usize = 256;

/// How a name is given, for messages.
const NAME_BY: &str = "MCCAS_USERNAME or --username";
/// How a password is given, for messages.
const PASSWORD_BY: &str = "MCCAS_PASSWORD or --password-file";

/// Bytes that are never shown.
#[derive(Clone)]
pub(crate) struct Secret(Vec<u8>);

impl Secret {
    pub(crate) fn new(bytes: Vec<u8>) -> Secret {
        Secret(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(not shown)")
    }
}

/// Who we are, as far as the user has said so.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identity {
    pub(crate) name: Option<String>,
    pub(crate) password: Option<Secret>,
    /// The file that has the password, instead of `password`.
    pub(crate) password_file: Option<PathBuf>,
}

impl Identity {
    /// What a server can be told; `None` if the user named nothing. What cannot be used is an error that repeats nothing of it.
    pub(super) fn credentials(&self) -> Result<Option<Credentials>, String> {
        let password = match &self.password_file {
            Some(path) => Some(read(path)?),
            None => self.password.clone(),
        };
        let (name, password) = match (&self.name, password) {
            (None, None) => return Ok(None),
            (Some(_), None) => {
                return Err(format!(
                    "a user name without a password: give it by {PASSWORD_BY}"
                ));
            }
            (None, Some(_)) => {
                return Err(format!(
                    "a password without a user name: give it by {NAME_BY}"
                ));
            }
            (Some(name), Some(password)) => (name, password),
        };
        check("user name", name.as_bytes(), MAX_NAME)?;
        if name.contains(' ') {
            return Err("the user name has a space, which memcached takes for its end".into());
        }
        check("password", &password.0, MAX_PASSWORD)?;
        Ok(Some(Credentials {
            name: name.clone(),
            password,
        }))
    }
}

/// The password in a file, without one newline at its end.
fn read(path: &Path) -> Result<Secret, String> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| {
            // One more than any password has with its line end: that is enough to see that it is none.
            let most = MAX_PASSWORD as u64 + 3;
            file.take(most).read_to_end(&mut bytes)
        })
        .map_err(|error| {
            let path = quoted(path.as_os_str().as_encoded_bytes());
            format!("cannot read the password file {path}: {}", plain(&error))
        })?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    Ok(Secret(bytes))
}

/// Refuses what memcached could not read as it was meant.
fn check(what: &str, bytes: &[u8], most: usize) -> Result<(), String> {
    if bytes.is_empty() {
        return Err(format!("the {what} is empty"));
    }
    if bytes.len() > most {
        return Err(format!("the {what} is longer than {most} bytes"));
    }
    if bytes.iter().any(u8::is_ascii_control) {
        return Err(format!(
            "the {what} has a line end or another control character in it"
        ));
    }
    Ok(())
}

/// A name and a password that can be sent.
pub(in crate::client) struct Credentials {
    name: String,
    password: Secret,
}

impl Credentials {
    /// The command that logs in. A server that asks takes the value of any `set` for a name and a password. One that does
    /// not ask stores it: so it expires at once, under a key that nobody knows (protocol.md 8).
    pub(in crate::client) fn command(&self) -> Vec<u8> {
        let (name, password) = (self.name.as_bytes(), &self.password.0);
        let length = name.len() + 1 + password.len();
        let key = fastrand::u128(..);
        let mut command = format!("set {key:032x} 0 -1 {length}\r\n").into_bytes();
        for part in [name, b" ", password, b"\r\n"] {
            command.extend_from_slice(part);
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn identity(name: &str, password: &[u8]) -> Identity {
        Identity {
            name: Some(name.into()),
            password: Some(Secret::new(password.to_vec())),
            password_file: None,
        }
    }

    fn command(identity: &Identity) -> Result<String, String> {
        let credentials = identity.credentials()?.expect("a name and a password");
        Ok(String::from_utf8_lossy(&credentials.command()).into_owned())
    }

    #[test]
    fn the_login_is_a_set_that_expires_at_once_under_a_random_key() {
        let bob = identity("bob", b"s3 cret");
        let first = command(&bob).unwrap();
        let (key, rest) = first[4..].split_once(' ').unwrap();
        assert!(first.starts_with("set ") && key.len() == 32, "{first}");
        assert_eq!(rest, "0 -1 11\r\nbob s3 cret\r\n");
        assert_ne!(first, command(&bob).unwrap());
    }

    #[test]
    fn what_memcached_would_read_otherwise_is_refused_and_not_repeated() {
        for (name, password) in [
            ("bo b", &b"s3cret"[..]),
            ("bo\tb", b"s3cret"),
            ("bob\n", b"s3cret"),
            ("", b"s3cret"),
            ("bob", b""),
            ("bob", b"s3cret\r\nflush_all"),
            ("bob", b"s3cret\n"),
            ("bob", b"s3cret\0"),
            ("bob", &[b's'; MAX_PASSWORD + 1]),
        ] {
            let error = command(&identity(name, password)).unwrap_err();
            assert!(
                !error.contains("s3cret") && !error.contains("bo"),
                "{error}"
            );
        }
    }

    #[test]
    fn one_half_is_told_and_nothing_is_none() {
        assert!(Identity::default().credentials().unwrap().is_none());
        let mut half = identity("bob", b"s3cret");
        half.password = None;
        assert!(command(&half).unwrap_err().contains("--password-file"));
        let mut half = identity("bob", b"s3cret");
        half.name = None;
        assert!(command(&half).unwrap_err().contains("--username"));
    }

    #[test]
    fn a_file_has_the_password_but_for_one_line_end() {
        for (content, length) in [
            (&b"s3cret"[..], 6),
            (b"s3cret\n", 6),
            (b"s3cret\r\n", 6),
            (b" s3cret ", 8),
        ] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(content).unwrap();
            let identity = Identity {
                password_file: Some(file.path().into()),
                ..identity("bob", b"another")
            };
            let sent = command(&identity).unwrap();
            assert!(sent.contains(&format!(" {}\r\n", length + 4)), "{sent}");
        }
        let long = Identity {
            password_file: Some("/dev/zero".into()),
            ..identity("bob", b"another")
        };
        assert!(command(&long).unwrap_err().contains("longer"));
        let nowhere = Identity {
            password_file: Some("/nowhere\u{1b}".into()),
            ..identity("bob", b"another")
        };
        let error = command(&nowhere).unwrap_err();
        assert!(
            error.contains("no such file") && !error.contains('\u{1b}'),
            "{error}"
        );
    }

    #[test]
    fn no_secret_is_shown_by_debug() {
        let shown = format!("{:?}", identity("bob", b"s3cret"));
        assert!(
            !shown.contains("s3cret") && !shown.contains("115, 51"),
            "{shown}"
        );
    }
}
