//! Which client wrote. The log names a connection by a number, and the server reuses numbers at once.
//!
//! So a number alone says nothing. It stands for one client from the line that says it connected to the line that says it
//! left. Lines of different server threads arrive out of order; their running number (gid) sorts them.
//!
//! Connections older than the log come from the server's list (`stats conns`). The list does not say since when, so an
//! address counts only if two looks at the list agree and no line between them disagrees, or if the line that ends the
//! connection gives it. Until then the client is called `?` (protocol.md rule 23).

use std::collections::HashMap;
use std::sync::Arc;

use crate::cas::mutation::Writer;

/// How many holders of one number are remembered: a late line can belong to one that has left.
const REMEMBERED: usize = 4;
/// Numbers that are remembered. A server gives the lowest free one, so these are as many connections at a time (ordinarily
/// it allows 1024); the clients beyond are one, without a name.
pub(in crate::client) const NUMBERS: usize = 16 * 1024;

/// All connections that the log can still speak of.
#[derive(Debug)]
pub(super) struct Clients {
    holders: HashMap<u32, Vec<Holder>>,
    made: u64,
    /// Whoever has a number that there is no room for.
    stranger: Arc<Writer>,
}

/// A client that holds a number, from one line of the log to another.
#[derive(Debug)]
struct Holder {
    client: Arc<Writer>,
    since: u64,
    until: u64,
    /// The address that the last look at the server's list gave.
    listed: Option<String>,
}

impl Default for Clients {
    fn default() -> Clients {
        Clients {
            holders: HashMap::new(),
            made: 0,
            stranger: Arc::new(Writer::unnamed(0)),
        }
    }
}

impl Clients {
    /// A client connected.
    pub(super) fn opened(&mut self, cfd: u32, gid: u64, name: String) {
        let Some((client, at)) = self.seat(cfd, gid) else {
            return;
        };
        client.call(name);
        let holders = self.holders.entry(cfd).or_default();
        // Whoever held the number before has ended, even if the line that said so was lost.
        if let Some(before) = at.checked_sub(1).and_then(|at| holders.get_mut(at)) {
            before.until = before.until.min(gid);
        }
    }

    /// A client's connection ended; the line of it also says who it was.
    pub(super) fn closed(&mut self, cfd: u32, gid: u64, name: String) {
        let Some(holders) = self.holders.get_mut(&cfd) else {
            return;
        };
        if let Some(holder) = holders.iter_mut().rfind(|holder| holder.holds(gid)) {
            holder.until = gid;
            // If it has a name already, it is this one.
            holder.client.call(name);
        }
    }

    /// The client that a line speaks of.
    pub(super) fn writer(&mut self, cfd: u32, gid: u64) -> Arc<Writer> {
        if let Some(client) = self.known(cfd, gid) {
            return Arc::clone(client);
        }
        self.seat(cfd, gid)
            .map_or_else(|| Arc::clone(&self.stranger), |(client, _)| client)
    }

    /// The same, if it was spoken of before.
    pub(super) fn known(&self, cfd: u32, gid: u64) -> Option<&Arc<Writer>> {
        let holders = self.holders.get(&cfd)?;
        let holder = holders.iter().rfind(|holder| holder.holds(gid))?;
        Some(&holder.client)
    }

    /// A look at the server's list of connections.
    pub(super) fn listed(&mut self, list: Vec<(u32, String)>) {
        for (cfd, name) in list {
            let known = self.holders.get(&cfd).and_then(|holders| holders.last());
            if known.is_none_or(|holder| holder.until != u64::MAX) {
                let since = known.map_or(0, |holder| holder.until);
                self.seat(cfd, since);
            }
            let Some(holder) = self
                .holders
                .get_mut(&cfd)
                .and_then(|holders| holders.last_mut())
            else {
                continue;
            };
            if holder.listed.as_ref() == Some(&name) {
                holder.client.call(name);
            } else {
                holder.listed = Some(name);
            }
        }
    }

    /// Whether a further look at the server's list could name somebody.
    pub(super) fn unsure(&self) -> bool {
        let mut open = self.holders.values().filter_map(|holders| holders.last());
        open.any(|holder| holder.until == u64::MAX && holder.client.name().is_none())
    }

    /// A new holder of a number from `since` on, and the place among its holders; `None` if there is no room.
    fn seat(&mut self, cfd: u32, since: u64) -> Option<(Arc<Writer>, usize)> {
        if self.holders.len() == NUMBERS && !self.holders.contains_key(&cfd) {
            return None;
        }
        self.made += 1;
        let client = Arc::new(Writer::unnamed(self.made));
        let holders = self.holders.entry(cfd).or_default();
        let at = holders.partition_point(|holder| holder.since <= since);
        let until = holders.get(at).map_or(u64::MAX, |after| after.since);
        let holder = Holder {
            client: Arc::clone(&client),
            since,
            until,
            listed: None,
        };
        holders.insert(at, holder);
        if holders.len() > REMEMBERED {
            holders.remove(0);
            return Some((client, at.saturating_sub(1)));
        }
        Some((client, at))
    }
}

