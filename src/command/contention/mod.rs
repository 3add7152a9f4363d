//! `mccas contention`: who fights over which key, from the server's log.

mod export;
mod field;
mod live;
mod observation;
mod signals;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use clap::builder::{NonEmptyStringValueParser, OsStringValueParser, TypedValueParser};

use self::export::Export;
use self::field::Field;
use super::interrupt::Interrupt;
use super::{Context, Subcommand, UsageError, args, connect, ending};
use crate::cas::shown;
use crate::contention::findings::Name;
use crate::contention::{By, Counts, Findings, Pattern, Prefixes, Sort, Tally};
use crate::exit::Exit;
use crate::output::contention::json::Object;
use crate::output::contention::remarks::remarks;
use crate::output::contention::screen;
use crate::output::contention::table::table;
use crate::output::report::Report;
use crate::settings::Settings;

/// How often keys, signals and the size of the terminal are looked at, and the server's log is kept awake.
const BEAT: Duration = Duration::from_millis(100);

/// Show which keys are fought over, and by whom
///
/// Reads the servers' own logs of stores (watch) and counts, per key, client, host or prefix: stores, swaps won, swaps
/// lost to another writer, and swaps whose key was gone. Nothing is written, and no item is read. On a terminal the table is
/// live: q or Ctrl-C leaves it, and the final table is printed.
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
  mccas contention --fail-above 0.2 --for 30s   for cron and CI: exit 3 if a key loses more than 20%

LOST% is the share of a key's swaps that lost. A key over 20% wants fewer writers, longer backoff, or memcached's own
arithmetic: see docs/contention.md.")]
pub(crate) struct Args {
    /// Keys to count, or patterns of them (*, ?, [a-z]); default all
    ///
    /// * stands for any bytes, ? for one byte, [a-z] for one of these.
    #[arg(value_name = "KEY", value_parser = pattern())]
    patterns: Vec<Pattern>,

    /// How long to look, or forever; Ctrl-C ends it earlier
    #[arg(long = "for", value_name = "DURATION", value_parser = lasting, default_value = "10s")]
    time: Lasting,

    /// Show the N hottest rows
    #[arg(long, value_name = "N", value_parser = count(), default_value = "20")]
    top: usize,

    /// What a row is: key, client, host or prefix
    #[arg(
        long,
        value_name = "WHAT",
        default_value = "key",
        hide_possible_values = true
    )]
    by: What,

    /// What ends a prefix, with --by prefix
    #[arg(long, value_name = "TEXT", hide_short_help = true, default_value = ":", value_parser = NonEmptyStringValueParser::new())]
    delimiter: String,

    /// How many delimiters a prefix has, with --by prefix
    #[arg(long, value_name = "N", hide_short_help = true, value_parser = count(), default_value = "1")]
    depth: usize,

    /// What comes first: lost, share, stores, changed, reads or misses
    ///
    /// By default swaps lost; with --reads, reads.
    #[arg(long, value_name = "WHAT", hide_possible_values = true)]
    #[arg(value_parser = args::one_of(Sort::ALL, Sort::name, Sort::meaning))]
    sort: Option<Sort>,

    /// Watch reads, too: heavy for a busy server
    ///
    /// Hits and misses of each key and who reads it, and miss storms: many clients that miss the same key within a second.
    #[arg(long)]
    reads: bool,

    /// Stop --reads where a server drops more of its log: 0 to 1
    #[arg(long, value_name = "RATIO", hide_short_help = true, value_parser = ratio, default_value = "0.1")]
    max_drop: f64,

    /// Between two pictures, or objects of --json
    #[arg(long, value_name = "DURATION", value_parser = args::interval, default_value = "1s")]
    interval: Duration,

    /// Write the counts to a file for Prometheus each interval
    ///
    /// In the text format that node_exporter's textfile collector takes (*.prom), replaced as a whole. The --top keys of all
    /// have series of their own, the others of a server one together.
    #[arg(long, value_name = "FILE")]
    prometheus: Option<PathBuf>,

    /// Print only the final table, also on a terminal
    #[arg(long)]
    no_live: bool,

    /// Exit 3 if a key loses more than this share: 0 to 1
    ///
    /// Of its swaps, and only if these are at least 10.
    #[arg(long, value_name = "RATIO", value_parser = ratio)]
    fail_above: Option<f64>,
}

/// How long to look; `None` for ever.
#[derive(Debug, Clone, Copy)]
struct Lasting(Option<Duration>);

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// One row for each key
    Key,
    /// One row for each client: a connection
    Client,
    /// One row for all clients of an address
    Host,
    /// One row for all keys that begin alike (user:*)
    Prefix,
}

/// One run.
struct Run<'a, 'b> {
    args: &'a Args,
    context: &'a mut Context<'b>,
    field: Field,
    interrupt: Interrupt,
    export: Option<Export>,
    end: Option<Instant>,
}

/// Why a wait ended.
enum Woken {
    /// The time has come.
    Time,
    /// Something ends the run: the user, or the last server.
    End,
}

impl Subcommand for Args {
    fn asks_by_key(&self) -> bool {
        false
    }

    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        run(self, context.settings, context)
    }
}

