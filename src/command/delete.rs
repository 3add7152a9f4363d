//! `mccas delete`: a conditional delete.

use std::ffi::OsString;
use std::time::Duration;

use anyhow::Context as _;

use super::args;
use super::ending::{Ending, IfLost};
use super::many::{KeysFrom, Source};
use super::pacer::TellingPacer;
use super::{Context, Subcommand, UsageError};
use crate::cas::delete::{Expected, delete};
use crate::cas::pacer::Pacer;
use crate::cas::update::Stopped;
use crate::cas::windows::delete_each;
use crate::cas::{Item, Key, Token};
use crate::exit::Exit;
use crate::output::report::{Report, Status};

/// Delete a key only if its item is still the one you saw
///
/// Prints nothing; of several that delete by one token exactly one ends with 0.
///
/// If the answer is lost, the key is looked at on a new connection. An item that still is what was read is deleted again,
/// by the same token. If the key is gone or was written since, that may have been this delete or somebody else's doing (an
/// item does not show who deleted it), and the exit code is 6.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("condition").required(true).args(["token", "expect"]))]
#[command(after_help = "\
Examples:
  mccas delete my_key --token 1234            if nobody wrote since token 1234 (from gets)
  mccas delete claim:42 --expect \"$owner\"     if the value is now that of $owner
  mccas delete my_key --token 1234 --json     the outcome as an object
  mccas delete --keys-from claims.txt --expect \"$owner\"
                                              any number of keys, many at a time

Exit codes: 0 deleted, 3 conflict, 4 no such key, 6 unknown; see mccas --help.")]
pub(crate) struct Args {
    /// The keys to delete; several go with --expect
    #[arg(required_unless_present = "keys_from", conflicts_with = "keys_from")]
    #[arg(value_name = "KEY", value_parser = args::key())]
    keys: Vec<Key>,

    #[command(flatten)]
    list: KeysFrom,

    /// Delete if the item still has this token; of one key only, as no two items have the same
    #[arg(long, value_name = "N", conflicts_with = "keys_from")]
    token: Option<Token>,

    /// Delete if the value now stored is this one
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    expect: Option<OsString>,
}

impl Subcommand for Args {
    fn keys(&self) -> &[Key] {
        &self.keys
    }

    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        run(self, context)
    }
}

fn run(args: &Args, context: &mut Context) -> anyhow::Result<Exit> {
    let list = match args.list.open(context)? {
        Ok(list) => list,
        Err(exit) => return Ok(exit),
    };
    let expected = match (args.token, &args.expect) {
        (Some(token), _) => Expected::Token(token),
        (None, value) => Expected::Value(value.as_deref().map(args::bytes).unwrap_or_default()),
    };
    let ([key], None) = (args.keys.as_slice(), &list) else {
        if args.token.is_some() {
            let wrong = "--token takes exactly one key: no two items have the same token; several keys go with --expect";
            return Err(UsageError::new(wrong).into());
        }
        let source = list.map_or(Source::Given(&args.keys), Source::List);
        return delete_each_of(source, &expected, context);
    };
    let mut pacer = TellingPacer::start(key, context.out);
    let outcome = delete(context.store.as_mut(), key, &expected, &mut pacer);
    let elapsed = pacer.elapsed();
    context.under_way.over();
    tell(key, false, outcome, &expected, elapsed, context)
}

/// Deletes several keys, many at a time.
fn delete_each_of(
    source: Source,
    expected: &Expected,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    source.write_each(
        "deleted",
        context,
        |keys, context| {
            let mut pacer = TellingPacer::start(&keys[0], context.out);
            let outcomes = delete_each(context.store.as_mut(), keys, expected, &mut pacer);
            Ok((outcomes, pacer.elapsed()))
        },
        |key, outcome, elapsed, context| tell(key, true, outcome, expected, elapsed, context),
    )
}

/// Tells what became of a key, which may be one among `others`.
fn tell(
    key: &Key,
    others: bool,
    outcome: Result<Item, Box<Stopped>>,
    expected: &Expected,
    elapsed: Duration,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    match outcome {
        Ok(item) => {
            let landed = format!("{key} on {} was deleted", context.server(key));
            done(key, &item, elapsed, context).context(landed)
        }
        Err(stopped) => {
            let ending = Ending {
                others,
                ..not_deleted(key, expected, elapsed)
            };
            ending.report(*stopped, context)
        }
    }
}

fn not_deleted<'a>(key: &'a Key, expected: &Expected, elapsed: Duration) -> Ending<'a> {
    Ending {
        key,
        others: false,
        elapsed,
        if_missing: "",
        if_conflict: match expected {
            Expected::Token(_) => "does not have this token any more",
            Expected::Value(_) => "does not hold the value expected",
        },
        if_lost: IfLost::Conflict,
        counter: false,
        peer: None,
    }
}

fn done(key: &Key, item: &Item, elapsed: Duration, context: &mut Context) -> anyhow::Result<Exit> {
    if context.out.json() {
        let report = Report {
            server: Some(context.server(key)),
            attempts: Some(1),
            conflicts: Some(0),
            ..Report::of(Status::Deleted).key(key)
        };
        let report = report.token_before(Some(item.token)).elapsed(elapsed);
        context.out.object(&report)?;
    } else {
        let token = item.token;
        context
            .out
            .detail(&format!("{key}: deleted the item of token {token}"));
    }
    Ok(Exit::Done)
}
