//! `mccas watch`: follows keys by polling their tokens, or by the server's log of stores.

mod exec;
mod feed;
mod log;
mod look;
mod servers;
mod tell;
mod told;

use std::time::{Duration, Instant};

use self::exec::Exec;
use self::feed::Wanted;
use self::servers::Followed;
use super::{Context, Subcommand, UsageError, args, connect, ending};
use crate::cas::store::Fault;
use crate::cas::watch::{Change, Follower};
use crate::cas::{ErrorKind, Glance, Key, StoreError, Token, Ttl};
use crate::exit::Exit;
use crate::output::Late;
use crate::output::event::Event;
use crate::output::report::Report;
use crate::settings::Settings;

/// Follow keys: one line per change
///
/// Polls the tokens and fetches a value only when its token changed; it moves nothing in the server's LRU and takes no
/// lease. Changes that follow each other faster than the interval are seen as one. If the server goes away it reconnects.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Events: present, absent (first look), changed, created, deleted, touched (the expiry moved, the value did not),
unreachable, reachable (all that it was asked was understood). With --log: present, absent, changed (any store), lost (a swap that lost), missing (a swap
whose key was gone), not_stored; the log tells nothing of incr and decr in place, touches, deletes and expiry, and where it has broken a look
tells what changed meanwhile.

Examples:
  mccas watch my_key                              until Ctrl-C
  mccas watch --json a b | jq -r .value
  mccas watch state --count 1 --for 30s           wait for a change: exit 9 if none came
  mccas watch --log hot                           every store, lost swaps too, and by which client
  mccas watch cfg --exec 'cat > cfg.json; reload'
                                                  the value is on stdin, MCCAS_KEY, MCCAS_TOKEN and
                                                  MCCAS_EVENT are in the environment")]
pub(crate) struct Args {
    /// The keys to follow
    #[arg(required = true, value_name = "KEY", value_parser = args::key())]
    keys: Vec<Key>,

    /// Follow the server's log instead of polling: every store, lost swaps included, with the client's address
    ///
    /// Lines are held back until the server has told of all that was before them: so they come in order, and with the value where
    /// it still is that store's. That takes milliseconds, but 1 to 3 s over a unix socket or where addresses are translated (NAT).
    /// The time at their beginning is that of the store. A log that breaks is followed again as soon as it can be had.
    #[arg(long, conflicts_with_all = ["since", "interval"])]
    log: bool,

    /// The time between two looks
    #[arg(long, value_name = "DURATION", value_parser = args::interval, default_value = "500ms")]
    interval: Duration,

    /// Stop after N changes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// Stop after this time; exit 9 if --count was not reached
    #[arg(long = "for", value_name = "DURATION", value_parser = args::duration)]
    time: Option<Duration>,

    /// Tell at once if the token is another than this one
    ///
    /// That is a change which came before the first look.
    #[arg(long, value_name = "TOKEN", value_parser = str::parse::<Token>)]
    since: Option<Token>,

    /// Run a shell command per change; exit 1 at the end if one failed
    ///
    /// Nothing else is done while it runs. The end of --for ends it: SIGTERM to it and what it started, and after a second
    /// SIGKILL. Signals to mccas are passed on to it.
    #[arg(long, value_name = "CMD")]
    exec: Option<String>,
}

/// The state of one run.
struct Watch<'a, 'b> {
    args: &'a Args,
    context: &'a mut Context<'b>,
    followers: Vec<Follower>,
    started: Instant,
    changes: u64,
    exec: Option<Exec<'a>>,
    servers: Vec<Followed>,
    log: Wanted,
}

impl Subcommand for Args {
    fn bound(&self) -> Option<Duration> {
        self.time
    }

    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        run(self, context.settings, context)
    }
}

