//! `mccas lock`: a command that runs while a lease is held. The rules are those of `cas::lease`.

mod acquire;
mod clock;
mod hold;
mod myself;
mod renewer;
mod tell;
mod trouble;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::slice;
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::Signal;

use self::acquire::{NotHeld, Way};
use self::hold::{Ended, Hold};
use self::myself::owner;
use self::renewer::Renewer;
use self::tell::{Job, Past};
use self::trouble::Trouble;
use super::child::{Running, Signals, command_of, obey};
use super::{Context, Subcommand, UsageError, args, connect};
use crate::cas::lease::{Bid, Held, Keep, Polling, Slots, Terms};
use crate::cas::{Item, Key, Store};
use crate::exit::Exit;

/// The longest life of a lease: what memcached takes for a time and not for a date.
const LONGEST_TTL: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What the command gets between TERM and KILL unless the TTL is too short for it.
const GRACE: Duration = Duration::from_secs(5);

/// Run a command while holding a lock
///
/// Nobody else can hold it meanwhile.
///
/// The lock is a lease: the key, created with a value that nobody else has, renewed at each third of --ttl, and deleted when
/// the command has ended. If the holder dies, it expires. If the lease is lost (evicted, deleted, overwritten, or not renewed
/// in time as the server is gone or stands still), the command is ended before the TTL is over: SIGTERM, after --grace
/// SIGKILL, exit code 3. Otherwise the exit status of the command is passed on (128+n for signal n, 127 not found, 126 not
/// executable).
///
/// A lock in a cache prevents work from being done twice; it cannot make wrong results impossible. The server forgets it if
/// it is restarted or short of memory, and that is noticed at the next renewal only. What must not be written by two at once
/// is to be guarded where it is written, or by a lock of etcd or a database: see docs/locks.md.
///
/// The command runs in a process group of its own, and signals to mccas are passed on to it. It must not read from the
/// terminal. In its environment are MCCAS_KEY, MCCAS_SERVER, MCCAS_LOCK_KEY (where the lease is), MCCAS_LOCK_OWNER (the value
/// that stands there as long as it is ours), MCCAS_LOCK_TOKEN (the token of its creation: a number of this holder, which does
/// not always grow from one holder to the next) and, with --slots, MCCAS_LOCK_SLOT. With --json the object comes last on
/// stdout, after what the command prints.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "mccas lock [OPTIONS] <KEY> -- <CMD> [ARG]...\n       \
                            mccas lock [OPTIONS] <KEY> --shell <LINE>"
)]
#[command(after_help = "\
Examples:
  mccas lock nightly -- ./report.sh                  if it runs elsewhere already: exit code 3
  mccas lock deploy --wait 10m -v -- ./deploy.sh     wait, and say for whom
  mccas lock import --slots 3 --wait 1h -- ./import  three at a time, no more
  mccas lock cache --ttl 10s --grace 1s --shell 'make cache && touch done'
                                                     a dead holder blocks for 10 s at most

Exit codes: that of the command; 3 held by somebody else or lost, 5 unreachable, 6 unknown whether it was created (the
command did not run), 9 not free within --wait; with --json its own is command_exit; see mccas --help.")]
pub(crate) struct Args {
    /// The key of the lock
    #[arg(value_parser = args::key())]
    key: Key,

    /// The command and its arguments, behind --
    #[arg(last = true, value_name = "CMD", required_unless_present = "shell")]
    #[arg(value_hint = clap::ValueHint::CommandWithArguments)]
    command: Vec<OsString>,

    /// Run this line by sh instead
    #[arg(long, value_name = "LINE", conflicts_with = "command")]
    shell: Option<OsString>,

    /// Wait for the lock as long as this
    #[arg(long, value_name = "DURATION", value_parser = args::duration)]
    wait: Option<Duration>,

    /// How long the lock outlives a holder that died; whole seconds
    #[arg(long, value_name = "DURATION", value_parser = args::initial_ttl, default_value = "30s")]
    ttl: Duration,