fn run(args: &Args, settings: &Settings, context: &mut Context) -> anyhow::Result<Exit> {
    if args.sort().needs_reads() && !args.reads {
        return Err(UsageError::new("--sort reads and --sort misses need --reads").into());
    }
    // Before anything that takes time, so that Ctrl-C always ends with a report.
    let interrupt = Interrupt::listen()?;
    let sessions = connect::sessions(settings).collect();
    let field = Field::begin(
        sessions,
        &|servers| args.tally(servers),
        args.reads.then_some(args.max_drop),
    );
    if let ([(server, error)], false) = (field.failures().as_slice(), field.has_begun()) {
        return ending::no_answer(context, server, error, Report::default());
    }
    // In the background the terminal is the shell's.
    let live = context.out.live() && !args.no_live && screen::is_ours();
    let mut run = Run {
        args,
        context,
        end: args.time.0.map(|time| field.started() + time),
        export: args
            .prometheus
            .as_deref()
            .map(|path| Export::new(path, args.top)),
        field,
        interrupt,
    };
    // At once, so that a file that cannot be written is known now.
    run.export()?;
    let watched = if live && run.field.has_begun() {
        run.live()
    } else {
        run.quiet()
    };
    // Whatever ended it, what was seen until then is told.
    let exit = run.finish()?;
    watched.map(|()| exit)
}

impl Args {
    fn sort(&self) -> Sort {
        let usual = if self.reads { Sort::Reads } else { Sort::Lost };
        self.sort.unwrap_or(usual)
    }

    /// What counts the log of one of so many servers.
    fn tally(&self, servers: usize) -> Tally {
        let prefixes = Prefixes::new(self.delimiter.as_bytes(), self.depth);
        let tally = Tally::new(self.patterns.clone());
        tally.grouped(prefixes).among(servers)
    }
}

impl Run<'_, '_> {
    fn by(&self) -> By {
        match self.args.by {
            What::Key => By::Key,
            What::Client => By::Client,
            What::Host => By::Host,
            What::Prefix => By::Prefix,
        }
    }

    /// Waits for the end; with JSON, an object per interval.
    fn quiet(&mut self) -> anyhow::Result<()> {
        let mut next = self.field.started();
        loop {
            next += self.args.interval;
            let woken = self.wait(self.until(next), &mut || false);
            if matches!(woken, Woken::End) || self.is_over() {
                return Ok(());
            }
            let findings = self
                .field
                .interval(self.by())
                .sorted(self.args.sort())
                .cut(self.args.top);
            if self.context.out.json() {
                let object = Object::new(&findings);
                self.context.out.object(&object)?;
            }
            self.export()?;
        }
    }

    /// Then, or at the end if that comes before.
    fn until(&self, next: Instant) -> Instant {
        self.end.map_or(next, |end| next.min(end))
    }

    fn is_over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }

    /// Writes the file for Prometheus, if one is wanted.
    fn export(&mut self) -> anyhow::Result<()> {
        match &mut self.export {
            Some(export) => export.write(&self.field.whole(By::Key)),
            None => Ok(()),
        }
    }

    /// Waits, ready to wake up earlier if the user, the server or `disturbed` says so.
    fn wait(&mut self, until: Instant, disturbed: &mut dyn FnMut() -> bool) -> Woken {
        loop {
            if self.interrupt.asked() || !self.field.goes_on() {
                return Woken::End;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || disturbed() {
                return Woken::Time;
            }
            thread::sleep(left.min(BEAT));
            self.field.keep_awake();
        }
    }

    fn finish(mut self) -> anyhow::Result<Exit> {
        self.field.stop();
        let findings = self
            .field
            .whole(self.by())
            .sorted(self.args.sort())
            .cut(self.args.top);
        let judged = self.args.fail_above.and_then(|ratio| {
            let findings = self.field.whole(By::Key);
            let row = findings.above(ratio)?;
            Some(verdict(&row.name, row.counts, ratio))
        });
        print(&findings, self.field.has_begun(), self.context)?;
        let mut exit = Exit::Done;
        for (_, error) in self.field.failures() {
            exit = exit.worse(Exit::of(&error));
            let text = error.to_string();
            self.context.out.outcome(Exit::of(&error), &text);
        }
        if let Some(verdict) = judged {
            self.context.out.message(&verdict);
            exit = exit.worse(Exit::Conflict);
        }
        self.export()?;
        Ok(exit)
    }
}

/// Prints the final findings: as text only if there was a log to find anything in.
fn print(findings: &Findings, begun: bool, context: &mut Context) -> anyhow::Result<()> {
    if context.out.json() {
        return context.out.object(&Object::new(findings));
    }
    if !begun {
        return Ok(());
    }
    let paint = context.out.paint();
    let width = screen::size().filter(|_| context.out.terminal());
    let table = table(findings, width.map(|(width, _)| width), false, paint);
    if !findings.rows.is_empty() {
        for line in &table.lines {
            context.out.line(line)?;
        }
        context.out.line("")?;
    }
    if !table.hidden.is_empty() {
        let hidden = table.hidden.join(", ").to_lowercase();
        context
            .out
            .line(&paint.label(&format!("no room for: {hidden}")))?;
    }
    for line in remarks(findings, paint) {
        context.out.line(&line)?;
    }
    Ok(())
}

/// The sentence of a check that failed.
fn verdict(name: &Name, counts: Counts, ratio: f64) -> String {
    let key = match name {
        Name::Key(key) => shown::quoted(key),
        Name::Client(_) | Name::Host(_) | Name::Prefix(_) => String::new(),
    };
    let share = |ratio: f64| format!("{:.1}%", ratio * 100.0);
    format!(
        "{key} lost {} of {} swaps, that is {} and above the {} allowed",
        counts.lost,
        counts.swaps(),
        share(counts.lost_ratio().unwrap_or(0.0)),
        share(ratio)
    )
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
