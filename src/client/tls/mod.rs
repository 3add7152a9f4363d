//! TLS: whom we trust, what we show of ourselves, and what a failed handshake means.
//!
//! Certificates are read when a TLS connection is first wanted, once in a run.

mod cause;
mod certificate;
mod channel;
mod trust;

use std::fs;
use std::io;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection};

use self::cause::{Advice, Told};
pub(super) use self::channel::Channel;
use super::plain::plain;
use crate::cas::shown::quoted;

/// A file, and the option or the variable by which the user has named it.
#[derive(Debug, Clone)]
pub(crate) struct NamedFile {
    pub(crate) by: &'static str,
    pub(crate) path: PathBuf,
}

/// What the user has said about TLS.
#[derive(Debug, Clone, Default)]
pub(crate) struct TlsOptions {
    /// The file of the certificates to trust, instead of the system's.
    pub(crate) ca: Option<NamedFile>,
    /// The file of the certificate that we show, and of the key to it if `key` names no other.
    pub(crate) certificate: Option<NamedFile>,
    pub(crate) key: Option<NamedFile>,
    /// The name that the server's certificate must have, instead of the host's.
    pub(crate) server_name: Option<String>,
    /// Whether any certificate will do.
    pub(crate) insecure: bool,
}

/// TLS as it was configured, made ready when it is first needed.
#[derive(Default)]
pub(super) struct Tls {
    options: TlsOptions,
    ready: OnceLock<Result<Ready, Unready>>,
}

/// What all TLS connections of a run share.
struct Ready {
    config: Arc<ClientConfig>,
    advice: Arc<Advice>,
}

/// Why there can be no TLS connection.
enum Unready {
    /// What the user named cannot be used.
    Named(String),
    /// The system has no certificates to trust.
    Untrusting(String),
}

impl Tls {
    pub(super) fn new(options: TlsOptions) -> Tls {
        Tls {
            options,
            ready: OnceLock::new(),
        }
    }

    /// Whether servers are not asked who they are.
    pub(super) fn is_insecure(&self) -> bool {
        self.options.insecure
    }

    /// Reads what the user has named, and says what cannot be used of it.
    pub(super) fn prepare(&self) -> Result<(), String> {
        match self.ready() {
            Err(Unready::Named(why)) => Err(why.clone()),
            _ => Ok(()),
        }
    }

    /// What a connection to `host` begins with, before there is one: reading certificates is slow.
    pub(super) fn begin(&self, host: &str) -> io::Result<Beginning> {
        let ready = self.ready().as_ref().map_err(|unready| {
            let (Unready::Named(why) | Unready::Untrusting(why)) = unready;
            Told::error(io::ErrorKind::Other, why.clone())
        })?;
        let name = self.options.server_name.as_deref().unwrap_or(host);
        let name = ServerName::try_from(name.to_string()).map_err(|_| {
            let why = "no certificate can have this name (--tls-server-name NAME says which one to expect)";
            Told::error(io::ErrorKind::InvalidInput, why.into())
        })?;
        let client = ClientConnection::new(Arc::clone(&ready.config), name)
            .map_err(|error| Told::error(io::ErrorKind::Other, ready.advice.cause(&error)))?;
        Ok(Beginning {
            client,
            advice: Arc::clone(&ready.advice),
        })
    }

    fn ready(&self) -> &Result<Ready, Unready> {
        self.ready.get_or_init(|| make_ready(&self.options))
    }
}

/// A TLS connection that has no socket yet.
pub(super) struct Beginning {
    client: ClientConnection,
    advice: Arc<Advice>,
}

impl Beginning {
    /// Shakes hands over `stream` until `deadline`.
    pub(super) fn handshake(self, stream: TcpStream, deadline: Instant) -> io::Result<Channel> {
        let mut channel = Channel::new(self.client, stream, self.advice);
        channel.handshake(deadline)?;
        Ok(channel)
    }
}

