//! What the user typed: the global options, the environment and the list of subcommands.

use std::env;
use std::str::FromStr;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::cas::shown::Shown;
use crate::client::address::{Address, AddressError};
use crate::command::{bench, cas, completions, contention, gets, incr_cas, watch};
use crate::exit::Exit;
use crate::output::{Loudness, OutputSettings, When};

/// The longest wait that can be asked for.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

const EXAMPLES: &str = "\
Examples:
  mccas gets my_key                     value, token, time left and flags
  n=$(mccas incr-cas my_key)            add 1, safely, whoever else writes
  mccas cas my_key new --token 1234     store only if nobody wrote since token 1234
  mccas watch my_key --json             one JSON object per change
";

/// Compare-and-swap for memcached: no lost updates, expiry and flags kept, an exit code for every outcome.
#[derive(Debug, Parser)]
#[command(
    name = "mccas",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    args_override_self = true
)]
#[command(after_help = format!("{EXAMPLES}\n{}", Exit::table()))]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// The subcommands; each lives in a file of its own under `command/`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Gets(gets::Args),
    Cas(cas::Args),
    IncrCas(incr_cas::Args),
    Watch(watch::Args),
    Contention(contention::Args),
    Bench(bench::Args),
    Completions(completions::Args),
}

#[derive(Debug, Args)]
struct Global {
    // Not a doc comment: rustdoc would take [V6] for a link.
    #[arg(short, long, global = true, value_name = "ADDR", value_hint = clap::ValueHint::Hostname)]
    #[arg(
        help = "The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT \
                [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]"
    )]
    server: Option<Address>,

    /// Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,

    /// Print one JSON object per line
    #[arg(long, global = true)]
    json: bool,

    /// When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true
    )]
    #[arg(hide_possible_values = true)]
    color: Color,

    /// Say nothing on stderr
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,

    /// Show each attempt, its wait and its reason on stderr
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

/// What the global options and the environment mean together.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) server: Address,
    pub(crate) timeout: Duration,
    pub(crate) output: OutputSettings,
    /// `MCCAS_MAX_RETRIES`, the default of `--max-retries`.
    pub(crate) max_retries: Option<String>,
}

/// Reads command line and environment. Help, version and usage errors are printed here and end the program.
pub(crate) fn parse() -> Result<(Settings, Command), Exit> {
    let parsed = Cli::try_parse().and_then(|cli| Ok((settings(&cli.global)?, cli.command)));
    parsed.map_err(|mut error| {
        // A closed stdout or stderr is no reason to fail.
        let _ = without_controls(&mut error).print();
        if error.use_stderr() {
            Exit::Usage
        } else {
            Exit::Done
        }
    })
}

/// Escapes what the user typed in an error of clap, which would print it as it is: a script may have it from anywhere.
fn without_controls(error: &mut clap::Error) -> &clap::Error {
    let escaped: Vec<(ContextKind, ContextValue)> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) => {
                let safe = Shown(text.as_bytes()).to_string();
                (safe != *text).then_some((kind, ContextValue::String(safe)))
            }
            _ => None,
        })
        .collect();
    if !escaped.is_empty() {
        // What clap proposes instead repeats it, with colours of its own in between.
        error.remove(ContextKind::Suggested);
    }
    for (kind, value) in escaped {
        error.insert(kind, value);
    }
    error
}

/// The command tree, for completions.
pub(crate) fn tree() -> clap::Command {
    Cli::command()
}

