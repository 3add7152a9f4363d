//! What a failed TLS connection means, in words for people, with what to do about it.

use std::fmt::{self, Debug};
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error};

use crate::cas::shown::Shown;

/// What advice depends on.
#[derive(Debug)]
pub(super) struct Advice {
    /// Where the certificates that are trusted come from.
    pub(super) source: String,
    /// Whether the user has named them.
    pub(super) names_ca: bool,
    /// Whether we show a certificate of our own.
    pub(super) shows_certificate: bool,
}

/// An error that is told in our words.
#[derive(Debug)]
pub(super) struct Told(String);

impl Told {
    pub(super) fn error(kind: io::ErrorKind, cause: String) -> io::Error {
        io::Error::new(kind, Told(cause))
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Told {}

impl Advice {
    /// The same error, told in our words if it is one of TLS.
    pub(super) fn of(&self, error: io::Error) -> io::Error {
        let cause = error.get_ref().and_then(|inner| inner.downcast_ref());
        match cause.map(|cause| self.cause(cause)) {
            Some(cause) => Told::error(error.kind(), cause),
            None => error,
        }
    }

    /// The same, of a handshake.
    pub(super) fn of_handshake(&self, error: io::Error) -> io::Error {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                let cause = "it hung up in the handshake (is it a port without TLS?)";
                Told::error(error.kind(), cause.into())
            }
            _ => self.of(error),
        }
    }

    /// What went wrong.
    pub(super) fn cause(&self, error: &Error) -> String {
        match error {
            Error::InvalidCertificate(why) => self.of_certificate(why),
            Error::AlertReceived(alert) => self.of_alert(*alert),
            Error::InvalidMessage(_) => "what it says is no TLS (is it a port without TLS?)".into(),
            Error::PeerIncompatible(why) => {
                format!("it speaks no TLS that is spoken here: {}", words(why))
            }
            Error::PeerMisbehaved(why) => format!("it breaks the rules of TLS: {}", words(why)),
            Error::General(text) => Shown(text.as_bytes()).to_string(),
            other => words(other),
        }
    }

    fn of_certificate(&self, error: &CertificateError) -> String {
        match error {
            // A bad signature: the issuer has the name of one that is trusted, and another key.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                let hint = if self.names_ca {
                    ""
                } else {
                    "; --tls-ca FILE names others"
                };
                let source = &self.source;
                format!(
                    "its certificate is not trusted: {source} does not have the certificate of its issuer{hint}"
                )
            }
            CertificateError::NotValidForNameContext {
                expected,
                presented,
            } => of_name(&expected.to_str(), presented),
            CertificateError::ExpiredContext { time, not_after } => format!(
                "its certificate expired at {} (it is {} here)",
                date(*not_after),
                date(*time)
            ),
            CertificateError::NotValidYetContext { time, not_before } => format!(
                "its certificate begins at {} (it is {} here)",
                date(*not_before),
                date(*time)
            ),
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                "its certificate is not meant for servers".into()
            }
            CertificateError::Other(other) => of_kind(&format!("{other:?}")),
            CertificateError::BadEncoding => "its certificate cannot be read".into(),
            other => format!("its certificate is not trusted: {}", words(other)),
        }
    }

    /// What the server did not like of us.
    fn of_alert(&self, alert: AlertDescription) -> String {
        let wants = "--tls-cert and --tls-key name one";
        match alert {
            AlertDescription::CertificateRequired => {
                format!("it wants a client certificate ({wants})")
            }
            AlertDescription::HandshakeFailure if !self.shows_certificate => {
                format!("it refused the handshake (perhaps it wants a client certificate; {wants})")
            }
            AlertDescription::ProtocolVersion => {
                "it speaks no version of TLS that is spoken here, which are 1.2 and 1.3".into()
            }
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::DecryptError
            | AlertDescription::AccessDenied
                if self.shows_certificate =>
            {
                format!(
                    "it does not accept the certificate of --tls-cert: {}",
                    words(alert)
                )
            }
            other => format!("it refused TLS: {}", words(other)),
        }
    }
}

/// A name in a certificate is shown as the library has it, `DnsName("a.example")`: here without that.
fn of_name(expected: &str, presented: &[String]) -> String {
    if presented.is_empty() {
        return "its certificate has no subjectAltName that names a host \
                (one without is trusted only if the file of --tls-ca has this very certificate)"
            .into();
    }
    let names: Vec<_> = presented
        .iter()
        .map(|name| {
            let inner = name
                .split_once('(')
                .map_or(name.as_str(), |(_, inner)| inner);
            let inner = inner.trim_matches(['"', ')']);
            Shown(inner.as_bytes()).to_string()
        })
        .collect();
    format!(
        "its certificate is for {} and not for {expected} (--tls-server-name NAME says which name to expect)",
        names.join(", ")
    )
}

/// What the library knows by a word only.
fn of_kind(word: &str) -> String {
    let kind = if word.contains("CaUsedAsEndEntity") {
        "is that of a certificate authority"
    } else if word.contains("UnsupportedCertVersion") {
        "is of the first version, without extensions"
    } else {
        let word = word.rsplit('(').next().unwrap_or(word);
        return format!(
            "its certificate is not trusted: {}",
            words(word.trim_matches(')'))
        );
    };
    format!(
        "its certificate {kind} (such a one is trusted only if the file of --tls-ca has this very certificate)"
    )
}