fn make_ready(options: &TlsOptions) -> Result<Ready, Unready> {
    if let Some(name) = &options.server_name
        && ServerName::try_from(name.as_str()).is_err()
    {
        let name = quoted(name.as_bytes());
        return Err(Unready::Named(format!(
            "--tls-server-name: {name} is no name of a host"
        )));
    }
    let (roots, source) = if options.insecure {
        (Vec::new(), String::new())
    } else {
        trusted(options.ca.as_ref())?
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = if options.insecure {
        trust::anybody(&provider)
    } else {
        trust::these(roots, &provider)
            .ok_or_else(|| Unready::Named(format!("no certificate of {source} can be used")))?
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows the protocol versions of its own")
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match shown(options).map_err(Unready::Named)? {
        Some((chain, key)) => config
            .with_client_auth_cert(chain, key)
            .map_err(|error| Unready::Named(cause::of_own_key(&error)))?,
        None => config.with_no_client_auth(),
    };
    // A memcached that wants a client certificate takes no session up again: it breaks the second connection off.
    config.resumption = Resumption::disabled();
    let advice = Arc::new(Advice {
        source,
        names_ca: options.ca.is_some(),
        shows_certificate: options.certificate.is_some(),
    });
    Ok(Ready {
        config: Arc::new(config),
        advice,
    })
}

/// The certificates to trust, and in which words to speak of where they are from.
fn trusted(ca: Option<&NamedFile>) -> Result<(Vec<CertificateDer<'static>>, String), Unready> {
    if let Some(file) = ca {
        let named = certificates(file).map_err(Unready::Named)?;
        return Ok((named, format!("{} {}", file.by, shown_path(&file.path))));
    }
    let found = rustls_native_certs::load_native_certs();
    let source = match std::env::var_os("SSL_CERT_FILE") {
        Some(path) => of_variable(Path::new(&path)),
        None => "the system".into(),
    };
    if found.certs.is_empty() {
        return Err(Unready::Untrusting(format!(
            "no certificates to trust are here: {source} has none; --tls-ca FILE names some"
        )));
    }
    Ok((found.certs, source))
}

/// The file that the environment names, in words; and whether it is one.
fn of_variable(path: &Path) -> String {
    let shown = shown_path(path);
    match fs::File::open(path) {
        Ok(_) => format!("SSL_CERT_FILE ({shown})"),
        Err(error) => format!("SSL_CERT_FILE ({shown}: {})", plain(&error)),
    }
}

/// The certificate that we show, and its key.
fn shown(
    options: &TlsOptions,
) -> Result<Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>, String> {
    let (certificate, key) = match (&options.certificate, &options.key) {
        (None, None) => return Ok(None),
        (None, Some(_)) => {
            return Err("--tls-key without --tls-cert, the certificate to it".into());
        }
        (Some(certificate), Some(key)) => (certificate, key),
        // As with curl, one file may have both.
        (Some(certificate), None) => (certificate, certificate),
    };
    let chain = certificates(certificate)?;
    let pem = key.read()?;
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
        let hint = if options.key.is_none() {
            "; --tls-key FILE names another file"
        } else {
            ""
        };
        let path = shown_path(&key.path);
        format!("{path} has no private key in PEM that can be read without a pass phrase{hint}")
    })?;
    Ok(Some((chain, key)))
}

/// The certificates in a file that the user has named.
fn certificates(file: &NamedFile) -> Result<Vec<CertificateDer<'static>>, String> {
    let (pem, path) = (file.read()?, shown_path(&file.path));
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(format!("{}: {path} has no certificate in PEM", file.by)),
        Err(_) => Err(format!("{}: {path} is no whole PEM file", file.by)),
    }
}

impl NamedFile {
    fn read(&self) -> Result<Vec<u8>, String> {
        fs::read(&self.path).map_err(|error| {
            let (by, path) = (self.by, shown_path(&self.path));
            format!("{by}: cannot read {path}: {}", plain(&error))
        })
    }
}

fn shown_path(path: &Path) -> String {
    quoted(path.as_os_str().as_encoded_bytes())
}
