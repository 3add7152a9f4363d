//! The options on how servers let us in, and their environment.

use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use crate::client::access::{Access, Identity, Secret};

/// Where these options stand in the help of each command.
const HEADING: &str = "Access";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The user name, for a server that asks for one [env: MCCAS_USERNAME]
    #[arg(long, global = true, value_name = "NAME", help_heading = HEADING, hide_short_help = true)]
    username: Option<String>,

    /// The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING, hide_short_help = true)]
    #[arg(value_hint = clap::ValueHint::FilePath)]
    password_file: Option<PathBuf>,
}

impl Args {
    /// What options and environment say together.
    pub(super) fn to_access(&self) -> Access {
        let name = variable("MCCAS_USERNAME").map(|name| name.to_string_lossy().into_owned());
        // As it is: a password has any bytes, and an error of ours must not repeat it.
        let password = variable("MCCAS_PASSWORD");
        Access::new(Identity {
            name: self.username.clone().or(name),
            password: password.map(|password| Secret::new(password.into_vec())),
            password_file: self.password_file.clone(),
        })
    }
}

/// A variable of the environment; an empty one counts as unset.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
