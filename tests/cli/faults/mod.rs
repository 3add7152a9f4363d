//! What the exit code says is what the server holds, whatever happens to the connection, the server or the key.
//!
//! 0 = applied exactly once; 3, 4, 5, 7, 8 = not applied, and not later either; 6 = applied once or not at all, and only
//! where that cannot be known. What was applied is not guessed from the value: the server counts every item that it
//! stores (`total_items`).

mod act; // What the server and other writers do meanwhile.
mod cuts; // A connection cut at every byte, then the next one, then all of them.
mod dialects; // The same cuts on every kind of server.
mod fallback; // The server's own arithmetic, which cannot be asked again.
mod freezes; // A server that stands still, and bytes that come late.
mod others; // Another writer, or another server process, before the answer is made good.
mod resolution; // Which process answers after a lost swap.
mod strays; // A line that nobody asked for.
mod stripped; // A proof that does not reach the server.
mod sweep; // Many cases on a few threads, counted.

use crate::harness::eye::{Eye, Look, State};
use crate::harness::mccas::{Mccas, mccas_at};
use crate::harness::outcome::Outcome;
use crate::harness::server::Memcached;
use crate::harness::target::Target;

/// A server and how swaps travel to it.
#[derive(Debug)]
struct Setting {
    name: &'static str,
    target: fn() -> Target,
    /// Whether swaps carry a proof.
    exactly_once: bool,
    /// Whether they travel by the classic protocol, whose answers show no token.
    classic: bool,
    /// Whether the expiry of an item can be seen, and so be kept.
    keeps_expiry: bool,
    /// The `--timeout` of a cut, which whoever notices it does not wait for.
    timeout: &'static str,
}

impl Setting {
    const fn new(name: &'static str, target: fn() -> Target) -> Self {
        Self {
            name,
            target,
            exactly_once: false,
            classic: false,
            keeps_expiry: true,
            timeout: sweep::LONG,
        }
    }

    /// The memcached itself, where nothing stands in front of it.
    fn server(&self) -> Memcached {
        (self.target)().server().clone()
    }
}

/// The installed server, which may not know the meta flag `E`.
static INSTALLED: Setting = Setting::new("installed", || Memcached::start().into());

/// The same, asked for a proof that it may have to refuse.
static REFUSED: Setting = Setting {
    exactly_once: true,
    ..Setting::new("installed --exactly-once", || Memcached::start().into())
};

/// A server on which swaps travel by the classic protocol, because a failing `ms` could delete the item.
static CLASSIC: Setting = Setting {
    classic: true,
    ..Setting::new("installed -M (classic cas)", || {
        Memcached::start_with(&["-M"]).into()
    })
};

static MODERN: Setting = Setting::new("modern", || Memcached::modern().into());

/// Where the item itself tells whose write it holds.
static PROVEN: Setting = Setting {
    exactly_once: true,
    ..Setting::new("modern --exactly-once", || Memcached::modern().into())
};

/// The writes that are put to the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Write {
    /// `cas KEY new --token N`
    Swap,
    /// `cas KEY new --expect old`
    Expected,
    /// `cas KEY new --token absent`
    Create,
    /// `incr-cas KEY`
    Increment,
    /// `delete KEY --token N`
    Delete,
}

/// Those that differ on the wire: a swap by value is there one by token.
const WRITES: [Write; 3] = [Write::Swap, Write::Create, Write::Increment];

/// The flags of each item that is there before.
const FLAGS: u32 = 7;
/// The flags of an item that is created.
const FLAGS_CREATED: u32 = 5;
/// Its time to live: above 30 days, where a careless writer destroys the item.
const LIFETIME: u64 = 40 * 24 * 3600;

impl Write {
    fn before(self) -> Option<&'static str> {
        match self {
            Self::Swap | Self::Expected | Self::Delete => Some("old"),
            Self::Create => None,
            Self::Increment => Some("41"),
        }
    }

    fn after(self) -> Option<&'static str> {
        match self {
            Self::Swap | Self::Expected | Self::Create => Some("new"),
            Self::Increment => Some("42"),
            Self::Delete => None,
        }
    }
}

