//! The world of a simulation: writers, the way to the server, the server, and a clock that only events move.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::cas::{Loss, Next};
use crate::chance::Chance;
use crate::figures::Figures;
use crate::rule::Rule;

/// Nanoseconds of virtual time.
type Moment = u64;

/// What things cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Costs {
    /// One way between a writer and the server, and by how much more chance can make it longer.
    pub(crate) way: Duration,
    pub(crate) jitter: Duration,
    /// The server's work for one request.
    pub(crate) service: Duration,
    /// A writer's work for one answer.
    pub(crate) work: Duration,
    /// What a writer that slept takes to be awake again.
    pub(crate) waking: Duration,
    /// Cores that all of this work shares; `None`: the server has one, and each writer has its own.
    pub(crate) cores: Option<usize>,
    /// When the server stands still, if it does.
    pub(crate) frozen: Option<Frozen>,
}

/// A time in which the server begins nothing: it is stopped, swaps, or its machine is moved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frozen {
    pub(crate) from: Duration,
    pub(crate) time: Duration,
}

/// Who writes, and how long it goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Crowd {
    /// So many that make one increment after the other, with a pause in between, for a time.
    Staying {
        writers: usize,
        pause: Duration,
        time: Duration,
    },
    /// So many that make one increment each, and come within a time.
    Passing { writers: usize, within: Duration },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// A writer begins an increment.
    Begin,
    /// A writer sends a request.
    Send,
    /// The request is with the server.
    Arrive,
    /// The answer is with the writer.
    Answer,
}

#[derive(Debug, Clone, Default)]
struct Writer {
    begun: Moment,
    attempt: Moment,
    lost: u32,
    last: Duration,
    swapping: bool,
    seen: u64,
    won: bool,
    increments: u64,
    /// What the handshake of its connection took.
    round_trip: Moment,
}

/// A run.
pub(crate) struct World {
    costs: Costs,
    rule: Rule,
    crowd: Crowd,
    chance: Chance,
    events: BinaryHeap<Reverse<(Moment, u64, usize, Step)>>,
    made: u64,
    /// When each core, or the server, is free again.
    free: Vec<Moment>,
    value: u64,
    writers: Vec<Writer>,
    figures: Figures,
    /// No increment begins after it; those under way then are finished.
    end: Moment,
}

fn nanos(time: Duration) -> Moment {
    Moment::try_from(time.as_nanos()).unwrap_or(Moment::MAX)
}

impl World {
    pub(crate) fn new(costs: Costs, crowd: Crowd, rule: Rule, seed: u64) -> World {
        let (writers, end) = match crowd {
            Crowd::Staying { writers, time, .. } => (writers, nanos(time)),
            Crowd::Passing { writers, within } => (writers, nanos(within)),
        };
        let mut world = World {
            costs,
            rule,
            crowd,
            chance: Chance::seeded(seed),
            events: BinaryHeap::new(),
            made: 0,
            free: vec![0; costs.cores.unwrap_or(1)],
            value: 0,
            writers: vec![Writer::default(); writers],
            figures: Figures::new(costs),
            end,
        };
        for writer in 0..writers {
            world.writers[writer].round_trip = world.way() + world.way();
            let at = match crowd {
                // Who thinks does not think in step with all the others.
                Crowd::Staying { pause, .. } => world.chance.below(nanos(pause).max(100_000)),
                Crowd::Passing { within, .. } => world.chance.below(nanos(within).max(1)),
            };
            world.plan(at, writer, Step::Begin);
        }
        world
    }

    /// Lets everything happen.
    pub(crate) fn run(mut self) -> Figures {
        let mut now = 0;
        while let Some(Reverse((at, _, writer, step))) = self.events.pop() {
            if step == Step::Begin && at > self.end {
                continue;
            }
            now = at;
            match step {
                Step::Begin => self.begin(at, writer),
                Step::Send => self.send(at, writer),
                Step::Arrive => self.arrive(at, writer),
                Step::Answer => self.answer(at, writer),
            }
        }
        assert_eq!(self.value, self.figures.increments(), "an update was lost");
        let shares = self.writers.iter().map(|writer| writer.increments);
        self.figures
            .over(Duration::from_nanos(now), shares.collect())
    }

