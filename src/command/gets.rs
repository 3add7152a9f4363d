//! `mccas gets`: reads values with their tokens.

use std::fmt::Display;
use std::ops::ControlFlow;

use super::failed::Failed;
use super::many::{Invalid, KeyList, KeysFrom, Many};
use super::{Context, Subcommand, UsageError, all_servers, args, ending};
use crate::cas::{Item, Key, Looked, Store, StoreError};
use crate::exit::Exit;
use crate::output::Output;
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
  mccas gets --keys-from keys.txt --json   any number of keys, one object for each
  mccas gets --all-servers my_key      one line per server: who holds it, and what

The time left of an item is shown on a terminal as people write it (ttl 16m40s), and on a pipe in seconds (ttl 1000s); --ttl takes both.
Keys that are not there are named on stderr, and the exit code is 4.")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub(crate) struct Args {
    /// The keys to read
    #[arg(required_unless_present = "keys_from", conflicts_with = "keys_from")]
    #[arg(value_name = "KEY", value_parser = args::key())]
    keys: Vec<Key>,

    #[command(flatten)]
    list: KeysFrom,

    /// Print the bytes of the one value, and nothing else, not even a newline
    #[arg(long, conflicts_with_all = ["json", "token_only", "instance", "keys_from"])]
    raw: bool,

    /// Print the token of the one key
    #[arg(long, conflicts_with_all = ["json", "instance", "keys_from"])]
    token_only: bool,

    /// Ask every server, and every address of a name that has several: who holds the keys, and whether they differ
    #[arg(long, conflicts_with_all = ["raw", "token_only", "instance", "keys_from"])]
    all_servers: bool,

    /// Tell also which server process hands out the tokens
    ///
    /// For cas --instance.
    #[arg(long, conflicts_with = "keys_from")]
    instance: bool,
}

impl Args {
    /// As they are when only keys are given.
    pub(super) fn of_keys(keys: Vec<Key>) -> Args {
        Args {
            keys,
            list: KeysFrom::default(),
            raw: false,
            token_only: false,
            all_servers: false,
            instance: false,
        }
    }
}

impl Subcommand for Args {
    fn keys(&self) -> &[Key] {
        &self.keys
    }

    fn asks_by_key(&self) -> bool {
        !self.all_servers
    }

    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        run(self, context)
    }
}

fn run(args: &Args, context: &mut Context) -> anyhow::Result<Exit> {
    match args.list.open(context)? {
        Ok(None) => {}
        Ok(Some(list)) => return look_at(list, context),
        Err(exit) => return Ok(exit),
    }
    if context.out.json() && (args.raw || args.token_only) {
        // Where it stands before the command, the parser does not see both.
        return Err(UsageError::new("--json cannot be used with --raw or --token-only").into());
    }
    if args.keys.len() > 1 && (args.raw || args.token_only) {
        return Err(UsageError::new("--raw and --token-only take exactly one key").into());
    }
    if args.all_servers {
        return all_servers::run(&args.keys, context);
    }
    let read = read(args, context.store.as_mut());
    let worst = read.iter().map(exit).fold(Exit::Done, Exit::worse);
    // A --json before the subcommand does not conflict with these: the more special wish wins.
    let bare = args.raw || args.token_only;
    if context.out.json() && !bare {
        objects(args, read, context)?;
    } else {
        found_and_missing(args, &read, context)?;
    }
    Ok(worst)
}

/// What a key holds and, if asked for, the process that its token comes from.
type Read = Result<Option<(Item, Option<String>)>, StoreError>;

/// What was read of each key, in the order of the keys.
fn read(args: &Args, store: &mut dyn Store) -> Vec<Read> {
    let keys = args.keys.iter().zip(store.look_each(&args.keys));
    let read = |(key, item): (&Key, Result<Option<Item>, StoreError>)| {
        let Some(item) = item? else {
            return Ok(None);
        };
        // Each server is asked once, whatever the number of its keys.
        let instance = if args.instance {
            store.instance(key)?
        } else {
            None
        };
        Ok(Some((item, instance)))
    };
    keys.map(read).collect()
}

