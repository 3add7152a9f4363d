//! `mccas check`: a smoke test of a server.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::connect;
use super::{Context, Subcommand, args};
use crate::cas::{ErrorKind, Key, Store, StoreError, Want};
use crate::check::{self, Contact, Fail, FailKind, Finding, Login, Reached, first_failure};
use crate::client::Session;
use crate::exit::Exit;
use crate::output::check::{Checked, lines, status};
use crate::settings::Settings;

/// How long is waited before another test of a server that may be starting up.
const PAUSE: Duration = Duration::from_millis(200);

/// Test a server: can it be reached, is it a memcached, and does compare-and-swap hold there
///
/// Goes from the name to the connection, TLS and authentication, asks what the server is, and then tries it out on a
/// private key: create, read, swap, a swap that must lose, expiry and flags that must stay, count, delete. The key lives for
/// 60 s, so that nothing of a test stays behind that was ended half-way.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mccas check                            is this memcached all right?
  mccas check --wait 30s -q              in a start-up script: until it is up, at most 30 s
  mccas check --read-only --strict       a production server: nothing is written
  mccas check --json | jq '.steps[] | select(.outcome != \"ok\")'

Exit codes: 0 all is well, 5 unreachable, 7 refused or no compare-and-swap, 8 unsuitable, 9 not up in time,
1 anything else that failed; see mccas --help.")]
pub(crate) struct Args {
    /// Wait until the server is up, at most so long; ends at once on what no waiting cures
    #[arg(long, value_name = "DURATION", value_parser = args::duration)]
    wait: Option<Duration>,

    /// Look also at the item size, the clock, evictions, the log and the connections
    #[arg(long)]
    strict: bool,

    /// Write nothing: the steps that try the server out are left out
    #[arg(long)]
    read_only: bool,
}

impl Subcommand for Args {
    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        let started = Instant::now();
        let mut worst = Exit::Done;
        for session in connect::sessions(context.settings) {
            let exit = test(self, session, started, context)?;
            worst = worst.worse(exit);
        }
        Ok(worst)
    }
}

/// Tests one server, again and again where it is to be waited for, and tells the last test.
fn test(
    args: &Args,
    mut session: Session,
    started: Instant,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    let server = session.name();
    let began = Instant::now();
    let mut rounds = 0;
    let (findings, late) = loop {
        rounds += 1;
        let findings = round(args, &mut session, context.settings)?;
        let passing = first_failure(&findings).filter(|(_, fail)| fail.passing);
        let (Some((finding, _)), Some(wait)) = (passing, args.wait) else {
            break (findings, false);
        };
        let left = wait.saturating_sub(started.elapsed());
        if left.is_zero() {
            break (findings, true);
        }
        let (name, detail) = (finding.name, &finding.detail);
        context.out.detail(&format!("{server}: {name}: {detail}; trying again"));
        context.out.pause(PAUSE.min(left))?;
        session = session.anew();
    };
    let rounds = args.wait.map(|_| rounds);
    tell(&server, &findings, late, Told { rounds, elapsed: began.elapsed() }, context)
}

/// One test.
fn round(args: &Args, session: &mut Session, settings: &Settings) -> anyhow::Result<Vec<Finding>> {
    let began = Instant::now();
    let timer = || began.elapsed();
    let key = private_key()?;
    let mut findings = check::contact(&contact(session, &key, &timer));
    if let Some((failed, _)) = first_failure(&findings) {
        let why = format!("after {} had failed", failed.name);
        findings.extend(check::untried(&why));
        return Ok(findings);
    }
    if args.read_only {
        findings.extend(check::untried("nothing is to be written"));
    } else {
        findings.extend(check::trial(session, &key, &timer));
    }
    if args.strict {
        findings.extend(check::standing(&standing(session, settings)));
    }
    Ok(findings)
}

/// A key that nobody else has.
fn private_key() -> anyhow::Result<Key> {
    Ok(Key::new(format!("mccas-check-{:016x}", fastrand::u64(..)))?)
}