    fn plan(&mut self, at: Moment, writer: usize, step: Step) {
        self.made += 1;
        self.events.push(Reverse((at, self.made, writer, step)));
    }

    /// Work of a core that is shared, done as soon as one is free; returns when it is done.
    fn work(&mut self, at: Moment, time: Duration) -> Moment {
        let core = (0..self.free.len()).min_by_key(|&core| self.free[core]);
        let free = &mut self.free[core.unwrap_or(0)];
        *free = (*free).max(at) + nanos(time);
        *free
    }

    fn way(&mut self) -> Moment {
        let jitter = nanos(self.costs.jitter);
        let more = if jitter == 0 {
            0
        } else {
            self.chance.below(jitter)
        };
        nanos(self.costs.way) + more
    }

    fn begin(&mut self, at: Moment, writer: usize) {
        let this = &mut self.writers[writer];
        (this.begun, this.lost, this.last) = (at, 0, Duration::ZERO);
        self.attempt(at, writer);
    }

    fn attempt(&mut self, at: Moment, writer: usize) {
        let this = &mut self.writers[writer];
        (this.attempt, this.swapping) = (at, false);
        self.plan(at, writer, Step::Send);
    }

    fn send(&mut self, at: Moment, writer: usize) {
        let sent = match self.costs.cores {
            Some(_) => self.work(at, self.costs.work),
            None => at + nanos(self.costs.work),
        };
        let way = self.way();
        self.plan(sent + way, writer, Step::Arrive);
    }

    /// When a server that stands still at this moment goes on.
    fn thaw(&self, at: Moment) -> Option<Moment> {
        let frozen = self.costs.frozen?;
        let (from, to) = (nanos(frozen.from), nanos(frozen.from + frozen.time));
        (from..to).contains(&at).then_some(to)
    }

    /// The server reads or swaps.
    fn arrive(&mut self, at: Moment, writer: usize) {
        if let Some(thaw) = self.thaw(at) {
            // What came first is still first then.
            return self.plan(thaw, writer, Step::Arrive);
        }
        let done = self.work(at, self.costs.service);
        let this = &mut self.writers[writer];
        if this.swapping {
            this.won = this.seen == self.value;
            self.value += u64::from(this.won);
        } else {
            this.seen = self.value;
        }
        let way = self.way();
        self.plan(done + way, writer, Step::Answer);
    }

    fn answer(&mut self, at: Moment, writer: usize) {
        let this = &mut self.writers[writer];
        if !this.swapping {
            this.swapping = true;
            self.plan(at, writer, Step::Send);
        } else if this.won {
            this.increments += 1;
            let (attempts, time) = (this.lost + 1, at - this.begun);
            self.figures.done(attempts, Duration::from_nanos(time));
            if let Crowd::Staying { pause, .. } = self.crowd {
                self.plan(at + nanos(pause), writer, Step::Begin);
            }
        } else {
            self.lost(at, writer);
        }
    }

    fn lost(&mut self, at: Moment, writer: usize) {
        let this = &mut self.writers[writer];
        this.lost += 1;
        let loss = Loss {
            lost: this.lost,
            took: Duration::from_nanos(at - this.attempt),
            elapsed: Duration::from_nanos(at - this.begun),
            round_trip: Some(Duration::from_nanos(this.round_trip)),
        };
        match self.rule.next(&loss, this.last, &mut self.chance) {
            Next::Retry(wait) => {
                this.last = wait;
                let waking = if wait.is_zero() {
                    0
                } else {
                    nanos(self.costs.waking)
                };
                self.attempt(at + nanos(wait) + waking, writer);
            }
            Next::OutOfRetries | Next::OutOfTime => {
                self.figures.gave_up(this.lost, loss.elapsed);
                if let Crowd::Staying { .. } = self.crowd {
                    self.plan(at, writer, Step::Begin);
                }
            }
        }
    }
}
