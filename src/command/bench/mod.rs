//! `mccas bench`: measures this server and this loop.

mod export;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use self::export::Files;
use super::child::signal_name;
use super::{Context, Subcommand, UsageError, args, connect, ending};
use crate::bench::{self, Measurement, Strategy, Trial, TrialError, Until};
use crate::cas::{Condition, Expiry, Key, Store, StoreError, Swap, Want, Written};
use crate::exit::Exit;
use crate::output::measurements;
use crate::output::report::{Measured, Report, Status};
use crate::settings::Settings;

/// So long the private key lives if the program is killed before it deletes it.
const KEY_LIFE: Duration = Duration::from_secs(3600);
/// More threads than this say nothing more about the server.
const MOST_WORKERS: i64 = 1024;

/// Measure increments under contention, on this server
///
/// Workers with a connection each increment one counter as fast as they can; each strategy is tried with each number of
/// workers. guide is the loop of the guide as it stands (read, swap, at once again); doubling waits as most programs do
/// (full jitter, from 2 ms to 100 ms) and is measured only if it is named; cas is incr-cas with its defaults; fallback is
/// incr-cas --fallback incr; incr is the server's own arithmetic.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mccas bench                                          all strategies with 1, 8 and 32 workers
  mccas bench --workers 1,8,32,128 --for 5s --json     one object per row
  mccas bench --strategy cas --workers 8 --increments 10000
  mccas bench --warmup 1s --export-json bench.json --html bench.html

The counter is a private key that is deleted at the end. --key names a real one instead: it is raised by every
increment, thousands of them, and stays so. Nobody else should write it meanwhile.
Exit code 1 if an update was lost (it never should).")]
pub(crate) struct Args {
    /// Count on this key, which must hold a number, instead of a private one: it is raised by thousands and stays so
    #[arg(long, value_name = "KEY", value_parser = args::key())]
    key: Option<Key>,

    /// Numbers of workers
    #[arg(
        long,
        value_name = "N,...",
        value_delimiter = ',',
        default_value = "1,8,32"
    )]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=MOST_WORKERS))]
    workers: Vec<u16>,

    /// How long each measurement takes
    #[arg(long = "for", value_name = "DURATION", value_parser = args::duration, default_value = "1s")]
    time: Duration,

    /// How long the workers run before each measurement, unmeasured
    #[arg(long, value_name = "DURATION", value_parser = args::duration)]
    warmup: Option<Duration>,

    #[command(flatten)]
    files: Files,

    /// How many increments each measurement takes, by all workers together
    #[arg(long, value_name = "N", conflicts_with = "time", value_parser = clap::value_parser!(u64).range(1..))]
    increments: Option<u64>,

    /// Strategies: guide, doubling, cas, fallback, incr
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    #[arg(value_parser = args::one_of(Strategy::ALL, Strategy::name, Strategy::meaning), hide_possible_values = true)]
    #[arg(default_value = "guide,cas,fallback,incr", hide_default_value = true)]
    strategy: Vec<Strategy>,
}

impl Subcommand for Args {
    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        run(self, context.settings, context)
    }
}

fn run(args: &Args, settings: &Settings, context: &mut Context) -> anyhow::Result<Exit> {
    // Before the measurements, which take their time.
    args.files.ensure()?;
    let key = match &args.key {
        Some(key) => {
            context
                .out
                .message(&announcement(args, key, &context.server(key)));
            key.clone()
        }
        None => private_key()?,
    };
    if settings.servers.only().is_none() {
        let server = context.server(&key);
        context
            .out
            .message(&format!("bench measures {server}, which holds its key"));
    }
    if args.key.is_none()
        && let Err(error) = create(context.store.as_mut(), &key)
    {
        let server = context.server(&key);
        return ending::no_answer(context, &server, &error, Report::default());
    }
    if args.key.is_some() {
        return measure(args, &key, settings, context);
    }
    // A signal ends the measurement, and mccas once the key is gone.
    context.under_way.hand_over();
    let outcome = measure(args, &key, settings, context);
    tidy_up(&key, context);
    outcome
}

/// Deletes the private key. After a signal that is said, as nobody waits for it then.
fn tidy_up(key: &Key, context: &mut Context) {
    let deleted = context.store.delete(key);
    if let Some(signal) = context.under_way.signal() {
        let name = signal_name(signal);
        let server = context.server(key);
        let what = match deleted {
            Ok(()) => format!("its key {key} on {server} was deleted"),
            Err(error) => {
                let life = humantime::format_duration(KEY_LIFE);
                format!("its key {key} may still be there, for {life} at most: {error}")
            }
        };
        context.out.message(&format!("{name} came; {what}"));
    }
    context.under_way.over();
}

