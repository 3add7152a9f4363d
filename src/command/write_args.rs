//! What every command that writes lets the user decide: expiry, flags, proof, and how often it tries.

use super::args::{self, Flags};
use super::{Context, UsageError};
use crate::cas::update::Plan;
use crate::cas::{ExpiryRule, Key, RetryPolicy, Want};

/// The options of a write; flattened into the arguments of each command that makes one.
#[derive(Debug, clap::Args)]
pub(super) struct WriteArgs {
    /// keep, never, or a time like 2h
    ///
    /// The expiry of what is written: keep leaves the moment of expiry where it is, exactly.
    #[arg(long, value_parser = args::ttl, value_name = "TTL", default_value = "keep")]
    ttl: ExpiryRule,

    /// keep, or a number
    ///
    /// The client flags of what is written.
    #[arg(long, value_parser = args::flags, value_name = "keep|N", default_value = "keep")]
    flags: Flags,

    /// Give each swap a token of its own, which resolves a lost answer
    ///
    /// Needs memcached 1.6.27 or newer (exit 7 otherwise, before anything is written). Off by default, as it changes the
    /// tokens that other users of the key see: they lie between 2^62 and 2^63 then.
    #[arg(long, hide_short_help = true)]
    exactly_once: bool,
}

impl Default for WriteArgs {
    fn default() -> WriteArgs {
        WriteArgs {
            ttl: ExpiryRule::Keep,
            flags: Flags(None),
            exactly_once: false,
        }
    }
}

impl WriteArgs {
    /// The plan of a write to `key` that reads its value, tries once and passes the new token on; change what differs.
    pub(super) fn plan(&self, key: &Key) -> Plan {
        Plan {
            key: key.clone(),
            expiry: self.ttl,
            flags: self.flags.0,
            want: Want::Value,
            policy: RetryPolicy::ONCE,
            exactly_once: self.exactly_once,
            tell_token: true,
        }
    }

    /// Whether the expiry stays as it is.
    pub(super) fn keeps_expiry(&self) -> bool {
        self.ttl == ExpiryRule::Keep
    }

    /// Whether the user asked for nothing here.
    pub(super) fn is_default(&self) -> bool {
        self.keeps_expiry() && self.flags == Flags(None) && !self.exactly_once
    }
}

/// How often a lost swap may be tried again: the option, else `MCCAS_MAX_RETRIES`, else `default`.
///
/// A variable that cannot be read is an error here and not where the options are read: it troubles only the commands
/// that retry.
pub(super) fn max_retries(
    option: Option<u32>,
    context: &Context,
    default: u32,
) -> Result<u32, UsageError> {
    if let Some(given) = option {
        return Ok(given);
    }
    let Some(text) = &context.settings.max_retries else {
        return Ok(default);
    };
    let wrong = "in the environment variable MCCAS_MAX_RETRIES: give a number from 0 to 4294967295";
    text.parse()
        .map_err(|_| UsageError::new(format!("invalid value {text:?} {wrong}")))
}
