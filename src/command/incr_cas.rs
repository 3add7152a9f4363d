//! `mccas incr-cas`: the read-increment-swap loop.

use std::time::Duration;

use anyhow::Context as _;

use super::args;
use super::ending::{Ending, IfLost};
use super::many::{KeysFrom, Source};
use super::pacer::TellingPacer;
use super::write_args::{WriteArgs, max_retries};
use super::{Context, Subcommand, UsageError};
use crate::cas::counter::Bounds;
use crate::cas::increment::{Increment, Incremented, increment, increment_each};
use crate::cas::pacer::Pacer;
use crate::cas::update::{Plan, Stopped, Tally};
use crate::cas::{Counter, ExpiryRule, Key, Method, RetryPolicy};
use crate::exit::Exit;
use crate::output::report::{Number, Report, Status};

/// From so many lost attempts on, the user is told what else there is.
const MANY_CONFLICTS: u32 = 16;

/// Add to a counter by compare-and-swap, retrying until it lands
///
/// Reads the value, adds, and swaps only if nobody wrote in between; after a lost swap it reads again and tries
/// again, at once and then after random waits, the longer the slower its attempts are in the crowd. Flags and the moment
/// of expiry stay. Prints the new value.
///
/// memcached's own incr and decr know no negative numbers and refuse a counter that is below zero: where others use them,
/// give --min 0. A step below zero is noted on stderr.
#[derive(Debug, clap::Args)]
#[command(alias = "incr")]
#[command(after_help = "\
Examples:
  n=$(mccas incr-cas my_key)                  add 1
  mccas incr-cas my_key --by -5 --min 0       take 5, but never below 0 (exit 8)
  mccas incr-cas hits --initial 0             a missing key counts as 0
  mccas incr-cas hits:17 --initial 0 --initial-ttl 1m --max 100
                                              a rate limit: 100 a minute (exit 8: used up)
  mccas incr-cas my_key --json                before, after, token, attempts, conflicts
  mccas incr-cas my_key --max-retries 0       one attempt: exit 3 if it loses
  mccas incr-cas --keys-from keys.txt         any number of counters, many at a time

Exit codes: 0 added, 3 retries or deadline used up, 4 no such key, 6 unknown, 8 no integer; see mccas --help.")]
pub(crate) struct Args {
    /// The keys of the counters; with several, each line has the new value and then the key
    #[arg(required_unless_present = "keys_from", conflicts_with = "keys_from")]
    #[arg(value_name = "KEY", value_parser = args::key())]
    keys: Vec<Key>,

    #[command(flatten)]
    list: KeysFrom,

    /// What to add; may be negative
    #[arg(long, value_name = "N", value_parser = args::counter, default_value = "1", allow_negative_numbers = true)]
    by: Counter,

    /// Attempts after the first one; 0 = one attempt [env: MCCAS_MAX_RETRIES] [default: 1000, or 1 with --fallback incr]
    #[arg(long, value_name = "N")]
    max_retries: Option<u32>,

    /// Bound on the whole loop, of each key by itself
    #[arg(long, value_name = "DURATION", value_parser = args::duration, default_value = "10s")]
    deadline: Duration,

    /// A missing key counts as N; without it a missing key is exit 4
    #[arg(long, value_name = "N", value_parser = args::counter, allow_negative_numbers = true)]
    initial: Option<Counter>,

    /// The expiry of a key that this creates, kept ever after; a key that is there keeps its own
    #[arg(long, value_name = "DURATION", value_parser = args::initial_ttl, requires = "initial")]
    initial_ttl: Option<Duration>,

    /// Refuse to go below N
    #[arg(long, value_name = "N", value_parser = args::counter, allow_negative_numbers = true)]
    min: Option<Counter>,

    /// Refuse to go above N
    #[arg(long, value_name = "N", value_parser = args::counter, allow_negative_numbers = true)]
    max: Option<Counter>,