/// What is about to happen to a key that is not ours.
fn announcement(args: &Args, key: &Key, server: &str) -> String {
    let measurements = args.workers.len() * args.strategy.len();
    let how_often = args.increments.map_or_else(
        || {
            let each = humantime::format_duration(args.time);
            format!("as often as it can in {measurements} measurements of {each}")
        },
        |each| format!("{each} times in each of {measurements} measurements"),
    );
    format!("bench adds 1 to {key} on {server} {how_often}, and leaves it so")
}

/// Makes every measurement and prints each as soon as it is there (JSON) or all as a table.
fn measure(
    args: &Args,
    key: &Key,
    settings: &Settings,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    let ring = connect::ring(settings)?;
    let connect = || connect::store(settings, &ring);
    let until = args
        .increments
        .map_or(Until::Time(args.time), Until::Increments);
    let mut progress = context
        .out
        .progress(args.workers.len() * args.strategy.len());
    let over = Arc::clone(context.under_way.hurry());
    let mut measurements = Vec::new();
    for &workers in &args.workers {
        for &strategy in &args.strategy {
            progress.step(&format!("{} with {workers} workers", strategy.name()));
            let trial = Trial {
                key,
                strategy,
                workers: usize::from(workers),
                until,
                life: args.key.is_none().then_some(KEY_LIFE),
                over: &over,
            };
            let measured = warmed_up(&trial, args.warmup, &connect)
                .and_then(|()| bench::run(&trial, &connect));
            if over.load(Ordering::SeqCst) {
                progress.finish();
                return Ok(Exit::Failed);
            }
            match measured {
                Ok(measurement) if context.out.json() => {
                    context.out.object(&Measured::of(&measurement))?;
                    measurements.push(measurement);
                }
                Ok(measurement) => measurements.push(measurement),
                Err(error) => {
                    progress.finish();
                    return failed(error, key, context);
                }
            }
        }
    }
    progress.finish();
    let server = context.server(key);
    args.files.write(&measurements, &server)?;
    if !context.out.json() {
        let text = measurements::table(&measurements, context.out.paint());
        context.out.bytes(text.as_bytes())?;
    }
    Ok(verdict(&measurements, context))
}

/// Lets the workers run for a while without a measurement.
fn warmed_up(
    trial: &Trial,
    time: Option<Duration>,
    connect: bench::Connect,
) -> Result<(), TrialError> {
    let Some(time) = time else { return Ok(()) };
    let until = Until::Time(time);
    bench::run(&Trial { until, ..*trial }, connect).map(drop)
}

fn verdict(measurements: &[Measurement], context: &mut Context) -> Exit {
    let wrong: Vec<_> = measurements
        .iter()
        .filter(|measurement| measurement.lost_updates != 0)
        .collect();
    for measurement in &wrong {
        let name = measurement.strategy.name();
        context.out.trouble(&format!(
            "{name} with {} workers: the counter differs from the acknowledged increments by {}",
            measurement.workers, measurement.lost_updates
        ));
    }
    if wrong.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    }
}

fn failed(error: TrialError, key: &Key, context: &mut Context) -> anyhow::Result<Exit> {
    let server = context.server(key);
    let (exit, status, message) = match error {
        TrialError::Store(error) => {
            return ending::no_answer(context, &server, &error, Report::default().key(key));
        }
        TrialError::Missing => (
            Exit::Missing,
            Status::Missing,
            format!("{key} is not on {server}; without --key a private one is used"),
        ),
        TrialError::Unsuitable => {
            let reason = "does not hold a number from 0 to 2^63, which every strategy can add to";
            (
                Exit::Unsuitable,
                Status::Unsuitable,
                format!("{key} on {server} {reason}"),
            )
        }
    };
    ending::fail(
        context,
        &server,
        exit,
        Report::of(status).key(key),
        &message,
    )
}

/// A key that nobody else uses.
fn private_key() -> Result<Key, UsageError> {
    let name = format!(
        "mccas-bench-{}-{:016x}",
        std::process::id(),
        fastrand::u64(..)
    );
    Key::new(name).map_err(|error| UsageError::new(error.to_string()))
}

fn create(store: &mut dyn Store, key: &Key) -> Result<(), StoreError> {
    // The read learns what the server can store.
    store.read(key, Want::Meta)?;
    let value = b"0".to_vec();
    let swap = Swap {
        key: key.clone(),
        value,
        flags: 0,
        expiry: Expiry::In(KEY_LIFE.as_secs()),
        condition: Condition::Absent,
        proof: None,
        tell_token: false,
    };
    match store.swap(&swap)? {
        Written::Stored(_) => Ok(()),
        Written::Conflict | Written::Missing => {
            Err(StoreError::Refused(format!("{key} could not be created")))
        }
    }
}
