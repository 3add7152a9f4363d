//! What the environment says, to a command that uses it. Variables that it does not use are not even read: what makes no sense
//! in them is no trouble of its own.

use std::any::Any;
use std::env;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::client::address::AddressError;
use crate::client::discover::NameServers;
use crate::client::hash::Scheme;
use crate::client::servers::Servers;
use crate::command::Subcommand;
use crate::command::args::duration;

/// Stands where a value would be repeated that seems to hold a password.
pub(super) const HIDDEN: &str = "(not shown)";

/// How long an exchange may take unless the user says otherwise.
const TIMEOUT: Duration = Duration::from_secs(1);

/// What the options say, which comes first.
pub(super) struct Given {
    pub(super) servers: Option<Servers>,
    pub(super) hash: Option<Scheme>,
    pub(super) discover: bool,
    pub(super) timeout: Option<Duration>,
}

/// What options and environment say together.
pub(super) struct Said {
    pub(super) servers: Servers,
    pub(super) hash: Option<Scheme>,
    pub(super) timeout: Duration,
    pub(super) name_servers: Option<NameServers>,
    pub(super) max_retries: Option<String>,
    /// Whether what is said of TLS counts.
    pub(super) by_tls: bool,
}

impl Given {
    /// Adds what the environment says to this command; a sentence, if that makes no sense.
    pub(super) fn with_environment(self, command: &dyn Subcommand) -> Result<Said, String> {
        let servers = match self.servers {
            Some(servers) => servers,
            None if command.asks_servers() => servers_of_env()?,
            None => Servers::default(),
        };
        let finds_out = command.asks_servers() && (self.discover || servers.is_open());
        let talks = command.talks() || finds_out;
        let hash = match self.hash {
            // What the servers of a cluster are called depends on it as well.
            None if command.asks_by_key() || self.discover && finds_out => {
                from_env("MCCAS_HASH", str::parse)?
            }
            given => given,
        };
        let timeout = match self.timeout {
            None if talks => from_env("MCCAS_TIMEOUT", duration)?,
            given => given,
        };
        let name_servers = if talks && servers.has_service() {
            from_env("MCCAS_NAMESERVER", str::parse)?
        } else {
            None
        };
        Ok(Said {
            by_tls: talks && servers.has_tls(),
            servers,
            hash,
            timeout: timeout.unwrap_or(TIMEOUT),
            name_servers,
            max_retries: from_env("MCCAS_MAX_RETRIES", String::from_str)?,
        })
    }
}

/// The value of an environment variable; an empty one counts as unset. (clap's own `env` would take it as a value.)
fn from_env<T, E: fmt::Display + 'static>(
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, String> {
    let Some(text) = env::var_os(name).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let text = text.to_string_lossy();
    parse(&text).map(Some).map_err(|error| {
        let address: Option<&AddressError> = (&error as &dyn Any).downcast_ref();
        let shown = match address {
            Some(error) if error.hides_input() => HIDDEN.into(),
            _ => format!("{text:?}"),
        };
        format!("invalid value {shown} in the environment variable {name}: {error}")
    })
}

/// The servers that the environment names, or the default.
fn servers_of_env() -> Result<Servers, String> {
    for name in ["MCCAS_SERVER", "MEMCACHED_SERVERS"] {
        if let Some(servers) = from_env(name, str::parse)? {
            return Ok(servers);
        }
    }
    Ok(Servers::default())
}
