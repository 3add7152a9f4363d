//! `mccas contention`: who fights over which key, from the server's log.

mod args;
mod live;
mod observation;
mod observations;
mod page;
mod record;
mod replay;
mod report;
mod signals;
mod source;
mod textfile;

use std::thread;
use std::time::{Duration, Instant};

pub(crate) use self::args::Args;
use self::observations::Observations;
use self::page::Page;
use self::record::Record;
use self::replay::Replay;
use self::source::Source;
use self::textfile::Textfile;
use super::interrupt::Interrupt;
use super::{Context, Subcommand, UsageError, connect, ending};
use crate::contention::{By, Findings, Sort, Timeline};
use crate::exit::Exit;
use crate::output::contention::json::Object;
use crate::output::contention::screen;
use crate::output::report::{Report, Status};

/// How often keys, signals and the size of the terminal are looked at, and the server's log is kept awake.
const BEAT: Duration = Duration::from_millis(100);

/// One run.
struct Run<'a, 'b> {
    args: &'a Args,
    context: &'a mut Context<'b>,
    source: Box<dyn Source>,
    by: By,
    sort: Sort,
    /// Whether reads are among what is seen.
    reads: bool,
    timeline: Timeline,
    interrupt: Interrupt,
    files: Files,
    interval: Duration,
    end: Option<Instant>,
}

/// What is written beside the output.
struct Files {
    textfile: Option<Textfile>,
    record: Option<Record>,
    page: Option<Page>,
}

/// Why a wait ended.
enum Woken {
    /// The time has come.
    Time,
    /// Something ends the run: the user, or the last server.
    End,
}

impl Subcommand for Args {
    fn asks_servers(&self) -> bool {
        self.replay.is_none()
    }

    fn asks_by_key(&self) -> bool {
        false
    }

    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        self.ensure_files_differ()?;
        // Before anything that takes time, so that Ctrl-C always ends with a report.
        let interrupt = Interrupt::listen()?;
        match &self.replay {
            Some(path) => replay(self, Replay::open(path)?, interrupt, context),
            None => observe(self, interrupt, context),
        }
    }
}

/// Watches the servers.
fn observe(args: &Args, interrupt: Interrupt, context: &mut Context) -> anyhow::Result<Exit> {
    let sort = args.sort(args.reads);
    ensure_sortable(sort, args.reads, "need --reads")?;
    let sessions = connect::sessions(context.settings).collect();
    let observations = Observations::begin(
        sessions,
        &|servers| args.tally(servers),
        args.reads.then_some(args.max_drop),
    );
    let path = args.prometheus.as_deref();
    let textfile = path.map(|path| Textfile::new(path, args.top));
    if let ([(server, error)], false) = (observations.closed().as_slice(), observations.has_begun())
    {
        let exit = ending::no_answer(context, server, error, Report::default())?;
        // A file of an earlier run must not go on saying that the server is watched.
        let written =
            textfile.map(|mut textfile| textfile.write_last(&observations.whole(By::Key)));
        return written.unwrap_or(Ok(())).map(|()| exit);
    }
    let files = Files {
        textfile,
        record: args.record.as_deref().map(Record::create).transpose()?,
        page: args.html.as_deref().map(Page::new).transpose()?,
    };
    let run = Run {
        end: args.time.0.map(|time| observations.started() + time),
        source: Box::new(observations),
        by: args.by(),
        sort,
        reads: args.reads,
        timeline: Timeline::default(),
        interrupt,
        files,
        interval: args.interval,
        args,
        context,
    };
    let live = is_live(args, run.context) && run.source.has_begun();
    run.whole(if live { Run::live } else { Run::quiet })
}

/// Shows a recording.
fn replay(
    args: &Args,
    recording: Replay,
    interrupt: Interrupt,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    let (by, reads) = (recording.by(), recording.has_reads());
    let sort = args.sort(reads);
    ensure_sortable(sort, reads, "need a recording with --reads")?;
    if args.fail_above.is_some() && by != By::Key {
        return Err(UsageError::new("--fail-above needs a recording by key").into());
    }
    let live = is_live(args, context);
    let run = Run {
        by,
        sort,
        reads,
        timeline: Timeline::default(),
        interrupt,
        files: Files {
            textfile: None,
            record: None,
            page: args.html.as_deref().map(Page::new).transpose()?,
        },
        interval: recording.interval(),
        end: None,
        source: Box::new(recording),
        args,
        context,
    };
    run.whole(if live { Run::live } else { Run::reread })
}

/// Whether there is somebody who looks. In the background the terminal is the shell's.
fn is_live(args: &Args, context: &Context) -> bool {
    context.out.live() && !args.no_live && screen::is_ours()
}

fn ensure_sortable(sort: Sort, reads: bool, need: &str) -> Result<(), UsageError> {
    if sort.needs_reads() && !reads {
        return Err(UsageError::new(format!(
            "--sort reads and --sort misses {need}"
        )));
    }
    Ok(())
}