fn run(args: &Args, settings: &Settings, context: &mut Context) -> anyhow::Result<Exit> {
    if args.since.is_some() && args.keys.len() > 1 {
        return Err(UsageError::new("--since takes exactly one key").into());
    }
    let followers = args
        .keys
        .iter()
        .map(|_| Follower::new(args.since))
        .collect();
    if args.log && connect::session_of(settings, &args.keys)?.is_none() {
        return Err(UsageError::new(
            "--log follows the log of one server, and these keys are on several: watch those of each by themselves",
        )
        .into());
    }
    let servers = servers::of_keys(&args.keys, context.store.as_ref());
    let mut watch = Watch {
        args,
        context,
        followers,
        started: Instant::now(),
        changes: 0,
        exec: args.exec.as_deref().map(Exec::new).transpose()?,
        servers,
        log: Wanted::default(),
    };
    if let Some(end) = watch.end() {
        watch.context.out.end_at(end);
    }
    let exit = match watch.poll() {
        Err(error) if error.is::<Late>() => {
            watch.context.out.message(
                "the time of --for is over, and the reader of stdout has not taken what there was to tell",
            );
            Exit::NotInTime
        }
        exit => exit?,
    };
    match watch.exec {
        Some(exec) if exec.failed && exit == Exit::Done => Ok(Exit::Failed),
        _ => Ok(exit),
    }
}

impl Watch<'_, '_> {
    fn poll(&mut self) -> anyhow::Result<Exit> {
        let mut first = true;
        let mut next = self.started;
        loop {
            for (server, looked) in self.look() {
                let looked = match looked {
                    Ok(glances) => self.seen(server, &glances)?,
                    Err(error) if first && self.servers[server].reachable => {
                        return self.fail(server, &error);
                    }
                    Err(error) => Err(error),
                };
                match looked {
                    Ok(()) => {}
                    Err(error) if self.is_hopeless(server, &error) => {
                        return self.fail(server, &error);
                    }
                    Err(error) => self.lost(server, &error)?,
                }
                if self.args.count.is_some_and(|count| self.changes >= count) {
                    return Ok(Exit::Done);
                }
            }
            first = false;
            if let Some(exit) = self.follow_log()? {
                return Ok(exit);
            }
            // Looks keep their rhythm, but none is made up for after a pause.
            next = (next + self.args.interval).max(Instant::now());
            if let Some(exit) = self.wait_until(next)? {
                return Ok(exit);
            }
        }
    }

    /// Whether to look again is in vain. A peer that speaks otherwise after it was understood once may be in a bad hour, and so
    /// is one that cannot answer: a proxy whose server is away, say.
    fn is_hopeless(&self, server: usize, error: &StoreError) -> bool {
        let understood = self.servers[server].understood;
        match error {
            StoreError::Unreachable(failure) => failure.fault == Fault::Foreign && !understood,
            StoreError::Unable(_) => false,
            _ => true,
        }
    }

    /// Compares with what was known of a server's keys, fetches the values that changed and tells; an error if they could not
    /// be had.
    fn seen(
        &mut self,
        server: usize,
        glances: &[Option<Glance>],
    ) -> anyhow::Result<Result<(), StoreError>> {
        let now = self.started.elapsed();
        self.note_what_cannot_be_seen(server, glances);
        let mut changes = Vec::new();
        for (&index, glance) in self.servers[server].keys.iter().zip(glances) {
            if let Some(change) = self.followers[index].look(*glance, now) {
                changes.push((index, change));
            }
        }
        self.report(server, changes)
    }

    /// Says once that a moved expiry goes unseen.
    fn note_what_cannot_be_seen(&mut self, server: usize, glances: &[Option<Glance>]) {
        let unseen = |glance: &Option<Glance>| glance.is_some_and(|seen| seen.ttl == Ttl::Unknown);
        let followed = &mut self.servers[server];
        let Some(at) = glances.iter().position(unseen).filter(|_| !followed.blind) else {
            return;
        };
        followed.blind = true;
        let (server, key) = (&followed.name, &self.args.keys[followed.keys[at]]);
        let peer = self.context.store.peer(key);
        let peer = peer.map_or(String::new(), |peer| format!(" (it seems to be {peer})"));
        self.context.out.message(&format!(
            "note: {server}{peer} does not tell when an item expires: touched is not seen there"
        ));
    }

