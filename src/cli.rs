//! What the user typed: the global options and the environment, turned into [`Settings`], and a subcommand.

mod foreign;
mod shape;
mod wrong;

use std::any::Any;
use std::env;
use std::error::Error as _;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, Args, ColorChoice, CommandFactory, Parser, ValueEnum};

use crate::cas::shown::Shown;
use crate::client::address::{Address, AddressError};
use crate::command::Command;
use crate::command::args::duration;
use crate::exit::Exit;
use crate::output::{Loudness, Output, OutputSettings, When};
use crate::settings::{Settings, Size};

/// Stands where a value would be repeated that seems to hold a password.
const HIDDEN: &str = "(not shown)";

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

    /// The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]
    #[arg(long, global = true, value_name = "SIZE")]
    max_value: Option<Size>,

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
    color: When,

    /// No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "verbose")]
    quiet: u8,

    /// Show each attempt, its wait and its reason on stderr
    #[arg(short, long, global = true)]
    verbose: bool,
}

// By hand: the output layer, where the type is, does not know of clap.
impl ValueEnum for When {
    fn value_variants<'a>() -> &'a [When] {
        &[When::Auto, When::Always, When::Never]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (word, meaning) = match self {
            When::Auto => ("auto", "on a terminal that can show it"),
            When::Always => ("always", "also on a pipe"),
            When::Never => ("never", "nowhere"),
        };
        Some(PossibleValue::new(word).help(meaning))
    }
}

/// Reads command line and environment. Help, version and usage errors are printed here and end the program.
pub(crate) fn parse() -> Result<(Settings, Command), Exit> {
    let words: Vec<OsString> = env::args_os().collect();
    let parsed =
        Cli::try_parse_from(&words).and_then(|cli| Ok((settings(&cli.global)?, cli.command)));
    parsed.map_err(|error| {
        if error.use_stderr() && is_silent(words.iter().skip(1)) {
            return Exit::Usage;
        }
        let is_wrong = error.use_stderr();
        let printed = match error.kind() {
            ErrorKind::DisplayVersion => print_version(),
            _ => without_controls(&mut shown(error, &words)).print(),
        };
        match printed {
            // Whether or not anybody heard it.
            _ if is_wrong => Exit::Usage,
            Ok(()) => Exit::Done,
            // Whoever read the help has read enough.
            Err(closed) if closed.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Err(cause) => {
                let message = format!("cannot write to stdout: {cause}");
                Output::new(OutputSettings::default()).trouble(&message);
                Exit::Failed
            }
        }
    })
}

/// The error (or the help, which to clap is one) as it is shown.
fn shown(error: clap::Error, words: &[OsString]) -> clap::Error {
    let mut tree = tree().color(color_choice(words));
    // Only now, as the shape of the tree costs time and nobody sees it otherwise.
    let error = match tree.try_get_matches_from_mut(words) {
        Err(shaped) if shaped.kind() == error.kind() => shaped,
        _ => error,
    };
    wrong::answer(error, words, &tree)
}

/// What `--color` says, read as plain words: the rest of them may be wrong.
fn color_choice(words: &[OsString]) -> ColorChoice {
    let options = words.iter().take_while(|word| *word != "--");
    let mut words = options.filter_map(|word| word.to_str());
    let mut choice = ColorChoice::Auto;
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--color") {
            Some("") => words.next(),
            Some(value) => value.strip_prefix('='),
            None => None,
        };
        match value {
            Some("always") => choice = ColorChoice::Always,
            Some("never") => choice = ColorChoice::Never,
            _ => {}
        }
    }
    choice
}

/// The same for every command: they have no versions of their own.
fn print_version() -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(Cli::command().render_version().as_bytes())?;
    stdout.flush()
}

/// Whether words that could not be understood say at least this: nothing on stderr.
fn is_silent<'a>(words: impl Iterator<Item = &'a OsString>) -> bool {
    let quiet = words
        .take_while(|word| *word != "--")
        .filter_map(|word| match word.to_str()? {
            "--quiet" => Some(1),
            word => {
                let letters = word.strip_prefix('-')?;
                letters
                    .bytes()
                    .all(|letter| letter == b'q')
                    .then_some(letters.len())
            }
        });
    quiet.sum::<usize>() > 1
}

