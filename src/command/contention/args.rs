//! What `mccas contention` is told: its arguments, and what they mean.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{NonEmptyStringValueParser, OsStringValueParser, TypedValueParser};

use crate::command::replaced::ensure_different;
use crate::command::{UsageError, args};
use crate::contention::{By, Pattern, Prefixes, Sort, Tally};

/// What makes no sense of a recording.
const LIVE_ONLY: [&str; 10] = [
    "patterns",
    "time",
    "by",
    "delimiter",
    "depth",
    "reads",
    "max_drop",
    "interval",
    "prometheus",
    "record",
];

/// Show which keys are fought over, and by whom
///
/// Reads the servers' own logs of stores (watch) and counts, per key, client, host or prefix: stores, swaps won, swaps
/// lost to another writer, and swaps whose key was gone. Nothing is written, and no item is read. On a terminal the table is
/// live: q or Ctrl-C leaves it, and the final table is printed. SIGINT and SIGTERM let it finish, too, and then end it.
///
/// The log does not tell of arithmetic in place (incr, decr, ma), touches, deletes and expiry. What the server drops
/// of it is counted, and the report says then that its figures are a lower bound.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mccas contention                              all keys, for 10 seconds
  mccas contention 'user:*' 'cart:*' --for 1m   keys that fit a pattern (quote it from the shell)
  mccas contention --by host --top 5            whose processes lose most
  mccas contention --reads                      which keys are read most, and which are missed by many at once
  mccas contention --json | jq -c 'select(.event == \"report\") | .keys[0]'
  mccas contention --for forever --prometheus /var/lib/node_exporter/mccas.prom > /dev/null
  mccas contention --for 1h --record fight.jsonl     to be looked at later, and again
  mccas contention --replay fight.jsonl --html fight.html
                                                a page of what was recorded, to hand around
  mccas contention --fail-above 0.2 --for 30s   for cron and CI: exit 3 if a key loses more than 20%

LOST% is the share of a key's swaps that lost. A key over 20% wants fewer writers, longer backoff, or memcached's own
arithmetic: see docs/contention.md.")]
pub(crate) struct Args {
    /// Keys to count, or patterns of them (*, ?, [a-z]); default all
    ///
    /// * stands for any bytes, ? for one byte, [a-z] for one of these.
    #[arg(value_name = "KEY", value_parser = pattern())]
    pub(super) patterns: Vec<Pattern>,

    /// How long to look, or forever; Ctrl-C ends it earlier
    #[arg(long = "for", value_name = "DURATION", value_parser = lasting, default_value = "10s")]
    pub(super) time: Lasting,

    /// Show the N hottest rows
    #[arg(long, value_name = "N", value_parser = count(), default_value = "20")]
    pub(super) top: usize,

