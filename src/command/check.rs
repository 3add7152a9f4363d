//! `mccas check`: a smoke test of a server.

use std::time::{Duration, Instant};

use super::{Context, Subcommand, args, connect};
use crate::cas::Key;
use crate::check::{self, FailKind, Finding, first_failure};
use crate::client::Session;
use crate::exit::Exit;
use crate::output::check::{Checked, NOT_IN_TIME, lines, status};
use crate::settings::Settings;

/// What a server gets where others before it have used up the time to wait: it must not be called down for that.
const FIRST_LOOK: Duration = Duration::from_millis(100);

/// Test a server, from its name to a swap that must lose
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
    fn asks_by_key(&self) -> bool {
        false
    }

    fn patience(&self) -> Option<Duration> {
        self.wait
    }

    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        let started = context.began;
        let mut worst = Exit::Done;
        for place in 0..context.settings.servers.len() {
            worst = worst.worse(test(self, place, started, context)?);
        }
        Ok(worst)
    }
}

/// All tests of one server.
struct Tests {
    server: String,
    /// What the last of them found.
    findings: Vec<Finding>,
    rounds: u32,
    /// Whether the time to wait is over.
    late: bool,
    elapsed: Duration,
}

/// Tests one server, again and again where it is to be waited for, and tells the last test.
fn test(
    args: &Args,
    place: usize,
    started: Instant,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    let began = Instant::now();
    let mut rounds = 0;
    loop {
        rounds += 1;
        let mut session = session(args, place, started, rounds, context);
        let server = session.name();
        let findings = round(args, &mut session)?;
        let passing = first_failure(&findings).filter(|(_, fail)| fail.passing);
        if let Some((finding, _)) = passing
            && connect::another_round(started, args.wait, context.out)?
        {
            let (name, detail) = (finding.name, &finding.detail);
            let again = format!("{server}: {name}: {detail}; trying again");
            context.out.detail(&again);
            continue;
        }
        let tests = Tests {
            server,
            late: passing.is_some() && args.wait.is_some(),
            findings,
            rounds,
            elapsed: began.elapsed(),
        };
        return tell(args, &tests, context);
    }
}

/// The server for one test, in which no exchange takes longer than is left of the time to wait.
fn session(args: &Args, place: usize, started: Instant, rounds: u32, context: &Context) -> Session {
    let least = if place > 0 && rounds == 1 {
        FIRST_LOOK
    } else {
        Duration::from_millis(1)
    };
    let timeout = context.settings.timeout;
    // Not the whole: of one that says nothing it is asked on top who it may be.
    let bound = connect::left(started, args.wait).map_or(timeout, |left| {
        let most = left.as_millis() * 5 / 6;
        least.max(Duration::from_millis(most.try_into().unwrap_or(u64::MAX)))
    });
    let settings = Settings {
        timeout: bound.min(timeout),
        ..context.settings.clone()
    };
    let mut sessions = connect::sessions(&settings);
    sessions.nth(place).expect("one session for each server")
}

/// One test.
fn round(args: &Args, session: &mut Session) -> anyhow::Result<Vec<Finding>> {
    let began = Instant::now();
    let timer = || began.elapsed();
    let key = Key::new(format!("mccas-check-{:016x}", fastrand::u64(..)))?;
    let mut findings = check::contact(&session.contact(&key));
    if let Some((failed, _)) = first_failure(&findings) {
        let why = format!("after {} had failed", failed.name);
        findings.extend(check::untried(&why));
        return Ok(findings);
    }
    if args.read_only {
        findings.extend(check::untried("as nothing is to be written"));
    } else {
        findings.extend(check::trial(session, &key, &timer));
    }
    if args.strict {
        findings.extend(check::standing(&session.standing()));
    }
    Ok(findings)
}

fn tell(args: &Args, tests: &Tests, context: &mut Context) -> anyhow::Result<Exit> {
    let server = &tests.server;
    let failure = first_failure(&tests.findings);
    let (exit, status, message) = match failure {
        None => (Exit::Done, "", None),
        Some((finding, fail)) => {
            let (exit, status) = if tests.late {
                (Exit::NotInTime, NOT_IN_TIME)
            } else {
                (exit_of(fail.kind), status(fail.kind))
            };
            (exit, status, Some(sentence(args, tests, finding)))
        }
    };
    if context.out.json() {
        let mut checked = Checked::of(server, &tests.findings, tests.elapsed);
        if let Some(message) = &message {
            checked = checked.failed(status, message.clone());
        }
        if args.wait.is_some() {
            checked = checked.after(tests.rounds);
        }
        context.out.object(&checked)?;
    } else if !context.out.quiet() {
        let text = lines(server, &tests.findings, context.out.paint());
        context.out.bytes(text.as_bytes())?;
    }
    if let Some(message) = message {
        context.out.outcome(exit, &message);
    }
    Ok(exit)
}

/// What failed, in one sentence.
fn sentence(args: &Args, tests: &Tests, finding: &Finding) -> String {
    let (server, name, detail) = (&tests.server, finding.name, &finding.detail);
    let step = if detail.contains(server.as_str()) {
        format!("{name}: {detail}")
    } else {
        format!("{server}: {name}: {detail}")
    };
    match args.wait.filter(|_| tests.late) {
        Some(wait) => {
            let wait = humantime::format_duration(wait);
            format!("{step}; not up within {wait}")
        }
        None => step,
    }
}

fn exit_of(kind: FailKind) -> Exit {
    match kind {
        FailKind::Unreachable => Exit::Unreachable,
        FailKind::Refused | FailKind::NoCas => Exit::Refused,
        FailKind::Unsuitable => Exit::Unsuitable,
        FailKind::Wrong => Exit::Failed,
    }
}
