//! Servers that want credentials, or speak TLS: eight ways in which their certificate and ours fit, or do not.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::peers::Started;
use crate::harness::certificates::{Certificates, HERE};
use crate::harness::server::Memcached;

/// A server, and what a command is told of how to reach it.
pub(super) struct Secured {
    pub(super) server: Memcached,
    /// What stands before its address.
    pub(super) scheme: &'static str,
    pub(super) environment: Vec<(&'static str, String)>,
    _files: Files,
}

/// What must be there as long as the server is.
enum Files {
    Certificates(#[expect(dead_code, reason = "kept")] Certificates),
    Accounts(#[expect(dead_code, reason = "kept")] TempDir),
    Both(
        #[expect(dead_code, reason = "kept")] Certificates,
        #[expect(dead_code, reason = "kept")] TempDir,
    ),
}

const NAME: &str = "bob";
const PASSWORD: &str = "s3cret";

/// Starts a server that shows this certificate, and listens without TLS as well, where the test looks.
fn tls(
    certificates: Certificates,
    certificate: &Path,
    more: &str,
    environment: Vec<(&'static str, String)>,
) -> Started {
    let options = certificates.options(certificate, more);
    let options = ["-Z", "-o", &options, "-l", "notls:127.0.0.1:0"];
    Started::Secured(Secured {
        server: Memcached::start_with(&options),
        scheme: "tls://",
        environment,
        _files: Files::Certificates(certificates),
    })
}

/// A variable that names a file.
fn file(name: &'static str, path: &Path) -> (&'static str, String) {
    (name, path.display().to_string())
}

pub(super) fn authority() -> Started {
    let certificates = Certificates::new();
    let certificate = certificates.signed("here.pem", HERE);
    let trusted = file("MCCAS_TLS_CA", &certificates.path("ca.pem"));
    tls(certificates, &certificate, "", vec![trusted])
}

pub(super) fn own_certificate() -> Started {
    let certificates = Certificates::new();
    let certificate = certificates.own_for("own.pem", "20200101000000Z", "20900101000000Z");
    let trusted = file("MCCAS_TLS_CA", &certificate);
    tls(certificates, &certificate, "", vec![trusted])
}

pub(super) fn client_certificate() -> Started {
    let certificates = Certificates::new();
    let certificate = certificates.signed("here.pem", HERE);
    let ours = certificates.signed("ours.pem", HERE);
    let authority = certificates.path("ca.pem");
    let environment = vec![
        file("MCCAS_TLS_CA", &authority),
        file("MCCAS_TLS_CERT", &ours),
        file("MCCAS_TLS_KEY", &certificates.path("key.pem")),
    ];
    let wants = wanting(&authority);
    tls(certificates, &certificate, &wants, environment)
}

pub(super) fn insecure() -> Started {
    let certificates = Certificates::new();
    let certificate = certificates.signed("here.pem", HERE);
    let insecure = ("MCCAS_TLS_INSECURE", "true".to_string());
    tls(certificates, &certificate, "", vec![insecure])
}

pub(super) fn unknown_authority() -> Started {
    let certificates = Certificates::new();
    let certificate = certificates.signed("here.pem", HERE);
    tls(certificates, &certificate, "", Vec::new())
}

pub(super) fn another_name() -> Started {
    let certificates = Certificates::new();
    let elsewhere = "subjectAltName = DNS:other.example\nbasicConstraints = CA:FALSE\n";
    let certificate = certificates.signed("other.pem", elsewhere);
    let trusted = file("MCCAS_TLS_CA", &certificates.path("ca.pem"));
    tls(certificates, &certificate, "", vec![trusted])
}

pub(super) fn expired() -> Started {
    let certificates = Certificates::new();
    let certificate = certificates.signed_for("old.pem", "20200101000000Z", "20200201000000Z");
    let trusted = file("MCCAS_TLS_CA", &certificates.path("ca.pem"));
    tls(certificates, &certificate, "", vec![trusted])
}

pub(super) fn no_client_certificate() -> Started {
    let certificates = Certificates::new();
    let certificate = certificates.signed("here.pem", HERE);
    let authority = certificates.path("ca.pem");
    let wants = wanting(&authority);
    let trusted = file("MCCAS_TLS_CA", &authority);
    tls(certificates, &certificate, &wants, vec![trusted])
}

fn wanting(authority: &Path) -> String {
    format!(",ssl_ca_cert={},ssl_verify_mode=2", authority.display())
}

/// A server that wants both.
pub(super) fn with_credentials_over_tls() -> Started {
    let certificates = Certificates::new();
    let certificate = certificates.signed("here.pem", HERE);
    let options = certificates.options(&certificate, "");
    let (folder, accounts) = accounts();
    let options = [
        "-Z",
        "-o",
        &options,
        "-l",
        "notls:127.0.0.1:0",
        "-Y",
        &accounts,
    ];
    let environment = vec![
        file("MCCAS_TLS_CA", &certificates.path("ca.pem")),
        ("MCCAS_USERNAME", NAME.into()),
        ("MCCAS_PASSWORD", PASSWORD.into()),
    ];
    Started::Secured(Secured {
        server: Memcached::start_with(&options).entered_by(NAME, PASSWORD),
        scheme: "tls://",
        environment,
        _files: Files::Both(certificates, folder),
    })
}

/// The file in which a server finds who may come in.
fn accounts() -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let accounts = folder.path().join("accounts");
    fs::write(&accounts, format!("{NAME}:{PASSWORD}\n")).expect("a file");
    let accounts = accounts.display().to_string();
    (folder, accounts)
}

pub(super) fn without_credentials() -> Started {
    let (folder, accounts) = accounts();
    Started::Secured(Secured {
        server: Memcached::start_with(&["-Y", &accounts]),
        scheme: "",
        environment: Vec::new(),
        _files: Files::Accounts(folder),
    })
}
