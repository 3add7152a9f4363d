//! An item as the server holds it, and its moment of expiry without any doubt.

use std::cell::RefCell;
use std::fmt;

use crate::harness::inspect::{Session, parse_gets, parse_meta, show};
use crate::harness::server::Memcached;

/// An item as it must stay, or as it has become.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) value: String,
    pub(crate) flags: u32,
    /// The second of the server's clock at which it expires.
    pub(crate) moment: Option<u64>,
    pub(crate) token: u64,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            value,
            flags,
            moment,
            token,
        } = self;
        write!(
            f,
            "{value:?} (flags {flags}, expires {moment:?}, token {token})"
        )
    }
}

/// A connection on which a test looks at a server: one for all looks, as there are many.
pub(crate) struct Eye {
    session: RefCell<Session>,
}

/// What one look saw.
pub(crate) struct Look {
    pub(crate) item: Option<State>,
    /// How many items the server has stored in its life.
    pub(crate) stored: u64,
}

impl Eye {
    pub(crate) fn on(server: &Memcached) -> Self {
        Self {
            session: RefCell::new(server.session()),
        }
    }

    fn ask(&self, request: &str) -> Vec<u8> {
        self.session.borrow_mut().ask(request)
    }

    /// The server's clock, and how many items it has stored.
    pub(crate) fn stats(&self) -> (u64, u64) {
        let answer = show(&self.ask("stats\r\n"));
        let number = |name: &str| {
            let line = answer.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.trim().parse().ok())
                .unwrap_or_else(|| panic!("no {name} in {answer}"))
        };
        (number("STAT time"), number("STAT total_items"))
    }

    /// Looks at a key without any doubt about its moment of expiry: no tick of the clock fell in between.
    pub(crate) fn look(&self, key: &str) -> Look {
        loop {
            let before = self.stats();
            let meta = parse_meta(&self.ask(&format!("me {key}\r\n")));
            let item = parse_gets(&self.ask(&format!("gets {key}\r\n")));
            if self.stats() != before {
                continue;
            }
            let (time, stored) = before;
            let left = meta.map_or(-1, |meta| meta.ttl);
            let item = item.map(|item| State {
                value: String::from_utf8(item.value).expect("text"),
                flags: item.flags,
                moment: u64::try_from(left).ok().map(|left| time + left),
                token: item.token,
            });
            return Look { item, stored };
        }
    }

    /// Stores an item that expires at a moment of the server's clock (0: never).
    pub(crate) fn set(&self, key: &str, value: &str, flags: u32, moment: u64) {
        let size = value.len();
        let answer = self.ask(&format!("set {key} {flags} {moment} {size}\r\n{value}\r\n"));
        assert_eq!(show(&answer), "STORED\r\n");
    }

    /// Uses tokens up until all that follow have five digits: a byte of a request is then the same one in every case.
    pub(crate) fn use_up_tokens(&self) {
        self.ask(&"set x 0 0 1 noreply\r\nx\r\n".repeat(10_000));
    }
}