fn settings(global: &Global) -> Result<Settings, clap::Error> {
    let server = match &global.server {
        Some(server) => server.clone(),
        None => match from_env("MCCAS_SERVER", str::parse::<Address>)? {
            Some(server) => server,
            None => from_env("MEMCACHED_SERVERS", single_server)?
                .flatten()
                .unwrap_or_default(),
        },
    };
    let timeout = match global.timeout {
        Some(timeout) => timeout,
        None => from_env("MCCAS_TIMEOUT", duration)?.unwrap_or(Duration::from_secs(1)),
    };
    let color = match global.color {
        Color::Auto => When::Auto,
        Color::Always => When::Always,
        Color::Never => When::Never,
    };
    let loudness = match (global.quiet, global.verbose) {
        (true, _) => Loudness::Quiet,
        (_, true) => Loudness::Verbose,
        _ => Loudness::Normal,
    };
    let output = OutputSettings {
        json: global.json,
        color,
        loudness,
    };
    let max_retries = from_env("MCCAS_MAX_RETRIES", String::from_str)?;
    Ok(Settings {
        server,
        timeout,
        output,
        max_retries,
    })
}

/// The value of an environment variable; an empty one counts as unset. (clap's own `env` would take it as a value.)
fn from_env<T, E: std::fmt::Display>(
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, clap::Error> {
    let Some(text) = env::var_os(name).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let text = text.to_string_lossy();
    parse(&text).map(Some).map_err(|error| {
        let message =
            format!("invalid value {text:?} in the environment variable {name}: {error}\n");
        Cli::command().error(ErrorKind::ValueValidation, message)
    })
}

/// `MEMCACHED_SERVERS` lists servers for clients that spread keys over them; only a list of one says where a key is.
fn single_server(list: &str) -> Result<Option<Address>, AddressError> {
    let mut servers = list.split([',', ' ']).filter(|server| !server.is_empty());
    match (servers.next(), servers.next()) {
        (Some(server), None) => server.parse().map(Some),
        _ => Ok(None),
    }
}

/// A time to wait, with its unit.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!(
            "it lacks a unit; give {text}ms, {text}s or {text}m"
        ));
    }
    let duration = humantime::parse_duration(text)
        .map_err(|_| "not a duration like 500ms, 2s or 1m".to_string())?;
    match duration {
        Duration::ZERO => Err("it must be more than zero".into()),
        _ if duration > LONGEST => Err("it must be at most a year".into()),
        _ => Ok(duration),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_tree_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_usage_error_shows_what_was_typed_without_control_bytes() {
        let long = format!("\u{1b}[2J{}", "k".repeat(300));
        for words in [
            &["mccas", "\u{1b}[2J"][..],
            &["mccas", "gets", "k", "--\u{1b}[2J"],
            &["mccas", "gets", &long],
            &["mccas", "gets", "k", "--server", "\u{1b}[2J://h"],
            &["mccas", "gets", "k", "--server", "[\u{9b}2J]"],
            &["mccas", "gets", "k", "--timeout", "\u{1b}[2J"],
            &["mccas", "gets", "k", "--color", "\u{1b}[2J"],
            &["mccas", "incr-cas", "k", "--by", "\u{1b}[2J"],
        ] {
            let mut error = Cli::try_parse_from(words).expect_err("a usage error");
            let text = without_controls(&mut error).render().to_string();
            assert!(
                text.chars()
                    .all(|character| character == '\n' || !character.is_control()),
                "{text:?}"
            );
            assert!(text.contains("2J"), "{text:?}");
        }
    }

    #[test]
    fn a_duration_needs_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("1m"), Ok(Duration::from_secs(60)));
        assert_eq!(
            duration("2"),
            Err("it lacks a unit; give 2ms, 2s or 2m".into())
        );
        for text in [
            "",
            "s",
            "-1s",
            "0s",
            "1x",
            "9999999999999999999s",
            "400days",
            "1e3s",
        ] {
            assert!(duration(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn only_a_list_of_one_server_is_used() {
        let single = |list: &str| {
            single_server(list)
                .unwrap()
                .map(|server| server.to_string())
        };
        assert_eq!(single("10.0.0.1:11212"), Some("10.0.0.1:11212".into()));
        assert_eq!(single("a:1,b:2"), None);
        assert_eq!(single("a:1 b:2"), None);
        assert_eq!(single(","), None);
    }
}
