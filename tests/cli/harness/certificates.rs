//! Certificates of a test's own, made by openssl as its users make them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::harness::inspect::show;
use crate::harness::server::Memcached;

/// The names that a test's servers are reached by.
pub(crate) const HERE: &str =
    "subjectAltName = IP:127.0.0.1, DNS:localhost\nbasicConstraints = CA:FALSE\n";

const CONFIG: &str = "\
[req]
distinguished_name = name
prompt = no
[name]
CN = localhost
[authority]
basicConstraints = critical, CA:TRUE
[ca]
default_ca = default
[default]
database = index.txt
new_certs_dir = .
default_md = sha256
rand_serial = yes
unique_subject = no
policy = policy
[policy]
commonName = supplied
";

/// A folder of certificates, with an authority (`ca.pem`) and a key that all others share (`key.pem`).
pub(crate) struct Certificates {
    folder: TempDir,
}

impl Certificates {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let new = Self { folder };
        fs::write(new.path("openssl.cnf"), CONFIG).expect("a file");
        fs::write(new.path("index.txt"), "").expect("a file");
        for key in ["ca.key", "key.pem"] {
            let curve = "ec_paramgen_curve:prime256v1";
            new.openssl(&[
                "genpkey",
                "-algorithm",
                "EC",
                "-pkeyopt",
                curve,
                "-out",
                key,
            ]);
        }
        new.own("ca.pem", "ca.key", "/CN=mccas test authority");
        let request = "req -new -config openssl.cnf -key key.pem -out request.pem";
        new.openssl(&words(request));
        new
    }

    /// A certificate that the authority signs, with these extensions.
    pub(crate) fn signed(&self, name: &str, extensions: &str) -> PathBuf {
        fs::write(self.path("extensions"), extensions).expect("a file");
        let sign = "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out";
        self.openssl(&[&words(sign)[..], &[name]].concat());
        self.path(name)
    }

    /// The same for the time between two moments.
    pub(crate) fn signed_for(&self, name: &str, from: &str, to: &str) -> PathBuf {
        self.dated(name, from, to, "-cert ca.pem -keyfile ca.key")
    }

    /// A certificate that signs itself, for the time between two moments.
    pub(crate) fn own_for(&self, name: &str, from: &str, to: &str) -> PathBuf {
        self.dated(name, from, to, "-selfsign -keyfile key.pem")
    }

    fn dated(&self, name: &str, from: &str, to: &str, by: &str) -> PathBuf {
        fs::write(self.path("extensions"), HERE).expect("a file");
        let sign = "ca -batch -notext -config openssl.cnf -in request.pem -extfile extensions";
        let dates = ["-startdate", from, "-enddate", to, "-out", name];
        self.openssl(&[&words(sign)[..], &words(by), &dates].concat());
        self.path(name)
    }

    /// What `openssl req -x509 -nodes` makes where nobody says more than a name: it signs itself, calls itself an
    /// authority, and has no subjectAltName.
    pub(crate) fn own(&self, name: &str, key: &str, subject: &str) -> PathBuf {
        let make = "req -x509 -days 2 -config openssl.cnf -extensions authority -key";
        self.openssl(&[&words(make)[..], &[key, "-subj", subject, "-out", name]].concat());
        self.path(name)
    }

    /// One that signs itself and has no extensions at all.
    pub(crate) fn own_plain(&self, name: &str) -> PathBuf {
        let make = "x509 -req -in request.pem -signkey key.pem -days 2 -out";
        self.openssl(&[&words(make)[..], &[name]].concat());
        self.path(name)
    }

    /// A server that shows this certificate, with more of its TLS options.
    pub(crate) fn serve(&self, certificate: &Path, more: &str) -> Memcached {
        Memcached::start_with(&["-Z", "-o", &self.options(certificate, more)])
    }

    /// What `-o` takes for it.
    pub(crate) fn options(&self, certificate: &Path, more: &str) -> String {
        let key = self.path("key.pem");
        format!(
            "ssl_chain_cert={},ssl_key={}{more}",
            certificate.display(),
            key.display()
        )
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    #[track_caller]
    fn openssl(&self, args: &[&str]) {
        let mut command = Command::new("openssl");
        let output = command.args(args).current_dir(&self.folder).output();
        let output = output.unwrap_or_else(|error| {
            panic!("cannot run openssl ({error}): run make test, which installs it")
        });
        assert!(
            output.status.success(),
            "{args:?}: {}",
            show(&output.stderr)
        );
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split(' ').collect()
}
