//! What has been seen of a log: from its lines to what they tell, and by whom.

use std::sync::Arc;

use super::clients::Clients;
use super::line::{Attempt, Connection, Deletion, Line, Lookup};
use super::reads::Reads;
use crate::cas::fetch::Fetch;
use crate::cas::mutation::Mutation;

/// What a log tells.
#[derive(Debug)]
pub(crate) enum Entry<'a> {
    /// Somebody tried to store.
    Store(&'a Mutation<'a>),
    /// Somebody read.
    Read(&'a Fetch<'a>),
}

/// Takes what is told.
pub(super) type Take<'a> = dyn FnMut(Entry) + 'a;

/// What has been seen of a log.
pub(super) struct Seen {
    pub(super) clients: Clients,
    reads: Reads,
    /// Lines of any kind.
    pub(super) lines: u64,
    /// Stores that were tried and lookups, of whatever key.
    pub(super) events: u64,
    /// Lines that the server says it did not send.
    pub(super) skipped: u64,
    pub(super) awaited: Option<Awaited>,
    /// The log entry after which nothing is told any more.
    pub(super) end: u64,
}

/// A connection whose line in the log is waited for.
pub(super) struct Awaited {
    pub(super) name: String,
    /// Whether what comes after it shall not be told.
    pub(super) ends: bool,
}

impl Seen {
    pub(super) fn new(clients: Clients) -> Seen {
        Seen {
            clients,
            reads: Reads::default(),
            lines: 0,
            events: 0,
            skipped: 0,
            awaited: None,
            end: u64::MAX,
        }
    }

    /// A line of the log.
    pub(super) fn line(&mut self, line: &[u8], take: &mut Take) {
        self.lines += 1;
        match Line::parse(line) {
            Line::Store(attempt) => self.store(&attempt, take),
            Line::Lookup(lookup) => self.lookup(&lookup, take),
            Line::Deleted(deletion) => self.deleted(&deletion),
            Line::Opened(opened) => self.opened(&opened),
            Line::Closed(closed) => self.closed(&closed, take),
            Line::Skipped(lines) => self.skipped = self.skipped.saturating_add(lines),
            Line::Other => {}
        }
    }

    /// Tells of lookups that have waited long enough.
    pub(super) fn sweep(&mut self, take: &mut Take) {
        self.reads.sweep(&mut |fetch| take(Entry::Read(fetch)));
    }

    /// Tells of all lookups that are left: the log is at its end.
    pub(super) fn finish(&mut self, take: &mut Take) {
        self.reads.settle_all(&mut |fetch| take(Entry::Read(fetch)));
    }

    fn store(&mut self, attempt: &Attempt, take: &mut Take) {
        let writer = attempt
            .cfd
            .map(|cfd| (cfd, self.clients.writer(cfd, attempt.gid)));
        // Also what comes after the end says what a lookup before it was for.
        if let Some((cfd, client)) = &writer {
            self.reads
                .stored(attempt, *cfd, client, &mut |fetch| take(Entry::Read(fetch)));
        }
        if attempt.gid > self.end {
            return;
        }
        self.events += 1;
        take(Entry::Store(&Mutation {
            at: attempt.at,
            number: attempt.gid,
            key: &attempt.key,
            outcome: attempt.outcome,
            command: attempt.command,
            writer: writer.map(|(_, client)| client),
        }));
    }

    fn lookup(&mut self, lookup: &Lookup, take: &mut Take) {
        let client = self.clients.writer(lookup.cfd, lookup.gid);
        let take = &mut |fetch: &Fetch| take(Entry::Read(fetch));
        if lookup.gid > self.end {
            self.reads.closed(lookup.cfd, &client, take);
            return;
        }
        self.events += 1;
        self.reads.looked_up(lookup, client, take);
    }

    fn deleted(&mut self, deletion: &Deletion) {
        self.reads.deleted(deletion);
    }

    fn opened(&mut self, opened: &Connection) {
        let name = opened.name();
        if let Some(awaited) = self.awaited.take_if(|awaited| awaited.name == name)
            && awaited.ends
        {
            self.end = opened.gid;
        }
        self.clients.opened(opened.cfd, opened.gid, name);
    }