    /// Fetches the values that changed, all at once, and tells each change.
    fn report(
        &mut self,
        server: usize,
        changes: Vec<(usize, Change)>,
    ) -> anyhow::Result<Result<(), StoreError>> {
        let keys: Vec<Key> = changes
            .iter()
            .filter(|(_, change)| change.needs_value())
            .map(|(index, _)| self.args.keys[*index].clone())
            .collect();
        let mut items = match if keys.is_empty() {
            Ok(Vec::new())
        } else {
            self.context.store.look(&keys)
        } {
            Ok(items) => items.into_iter(),
            Err(error) => {
                // The next look sees the same changes again.
                for (index, _) in &changes {
                    self.followers[*index].undo();
                }
                return Ok(Err(error));
            }
        };
        let followed = &mut self.servers[server];
        followed.understood = true;
        if !std::mem::replace(&mut followed.reachable, true) {
            self.server_event(server, Event::Reachable, None)?;
        }
        for (index, change) in changes {
            let item = if change.needs_value() {
                items.next().flatten()
            } else {
                None
            };
            let change =
                self.followers[index].fetched(change, item.as_ref(), self.started.elapsed());
            if let Some(change) = change {
                self.key_event(index, &change, item.as_ref())?;
            }
            if self.args.count.is_some_and(|count| self.changes >= count) {
                break;
            }
        }
        Ok(Ok(()))
    }

    /// A server as messages name it now: of a name with several addresses the one in use is known only later.
    fn server(&self, server: usize) -> String {
        let key = self.servers[server].keys[0];
        self.context.server(&self.args.keys[key])
    }

    /// All that are followed.
    fn all_servers(&self) -> String {
        let servers = 0..self.servers.len();
        let names: Vec<String> = servers.map(|at| self.server(at)).collect();
        names.join(", ")
    }

    /// The connection is gone; told once, then tried again at each look.
    fn lost(&mut self, server: usize, error: &StoreError) -> anyhow::Result<()> {
        if std::mem::replace(&mut self.servers[server].reachable, false) {
            self.server_event(server, Event::Unreachable, Some(error))?;
        }
        Ok(())
    }

    fn fail(&mut self, server: usize, error: &StoreError) -> anyhow::Result<Exit> {
        let event = event_of(error.kind());
        let server = self.server(server);
        ending::fail(
            self.context,
            &server,
            Exit::of(error),
            Report::event(event),
            &error.to_string(),
        )
    }

    /// Sleeps; ends the watch when its time is up.
    fn wait_until(&mut self, next: Instant) -> anyhow::Result<Option<Exit>> {
        let until = self.end().map_or(next, |end| end.min(next));
        let time = until.saturating_duration_since(Instant::now());
        self.context.out.pause(time)?;
        self.time_is_up()
    }

    fn end(&self) -> Option<Instant> {
        self.args.time.map(|time| self.started + time)
    }

    /// How the watch ends if its time is up.
    fn time_is_up(&mut self) -> anyhow::Result<Option<Exit>> {
        let strange = self.servers.iter().position(|server| !server.understood);
        match (self.end(), self.args.count) {
            (Some(end), _) if Instant::now() < end => Ok(None),
            (None, _) => Ok(None),
            (Some(_), _) if let Some(server) = strange => {
                let server = self.server(server);
                let message =
                    format!("{server} gave no answer that could be used in the time given");
                let report = Report::event(Event::Unreachable);
                ending::fail(self.context, &server, Exit::Unreachable, report, &message).map(Some)
            }
            (Some(_), None) => Ok(Some(Exit::Done)),
            (Some(_), Some(count)) => {
                let message = format!("{} of {count} changes came in the time given", self.changes);
                let server = self.all_servers();
                ending::fail(
                    self.context,
                    &server,
                    Exit::NotInTime,
                    Report::event(Event::NotInTime),
                    &message,
                )
                .map(Some)
            }
        }
    }
}

/// The event that ends the watch. Following writes nothing: no answer is no answer.
fn event_of(kind: ErrorKind) -> Event {
    match kind {
        ErrorKind::Unreachable | ErrorKind::Unknown => Event::Unreachable,
        ErrorKind::NoCas => Event::NoCas,
        ErrorKind::Refused | ErrorKind::Unaskable => Event::Refused,
        ErrorKind::TooLarge => Event::Unsuitable,
    }
}