/// Looks at the keys of a list.
fn look_at(mut list: KeyList, context: &mut Context) -> anyhow::Result<Exit> {
    let several = has_several(context);
    let (mut many, mut failed) = (Many::new("found"), Failed::default());
    let (store, out) = (context.store.as_mut(), &mut *context.out);
    out.begin_batch();
    loop {
        let listed = list.next()?;
        if listed.is_empty() {
            return many.finish(true, out);
        }
        let lines = listed.len();
        let (keys, mut invalid) = Invalid::part(listed, out);
        let mut told = Ok(());
        store.look_through(&keys, &mut |looked| {
            told = invalid
                .tell_before(looked.number, &mut many, out)
                .and_then(|()| tell(&keys[looked.number], looked, several, &mut failed, out))
                .map(|exit| many.count(exit));
            match told {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        told?;
        invalid.tell_before(keys.len(), &mut many, out)?;
        out.flush()?;
        out.progress_by(lines);
    }
}

/// Whether it must be said which of the servers holds a key: of one alone it is known.
fn has_several(context: &Context) -> bool {
    context.settings.servers.len() > 1
}

/// Tells what one key of a list holds.
fn tell(
    key: &Key,
    looked: Looked,
    several: bool,
    failed: &mut Failed,
    out: &mut Output,
) -> anyhow::Result<Exit> {
    let server = || looked.server.to_string();
    match looked.outcome {
        Ok(Some(item)) if out.json() => {
            let report = Report::of(Status::Found).key(key).item(item);
            let server = several.then(server);
            out.object(&Report { server, ..report })?;
        }
        Ok(Some(item)) => {
            let head = text::head(key, &item, out.paint(), out.terminal());
            show(head, &item, None, out)?;
        }
        Ok(None) => {
            let (exit, report) = (Exit::Missing, Report::of(Status::Missing).key(key));
            let message = absent(key, &looked.server);
            return ending::fail_on(out, &server(), exit, report, &message);
        }
        Err(error) => {
            if out.json() {
                out.object(&Report {
                    server: Some(server()),
                    error: Some(ending::named(key, error.to_string())),
                    ..Report::of(Status::of(&error)).key(key)
                })?;
            }
            failed.tell(server(), &error, out)?;
            return Ok(Exit::of(&error));
        }
    }
    Ok(Exit::Done)
}

fn exit(read: &Read) -> Exit {
    match read {
        Ok(Some(_)) => Exit::Done,
        Ok(None) => Exit::Missing,
        Err(error) => Exit::of(error),
    }
}

/// What was found as text or as it is, then a message for each key that is not there, and for each server that failed.
fn found_and_missing(args: &Args, read: &[Read], context: &mut Context) -> anyhow::Result<()> {
    let keys = || args.keys.iter().zip(read);
    let found: Vec<(&Key, &Item)> = keys()
        .filter_map(|(key, read)| Some((key, &read.as_ref().ok()?.as_ref()?.0)))
        .collect();
    match found.first() {
        Some((_, item)) if args.raw => context.out.bytes(&item.value)?,
        Some((_, item)) if args.token_only => context.out.line(&item.token.to_string())?,
        Some(_) => {
            let instances = read.iter().filter_map(|read| read.as_ref().ok()?.as_ref());
            let instances: Vec<_> = instances.map(|(_, instance)| instance.as_deref()).collect();
            listing(&found, &instances, context)?;
        }
        None => {}
    }
    let mut failed = Failed::default();
    for (key, read) in keys() {
        match read {
            Ok(Some(_)) => {}
            Ok(None) => {
                let message = absent(key, &context.server(key));
                context.out.message(&message);
            }
            Err(error) => {
                let server = context.server(key);
                failed.tell(server, error, context.out)?;
            }
        }
    }
    Ok(())
}

fn absent(key: &Key, server: &dyn Display) -> String {
    format!("{key} is not on {server}")
}

/// One object per key in the order of the keys, whatever became of it.
fn objects(args: &Args, read: Vec<Read>, context: &mut Context) -> anyhow::Result<()> {
    let (mut failed, several) = (Failed::default(), has_several(context));
    for (key, read) in args.keys.iter().zip(read) {
        let server = context.server(key);
        match read {
            Ok(Some((item, instance))) => {
                let report = Report::of(Status::Found).key(key).item(item);
                let server = several.then_some(server);
                context.out.object(&Report {
                    server,
                    instance,
                    ..report
                })?;
            }
            Ok(None) => {
                let message = absent(key, &server);
                let report = Report::of(Status::Missing).key(key);
                ending::fail(context, &server, Exit::Missing, report, &message)?;
            }
            Err(error) => {
                context.out.object(&Report {
                    server: Some(server.clone()),
                    error: Some(error.to_string()),
                    ..Report::of(Status::of(&error)).key(key)
                })?;
                failed.tell(server, &error, context.out)?;
            }
        }
    }
    Ok(())
}

/// Per item a line about it, then its value, aligned with the others on a terminal.
fn listing(
    found: &[(&Key, &Item)],
    instances: &[Option<&str>],
    context: &mut Context,
) -> anyhow::Result<()> {
    let heads = text::heads(found, context.out.paint(), context.out.terminal());
    let items = found.iter().zip(instances);
    for (head, ((_, item), instance)) in heads.into_iter().zip(items) {
        show(head, item, *instance, context.out)?;
    }
    Ok(())
}

/// A line about an item, then its value: escaped on a terminal, as it is on a pipe.
fn show(
    mut head: String,
    item: &Item,
    instance: Option<&str>,
    out: &mut Output,
) -> anyhow::Result<()> {
    if let Some(instance) = instance {
        head += &format!("  {} {instance}", out.paint().label("instance"));
    }
    if out.terminal() {
        return out.line(&format!("{head}\n{}", text::escaped(&item.value)));
    }
    out.line_and_value(head, &item.value)
}