    /// If the swaps keep losing: fail, or add by the server
    ///
    /// What to do when the retries or the deadline are used up: fail, or finish with the server's own arithmetic.
    ///
    /// incr: the server adds by itself, which cannot lose to other writers; it keeps flags and expiry. Its answer, if lost,
    /// cannot be resolved (exit 6). Not with bounds, a negative --by, --ttl, --flags or --exactly-once.
    #[arg(
        long,
        value_enum,
        value_name = "fail|incr",
        default_value = "fail",
        hide_possible_values = true
    )]
    fallback: Fallback,

    #[command(flatten)]
    write: WriteArgs,
}

/// What follows when the retries are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Fallback {
    /// Give up.
    Fail,
    /// The server's own atomic arithmetic.
    Incr,
}

impl Args {
    /// As they are when only keys are given.
    pub(super) fn of_keys(keys: Vec<Key>) -> Args {
        Args {
            keys,
            list: KeysFrom::default(),
            by: Counter::from(1),
            max_retries: None,
            deadline: RetryPolicy::COUNTER.deadline,
            initial: None,
            initial_ttl: None,
            min: None,
            max: None,
            fallback: Fallback::Fail,
            write: WriteArgs::default(),
        }
    }
}

impl Subcommand for Args {
    fn keys(&self) -> &[Key] {
        &self.keys
    }

    fn bound(&self) -> Option<Duration> {
        Some(self.deadline)
    }

    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        run(self, context)
    }
}

fn run(args: &Args, context: &mut Context) -> anyhow::Result<Exit> {
    check(args)?;
    let list = match args.list.open(context)? {
        Ok(list) => list,
        Err(exit) => return Ok(exit),
    };
    let ([key], None) = (args.keys.as_slice(), &list) else {
        let source = list.map_or(Source::Given(&args.keys), Source::List);
        return add_to_each(source, args, context);
    };
    let plan = plan(key, args, context)?;
    let mut pacer = TellingPacer::start(key, context.out);
    let outcome = increment(context.store.as_mut(), &plan, &what(args), &mut pacer);
    let elapsed = pacer.elapsed();
    context.under_way.over();
    tell(key, outcome, elapsed, false, context)
}

/// Adds to several counters, many at a time.
fn add_to_each(source: Source, args: &Args, context: &mut Context) -> anyhow::Result<Exit> {
    let what = what(args);
    source.write_each(
        "incremented",
        context,
        |keys, context| {
            let template = plan(&keys[0], args, context)?;
            let mut pacer = TellingPacer::start(&keys[0], context.out);
            let store = context.store.as_mut();
            let outcomes = increment_each(store, &template, keys, &what, &mut pacer);
            Ok((outcomes, pacer.elapsed()))
        },
        |key, outcome, elapsed, context| tell(key, outcome, elapsed, true, context),
    )
}

/// Tells what became of a counter, and with its name if there are `others`.
fn tell(
    key: &Key,
    outcome: Result<Incremented, Box<Stopped>>,
    elapsed: Duration,
    others: bool,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    match outcome {
        Ok(done) => {
            let landed = format!(
                "{key} on {} was incremented to {}",
                context.server(key),
                done.after
            );
            print(key, &done, elapsed, others, context).context(landed)?;
            hint(key, done.tally, context);
            note_if_below_zero(key, &done, context);
            Ok(Exit::Done)
        }
        Err(stopped) => not_added(key, others, elapsed).report(*stopped, context),
    }
}

fn not_added(key: &Key, others: bool, elapsed: Duration) -> Ending<'_> {
    Ending {
        key,
        others,
        elapsed,
        if_missing: "; --initial N would create it",
        if_conflict: "was written by somebody else",
        if_lost: IfLost::Exhausted {
            instead: ", or use --fallback incr",
        },
        counter: true,
        peer: None,
    }
}

