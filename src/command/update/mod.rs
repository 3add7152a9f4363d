//! `mccas update`: the read-compute-swap loop around a command of the user's.

mod program;
mod tell;

use std::ffi::OsString;
use std::path::PathBuf;
use std::slice;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use self::program::{Declined, Program};
use self::tell::{Run, declined, not_updated, stored};
use super::child::Signals;
use super::input::Input;
use super::pacer::TellingPacer;
use super::write_args::{WriteArgs, max_retries};
use super::{Context, Subcommand, UsageError, args};
use crate::cas::pacer::Pacer;
use crate::cas::update::{Computed, Plan, Refusal, Why, update};
use crate::cas::{ExpiryRule, Freshness, Item, Key, RetryPolicy};
use crate::exit::Exit;

/// Edit a value through a command, from its stdin to its stdout
///
/// The command gets the old value on its stdin, and what it prints is the new one.
///
/// The output is stored only if nobody wrote meanwhile. Otherwise the command runs again, on the value that is there then:
/// it must not do anything else that must not be done twice. Flags and the moment of expiry stay. Prints nothing.
///
/// A command that fails ends it: nothing is written, and its exit status is passed on (128+n for signal n, 127 not found,
/// 126 not executable). An unchanged value is not written.
///
/// The command runs in a process group of its own, which the --deadline ends (SIGTERM, after a second SIGKILL). A signal to
/// mccas is passed on to it and ends mccas then, with nothing written. In its environment are MCCAS_KEY, MCCAS_TOKEN (empty
/// for a key that is to be created), MCCAS_FLAGS, MCCAS_ATTEMPT (1 for the first) and MCCAS_SERVER.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "mccas update [OPTIONS] <KEY> -- <CMD> [ARG]...\n       \
                            mccas update [OPTIONS] <KEY> --shell <LINE>"
)]
#[command(after_help = "\
Examples:
  mccas update config -- jq -c '.limit = 5'
  mccas update config --shell 'jq -c \".n += 1\"'     a line for sh
  mccas update names --initial '' --shell 'cat; echo ann'
                                                     add a line; a missing key counts as empty
  mccas update text --chomp -- tr a-z A-Z            no newline at the end
  mccas update config --shell 'jq -c \".n += 1\" || exit 64'
                                                     exit 64 is the command's, 1 to 9 are mccas's

Exit codes: 0 stored or unchanged, 3 retries or deadline used up, 4 no such key, 6 unknown, 8 too large, and the
command's own if it failed; with --json its \"status\" is then command_failed; see mccas --help.")]
pub(crate) struct Args {
    /// The key to update
    #[arg(value_parser = args::key())]
    key: Key,

    /// The command and its arguments, behind --
    #[arg(last = true, value_name = "CMD", required_unless_present = "shell")]
    #[arg(value_hint = clap::ValueHint::CommandWithArguments)]
    command: Vec<OsString>,

    /// Run this line by sh instead
    #[arg(long, value_name = "LINE", conflicts_with = "command")]
    shell: Option<OsString>,

    /// A missing key counts as VALUE; without it a missing key is exit 4
    #[arg(
        long,
        value_name = "VALUE",
        allow_hyphen_values = true,
        conflicts_with = "initial_file"
    )]
    initial: Option<OsString>,

    /// The same from a file
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    initial_file: Option<PathBuf>,

    /// The expiry of a key that this creates, kept ever after; a key that is there keeps its own
    #[arg(long, value_name = "DURATION", value_parser = args::initial_ttl)]
    initial_ttl: Option<Duration>,

    /// Write also what did not change: it gets a new token, and what --ttl and --flags say
    #[arg(long)]
    always: bool,

    /// Drop one newline at the end of the output
    #[arg(long)]
    chomp: bool,

    /// Attempts after the first one; 0 = one attempt [env: MCCAS_MAX_RETRIES] [default: 1000]
    #[arg(long, value_name = "N")]
    max_retries: Option<u32>,

    /// Bound on everything together, the command included
    #[arg(long, value_name = "DURATION", value_parser = args::duration, default_value = "10s")]
    deadline: Duration,

    #[command(flatten)]
    write: WriteArgs,
}