    fn closed(&mut self, closed: &Connection, take: &mut Take) {
        let client = self.clients.known(closed.cfd, closed.gid).map(Arc::clone);
        self.clients.closed(closed.cfd, closed.gid, closed.name());
        if let Some(client) = client {
            self.reads
                .closed(closed.cfd, &client, &mut |fetch| take(Entry::Read(fetch)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::mutation::Outcome;

    fn seen() -> Seen {
        Seen::new(Clients::default())
    }

    /// What is told of some lines: of a store `key outcome client`, of a read `key + client` or `key - client`.
    fn told(seen: &mut Seen, lines: &[&str]) -> Vec<String> {
        let mut all = Vec::new();
        for line in lines {
            seen.line(line.as_bytes(), &mut |told| all.push(shown(&told)));
        }
        all
    }

    fn shown(told: &Entry) -> String {
        let (key, what, client) = match told {
            Entry::Store(store) => {
                let stored = store.outcome == Outcome::Stored;
                let what = if stored { "stored" } else { "failed" };
                (store.key, what, store.writer.as_ref())
            }
            Entry::Read(fetch) => {
                let what = if fetch.is_hit() { "hit" } else { "miss" };
                (fetch.key, what, Some(fetch.client))
            }
        };
        let name = client.and_then(|client| client.name()).unwrap_or("?");
        format!("{} {what} {name}", String::from_utf8_lossy(key))
    }

    fn store(gid: u64) -> String {
        format!("gid={gid} type=item_store key=k status=stored cmd=set cfd=9")
    }

    fn opened(gid: u64, port: u16) -> String {
        format!("gid={gid} type=conn_new rip=127.0.0.1 rport={port} transport=tcp cfd=9")
    }

    fn lookup(gid: u64, status: &str) -> String {
        format!("ts=5.6 gid={gid} type=item_get key=k status={status} clsid=1 cfd=9 size=1")
    }

    #[test]
    fn a_store_is_told_with_its_writer() {
        let mut seen = seen();
        assert!(told(&mut seen, &[&opened(1, 7)]).is_empty());
        assert_eq!(told(&mut seen, &[&store(2)]), ["k stored 127.0.0.1:7"]);
        let line = "gid=3 type=item_store key=k status=too_large cmd=na cfd=9";
        assert_eq!(told(&mut seen, &[line]), ["k failed ?"]);
    }

    #[test]
    fn nothing_after_the_line_that_ends_it_is_told() {
        let mut seen = seen();
        seen.awaited = Some(Awaited {
            name: "127.0.0.1:8".into(),
            ends: true,
        });
        told(&mut seen, &[&opened(4, 6)]);
        assert!(seen.awaited.is_some());
        told(&mut seen, &[&opened(6, 8)]);
        assert!(seen.awaited.is_none());
        // From another thread of the server: it stands later in the log and happened earlier.
        assert_eq!(told(&mut seen, &[&store(5)]).len(), 1);
        assert!(told(&mut seen, &[&store(7)]).is_empty());
        assert_eq!(seen.events, 1);
    }

    #[test]
    fn skipped_lines_are_added_up_as_far_as_numbers_go() {
        let mut seen = seen();
        told(&mut seen, &["skipped=40", "skipped=2"]);
        assert_eq!(seen.skipped, 42);
        told(&mut seen, &[&format!("skipped={}", u64::MAX)]);
        assert_eq!(seen.skipped, u64::MAX);
    }

    #[test]
    fn reads_are_told_with_their_client_when_it_is_sure_that_they_are_no_stores() {
        let mut seen = seen();
        let (first, second) = (lookup(2, "found"), lookup(3, "found"));
        told(&mut seen, &[&opened(1, 7), &first]);
        assert_eq!(told(&mut seen, &[&second]), ["k hit 127.0.0.1:7"]);
        assert_eq!(told(&mut seen, &[&store(4)]), ["k stored 127.0.0.1:7"]);
        told(&mut seen, &[&lookup(5, "expired")]);
        let closed =
            "gid=6 type=conn_close rip=127.0.0.1 rport=7 transport=tcp reason=normal cfd=9";
        assert_eq!(told(&mut seen, &[closed]), ["k miss 127.0.0.1:7"]);
        assert_eq!((seen.lines, seen.events), (6, 4));
    }

    #[test]
    fn a_number_given_anew_does_not_carry_a_lookup_to_its_next_holder() {
        let mut seen = seen();
        // The next holder's thread of the server is quicker with its lines.
        let lines = [opened(1, 7), lookup(2, "found"), opened(4, 8), store(5)];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(told(&mut seen, &lines), ["k stored 127.0.0.1:8"]);
        let closed =
            "gid=3 type=conn_close rip=127.0.0.1 rport=7 transport=tcp reason=normal cfd=9";
        assert_eq!(told(&mut seen, &[closed]), ["k hit 127.0.0.1:7"]);
    }

    #[test]
    fn what_comes_after_the_end_still_says_what_a_lookup_was_for() {
        let end = |after: &str| {
            let mut seen = seen();
            told(&mut seen, &[&lookup(2, "found")]);
            seen.end = 2;
            let mut all = told(&mut seen, &[after]);
            seen.finish(&mut |told| all.push(shown(&told)));
            all
        };
        assert!(
            end(&store(3)).is_empty(),
            "neither the store nor its lookup"
        );
        assert_eq!(end(&lookup(3, "not_found")), ["k hit ?"]);
    }
}
