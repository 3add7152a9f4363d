//! `mccas incr-cas`: the read-increment-swap loop.

use std::time::Duration;

use super::args::{self, Flags};
use super::ending::Ending;
use super::pace::Pace;
use super::{Context, UsageError};
use crate::cas::counter::Bounds;
use crate::cas::update::{Pacer, Plan, Refusal, Stopped, Tally, Updated, Why, update};
use crate::cas::{Counter, ExpiryRule, Freshness, Item, Key, RetryPolicy, Want};
use crate::cli::{self, Settings};
use crate::exit::Exit;
use crate::output::report::{Method, Number, Report, Status};
use crate::output::text::quoted;

/// From so many lost attempts on, the user is told what else there is.
const MANY_CONFLICTS: u32 = 16;

/// Add to a counter by compare-and-swap, retrying until it lands
///
/// Reads the value, adds, and swaps only if nobody wrote in between; after a lost swap it waits a random, growing time,
/// reads again and tries again. Flags and the moment of expiry stay. Prints the new value.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  n=$(mccas incr-cas my_key)                  add 1
  mccas incr-cas my_key --by -5 --min 0       take 5, but never below 0 (exit 8)
  mccas incr-cas hits --initial 0             a missing key counts as 0
  mccas incr-cas my_key --json                before, after, token, attempts, conflicts
  mccas incr-cas my_key --max-retries 0       one attempt: exit 3 if it loses

Exit codes: 0 added, 3 retries or deadline used up, 4 no such key, 6 unknown, 8 no integer; see mccas --help.")]
pub(crate) struct Args {
    /// The key of the counter
    #[arg(value_parser = args::key())]
    key: Key,

    /// What to add; may be negative
    #[arg(long, value_name = "N", value_parser = args::counter, default_value = "1", allow_negative_numbers = true)]
    by: Counter,

    /// Attempts after the first one; 0 = one attempt [env: MCCAS_MAX_RETRIES] [default: 1000]
    #[arg(long, value_name = "N")]
    max_retries: Option<u32>,

    /// Bound on the whole loop
    #[arg(long, value_name = "DURATION", value_parser = cli::duration, default_value = "10s")]
    deadline: Duration,

    /// A missing key counts as N; without it a missing key is exit 4
    #[arg(long, value_name = "N", value_parser = args::counter, allow_negative_numbers = true)]
    initial: Option<Counter>,

    /// Refuse to go below N
    #[arg(long, value_name = "N", value_parser = args::counter, allow_negative_numbers = true)]
    min: Option<Counter>,

    /// Refuse to go above N
    #[arg(long, value_name = "N", value_parser = args::counter, allow_negative_numbers = true)]
    max: Option<Counter>,

    /// What to do when the retries or the deadline are used up: fail, or finish with the server's own arithmetic
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

    /// Let each swap carry its own token as proof, so that a lost answer can be resolved
    ///
    /// Needs memcached 1.6.27 or newer (exit 7 otherwise, before anything is written). Off by default, as it changes the
    /// tokens that other users of the key see: they lie between 2^62 and 2^63 then.
    #[arg(long)]
    exactly_once: bool,

    /// The expiry: keep, never, or a duration like 60s or 2h
    #[arg(long, value_parser = args::ttl, value_name = "keep|never|DURATION", default_value = "keep")]
    ttl: ExpiryRule,

    /// The client flags: keep, or a number
    #[arg(long, value_parser = args::flags, value_name = "keep|N", default_value = "keep")]
    flags: Flags,
}

/// What follows when the retries are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Fallback {
    /// Give up.
    Fail,
    /// The server's own atomic arithmetic.
    Incr,
}

/// The retry policy of counters; the figures behind it are in docs/benchmarks.md.
pub(crate) const POLICY: RetryPolicy = RetryPolicy {
    max_retries: 1000,
    base: Duration::from_micros(500),
    cap: Duration::from_millis(50),
    deadline: Duration::from_secs(10),
};

pub(crate) fn run(args: &Args, settings: &Settings, context: &mut Context) -> anyhow::Result<Exit> {
    let key = &args.key;
    let bounds = Bounds {
        min: args.min,
        max: args.max,
    };
    check(args)?;
    let max_retries = args
        .max_retries
        .or(settings.max_retries)
        .unwrap_or(POLICY.max_retries);
    let plan = Plan {
        key: key.clone(),
        expiry: args.ttl,
        flags: args.flags.0,
        want: Want::Value,
        policy: RetryPolicy {
            max_retries,
            deadline: args.deadline,
            ..POLICY
        },
        exactly_once: args.exactly_once,
    };
    let mut compute = |item: Option<&Item>| next(item, args, bounds);
    let mut pace = Pace::start(key, context.out);
    let outcome = update(context.store, &plan, &mut pace, &mut compute);
    let elapsed = pace.elapsed();
    match outcome {
        Ok(updated) => done(key, args, &updated, elapsed, context),
        Err(stopped) if args.fallback == Fallback::Incr && can_fall_back(&stopped) => {
            fall_back(args, &stopped, elapsed, context)
        }
        Err(stopped) => {
            let if_missing = "; --initial N would create it";
            Ending {
                key,
                elapsed,
                if_missing,
                counter: true,
                once: false,
            }
            .report(&stopped, context)
        }
    }
}

