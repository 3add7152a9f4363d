//! What the user typed: the global options and the environment, turned into [`Settings`], and a subcommand.

mod access;
mod bare;
mod environment;
mod foreign;
mod narrow;
mod shape;
mod wrong;

use std::env;
use std::error::Error as _;
use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{
    ArgAction, ArgMatches, Args, ColorChoice, CommandFactory, FromArgMatches, Parser, ValueEnum,
};

use self::environment::{Given, HIDDEN};
use crate::cas::shown::Shown;
use crate::client::address::AddressError;
use crate::client::hash::Scheme;
use crate::client::servers::Servers;
use crate::command::Command;
use crate::command::args::duration;
use crate::exit::Exit;
use crate::output::{Loudness, Output, OutputSettings, When};
use crate::settings::{Settings, Size};

const EXAMPLES: &str = "\
Examples:
  mccas gets my_key                     value, token, time left and flags
  n=$(mccas incr-cas my_key)            add 1, safely, whoever else writes
  mccas cas my_key new --token 1234     store only if nobody wrote since token 1234
  mccas watch my_key --json             one JSON object per change
";

/// Compare-and-swap for memcached: no update lost, expiry and flags kept.
#[derive(Debug, Parser)]
#[command(name = "mccas", arg_required_else_help = true)]
#[command(after_help = format!("{EXAMPLES}\n{}", Exit::table()))]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Default, Args)]
struct Global {
    /// Which server holds a key, as the application's client decides it [env: MCCAS_HASH]
    #[arg(long, global = true, value_name = "SCHEME", ignore_case = true)]
    hash: Option<Scheme>,

    /// Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore
    #[arg(long, global = true)]
    discover: bool,

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

    #[command(flatten)]
    access: access::Args,
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

// By hand: the client does not know of clap either.
impl ValueEnum for Scheme {
    fn value_variants<'a>() -> &'a [Scheme] {
        &Scheme::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.about()))
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The name of `--server` among the arguments.
const SERVER: &str = "server";

/// The ways to name a server.
macro_rules! servers {
    () => {
        "The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its \
         addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, \
         MEMCACHED_SERVERS] [default: 127.0.0.1:11211]"
    };
}

/// `--server`, which stands before and after the command, and each of them counts: clap would let the one after it replace the
/// one before it, were it a global option like the others.
fn server() -> clap::Arg {
    clap::Arg::new(SERVER)
        .short('s')
        .long("server")
        .action(ArgAction::Append)
        .value_name("ADDR")
        .value_hint(clap::ValueHint::Hostname)
        .value_parser(str::parse::<Servers>)
        .help(servers!())
        .long_help(concat!(
            servers!(),
            "\n\nSRV records are asked for where /etc/resolv.conf says, or where MCCAS_NAMESERVER does: IP, IP:PORT or \
             [V6]:PORT."
        ))
}

/// The command tree as it parses.
fn plain() -> clap::Command {
    common(Cli::command()).mut_subcommands(|command| command.arg(server()))
}

/// What holds for every tree of the program, whatever commands it has.
fn common(tree: clap::Command) -> clap::Command {
    tree.version(VERSION)
        .propagate_version(true)
        .args_override_self(true)
        .arg(server())
}

/// The program without its commands.
fn top() -> clap::Command {
    common(Global::augment_args(clap::Command::new("mccas")))
}

/// What the words say: by the smallest tree that understands them.
fn understood(words: &[OsString]) -> Result<(Settings, Command), clap::Error> {
    let (cli, servers) = match bare(words) {
        Some(cli) => (cli, None),
        None => of_all(words)?,
    };
    let settings = settings(&cli.global, servers, &cli.command).map_err(nonsense)?;
    Ok((settings, cli.command))
}

/// The program without any argument; of several times an option, the last one counts.
fn name_alone() -> clap::Command {
    clap::Command::new("mccas").args_override_self(true)
}

/// What a line without global options says, if it is one.
fn bare(words: &[OsString]) -> Option<Cli> {
    let (command, json) = bare::parsed(name_alone(), words)?;
    let global = Global {
        json,
        ..Global::default()
    };
    Some(Cli { global, command })
}

/// What words with any options say, and the servers that they name.
fn of_all(words: &[OsString]) -> Result<(Cli, Option<Servers>), clap::Error> {
    let mut matches = matched(words)?;
    let servers = Servers::joined(named(&matches));
    let cli =
        Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut plain()))?;
    let servers = servers.map_err(|error| {
        let message = format!("invalid value for '--server <ADDR>': {error}");
        plain().error(ErrorKind::ValueValidation, message)
    })?;
    Ok((cli, servers))
}