impl Run<'_, '_> {
    /// Watches in this way, and tells what was seen, whatever ended it.
    fn whole(mut self, watch: fn(&mut Self) -> anyhow::Result<()>) -> anyhow::Result<Exit> {
        // At once, so that a file that cannot be written is known now.
        self.expose()?;
        let watched = watch(&mut self);
        let interrupt = self.interrupt.clone();
        let exit = self.finish()?;
        watched?;
        // Who was asked to finish and did was ended by that, whatever was found until then.
        interrupt.obey();
        Ok(exit)
    }

    /// Waits for the end; with JSON, an object per interval.
    fn quiet(&mut self) -> anyhow::Result<()> {
        let mut next = self.source.started();
        loop {
            next += self.interval;
            let woken = self.wait(self.until(next), &mut || false);
            if matches!(woken, Woken::End) || self.is_over() {
                return Ok(());
            }
            self.tell_interval()?;
        }
    }

    /// Goes through a recording without waiting.
    fn reread(&mut self) -> anyhow::Result<()> {
        while self.source.goes_on() {
            self.tell_interval()?;
        }
        Ok(())
    }

    fn tell_interval(&mut self) -> anyhow::Result<()> {
        let findings = self.end_interval()?.cut(self.args.top);
        if self.context.out.json() {
            self.context.out.object(&Object::new(&findings))?;
        }
        Ok(())
    }

    /// The findings of the interval that ends now, which go into the files, too.
    fn end_interval(&mut self) -> anyhow::Result<Findings> {
        let findings = self.source.interval(self.by).sorted(self.sort);
        self.timeline.push(&findings);
        if let Some(record) = &mut self.files.record {
            record.write(&findings)?;
        }
        self.expose()?;
        Ok(findings)
    }

    /// Then, or at the end if that comes before.
    fn until(&self, next: Instant) -> Instant {
        self.end.map_or(next, |end| next.min(end))
    }

    fn is_over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }

    /// All that was seen until now, with its history.
    fn seen(&self, sort: Sort) -> Findings {
        let findings = self.source.whole(self.by).sorted(sort);
        self.timeline.told(findings.cut(self.args.top))
    }

    /// Writes the file for Prometheus, if one is wanted.
    fn expose(&mut self) -> anyhow::Result<()> {
        match &mut self.files.textfile {
            Some(textfile) => textfile.write(&self.source.whole(By::Key)),
            None => Ok(()),
        }
    }

    /// Writes the page, if one is wanted.
    fn page(&self, findings: &Findings) -> anyhow::Result<()> {
        match &self.files.page {
            Some(page) => page.write(findings, &self.timeline),
            None => Ok(()),
        }
    }

    /// Waits, ready to wake up earlier if the user, the server or `disturbed` says so.
    fn wait(&mut self, until: Instant, disturbed: &mut dyn FnMut() -> bool) -> Woken {
        loop {
            if self.interrupt.asked() || !self.source.goes_on() {
                return Woken::End;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || disturbed() {
                return Woken::Time;
            }
            thread::sleep(left.min(BEAT));
            self.source.keep_awake();
        }
    }

    /// Writes the files for the last time; each is tried.
    fn write_last(&mut self, findings: &Findings) -> anyhow::Result<()> {
        let recorded = match &mut self.files.record {
            Some(record) => record.write(&self.source.whole(self.by).sorted(self.sort)),
            None => Ok(()),
        };
        let exposed = match &mut self.files.textfile {
            Some(textfile) => textfile.write_last(&self.source.whole(By::Key)),
            None => Ok(()),
        };
        recorded.and(exposed).and(self.page(findings))
    }

    fn finish(mut self) -> anyhow::Result<Exit> {
        self.source.stop();
        // What came after the last interval.
        let interval = self.end_interval().map(drop);
        let findings = self.seen(self.sort);
        // Before the report, which may go to somebody who listens no more; what is wrong with it is said behind that.
        let written = interval.and(self.write_last(&findings));
        let judged = self.args.fail_above.and_then(|ratio| {
            let findings = self.source.whole(By::Key);
            let row = findings.above(ratio)?;
            Some(report::verdict(&row.name, row.counts, ratio))
        });
        report::print(&findings, self.source.has_begun(), self.context)?;
        let mut exit = Exit::Done;
        for (failure, text) in self.source.failures() {
            exit = exit.worse(failure);
            // A server that failed is in the findings; a recording is not.
            if failure == Exit::Failed && self.context.out.json() {
                self.context.out.object(&Report {
                    error: Some(text.clone()),
                    ..Report::of(Status::Failed)
                })?;
            }
            self.context.out.outcome(failure, &text);
        }
        if let Some(verdict) = judged {
            self.context.out.message(&verdict);
            exit = exit.worse(Exit::Conflict);
        }
        written.map(|()| exit)
    }
}