    /// Time between SIGTERM and SIGKILL if the lock is lost [default: 5s, less for a --ttl below 19s]
    #[arg(long, value_name = "DURATION", value_parser = args::duration)]
    grace: Option<Duration>,

    /// So many may hold it at once; everybody must say the same number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    slots: Option<u32>,
}

impl Subcommand for Args {
    fn keys(&self) -> &[Key] {
        slice::from_ref(&self.key)
    }

    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        run(self, context)
    }
}

fn run(args: &Args, context: &mut Context) -> anyhow::Result<Exit> {
    let wish = Wish::of(args)?;
    let signals = Signals::listen().context("cannot listen to signals")?;
    let waker = signals.waker().context("cannot listen to signals")?;
    // Before there is a lease that could be lost by its failure.
    let renewer = Renewer::start(waker).context("cannot start a thread")?;
    let ring = connect::ring(context.settings)?;
    let mut store = connect::bounded(context.settings, &ring, wish.terms.patience());
    let (held, signal) = wish.acquire(store.as_mut(), &signals, context);
    match (held, signal) {
        (held, Some(signal)) => wish.interrupted(held, signal, store.as_mut(), context),
        (Err(why), None) => wish.job(None, context).not_held(why, context),
        (Ok(held), None) => {
            renewer.begin(store, wish.keep(&held));
            wish.work(&held, renewer, &signals, context)
        }
    }
}

/// What is wanted, once the arguments are understood.
struct Wish<'a> {
    args: &'a Args,
    terms: Terms,
    grace: Duration,
    slots: Slots,
    owner: Vec<u8>,
    started: Duration,
}

impl<'a> Wish<'a> {
    fn of(args: &'a Args) -> Result<Wish<'a>, UsageError> {
        let (terms, grace) = terms(args)?;
        Ok(Wish {
            args,
            terms,
            grace,
            slots: slots(args)?,
            owner: owner().value(),
            started: clock::now(),
        })
    }

    fn keep(&self, held: &Held) -> Keep {
        Keep {
            key: held.key.clone(),
            value: self.owner.clone(),
            terms: self.terms,
        }
    }

    fn job(&self, held: Option<&Held>, context: &Context) -> Job<'a> {
        let key = held.map_or(&self.slots.keys()[0], |held| &held.key);
        Job {
            key: &self.args.key,
            server: context.server(key),
            slots: self.args.slots,
            ttl: self.terms.ttl(),
            wait: self.args.wait,
            elapsed: clock::now().saturating_sub(self.started),
            signal: None,
        }
    }

    /// Gets a lease under which the command may be started, or the reason why there is none; and the signal that came.
    fn acquire(
        &self,
        store: &mut dyn Store,
        signals: &Signals,
        context: &mut Context,
    ) -> (Result<Held, NotHeld>, Option<Signal>) {
        let job = self.job(None, context);
        let mut told = String::new();
        let mut way = Way {
            store,
            signals,
            polling: self.args.wait.map(|wait| Polling { wait }),
            busy: &mut |items: &[Item]| {
                let taken = job.taken(items);
                if self.args.wait.is_some() && taken != told {
                    context.out.detail(&format!("{taken}; waiting"));
                    told = taken;
                }
            },
            signal: None,
        };
        let mut bid = Bid::new(self.slots.clone(), self.owner.clone(), self.terms);
        let held = way.acquire(&mut bid).and_then(|mut held| {
            let keep = self.keep(&held);
            way.make_certain(&mut held, &keep)
                .map(|()| held)
                .inspect_err(|_| {
                    // If it is ours and cannot be given back, it expires.
                    let _ = keep.release(way.store);
                })
        });
        let signal = way.signal();
        (held, signal)
    }

