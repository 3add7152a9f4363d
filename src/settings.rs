//! What options and environment mean, without a word of how they were typed.

use std::time::Duration;

use crate::client::address::Address;
use crate::output::OutputSettings;

/// What the global options and the environment mean together.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) server: Address,
    pub(crate) timeout: Duration,
    pub(crate) output: OutputSettings,
    /// `MCCAS_MAX_RETRIES`, the default of `--max-retries`.
    pub(crate) max_retries: Option<String>,
}