/// What to read and write, and how often.
fn plan(key: &Key, args: &Args, context: &Context) -> Result<Plan, UsageError> {
    let default = match args.fallback {
        Fallback::Fail => RetryPolicy::COUNTER,
        Fallback::Incr => RetryPolicy::BEFORE_FALLBACK,
    };
    let policy = RetryPolicy {
        max_retries: max_retries(args.max_retries, context, default.max_retries)?,
        deadline: args.deadline,
        ..default
    };
    let plan = args.write.plan(key);
    Ok(Plan {
        expiry: args
            .initial_ttl
            .map_or(plan.expiry, ExpiryRule::KeepOrCreate),
        policy,
        tell_token: context.out.json(),
        ..plan
    })
}

/// What to add, and within which limits.
fn what(args: &Args) -> Increment {
    Increment {
        by: args.by,
        initial: args.initial,
        bounds: Bounds {
            min: args.min,
            max: args.max,
        },
        fallback: args.fallback == Fallback::Incr,
    }
}

/// What clap cannot check.
fn check(args: &Args) -> Result<(), UsageError> {
    let mut others = args.keys.iter().skip(1);
    if let Some(number) = others.find_map(|key| Counter::parse(key.as_bytes()).ok()) {
        return Err(UsageError::new(format!(
            "{number} would be another key to add to: how much to add goes by --by: mccas incr-cas KEY --by {number} \
             (a key that is a number goes first, or in a list: --keys-from)"
        )));
    }
    if let (Some(min), Some(max)) = (args.min, args.max)
        && min > max
    {
        return Err(UsageError::new(format!("--min {min} is above --max {max}")));
    }
    if args.initial_ttl.is_some() && !args.write.keeps_expiry() {
        return Err(UsageError::new(
            "--ttl sets the expiry at every write and --initial-ttl only at the creation: give one of them",
        ));
    }
    if args.fallback == Fallback::Fail {
        return Ok(());
    }
    if args.min.is_some() || args.max.is_some() || !args.write.is_default() {
        return Err(UsageError::new(
            "--fallback incr goes without --min, --max, --ttl, --flags and --exactly-once, which the server's arithmetic does not know",
        ));
    }
    if args.by.as_u64().is_none() {
        return Err(UsageError::new(
            "--fallback incr goes without a negative --by: the server's arithmetic stops at 0 without saying so",
        ));
    }
    Ok(())
}

/// Prints an increment that happened.
fn print(
    key: &Key,
    done: &Incremented,
    elapsed: Duration,
    others: bool,
    context: &mut Context,
) -> anyhow::Result<()> {
    if !context.out.json() {
        let after = done.after;
        return context.out.line(&if others {
            format!("{after}  {key}")
        } else {
            after.to_string()
        });
    }
    let report = Report {
        server: Some(context.server(key)),
        before: done.before.map(Number),
        after: Some(Number(done.after)),
        flags: done.kept.map(|(_, flags)| flags),
        attempts: Some(done.tally.attempts),
        conflicts: Some(done.tally.conflicts),
        method: Some(done.method.word()),
        ..Report::of(Status::Stored).key(key)
    };
    let report = report
        .token(done.token)
        .token_before(done.token_before)
        .elapsed(elapsed);
    context.out.object(&match done.kept {
        Some((ttl, _)) => report.ttl(ttl),
        None => report,
    })
}

/// Other clients cannot work with a counter that this step took below zero.
fn note_if_below_zero(key: &Key, done: &Incremented, context: &mut Context) {
    let was_there = done.before.filter(|_| done.method != Method::Add);
    if done.after.is_negative() && !was_there.is_some_and(Counter::is_negative) {
        context.out.message(&format!(
            "note: {key} is below zero now: memcached's own incr and decr refuse it from here on; --min 0 stops there"
        ));
    }
}

/// After many lost attempts: compare-and-swap is the wrong tool for a key that everybody writes.
fn hint(key: &Key, tally: Tally, context: &mut Context) {
    if tally.conflicts >= MANY_CONFLICTS {
        context.out.message(&format!(
            "hint: {key} is contended: {} of {} swaps lost to other writers; fewer writers, a key per writer, \
             or memcached's own incr (--fallback incr) would do better",
            tally.conflicts, tally.attempts
        ));
    }
}