/// What clap cannot check.
fn check(args: &Args) -> Result<(), UsageError> {
    if let (Some(min), Some(max)) = (args.min, args.max)
        && min > max
    {
        return Err(UsageError::new(format!("--min {min} is above --max {max}")));
    }
    if args.fallback == Fallback::Fail {
        return Ok(());
    }
    let kept = args.ttl == ExpiryRule::Keep && args.flags == Flags(None);
    if args.min.is_some() || args.max.is_some() || args.exactly_once || !kept {
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

/// Whether the server's own arithmetic may finish what the loop could not: nothing is in doubt and nothing can wrap.
fn can_fall_back(stopped: &Stopped) -> bool {
    let next = stopped.after.as_deref().map(Counter::parse);
    matches!(stopped.why, Why::OutOfRetries | Why::OutOfTime)
        && matches!(next, Some(Ok(next)) if next.is_far_from_wrapping())
}

/// Adds with the server's own arithmetic.
fn fall_back(
    args: &Args,
    stopped: &Stopped,
    elapsed: Duration,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    let key = &args.key;
    let by = args.by.as_u64().unwrap_or_default();
    let tally = stopped.tally;
    context.out.detail(&format!(
        "{key}: {} swaps lost; the server adds {by} by itself",
        tally.conflicts
    ));
    let added = match context.store.add(key, by) {
        Ok(Some(added)) => added,
        other => {
            let why = other.map_or_else(Why::Store, |_| Why::Missing);
            let stopped = Stopped {
                why,
                ..stopped.clone()
            };
            return Ending {
                key,
                elapsed,
                if_missing: "",
                counter: true,
                once: false,
            }
            .report(&stopped, context);
        }
    };
    let (after, token) = added;
    let item = stopped.item.as_ref();
    if context.out.json() {
        let report = Report {
            server: Some(context.server.clone()),
            before: after.minus(args.by).map(Number),
            after: Some(Number(after)),
            flags: item.map(|item| item.flags),
            attempts: Some(tally.attempts),
            conflicts: Some(tally.conflicts),
            method: Some(Method::Incr),
            ..Report::of(Status::Stored)
                .key(key)
                .token(token)
                .elapsed(elapsed)
        };
        context.out.object(&report)?;
    } else {
        context.out.line(&after.to_string())?;
    }
    hint(key, tally, context);
    Ok(Exit::Done)
}

/// The value that follows the one read.
fn next(item: Option<&Item>, args: &Args, bounds: Bounds) -> Result<Vec<u8>, Refusal> {
    let before = match item {
        Some(item) => current(item)?,
        None => args.initial.ok_or(Refusal::Missing)?,
    };
    let after = before.add(args.by, bounds);
    let after =
        after.map_err(|error| Refusal::Unsuitable(format!("{before} + {} {error}", args.by)))?;
    Ok(after.to_string().into_bytes())
}

/// The counter that an item holds.
fn current(item: &Item) -> Result<Counter, Refusal> {
    match item.freshness {
        Freshness::Stale { .. } => {
            Err(Refusal::Unsuitable("the value is stale (invalidated, waiting to be renewed); adding to it would present it as fresh".into()))
        }
        Freshness::Placeholder { .. } => {
            Err(Refusal::Unsuitable("the item is an empty lease placeholder that another client is about to fill".into()))
        }
        Freshness::Fresh | Freshness::Recache { .. } => Counter::parse(&item.value)
            .map_err(|error| Refusal::Unsuitable(format!("the value {} is {error}", quoted(&item.value)))),
    }
}

fn done(
    key: &Key,
    args: &Args,
    updated: &Updated,
    elapsed: Duration,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    let before = updated.before.as_ref();
    let number = |value: &[u8]| Counter::parse(value).ok();
    let after = number(&updated.after);
    if context.out.json() {
        let report = Report {
            server: Some(context.server.clone()),
            before: before
                .map_or(args.initial, |item| number(&item.value))
                .map(Number),
            after: after.map(Number),
            flags: Some(updated.flags),
            attempts: Some(updated.tally.attempts),
            conflicts: Some(updated.tally.conflicts),
            method: Some(if before.is_some() {
                Method::Cas
            } else {
                Method::Add
            }),
            ..Report::of(Status::Stored).key(key)
        };
        let report = report
            .token(updated.token)
            .token_before(before.map(|item| item.token))
            .ttl(updated.ttl);
        context.out.object(&report.elapsed(elapsed))?;
    } else if let Some(after) = after {
        context.out.line(&after.to_string())?;
    }
    hint(key, updated.tally, context);
    Ok(Exit::Done)
}

/// After many lost attempts: compare-and-swap is not the tool for a key that everybody writes.
fn hint(key: &Key, tally: Tally, context: &mut Context) {
    if tally.conflicts >= MANY_CONFLICTS {
        context.out.message(&format!(
            "hint: {key} is contended: {} of {} swaps lost to other writers; fewer writers, a key per writer, \
             or memcached's own incr (--fallback incr) would do better",
            tally.conflicts, tally.attempts
        ));
    }
}