    /// A signal came before the command was started: nothing is left behind, as far as that can be had, and it is obeyed.
    fn interrupted(
        &self,
        held: Result<Held, NotHeld>,
        signal: Signal,
        store: &mut dyn Store,
        context: &mut Context,
    ) -> anyhow::Result<Exit> {
        match held {
            Ok(held) => {
                // If it cannot be given back, it expires.
                let _ = self.keep(&held).release(store);
            }
            Err(why @ NotHeld::Undecided(_)) => {
                let job = Job {
                    signal: Some(signal),
                    ..self.job(None, context)
                };
                job.not_held(why, context)?;
            }
            Err(_) => {}
        }
        obey(signal);
        Ok(Exit::Failed)
    }

    /// Runs the command under the lease.
    fn work(
        &self,
        held: &Held,
        renewer: Renewer,
        signals: &Signals,
        context: &mut Context,
    ) -> anyhow::Result<Exit> {
        let begun = clock::now();
        let key = &self.args.key;
        let mut command = self.command(held, context);
        let mut keeping = Hold {
            lease: held.lease.clone(),
            renewer,
            signals,
            grace: self.grace,
            troubled: &mut |trouble| {
                let message = format!("{key}: {trouble}");
                match trouble {
                    Trouble::Renewal(_) => context.out.detail(&message),
                    Trouble::Stopped(..) => context.out.trouble(&message),
                }
            },
            stopped: None,
        };
        let ended = Running::start(&mut command).map(|mut running| keeping.watch(&mut running));
        let time = clock::now().saturating_sub(begun);
        let past = Past { held, time };
        if let Ok(Ended::Lost(why, status)) = ended {
            return self
                .job(Some(held), context)
                .lost(&past, &why, status, context);
        }
        let (released, signal) = keeping.release();
        let job = Job {
            signal,
            ..self.job(Some(held), context)
        };
        let exit = match ended {
            Ok(Ended::ByItself(status) | Ended::Lost(_, status)) => {
                job.ended(&past, status, &released, context)
            }
            Err(error) => job.not_started(&past, &error, context),
        };
        if let Some(signal) = signal {
            obey(signal);
        }
        exit
    }

    fn command(&self, held: &Held, context: &Context) -> Command {
        let mut command = command_of(&self.args.command, self.args.shell.as_ref(), &self.args.key);
        command
            .env("MCCAS_SERVER", context.server(&held.key))
            .env("MCCAS_LOCK_OWNER", OsStr::from_bytes(&self.owner));
        let key = Some(held.key.as_bytes()).filter(|key| !key.contains(&0));
        let key = key.map(|key| OsStr::from_bytes(key).to_owned());
        let text = |text: Option<String>| text.map(OsString::from);
        for (name, value) in [
            ("MCCAS_LOCK_KEY", key),
            (
                "MCCAS_LOCK_TOKEN",
                text(held.token.map(|it| it.to_string())),
            ),
            ("MCCAS_LOCK_SLOT", text(held.slot.map(|it| it.to_string()))),
        ] {
            match value {
                Some(value) => command.env(name, value),
                // That of an outer lock is not this one's.
                None => command.env_remove(name),
            };
        }
        command
    }
}

/// How long the lease lives, and what the command gets to end.
fn terms(args: &Args) -> Result<(Terms, Duration), UsageError> {
    if args.ttl > LONGEST_TTL {
        return Err(UsageError::new(
            "a lease lives for 30 days at most: give a shorter --ttl",
        ));
    }
    let ttl = u32::try_from(args.ttl.as_secs()).unwrap_or(u32::MAX);
    let grace = args
        .grace
        .unwrap_or_else(|| GRACE.min(Terms::longest_grace(ttl)));
    let terms = Terms::new(ttl, grace).map_err(|error| {
        let given = if args.grace.is_some() {
            " with this --grace"
        } else {
            ""
        };
        UsageError::new(format!("{error}{given}"))
    })?;
    Ok((terms, grace))
}

fn slots(args: &Args) -> Result<Slots, UsageError> {
    match args.slots {
        None => Ok(Slots::single(args.key.clone())),
        Some(count) => Slots::new(&args.key, count, fastrand::u64(..)).map_err(|error| {
            UsageError::new(format!("the key is too long to have slots: {error}"))
        }),
    }
}
