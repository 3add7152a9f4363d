//! The options on how servers let us in, and their environment.

use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use crate::client::access::{Access, Identity, Secret};
use crate::client::tls::{NamedFile, TlsOptions};

/// Where these options stand in the help of each command.
const HEADING: &str = "Access";

#[derive(Debug, Default, clap::Args)]
pub(super) struct Args {
    /// Trust the certificates in this file, and what they have signed, instead of the system's [env: MCCAS_TLS_CA]
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING, hide_short_help = true)]
    #[arg(value_hint = clap::ValueHint::FilePath)]
    tls_ca: Option<PathBuf>,

    /// Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING, hide_short_help = true)]
    #[arg(value_hint = clap::ValueHint::FilePath)]
    tls_cert: Option<PathBuf>,

    /// The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING, hide_short_help = true)]
    #[arg(value_hint = clap::ValueHint::FilePath)]
    tls_key: Option<PathBuf>,

    /// The name that the server's certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]
    #[arg(long, global = true, value_name = "NAME", help_heading = HEADING, hide_short_help = true)]
    tls_server_name: Option<String>,

    /// Take any certificate, and say so each time: anybody in between can read and change everything [env:
    /// MCCAS_TLS_INSECURE=1]
    #[arg(long, global = true, help_heading = HEADING, hide_short_help = true)]
    tls_insecure: bool,

    /// The user name, for a server that asks for one [env: MCCAS_USERNAME]
    #[arg(long, global = true, value_name = "NAME", help_heading = HEADING, hide_short_help = true)]
    username: Option<String>,

    /// The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING, hide_short_help = true)]
    #[arg(value_hint = clap::ValueHint::FilePath)]
    password_file: Option<PathBuf>,
}

impl Args {
    /// What options and environment say together; the environment of TLS, only if that is `by_tls`.
    pub(super) fn to_access(&self, by_tls: bool) -> Result<Access, String> {
        let text = |name| variable(name).map(|text| text.to_string_lossy().into_owned());
        // As it is: a password has any bytes, and an error of ours must not repeat it.
        let password = variable("MCCAS_PASSWORD");
        let identity = Identity {
            name: self.username.clone().or_else(|| text("MCCAS_USERNAME")),
            password: password.map(|password| Secret::new(password.into_vec())),
            password_file: self.password_file.clone(),
        };
        let name = self.tls_server_name.clone();
        let tls = TlsOptions {
            ca: named(self.tls_ca.as_deref(), "--tls-ca", "MCCAS_TLS_CA"),
            certificate: named(self.tls_cert.as_deref(), "--tls-cert", "MCCAS_TLS_CERT"),
            key: named(self.tls_key.as_deref(), "--tls-key", "MCCAS_TLS_KEY"),
            server_name: name.or_else(|| text("MCCAS_TLS_SERVER_NAME")),
            insecure: self.tls_insecure || by_tls && is_on("MCCAS_TLS_INSECURE")?,
        };
        Ok(Access::new(identity, tls))
    }
}

/// The file that an option names or, where it does not, a variable.
fn named(given: Option<&Path>, option: &'static str, name: &'static str) -> Option<NamedFile> {
    let file = |by, path| NamedFile { by, path };
    let by_option = given.map(|path| file(option, path.into()));
    by_option.or_else(|| variable(name).map(|path| file(name, path.into())))
}

/// A variable of the environment; an empty one counts as unset.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Whether a variable says yes. What says neither is an error: it decides whether anybody is trusted.
fn is_on(name: &str) -> Result<bool, String> {
    match variable(name).map(|value| value.to_string_lossy().to_ascii_lowercase()) {
        None => Ok(false),
        Some(value) => match value.as_str() {
            "1" | "true" | "yes" | "on" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            other => Err(format!(
                "invalid value {other:?} in the environment variable {name}: give 1 or 0"
            )),
        },
    }
}