    /// What a row is: key, client, host or prefix
    #[arg(
        long,
        value_name = "WHAT",
        default_value = "key",
        hide_possible_values = true
    )]
    pub(super) by: What,

    /// What ends a prefix, with --by prefix
    #[arg(long, value_name = "TEXT", hide_short_help = true, default_value = ":", value_parser = NonEmptyStringValueParser::new())]
    pub(super) delimiter: String,

    /// How many delimiters a prefix has, with --by prefix
    #[arg(long, value_name = "N", hide_short_help = true, value_parser = count(), default_value = "1")]
    pub(super) depth: usize,

    /// What comes first: lost, share, stores, changed, reads or misses
    ///
    /// By default swaps lost; with --reads, reads.
    #[arg(long, value_name = "WHAT", hide_possible_values = true)]
    #[arg(value_parser = args::one_of(Sort::ALL, Sort::name, Sort::meaning))]
    pub(super) sort: Option<Sort>,

    /// Watch reads, too: heavy for a busy server
    ///
    /// Hits and misses of each key and who reads it, and miss storms: many clients that miss the same key within a second.
    #[arg(long)]
    pub(super) reads: bool,

    /// Stop --reads where a server drops more of its log: 0 to 1
    #[arg(long, value_name = "RATIO", hide_short_help = true, value_parser = ratio, default_value = "0.1")]
    pub(super) max_drop: f64,

    /// Between two pictures, or objects of --json
    #[arg(long, value_name = "DURATION", value_parser = args::interval, default_value = "1s")]
    pub(super) interval: Duration,

    /// Write the counts to a file for Prometheus each interval
    ///
    /// In the text format that node_exporter's textfile collector takes (*.prom), replaced as a whole. The --top keys of all
    /// have series of their own, the others of a server one together.
    #[arg(long, value_name = "FILE")]
    pub(super) prometheus: Option<PathBuf>,

    /// Write a page about it at the end, to read and to send around
    ///
    /// One HTML file that needs nothing else: what was seen, when, who fights whom, and what to do about it.
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,

    /// Write what is seen to a file, for --replay
    ///
    /// The objects of --json: one for each interval with its 50 hottest rows, and the report at the end.
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(super) record: Option<PathBuf>,

    /// Show or report what --record wrote, and ask no server
    ///
    /// On a terminal as it was, in the same time (q goes to its end); else, or with --no-live, the report at once.
    #[arg(long, value_name = "FILE", hide_short_help = true, conflicts_with_all = LIVE_ONLY)]
    pub(super) replay: Option<PathBuf>,

    /// Print only the final table, also on a terminal
    #[arg(long, hide_short_help = true)]
    pub(super) no_live: bool,

    /// Exit 3 if a key loses more than this share: 0 to 1
    ///
    /// Of its swaps, and only if these are at least 10.
    #[arg(long, value_name = "RATIO", value_parser = ratio)]
    pub(super) fail_above: Option<f64>,
}

/// How long to look; `None` for ever.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lasting(pub(super) Option<Duration>);

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum What {
    /// One row for each key
    Key,
    /// One row for each client: a connection
    Client,
    /// One row for all clients of an address
    Host,
    /// One row for all keys that begin alike (user:*)
    Prefix,
}

impl Args {
    /// No file takes the place of another one, nor of the recording that is read.
    pub(super) fn ensure_files_differ(&self) -> Result<(), UsageError> {
        ensure_different(&[
            ("--replay", &self.replay),
            ("--record", &self.record),
            ("--prometheus", &self.prometheus),
            ("--html", &self.html),
        ])
    }

    /// What comes first, where it matters which rows are read.
    pub(super) fn sort(&self, reads: bool) -> Sort {
        let usual = if reads { Sort::Reads } else { Sort::Lost };
        self.sort.unwrap_or(usual)
    }

    /// What counts the log of one of so many servers.
    pub(super) fn tally(&self, servers: usize) -> Tally {
        let prefixes = Prefixes::new(self.delimiter.as_bytes(), self.depth);
        let tally = Tally::new(self.patterns.clone());
        tally.grouped(prefixes).among(servers)
    }

    /// What a row is.
    pub(super) fn by(&self) -> By {
        match self.by {
            What::Key => By::Key,
            What::Client => By::Client,
            What::Host => By::Host,
            What::Prefix => By::Prefix,
        }
    }
}

fn lasting(text: &str) -> Result<Lasting, String> {
    match text {
        "forever" => Ok(Lasting(None)),
        _ => args::duration(text).map(|time| Lasting(Some(time))),
    }
}

fn pattern() -> impl TypedValueParser<Value = Pattern> {
    OsStringValueParser::new().try_map(|text: OsString| Pattern::new(text.as_bytes()))
}

fn count() -> impl TypedValueParser<Value = usize> {
    clap::value_parser!(u32)
        .range(1..)
        .map(|count| usize::try_from(count).unwrap_or(usize::MAX))
}

fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text
        .parse()
        .ok()
        .filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| "give a share from 0 to 1, such as 0.2".into())
}