/// Why a key and a certificate of our own do not do.
pub(super) fn of_own_key(error: &Error) -> String {
    match error {
        Error::InconsistentKeys(_) => "the key of --tls-key is not that of --tls-cert".into(),
        _ => "the key of --tls-key is of a kind that is not known here".into(),
    }
}

/// A name of the library, `CertificateRequired`, as words: what it holds is left out.
fn words(name: impl Debug) -> String {
    let name = format!("{name:?}");
    let name = name.trim_matches('"');
    let end = name
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(name.len());
    let mut words = String::new();
    for (at, character) in name[..end].char_indices() {
        let follows_small = at > 0 && name.as_bytes()[at - 1].is_ascii_lowercase();
        if character.is_ascii_uppercase() && follows_small {
            words.push(' ');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}

/// A moment as people read it, in UTC.
fn date(time: UnixTime) -> String {
    let moment = UNIX_EPOCH.checked_add(Duration::from_secs(time.as_secs()));
    let latest = UNIX_EPOCH + Duration::from_secs(253_402_300_799); // the end of the year 9999
    let moment = moment.map_or(latest, |moment: SystemTime| moment.min(latest));
    let text = humantime::format_rfc3339_seconds(moment).to_string();
    text.replace('T', " ").replace('Z', " UTC")
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;

    use super::*;

    fn advice(names_ca: bool, shows_certificate: bool) -> Advice {
        let source = if names_ca {
            "--tls-ca \"ca.pem\""
        } else {
            "the system"
        };
        Advice {
            source: source.into(),
            names_ca,
            shows_certificate,
        }
    }

    fn of_certificate(error: CertificateError) -> String {
        advice(false, false).cause(&error.into())
    }

    #[test]
    fn an_unknown_issuer_is_told_with_where_it_was_looked_for() {
        assert_eq!(
            of_certificate(CertificateError::UnknownIssuer),
            "its certificate is not trusted: the system does not have the certificate of its issuer; --tls-ca FILE names others"
        );
        assert_eq!(
            advice(true, false).cause(&CertificateError::UnknownIssuer.into()),
            "its certificate is not trusted: --tls-ca \"ca.pem\" does not have the certificate of its issuer"
        );
    }

    #[test]
    fn dates_are_told_as_people_read_them() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        assert_eq!(
            of_certificate(CertificateError::ExpiredContext {
                time: at(1_577_923_201),
                not_after: at(1_577_923_200)
            }),
            "its certificate expired at 2020-01-02 00:00:00 UTC (it is 2020-01-02 00:00:01 UTC here)"
        );
        let cause = of_certificate(CertificateError::NotValidYetContext {
            time: at(0),
            not_before: at(u64::MAX),
        });
        assert!(cause.contains("begins at 9999-12-31"), "{cause}");
    }

    #[test]
    fn names_are_told_without_the_words_of_the_library() {
        let cause = |presented: &[&str]| {
            of_certificate(CertificateError::NotValidForNameContext {
                expected: ServerName::try_from("localhost").unwrap(),
                presented: presented.iter().map(ToString::to_string).collect(),
            })
        };
        assert_eq!(
            cause(&[
                "DnsName(\"other.example\")",
                "IpAddress(10.0.0.1)",
                "common"
            ]),
            "its certificate is for other.example, 10.0.0.1, common and not for localhost \
             (--tls-server-name NAME says which name to expect)"
        );
        assert!(cause(&[]).contains("no subjectAltName"));
        assert!(!cause(&["DnsName(\"\u{1b}[2J\")"]).contains('\u{1b}'));
    }

    #[test]
    fn an_alert_says_what_to_name() {
        let told = |shows, alert| advice(false, shows).cause(&Error::AlertReceived(alert));
        assert!(told(false, AlertDescription::CertificateRequired).contains("--tls-cert"));
        assert!(told(false, AlertDescription::HandshakeFailure).contains("--tls-cert"));
        assert_eq!(
            told(true, AlertDescription::UnknownCA),
            "it does not accept the certificate of --tls-cert: unknown ca"
        );
        assert_eq!(
            told(false, AlertDescription::InternalError),
            "it refused TLS: internal error"
        );
    }

    #[test]
    fn nothing_is_told_in_the_words_of_a_programmer() {
        for error in [
            Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType),
            Error::PeerIncompatible(rustls::PeerIncompatible::NoCipherSuitesInCommon),
            Error::PeerMisbehaved(rustls::PeerMisbehaved::IncorrectBinder),
            Error::DecryptError,
            CertificateError::BadSignature.into(),
            CertificateError::InvalidPurpose.into(),
        ] {
            let told = advice(false, false).cause(&error);
            let inner = told.replace("TLS", "");
            let camel = inner
                .as_bytes()
                .windows(2)
                .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
            assert!(!camel && !told.contains(['{', '}', '"']), "{told}");
        }
    }
}