impl Holder {
    fn holds(&self, gid: u64) -> bool {
        (self.since..=self.until).contains(&gid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(clients: &mut Clients, cfd: u32, gid: u64) -> String {
        let client = clients.writer(cfd, gid);
        client.name().unwrap_or("?").to_string()
    }

    fn list(entries: &[(u32, &str)]) -> Vec<(u32, String)> {
        entries
            .iter()
            .map(|(cfd, name)| (*cfd, (*name).to_string()))
            .collect()
    }

    #[test]
    fn a_number_given_anew_is_another_client() {
        let mut clients = Clients::default();
        clients.opened(7, 10, "a:1".into());
        assert_eq!(name(&mut clients, 7, 11), "a:1");
        clients.closed(7, 12, "a:1".into());
        clients.opened(7, 13, "b:2".into());
        assert_eq!(name(&mut clients, 7, 14), "b:2");
        assert_ne!(
            clients.writer(7, 11).number(),
            clients.writer(7, 14).number()
        );
    }

    #[test]
    fn lines_out_of_order_find_their_client() {
        let mut clients = Clients::default();
        clients.opened(7, 20, "b:2".into());
        clients.opened(7, 10, "a:1".into());
        clients.closed(7, 15, "a:1".into());
        assert_eq!(name(&mut clients, 7, 12), "a:1");
        assert_eq!(name(&mut clients, 7, 21), "b:2");
        assert_eq!(
            name(&mut clients, 7, 17),
            "?",
            "between the two nobody is known"
        );
        assert_eq!(name(&mut clients, 7, 25), "b:2");
    }

    #[test]
    fn an_older_connection_is_named_when_two_looks_agree() {
        let mut clients = Clients::default();
        clients.listed(list(&[(7, "a:1"), (8, "b:2")]));
        assert_eq!(name(&mut clients, 7, 5), "?");
        assert!(clients.unsure());
        clients.listed(list(&[(7, "a:1"), (8, "c:3")]));
        assert_eq!(name(&mut clients, 7, 5), "a:1");
        assert_eq!(
            name(&mut clients, 8, 5),
            "?",
            "the number changed hands unseen"
        );
        clients.listed(list(&[(7, "a:1"), (8, "c:3")]));
        assert_eq!(name(&mut clients, 8, 5), "c:3");
        assert!(!clients.unsure());
    }

    #[test]
    fn the_end_of_a_connection_names_what_it_did_before() {
        let mut clients = Clients::default();
        let writer = clients.writer(7, 5);
        assert_eq!(writer.name(), None);
        clients.closed(7, 9, "a:1".into());
        assert_eq!(writer.name(), Some("a:1"));
        // The list shows the present: it says nothing about a client that has left.
        clients.listed(list(&[(7, "b:2")]));
        clients.listed(list(&[(7, "b:2")]));
        assert_eq!(name(&mut clients, 7, 6), "a:1");
        assert_eq!(name(&mut clients, 7, 12), "b:2");
    }

    #[test]
    fn a_client_whose_connecting_was_not_told_is_a_stranger() {
        let mut clients = Clients::default();
        clients.opened(7, 1, "a:1".into());
        clients.closed(7, 3, "a:1".into());
        let stranger = clients.writer(7, 8);
        assert_eq!(stranger.name(), None);
        assert_eq!(clients.writer(7, 9).number(), stranger.number());
    }

    #[test]
    fn few_holders_of_a_number_are_remembered() {
        let mut clients = Clients::default();
        for gid in 0..1000 {
            clients.opened(7, gid, format!("a:{gid}"));
        }
        assert_eq!(clients.holders[&7].len(), REMEMBERED);
    }
    #[test]
    fn few_numbers_are_remembered_and_the_rest_are_strangers() {
        let mut clients = Clients::default();
        for cfd in 0..1_000_000 {
            clients.opened(cfd, u64::from(cfd), format!("a:{cfd}"));
            clients.closed(cfd, u64::from(cfd) + 1, format!("a:{cfd}"));
        }
        assert_eq!(clients.holders.len(), NUMBERS);
        assert_eq!(name(&mut clients, 5, 5), "a:5");
        let (one, other) = (clients.writer(700_000, 1), clients.writer(800_000, 1));
        assert_eq!((one.name(), one.number()), (None, other.number()));
        clients.listed(list(&[(700_000, "b:1")]));
        clients.listed(list(&[(700_000, "b:1")]));
        assert_eq!(name(&mut clients, 700_000, 2), "?");
        assert_eq!(clients.holders.len(), NUMBERS);
    }
}
