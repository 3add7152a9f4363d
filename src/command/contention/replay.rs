//! A recording as a source of findings, an interval after the other.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::source::Source;
use crate::contention::{By, Findings, Scope};
use crate::exit::Exit;
use crate::output::contention::recorded;

/// No line of a recording is longer: 50 rows with their parts take a hundredth of it.
const LONGEST: u64 = 64 << 20;

/// No interval is shown for longer: who recorded an hour between two pictures does not want to wait for it.
const SLOWEST: Duration = Duration::from_secs(60);

/// A recording that is gone through.
pub(super) struct Replay {
    lines: Lines,
    started: Instant,
    /// The interval that comes next, if there is one.
    next: Option<Findings>,
    /// All intervals until now.
    until_now: Findings,
    /// What the end of the recording says of the whole time.
    report: Option<Findings>,
    failure: Option<String>,
}

/// The lines of the file.
struct Lines {
    path: PathBuf,
    file: BufReader<File>,
    number: usize,
}

impl Replay {
    /// Opens a recording. It is none, if its first line is none.
    pub(super) fn open(path: &Path) -> anyhow::Result<Replay> {
        let file = File::open(path)
            .map_err(|error| anyhow::anyhow!("cannot read {}: {error}", path.display()))?;
        let mut lines = Lines {
            path: path.to_path_buf(),
            file: BufReader::new(file),
            number: 0,
        };
        let first = lines.next().map_err(anyhow::Error::msg)?;
        let Some(first) = first else {
            anyhow::bail!("{}: nothing is recorded in it", path.display());
        };
        let mut replay = Replay {
            lines,
            started: Instant::now(),
            next: None,
            until_now: first.nothing(),
            report: None,
            failure: None,
        };
        replay.take(first);
        Ok(replay)
    }

    /// What its rows are.
    pub(super) fn by(&self) -> By {
        self.until_now.by
    }

    /// Whether reads are among what was seen.
    pub(super) fn has_reads(&self) -> bool {
        let told = self.next.as_ref().or(self.report.as_ref());
        told.is_some_and(Findings::has_reads)
    }

    /// How long its intervals are.
    pub(super) fn interval(&self) -> Duration {
        let next = self.next.as_ref().map(|next| next.elapsed);
        next.unwrap_or_default()
            .clamp(Duration::from_millis(1), SLOWEST)
    }

    fn take(&mut self, findings: Findings) {
        match findings.scope {
            Scope::Interval => self.next = Some(findings),
            Scope::Whole => self.report = Some(findings),
        }
    }

    fn advance(&mut self) {
        match self.lines.next() {
            Ok(Some(findings)) if findings.by == self.by() => self.take(findings),
            Ok(Some(_)) => self.failure = Some(self.lines.wrong("it begins another recording")),
            Ok(None) => {}
            Err(error) => self.failure = Some(error),
        }
    }
}

impl Source for Replay {
    fn started(&self) -> Instant {
        self.started
    }

    fn name(&self) -> String {
        let servers = &self.until_now.servers;
        match servers.as_slice() {
            [only] => only.server.to_string(),
            several => format!("{} servers", several.len()),
        }
    }

    fn has_begun(&self) -> bool {
        true
    }

    fn goes_on(&self) -> bool {
        self.next.is_some()
    }

    fn failures(&self) -> Vec<(Exit, String)> {
        let failure = self.failure.iter().cloned();
        failure.map(|text| (Exit::Failed, text)).collect()
    }

    fn keep_awake(&mut self) {}

    fn interval(&mut self, _: By) -> Findings {
        let Some(interval) = self.next.take() else {
            return Findings {
                scope: Scope::Interval,
                ..self.until_now.nothing()
            };
        };
        let before = std::mem::replace(&mut self.until_now, interval.nothing());
        self.until_now = before.then(interval.clone());
        self.advance();
        interval
    }

    fn whole(&self, _: By) -> Findings {
        match &self.report {
            Some(report) if self.next.is_none() => report.clone(),
            _ => self.until_now.clone(),
        }
    }

    /// Goes to its end, which tells of the whole time.
    fn stop(&mut self) {
        while self.next.is_some() {
            self.interval(self.by());
        }
    }
}

impl Lines {
    /// The next line's findings. A last line that was not written whole is none.
    fn next(&mut self) -> Result<Option<Findings>, String> {
        let mut line = Vec::new();
        self.number += 1;
        let read = (&mut self.file).take(LONGEST).read_until(b'\n', &mut line);
        match read {
            Err(error) => Err(self.wrong(&cannot_read(&error))),
            Ok(0) => Ok(None),
            Ok(_) if line.last() != Some(&b'\n') && self.number > 1 => Ok(None),
            Ok(_) if recorded::is_failure(&line) => Ok(None),
            Ok(_) => {
                let findings = recorded::findings(&line).map_err(|why| self.wrong(&why))?;
                Ok(Some(findings))
            }
        }
    }

    fn wrong(&self, why: &str) -> String {
        format!("{}, line {}: {why}", self.path.display(), self.number)
    }
}

fn cannot_read(error: &io::Error) -> String {
    format!("cannot be read ({error})")
}
