//! The way back from the JSON contract of `mccas contention`: the findings that a line tells. What is not told is left empty.

use std::sync::Arc;
use std::time::Duration;

use super::json::{
    Entry, Event, MissStorm, Numbers, Object, OfFight, OfServer, ServerCounters, VERSION,
};
use crate::cas::lookups::Lookups;
use crate::cas::mutation::Counters;
use crate::contention::findings::{
    Bound, By, Fight, Fighters, Fights, Findings, Name, Part, Row, Scope, Watched,
};
use crate::contention::storm::Storm;
use crate::contention::{Counts, Reading};
use crate::output::bytes::Base64;
use crate::output::calendar::micros;

/// Whether a line of a recording tells no findings but how the run failed that wrote it: the last object of `--json` then.
pub(crate) fn is_failure(line: &[u8]) -> bool {
    line.starts_with(b"{\"status\":\"failed\",")
}

/// The findings that a line of a recording tells, or why it tells none.
pub(crate) fn findings(line: &[u8]) -> Result<Findings, String> {
    let object: Object = serde_json::from_slice(line)
        .map_err(|error| format!("not what mccas contention writes ({error})"))?;
    if object.version > VERSION {
        return Err("written by a newer mccas".into());
    }
    object
        .findings()
        .ok_or_else(|| "not what mccas contention writes (a row without a name)".into())
}

impl Object {
    fn findings(mut self) -> Option<Findings> {
        let (by, entries) = self.rows()?;
        let rows = entries.into_iter().map(|entry| entry.into_row(by));
        let mut rows: Vec<Row> = rows.collect::<Option<_>>()?;
        let bound = self.bound(by);
        let servers = self.watched();
        if servers.len() == 1 {
            for row in &mut rows {
                row.server = None;
            }
        }
        Some(Findings {
            scope: match self.event {
                Event::Interval => Scope::Interval,
                Event::Report => Scope::Whole,
            },
            by,
            at: self.at.as_deref().and_then(micros),
            elapsed: Duration::from_millis(self.elapsed_ms),
            rows,
            more: self.more,
            all: self.totals.counts(),
            bound,
            storms: (self.miss_storms.unwrap_or_default().into_iter())
                .map(MissStorm::storm)
                .collect::<Option<_>>()?,
            servers,
        })
    }

    fn rows(&mut self) -> Option<(By, Vec<Entry>)> {
        let lists = [
            (By::Key, &mut self.keys),
            (By::Client, &mut self.clients),
            (By::Host, &mut self.hosts),
            (By::Prefix, &mut self.prefixes),
        ];
        let mut told = lists
            .into_iter()
            .filter_map(|(by, list)| Some((by, list.take()?)));
        told.next()
    }

    fn bound(&self, by: By) -> Bound {
        let tracked = match by {
            By::Key | By::Client => self.tracked_keys,
            By::Host => self.tracked_hosts,
            By::Prefix => self.tracked_prefixes,
        };
        Bound {
            tracked: tracked.unwrap_or(0),
            places: self.tracked_at_most.unwrap_or(0),
            overflowed: self.untracked_lost_at_most.is_some(),
            lost_unseen: self.untracked_lost_at_most.unwrap_or(0),
        }
    }

    /// What is told of the log of reads as a whole is told of the first server here.
    fn watched(&mut self) -> Vec<Watched> {
        let mut servers: Vec<Watched> = match self.servers.take() {
            Some(several) => several.into_iter().map(OfServer::watched).collect(),
            None => vec![self.only()],
        };
        if let (Some(lines), Some(first)) = (self.log_lines, servers.first_mut()) {
            first.reading = Some(Reading {
                lines,
                deletes_told: true,
            });
            if let (Some(like), Some(counters)) = (self.lookups_like_reads, &mut first.counters) {
                counters.lookups = Lookups {
                    touches: like,
                    ..Lookups::default()
                };
            }
        }
        servers
    }

    fn only(&mut self) -> Watched {
        Watched {
            server: self.server.take().unwrap_or_default().into(),
            all: self.totals.counts(),
            dropped: self.dropped,
            behind: self.lower_bound && self.dropped == 0 && self.error.is_none(),
            counters: self.counters.take().map(ServerCounters::counters),
            failure: self.error.take(),
            reading: None,
        }
    }
}

impl OfServer {
    fn watched(self) -> Watched {
        Watched {
            all: self.totals.counts(),
            behind: self.lower_bound && self.dropped == 0 && self.error.is_none(),
            dropped: self.dropped,
            counters: self.counters.map(ServerCounters::counters),
            failure: self.error,
            reading: self.totals.hits.map(|_| Reading::default()),
            server: self.server.into(),
        }
    }
}