/// One write to one key of its own: how things were before, and whether what was said of it is true.
struct Trial<'a> {
    eye: &'a Eye,
    setting: &'static Setting,
    write: Write,
    key: String,
    before: Option<State>,
    stored: u64,
}

impl<'a> Trial<'a> {
    fn new(eye: &'a Eye, setting: &'static Setting, write: Write, key: &str) -> Self {
        if let Some(value) = write.before() {
            let moment = if setting.keeps_expiry {
                eye.stats().0 + LIFETIME
            } else {
                0
            };
            eye.set(key, value, FLAGS, moment);
        }
        let Look { item, stored } = eye.look(key);
        Self {
            eye,
            setting,
            write,
            key: key.into(),
            before: item,
            stored,
        }
    }

    /// The command at this address, which is a proxy's as a rule.
    fn command(&self, address: &str, timeout: &str) -> Mccas {
        let command = mccas_at(address).args(["--json", "--timeout", timeout]);
        let key = self.key.as_str();
        let command = match self.write {
            Write::Swap => {
                let token = self.before.as_ref().expect("the item").token.to_string();
                command.args(["cas", key, "new", "--token", &token])
            }
            Write::Expected => command.args(["cas", key, "new", "--expect", "old"]),
            Write::Create => {
                let flags = FLAGS_CREATED.to_string();
                command.args(["cas", key, "new", "--token", "absent", "--flags", &flags])
            }
            Write::Increment => command.args(["incr-cas", key]),
            Write::Delete => {
                let token = self.before.as_ref().expect("the item").token.to_string();
                return command.args(["delete", key, "--token", &token]);
            }
        };
        let command = if self.setting.exactly_once {
            command.arg("--exactly-once")
        } else {
            command
        };
        if self.setting.keeps_expiry || self.write == Write::Create {
            command
        } else {
            command.args(["--ttl", "never"])
        }
    }

    /// Whether the outcome is true, where nobody else wrote: the code, and the item to the last detail.
    fn judge(&self, outcome: &Outcome) -> Result<Look, String> {
        let look = self.judge_among(outcome, 0)?;
        let expected = if self.landed(&look) == 0 {
            self.before.clone()
        } else {
            self.written(look.item.as_ref())
        };
        if look.item == expected {
            Ok(look)
        } else {
            Err(self.complaint(outcome, &look, "the item is not as it must be"))
        }
    }

    /// Whether the code is true, where others stored so many items meanwhile.
    fn judge_among(&self, outcome: &Outcome, others: u64) -> Result<Look, String> {
        let look = self.eye.look(&self.key);
        let landed = self.landed(&look) - others;
        let agrees = match outcome.code {
            0 => landed == 1,
            3 | 4 | 5 | 7 | 8 => landed == 0,
            6 => landed <= 1,
            _ => false,
        };
        if agrees {
            Ok(look)
        } else {
            let what = format!("it was applied {landed} times");
            Err(self.complaint(outcome, &look, &what))
        }
    }

    /// How often something was applied, by whomever. A delete is seen by what is left, as it is a store of its own kind where
    /// the server knows no other that is conditional.
    fn landed(&self, look: &Look) -> u64 {
        match self.write {
            Write::Delete => u64::from(look.item.is_none()),
            _ => look.stored - self.stored,
        }
    }

    /// The item after one application; the token is the one it has now, but a new one.
    fn written(&self, after: Option<&State>) -> Option<State> {
        let value = self.write.after()?.into();
        let before = self.before.as_ref();
        let token = after.map_or(0, |after| after.token);
        Some(State {
            value,
            flags: before.map_or(FLAGS_CREATED, |before| before.flags),
            moment: before.and_then(|before| before.moment),
            token: if before.is_some_and(|before| before.token == token) {
                0
            } else {
                token
            },
        })
    }

    fn complaint(&self, outcome: &Outcome, look: &Look, what: &str) -> String {
        let Self {
            setting,
            write,
            key,
            before,
            ..
        } = self;
        format!(
            "{}, {write:?} of {key}: exit {}, but {what}: {before:?} has become {:?}\n{outcome:?}",
            setting.name, outcome.code, look.item
        )
    }
}
