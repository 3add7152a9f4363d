//! `mccas gets`: reads values with their tokens.

use super::{Context, Subcommand, args, ending};
use crate::cas::{Item, Key};
use crate::exit::Exit;
use crate::output::report::{Report, Status};
use crate::output::text;

/// Read values with their tokens, in one round trip
///
/// Reading disturbs nothing: the item does not move in the server's LRU, and if the read took the right to renew a stale
/// item away from the clients it is meant for, it is given back.
#[derive(Debug, clap::Args)]
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

    /// Tell also which server process hands out the tokens, for cas --instance
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
        return Err(super::UsageError::new("--raw and --token-only take exactly one key").into());
    }
    let read = context.store.look(&args.keys);
    let read = read.and_then(|items| {
        Ok((
            items,
            if args.instance {
                context.store.instance(&args.keys[0])?
            } else {
                None
            },
        ))
    });
    let (items, instance) = match read {
        Ok(read) => read,
        Err(error) => {
            let server = context.server(&args.keys[0]);
            return ending::no_answer(context, &server, &error, Report::default());
        }
    };
    let found: Vec<(&Key, &Item)> = args
        .keys
        .iter()
        .zip(&items)
        .filter_map(|(key, item)| Some((key, item.as_ref()?)))
        .collect();
    if args.raw || args.token_only {
        if let Some((_, item)) = found.first() {
            let token = format!("{}\n", item.token);
            context.out.bytes(if args.raw {
                &item.value
            } else {
                token.as_bytes()
            })?;
        }
    } else if context.out.json() {
        return objects(args, &items, instance.as_deref(), context);
    } else {
        listing(&found, instance.as_deref(), context)?;
    }
    for (key, _) in args
        .keys
        .iter()
        .zip(&items)
        .filter(|(_, item)| item.is_none())
    {
        context
            .out
            .message(&format!("{key} is not on {}", context.server(key)));
    }
    Ok(ending(&items))
}

/// One object per key, found or missing, in the order of the keys.
fn objects(
    args: &Args,
    items: &[Option<Item>],
    instance: Option<&str>,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    for (key, item) in args.keys.iter().zip(items) {
        if let Some(item) = item {
            let instance = instance.map(String::from);
            let report = Report::of(Status::Found).key(key).item(item);
            context.out.object(&Report { instance, ..report })?;
        } else {
            let server = context.server(key);
            let message = format!("{key} is not on {server}");
            let report = Report::of(Status::Missing).key(key);
            ending::fail(context, &server, Exit::Missing, report, &message)?;
        }
    }
    Ok(ending(items))
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

fn ending(items: &[Option<Item>]) -> Exit {
    if items.iter().all(Option::is_some) {
        Exit::Done
    } else {
        Exit::Missing
    }
}
