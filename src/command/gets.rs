//! `mccas gets`: reads values with their tokens.

use super::{Context, Subcommand, UsageError, args, ending};
use crate::cas::{Item, Key, Store, StoreError};
use crate::exit::Exit;
use crate::output::report::{Report, Status};
use crate::output::text;

/// Read values with their tokens, in one round trip
///
/// Reading disturbs nothing: the item does not move in the server's LRU, and if the read took the right to renew a stale
/// item away from the clients it is meant for, it is given back.
#[derive(Debug, clap::Args)]
#[command(alias = "get")]
#[command(after_help = "\
Examples:
  mccas gets my_key                    one line about the item, then its value
  mccas gets --json a b c              one JSON object per key
  mccas gets --raw my_key > file       the bytes and nothing else
  token=$(mccas gets --token-only my_key)

Keys that are not there are named on stderr, and the exit code is 4.")]
pub(crate) struct Args {
    /// The keys to read
    #[arg(required = true, value_name = "KEY", value_parser = args::key())]
    keys: Vec<Key>,

    /// Print the bytes of the one value, and nothing else, not even a newline
    #[arg(long, conflicts_with_all = ["json", "token_only", "instance"])]
    raw: bool,

    /// Print the token of the one key
    #[arg(long, conflicts_with_all = ["json", "instance"])]
    token_only: bool,

    /// Tell also which server process hands out the tokens
    ///
    /// For cas --instance.
    #[arg(long)]
    instance: bool,
}

impl Subcommand for Args {
    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        run(self, context)
    }
}

fn run(args: &Args, context: &mut Context) -> anyhow::Result<Exit> {
    if args.keys.len() > 1 && (args.raw || args.token_only) {
        return Err(UsageError::new("--raw and --token-only take exactly one key").into());
    }
    let (items, instance) = match read(args, context.store.as_mut()) {
        Ok(read) => read,
        Err(error) => {
            let server = context.server(&args.keys[0]);
            return ending::no_answer(context, &server, &error, Report::default());
        }
    };
    // A --json before the subcommand does not conflict with these: the more special wish wins.
    let bare = args.raw || args.token_only;
    let exit = if items.iter().all(Option::is_some) {
        Exit::Done
    } else {
        Exit::Missing
    };
    if context.out.json() && !bare {
        objects(args, items, instance.as_deref(), context)?;
    } else {
        found_and_missing(args, &items, instance.as_deref(), context)?;
    }
    Ok(exit)
}

/// The items in the order of the keys and, if asked for, the process that they come from.
fn read(
    args: &Args,
    store: &mut dyn Store,
) -> Result<(Vec<Option<Item>>, Option<String>), StoreError> {
    let items = store.look(&args.keys)?;
    let instance = if args.instance {
        store.instance(&args.keys[0])?
    } else {
        None
    };
    Ok((items, instance))
}

/// What was found as text or as it is, then a message for each key that is not there.
fn found_and_missing(
    args: &Args,
    items: &[Option<Item>],
    instance: Option<&str>,
    context: &mut Context,
) -> anyhow::Result<()> {
    let keys = || args.keys.iter().zip(items);
    let found: Vec<(&Key, &Item)> = keys()
        .filter_map(|(key, item)| Some((key, item.as_ref()?)))
        .collect();
    match found.first() {
        Some((_, item)) if args.raw => context.out.bytes(&item.value)?,
        Some((_, item)) if args.token_only => context.out.line(&item.token.to_string())?,
        Some(_) => listing(&found, instance, context)?,
        None => {}
    }
    for (key, _) in keys().filter(|(_, item)| item.is_none()) {
        context.out.message(&absent(key, context));
    }
    Ok(())
}

fn absent(key: &Key, context: &Context) -> String {
    format!("{key} is not on {}", context.server(key))
}

/// One object per key, found or missing, in the order of the keys.
fn objects(
    args: &Args,
    items: Vec<Option<Item>>,
    instance: Option<&str>,
    context: &mut Context,
) -> anyhow::Result<()> {
    for (key, item) in args.keys.iter().zip(items) {
        if let Some(item) = item {
            let instance = instance.map(String::from);
            let report = Report::of(Status::Found).key(key).item(item);
            context.out.object(&Report { instance, ..report })?;
        } else {
            let message = absent(key, context);
            let server = context.server(key);
            let report = Report::of(Status::Missing).key(key);
            ending::fail(context, &server, Exit::Missing, report, &message)?;
        }
    }
    Ok(())
}

/// Per item a line about it, then its value: escaped on a terminal, as it is on a pipe.
fn listing(
    found: &[(&Key, &Item)],
    instance: Option<&str>,
    context: &mut Context,
) -> anyhow::Result<()> {
    let heads = text::heads(found, context.out.paint(), context.out.terminal());
    for (mut head, (_, item)) in heads.into_iter().zip(found) {
        if let Some(instance) = instance {
            head += &format!("  {} {instance}", context.out.paint().label("instance"));
        }
        context.out.line(&head)?;
        if context.out.terminal() {
            context.out.line(&text::escaped(&item.value))?;
        } else {
            context.out.bytes(&item.value)?;
            context.out.bytes(b"\n")?;
        }
    }
    Ok(())
}