impl Subcommand for Args {
    fn keys(&self) -> &[Key] {
        slice::from_ref(&self.key)
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
    let key = &args.key;
    let initial = match initial(args, context) {
        Ok(initial) => initial,
        Err(no_value) => return no_value.report(key, context),
    };
    let plan = plan(args, context)?;
    let server = context.server(key);
    let under_way = context.under_way.clone();
    let signals = Signals::listen_unless(under_way.idle()).context("cannot listen to signals")?;
    let program = Program {
        words: &args.command,
        line: args.shell.as_ref(),
        key,
        server: &server,
        deadline: Instant::now().checked_add(args.deadline),
        max_output: usize::try_from(context.settings.max_value.bytes()).unwrap_or(usize::MAX),
        signals: &signals,
        under_way: &under_way,
    };
    let mut edit = Edit {
        args,
        initial: initial.as_deref(),
        expiry: plan.expiry,
        program,
        attempt: 0,
        declined: None,
    };
    let mut pacer = TellingPacer::start(key, context.out);
    let outcome = update(context.store.as_mut(), &plan, &mut pacer, &mut |item| {
        edit.compute(item)
    });
    context.under_way.over();
    let run = Run {
        key,
        elapsed: pacer.elapsed(),
        runs: edit.attempt,
        signal: context.under_way.signal(),
    };
    match (outcome, edit.declined) {
        (Ok(updated), _) => {
            let landed = format!("{key} on {server} was stored");
            stored(&run, &updated, context).context(landed)
        }
        (Err(stopped), Some(reason)) if stopped.why == Why::Declined => {
            declined(&run, &reason, &stopped, context)
        }
        (Err(stopped), _) => not_updated(&run, *stopped, context),
    }
}

/// The computation of each attempt.
struct Edit<'a> {
    args: &'a Args,
    initial: Option<&'a [u8]>,
    expiry: ExpiryRule,
    program: Program<'a>,
    attempt: u32,
    /// Why the last attempt wanted nothing written, if it did not.
    declined: Option<Declined>,
}

impl Edit<'_> {
    fn compute(&mut self, item: Option<&Item>) -> Result<Computed<usize>, Refusal> {
        let before = match item {
            Some(item) => current(item)?,
            None => self.initial.ok_or(Refusal::Missing)?,
        };
        self.ensure_kept(item)?;
        self.attempt += 1;
        let mut value = match self.program.run(before, item, self.attempt) {
            Ok(value) => value,
            Err(failure) => return self.decline(Declined::Failed(failure)),
        };
        if self.args.chomp && value.last() == Some(&b'\n') {
            value.pop();
        }
        // A key that is not there yet is created in any case.
        if item.is_some() && value == before && !self.args.always {
            return self.decline(Declined::Unchanged);
        }
        let with = value.len();
        Ok(Computed { value, with })
    }

    /// A write that is sure to follow must be possible before the command runs in vain. An unchanged value needs none, so that
    /// without --always only the output tells.
    fn ensure_kept(&self, item: Option<&Item>) -> Result<(), Refusal> {
        match self.expiry.apply(item, None) {
            Err(error) if error.is_unkept() && self.args.always => Err(Refusal::Expiry(error)),
            _ => Ok(()),
        }
    }

    fn decline<T>(&mut self, reason: Declined) -> Result<T, Refusal> {
        self.declined = Some(reason);
        Err(Refusal::Declined)
    }
}

/// The value that an item holds, if it is one.
pub(super) fn current(item: &Item) -> Result<&[u8], Refusal> {
    match item.freshness {
        Freshness::Stale { .. } => Err(Refusal::Unsuitable(
            "the value is stale (invalidated, waiting to be renewed); an edit of it would present it as fresh"
                .into(),
        )),
        Freshness::Placeholder { .. } => Err(Refusal::Unsuitable(
            "the item is an empty lease placeholder that another client is about to fill".into(),
        )),
        Freshness::Fresh | Freshness::Recache { .. } => Ok(&item.value),
    }
}

/// What a missing key counts as.
fn initial(args: &Args, context: &Context) -> Result<Option<Vec<u8>>, super::input::NoValue> {
    let (max, patience) = (context.settings.max_value, context.settings.timeout);
    if let Some(value) = &args.initial {
        return Ok(Some(args::bytes(value)));
    }
    let Some(file) = &args.initial_file else {
        return Ok(None);
    };
    let input = Input {
        value: None,
        file: Some(file),
        chomp: false,
    };
    input.read(max, patience).map(Some)
}

/// What to read and write, and how often.
fn plan(args: &Args, context: &Context) -> Result<Plan, UsageError> {
    let policy = RetryPolicy {
        max_retries: max_retries(args.max_retries, context, RetryPolicy::COMMAND.max_retries)?,
        deadline: args.deadline,
        ..RetryPolicy::COMMAND
    };
    let plan = args.write.plan(&args.key);
    Ok(Plan {
        expiry: args
            .initial_ttl
            .map_or(plan.expiry, ExpiryRule::KeepOrCreate),
        policy,
        tell_token: context.out.json(),
        ..plan
    })
}

/// What clap cannot check.
fn check(args: &Args) -> Result<(), UsageError> {
    if args.initial_ttl.is_none() {
        return Ok(());
    }
    if !args.write.keeps_expiry() {
        return Err(UsageError::new(
            "--ttl sets the expiry at every write and --initial-ttl only at the creation: give one of them",
        ));
    }
    if args.initial.is_none() && args.initial_file.is_none() {
        return Err(UsageError::new(
            "--initial-ttl is the expiry of a key that this creates, which takes --initial or --initial-file",
        ));
    }
    Ok(())
}
