//! `mccas cas`: one conditional write. (What compare-and-swap itself is stands in the folder `cas/`.)

use std::ffi::OsString;
use std::path::PathBuf;
use std::slice;
use std::time::Duration;

use anyhow::Context as _;

use super::args;
use super::ending::{self, Ending, IfLost};
use super::input::Input;
use super::pacer::TellingPacer;
use super::write_args::WriteArgs;
use super::{Context, Subcommand};
use crate::cas::pacer::Pacer;
use crate::cas::update::{Computed, Refusal, Updated, update};
use crate::cas::{Condition, Item, Key, Method};
use crate::exit::Exit;
use crate::output::report::{Report, Status};

/// Store a value only if the item is still the one you saw
///
/// Flags and the moment of expiry stay as they are unless you say otherwise. The new token is printed, so that swaps can be
/// chained; on a conflict the token and value that won are told, and nothing is written.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("condition").required(true).args(["token", "expect"]))]
#[command(after_help = "\
Examples:
  mccas cas my_key new --token 1234           if nobody wrote since token 1234 (from gets)
  mccas cas my_key 0 --token absent           if the key does not exist
  mccas cas state done --expect running       if the value is now \"running\"
  mccas cas logo --file logo.png --token 1234
  some-command | mccas cas report - --token 1234
  token=$(mccas cas my_key new --token 1234)  the token of what was stored

Exit codes: 0 stored, 3 conflict, 4 no such key, 6 unknown, 8 too large; see mccas --help.")]
pub(crate) struct Args {
    /// The key to write
    #[arg(value_parser = args::key())]
    key: Key,

    /// The value; - reads it from stdin, byte for byte
    #[arg(conflicts_with = "file", allow_negative_numbers = true)]
    value: Option<OsString>,

    /// Read the value from a file; for the writer of a named pipe it waits as long as --timeout says
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    file: Option<PathBuf>,

    /// Drop one newline at the end of the value
    #[arg(long)]
    chomp: bool,

    /// Swap if the item still has it; absent: if there is none
    ///
    /// The token comes from gets, or from the swap before. absent stores only if the key does not exist.
    #[arg(long, value_parser = args::expected_token)]
    token: Option<Condition>,

    /// Swap if the value now stored is this one
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    expect: Option<OsString>,

    #[command(flatten)]
    write: WriteArgs,

    /// Only by a token of this server process
    ///
    /// The ID comes from gets --instance: another process of the server may hand out the same token again.
    #[arg(long, value_name = "ID")]
    instance: Option<String>,
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
    let key = &args.key;
    let input = Input {
        value: args.value.as_ref(),
        file: args.file.as_ref(),
        chomp: args.chomp,
    };
    let settings = context.settings;
    let value = match input.read(settings.max_value, settings.timeout) {
        Ok(value) => value,
        Err(none) => return none.report(key, context),
    };
    if let Some(exit) = other_process(args, context)? {
        return Ok(exit);
    }
    let expect = args.expect.as_deref().map(args::bytes);
    // The value is read with a token as well: if the answer to the swap is lost, only the very item that was read is
    // written over again.
    let plan = args.write.plan(key);
    let mut compute = |item: Option<&Item>| {
        expected(args.token, expect.as_deref(), item)?;
        let value = value.clone();
        Ok(Computed { value, with: () })
    };
    let mut pacer = TellingPacer::start(key, context.out);
    let outcome = update(context.store.as_mut(), &plan, &mut pacer, &mut compute);
    let elapsed = pacer.elapsed();
    context.under_way.over();
    match outcome {
        Ok(updated) => {
            let report = stored(key, &updated).elapsed(elapsed);
            let landed = format!("{key} on {} was stored", context.server(key));
            done(key, &updated, report, context).context(landed)
        }
        Err(stopped) => not_stored(args, elapsed).report(*stopped, context),
    }
}

fn not_stored(args: &Args, elapsed: Duration) -> Ending<'_> {
    Ending {
        key: &args.key,
        others: false,
        elapsed,
        if_missing: "; --token absent would create it",
        if_conflict: match args.token {
            Some(Condition::Token(_)) => "does not have this token any more",
            Some(Condition::Absent) => "exists already",
            None => "does not hold the value expected",
        },
        if_lost: IfLost::Conflict,
        counter: false,
        peer: None,
    }
}

/// Whether the item is the one that the user expects.
fn expected(
    token: Option<Condition>,
    value: Option<&[u8]>,
    item: Option<&Item>,
) -> Result<(), Refusal> {
    match (token, value, item) {
        (Some(Condition::Absent), _, None) => Ok(()),
        (_, _, None) => Err(Refusal::Missing),
        (Some(Condition::Token(token)), _, Some(item)) if item.token == token => Ok(()),
        (None, Some(value), Some(item)) if item.value == value => Ok(()),
        _ => Err(Refusal::Conflict),
    }
}

/// A token means nothing to another process of the server, which may have handed out the same number again.
fn other_process(args: &Args, context: &mut Context) -> anyhow::Result<Option<Exit>> {
    let Some(wanted) = &args.instance else {
        return Ok(None);
    };
    let server = context.server(&args.key);
    match context.store.instance(&args.key) {
        Ok(instance) if instance.as_ref() == Some(wanted) => Ok(None),
        Ok(instance) => {
            let now = instance.unwrap_or_else(|| "one that does not say".into());
            let message = format!(
                "{} on {}: the token is from server process {wanted}, and now {now} answers; nothing was written",
                args.key, server
            );
            ending::fail(
                context,
                &server,
                Exit::Conflict,
                Report::of(Status::Conflict).key(&args.key),
                &message,
            )
            .map(Some)
        }
        Err(error) => {
            ending::no_answer(context, &server, &error, Report::default().key(&args.key)).map(Some)
        }
    }
}

fn stored(key: &Key, updated: &Updated<()>) -> Report {
    let before = updated.before.as_ref();
    let method = before.map_or(Method::Add, |_| Method::Cas);
    Report {
        flags: Some(updated.flags),
        attempts: Some(updated.tally.attempts),
        conflicts: Some(updated.tally.conflicts),
        method: Some(method.word()),
        ..Report::of(Status::Stored).key(key)
    }
    .token(updated.token)
    .token_before(before.map(|item| item.token))
    .ttl(updated.ttl)
}

fn done(
    key: &Key,
    updated: &Updated<()>,
    report: Report,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    if context.out.json() {
        let server = Some(context.server(key));
        context.out.object(&Report { server, ..report })?;
    } else if let Some(token) = updated.token {
        context.out.line(&token.to_string())?;
    } else {
        context.out.message(
            "stored, but the token of this value is not known: its answer broke off, or another writer came right after",
        );
    }
    Ok(Exit::Done)
}