/// The whole tree is built only where a narrow one does not answer, and for the version none.
fn matched(words: &[OsString]) -> Result<ArgMatches, clap::Error> {
    if matches!(words, [_, only] if only == "--version" || only == "-V") {
        return Err(clap::Error::new(ErrorKind::DisplayVersion));
    }
    narrow::matched(top(), server(), words).unwrap_or_else(|| plain().try_get_matches_from(words))
}

/// The servers named before and after the command.
fn named(matches: &ArgMatches) -> impl Iterator<Item = Servers> {
    let after = matches.subcommand().map(|(_, matches)| matches);
    let levels = std::iter::once(matches).chain(after);
    let lists = levels.flat_map(|level| level.get_many::<Servers>(SERVER).unwrap_or_default());
    lists.cloned().collect::<Vec<_>>().into_iter()
}

/// Reads command line and environment. Help, version and usage errors are printed here and end the program.
pub(crate) fn parse() -> Result<(Settings, Command), Exit> {
    let words: Vec<OsString> = env::args_os().collect();
    understood(&words).map_err(|error| {
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
    writeln!(stdout, "mccas {VERSION}")?;
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
    shape::shaped(plain())
}

/// What options and environment mean together; a sentence, if they make no sense.
fn settings(
    global: &Global,
    servers: Option<Servers>,
    command: &Command,
) -> Result<Settings, String> {
    let given = Given {
        servers,
        hash: global.hash,
        discover: global.discover,
        timeout: global.timeout,
    };
    let said = given.with_environment(command.subcommand())?;
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
    Ok(Settings {
        servers: said.servers,
        hash: said.hash,
        discover: global.discover,
        name_servers: said.name_servers,
        timeout: said.timeout,
        access: Arc::new(global.access.to_access(said.by_tls)?),
        output,
        max_value: global.max_value.unwrap_or(Size::DEFAULT),
        max_retries: said.max_retries,
    })
}

fn nonsense(message: String) -> clap::Error {
    tree().error(ErrorKind::ValueValidation, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_tree_is_consistent() {
        tree().debug_assert();
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
            let parsed = |tree: clap::Command| {
                let matches = tree.try_get_matches_from(line.split(' ')).expect(line);
                let cli = Cli::from_arg_matches(&matches).expect(line);
                let servers: Vec<String> = named(&matches).map(|one| format!("{one:?}")).collect();
                format!("{cli:?} {servers:?}")
            };
            assert_eq!(parsed(tree()), parsed(plain()));
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
            let mut error = tree()
                .try_get_matches_from(words)
                .expect_err("a usage error");
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
    fn servers_add_up_wherever_they_are_named() {
        let named = |words: &[&str]| {
            let words = ["mccas"].iter().chain(words);
            let matches = tree().try_get_matches_from(words).unwrap();
            let servers = Servers::joined(named(&matches)).unwrap();
            servers.map_or(0, |servers| servers.len())
        };
        assert_eq!(named(&["gets", "k"]), 0);
        assert_eq!(named(&["-s", "a", "gets", "k"]), 1);
        assert_eq!(named(&["gets", "-s", "a", "k", "-s", "b"]), 2);
        assert_eq!(
            named(&["-s", "a,b", "-s", "c", "gets", "k", "-s", "d e"]),
            5
        );
    }
}