/// Whether clap would repeat a password that was typed as part of an address.
fn holds_secret(error: &clap::Error) -> bool {
    error
        .source()
        .and_then(|source| source.downcast_ref::<AddressError>())
        .is_some_and(AddressError::hides_input)
}

/// Escapes what the user typed in an error of clap, which would print it as it is: a script may have it from anywhere.
fn without_controls(error: &mut clap::Error) -> &clap::Error {
    if holds_secret(error) {
        let hidden = ContextValue::String(HIDDEN.into());
        error.insert(ContextKind::InvalidValue, hidden);
    }
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

/// The command tree as it is shown: for help, completions and manual pages.
pub(crate) fn tree() -> clap::Command {
    shape::shaped(Cli::command())
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
    let loudness = match (global.quiet, global.verbose) {
        (0, true) => Loudness::Verbose,
        (0, false) => Loudness::Normal,
        (1, _) => Loudness::Quiet,
        _ => Loudness::Silent,
    };
    let output = OutputSettings {
        json: global.json,
        color: global.color,
        loudness,
    };
    let max_retries = from_env("MCCAS_MAX_RETRIES", String::from_str)?;
    Ok(Settings {
        server,
        timeout,
        output,
        max_value: global.max_value.unwrap_or(Size::DEFAULT),
        max_retries,
    })
}

/// The value of an environment variable; an empty one counts as unset. (clap's own `env` would take it as a value.)
fn from_env<T, E: fmt::Display + 'static>(
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, clap::Error> {
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
        let message =
            format!("invalid value {shown} in the environment variable {name}: {error}\n");
        Cli::command().error(ErrorKind::ValueValidation, message)
    })
}

/// `MEMCACHED_SERVERS` lists servers for clients that spread keys over them. Only a list of one says where a key is: with
/// several of them any choice would be a guess, and a write by it would land where nobody looks.
fn single_server(list: &str) -> Result<Option<Address>, AddressError> {
    let mut servers = list.split([',', ' ']).filter(|server| !server.is_empty());
    match (servers.next(), servers.next()) {
        (None, _) => Ok(None),
        (Some(server), None) => server.parse().map(Some),
        (Some(_), Some(_)) => Err(AddressError::new(
            "it names several servers, and nothing says which of them holds a key; name one by --server",
        )),
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
    fn the_tree_that_is_shown_is_consistent_and_understands_the_same() {
        tree().debug_assert();
        for line in [
            "mccas gets k -qq --raw",
            "mccas --json cas k v --token 7 --ttl 1h",
            "mccas completions bash --color always",
            "mccas incr k --by -5 -s h:1",
        ] {
            let words = || line.split(' ');
            let (plain, shaped) = (Cli::command(), tree());
            let matches = plain.try_get_matches_from(words()).unwrap();
            let shaped = shaped.try_get_matches_from(words()).unwrap();
            assert_eq!(shaped, matches, "{line}");
        }
    }

    #[test]
    fn colour_is_read_of_words_that_are_otherwise_wrong() {
        let choice = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            color_choice(&words)
        };
        assert_eq!(choice("mccas gets --color always"), ColorChoice::Always);
        assert_eq!(choice("mccas --color=never x"), ColorChoice::Never);
        assert_eq!(choice("mccas x -- --color=never"), ColorChoice::Auto);
        assert_eq!(choice("mccas --colors --color"), ColorChoice::Auto);
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
    fn words_are_silent_if_they_ask_twice_for_quiet() {
        let silent = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            is_silent(words.iter())
        };
        for line in ["-qq", "gets -q k --quiet", "-q gets -q", "gets -qqq"] {
            assert!(silent(line), "{line}");
        }
        for line in ["-q", "gets k", "--quiet", "update k -q -- grep -q x", "-"] {
            assert!(!silent(line), "{line}");
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
        for several in ["a:1,b:2", "a:1 b:2"] {
            assert!(single_server(several).is_err(), "{several}");
        }
        assert_eq!(single(","), None);
    }
}