impl Entry {
    fn into_row(mut self, by: By) -> Option<Row> {
        let (clients, hosts, keys) = (self.clients.take(), self.hosts.take(), self.keys.take());
        let (parts, hosts) = match by {
            By::Key => (clients, hosts),
            By::Client | By::Host => (keys, None),
            By::Prefix => (hosts, None),
        };
        let fights = Fights {
            hosts: fighters(self.fights.take(), self.fights_at_least, Name::Host),
            clients: fighters(
                self.client_fights.take(),
                self.client_fights_at_least,
                |name| Name::Client(name.as_deref().map(String::from)),
            ),
        };
        Some(Row {
            fights,
            server: self.server.take().map(Arc::from),
            counts: self.numbers.counts(),
            changed: self.last_change.as_deref().and_then(micros),
            parts: parts_of(parts)?,
            hosts: parts_of(hosts)?,
            connections: self.connections.unwrap_or(0),
            history: Vec::new(),
            error: self.lost_before_at_most.unwrap_or(0),
            partial: self.partial.unwrap_or(false),
            more_parts: self.writers_at_least.unwrap_or(false),
            more_hosts: self.hosts_at_least.unwrap_or(false),
            name: self.name()?,
        })
    }

    fn name(self) -> Option<Name> {
        if let Some(client) = self.client {
            return Some(Name::Client(known(client)));
        }
        if let Some(host) = self.host {
            return Some(Name::Host(known(host).map(Arc::from)));
        }
        match bytes(self.prefix, self.prefix_base64) {
            Some(prefix) => Some(Name::Prefix(prefix)),
            None => bytes(self.key, self.key_base64).map(Name::Key),
        }
    }
}

/// `None` for who is not sure.
fn known(name: String) -> Option<String> {
    (name != "?").then_some(name)
}

fn fighters(
    told: Option<Vec<OfFight>>,
    at_least: Option<bool>,
    name: fn(Option<Arc<str>>) -> Name,
) -> Fighters {
    let name = |text: String| name(known(text).map(Arc::from));
    let fights = told.unwrap_or_default().into_iter().map(|fight| Fight {
        winner: name(fight.winner),
        loser: name(fight.loser),
        lost: fight.lost,
    });
    Fighters::new(fights.collect(), at_least.unwrap_or(false))
}

fn parts_of(entries: Option<Vec<Entry>>) -> Option<Vec<Part>> {
    let parts = entries.unwrap_or_default().into_iter().map(|entry| {
        Some(Part {
            counts: entry.numbers.counts(),
            partial: entry.partial.unwrap_or(false),
            name: entry.name()?,
        })
    });
    parts.collect()
}

fn bytes(text: Option<String>, base64: Option<Base64>) -> Option<Arc<[u8]>> {
    let bytes = text.map(String::into_bytes).or(base64.map(Base64::bytes));
    bytes.map(Arc::from)
}

impl Numbers {
    fn counts(&self) -> Counts {
        Counts {
            stores: self.stores,
            won: self.won,
            lost: self.lost,
            missing: self.missing,
            hits: self.hits.unwrap_or(0),
            misses: self.misses.unwrap_or(0),
        }
    }
}

impl MissStorm {
    fn storm(self) -> Option<Storm> {
        Some(Storm {
            key: bytes(self.key, self.key_base64)?,
            second: micros(&self.second)? / 1_000_000,
            misses: self.misses,
            clients: self.clients,
            more_clients: self.clients_at_least.unwrap_or(false),
            expired: self.expired,
            seconds: self.seconds,
        })
    }
}

impl ServerCounters {
    fn counters(self) -> Counters {
        Counters {
            cas_hits: self.cas_hits,
            cas_badval: self.cas_badval,
            cas_misses: self.cas_misses,
            log_worker_dropped: self.log_worker_dropped,
            log_watcher_skipped: self.log_watcher_skipped,
            lookups: Lookups::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::output::report::{Report, Status};

    use super::*;
    use crate::cas::fetch::Lookup;
    use crate::cas::mutation::{Mutation, Outcome};
    use crate::contention::testing::{named, read, tried};
    use crate::contention::{Tally, Timeline};
    use crate::output::Paint;
    use crate::output::contention::page::page;
    use crate::output::contention::remarks::remarks;
    use crate::output::contention::table::table;

    /// Two servers' findings: keys of any bytes, names that are known and not, counters, a failure.
    fn found(by: By, reads: bool) -> Findings {
        let mut all = Vec::new();
        for server in ["a:1", "b:1"] {
            let mut tally = Tally::new(Vec::new());
            let writer = named(1, "10.0.0.1:5");
            for key in ["user:1", "k\n<script>\u{202e}"] {
                tally.take(&tried(key, "cas", Outcome::Exists, Some(&writer)));
                tally.take(&tried(key, "cas", Outcome::Stored, None));
                let late = Mutation {
                    number: 1,
                    ..tried(key, "cas", Outcome::Exists, Some(&writer))
                };
                tally.take(&late);
            }
            if reads {
                (0..12).for_each(|n| {
                    let client = named(n + 2, "?");
                    tally.take_read(&read("gone", Lookup::Expired, &client));
                });
            }
            let mut findings = tally.findings(by, Scope::Whole);
            findings.elapsed = Duration::from_millis(1500);
            findings.servers[0].server = server.into();
            findings.servers[0].reading = reads.then(Reading::default);
            findings.servers[0].counters = Some(Counters::default());
            all.push(findings);
        }
        all[1].servers[0].failure = Some("it went away".into());
        all[0].servers[0].dropped = 7;
        Findings::joined(all).expect("two")
    }

    /// What is told once more is what was told first.
    fn again(told: &Findings) {
        let line = serde_json::to_string(&Object::new(told)).expect("JSON");
        let understood = findings(line.as_bytes()).expect("findings");
        let again = serde_json::to_string(&Object::new(&understood)).expect("JSON");
        assert_eq!(again, line);
    }

    #[test]
    fn the_object_of_a_failure_is_known_as_it_is_written() {
        let failed = Report {
            error: Some("cannot write page.html".into()),
            ..Report::of(Status::Failed)
        };
        assert!(is_failure(&serde_json::to_vec(&failed).unwrap()));
        let other = serde_json::to_vec(&Report::of(Status::Refused)).unwrap();
        assert!(!is_failure(&other) && !is_failure(b"{\"version\":1}"));
    }

    #[test]
    fn what_is_told_is_understood_in_every_order() {
        for by in [By::Key, By::Client, By::Host, By::Prefix] {
            for reads in [false, true] {
                again(&found(by, reads));
            }
        }
        again(&found(By::Key, false).cut(1));
        again(&Tally::new(Vec::new()).findings(By::Key, Scope::Interval));
    }

    #[test]
    fn a_key_of_any_bytes_comes_back() {
        let mut told = found(By::Key, false);
        told.rows[0].name = Name::Key(b"\xff\x00\r\n"[..].into());
        again(&told);
        let line = serde_json::to_string(&Object::new(&told)).expect("JSON");
        let name = &findings(line.as_bytes()).expect("findings").rows[0].name;
        assert_eq!(*name, told.rows[0].name);
    }

    #[test]
    fn no_number_is_too_large_for_what_is_made_of_it() {
        let told = found(By::Key, true);
        let line = serde_json::to_string(&Object::new(&told)).expect("JSON");
        // Each number of its own, and the largest that has its place.
        let parts = line.split("\":").map(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
            let largest = if digits > 0 {
                u64::MAX.to_string()
            } else {
                String::new()
            };
            largest + &part[digits..]
        });
        let largest = parts.collect::<Vec<_>>().join("\":");
        let largest = largest.replace("\"version\":18446744073709551615", "\"version\":1");
        let mut timeline = Timeline::default();
        let mut sum = told.nothing();
        for _ in 0..3000 {
            let findings = findings(largest.as_bytes()).expect("findings");
            timeline.push(&findings);
            sum = sum.then(findings);
        }
        let sum = timeline.told(sum);
        let _ = (page(&sum, &timeline, "1"), remarks(&sum, Paint::NONE));
        let _ = table(&sum, Some(80), true, Paint::NONE);
        let _ = serde_json::to_string(&Object::new(&sum)).expect("JSON");
    }

    #[test]
    fn what_is_no_recording_is_refused_with_a_reason() {
        let line = serde_json::to_string(&Object::new(&found(By::Key, false))).expect("JSON");
        let newer = line.replacen("\"version\":1", "\"version\":2", 1);
        assert_eq!(
            findings(newer.as_bytes()).unwrap_err(),
            "written by a newer mccas"
        );
        let nameless = line.replace("\"key\":\"user:1\",", "");
        for wrong in [
            "",
            "{}",
            "[]",
            "GET / HTTP/1.1",
            &line[..line.len() / 2],
            &nameless,
        ] {
            let error = findings(wrong.as_bytes()).unwrap_err();
            assert!(
                error.starts_with("not what mccas contention writes"),
                "{wrong}: {error}"
            );
        }
    }
}
