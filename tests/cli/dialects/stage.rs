//! One server of a kind, and what a check does with it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value;

use super::peers::{Give, Kind, Peer, Started};
use crate::harness::eye::{Eye, State};
use crate::harness::mccas::{Mccas, mccas_at};
use crate::harness::outcome::Outcome;
use crate::harness::server::Memcached;
use crate::harness::sockets::locked;
use crate::harness::target::Target;

/// Done as it must be, or refused.
pub(super) type Checked = Result<(), Box<Refused>>;

/// A command that did not do it.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) code: i32,
    /// What it said to people, with the address left out.
    pub(super) sentence: String,
    pub(super) outcome: Outcome,
}

/// The flags of every item that a check stores.
pub(super) const FLAGS: u32 = 7;
/// Above 30 days, where a careless writer destroys the item.
pub(super) const LIFETIME: u64 = 40 * 24 * 3600;

/// In place of the token of an item that has none.
const ANY_TOKEN: &str = "7";

/// The exit codes of a command that cannot do its work there: whatever was asked, the answer is about the server.
const REFUSING: [i32; 4] = [2, 5, 7, 8];

/// A running server and what is known of it.
pub(super) struct Stage {
    started: Started,
    gives: &'static [Give],
    name: String,
    /// The items that the check has stored: what they must stay where nothing is done.
    stored: Mutex<BTreeMap<String, State>>,
}

impl Stage {
    pub(super) fn new(peer: &Peer, name: String) -> Self {
        Self {
            started: (peer.start)(),
            gives: match peer.kind {
                Kind::Serves(gives) => gives,
                Kind::Refuses(_) => &[],
            },
            name,
            stored: Mutex::default(),
        }
    }

    pub(super) fn gives(&self, what: Give) -> bool {
        self.gives.contains(&what)
    }

    /// What a user gives to `--server`.
    pub(super) fn address(&self) -> String {
        match &self.started {
            Started::Serving(target) => target.address(),
            Started::Scripted(peer) => peer.address(),
            Started::Secured(secured) => format!("{}{}", secured.scheme, secured.server.front()),
        }
    }

    /// What a proxy is put in front of. A kind that serves nobody has none.
    pub(super) fn target(&self) -> Option<&Target> {
        match &self.started {
            Started::Serving(target) => Some(target),
            Started::Scripted(_) | Started::Secured(_) => None,
        }
    }

    /// The memcached behind, if the test can look into it.
    pub(super) fn server(&self) -> Option<&Memcached> {
        match &self.started {
            _ if self.gives.is_empty() => None,
            Started::Serving(target) => Some(target.server()),
            Started::Scripted(_) => None,
            Started::Secured(secured) => Some(&secured.server),
        }
    }

    fn eye(&self) -> Option<Eye> {
        self.server().map(Eye::on)
    }

    /// Stores an item that never expires. Returns its token, or one that might be.
    pub(super) fn set(&self, key: &str, value: &str) -> String {
        self.set_for(key, value, 0)
    }

    /// Stores an item that expires so many seconds from now.
    pub(super) fn set_for(&self, key: &str, value: &str, seconds: u64) -> String {
        let Some(eye) = self.eye() else {
            return ANY_TOKEN.into();
        };
        let moment = if seconds == 0 {
            0
        } else {
            eye.stats().0 + seconds
        };
        eye.set(key, value, FLAGS, moment);
        let state = eye.look(key).item.expect("the item");
        let token = state.token;
        locked(&self.stored).insert(key.into(), state);
        if token == 0 {
            ANY_TOKEN.into()
        } else {
            token.to_string()
        }
    }

    /// The item as it is now.
    #[track_caller]
    pub(super) fn look(&self, key: &str) -> Option<State> {
        self.eye().expect("a server to look into").look(key).item
    }

    /// The item must have this value, a new token, and the flags and the expiry that it had.
    #[track_caller]
    pub(super) fn ensure_swapped(&self, key: &str, value: &str) -> State {
        let now = self
            .look(key)
            .unwrap_or_else(|| panic!("{}: {key} is gone", self.name));
        let stored = locked(&self.stored);
        let before = &stored[key];
        let expected = State {
            value: value.into(),
            token: now.token,
            ..before.clone()
        };
        assert_eq!(now, expected, "{}", self.name);
        assert_ne!(
            now.token, before.token,
            "{}: nothing was written",
            self.name
        );
        now
    }

    /// Each item must be what it was, and none may have come.
    #[track_caller]
    pub(super) fn ensure_untouched(&self) {
        let Some(server) = self.server() else { return };
        let eye = Eye::on(server);
        let stored = locked(&self.stored);
        for (key, before) in &*stored {
            assert_eq!(
                eye.look(key).item.as_ref(),
                Some(before),
                "{}: {key}",
                self.name
            );
        }
        assert_eq!(
            server.count("curr_items"),
            stored.len() as u64,
            "{}",
            self.name
        );
    }

    /// The command at this server.
    pub(super) fn command(&self, args: &[&str]) -> Mccas {
        self.command_at(&self.address(), args)
    }

    /// The same at another address.
    pub(super) fn command_at(&self, address: &str, args: &[&str]) -> Mccas {
        self.with_environment(mccas_at(address).arg("--json").args(args))
    }

    /// The command for people.
    pub(super) fn plain_command(&self, args: &[&str]) -> Mccas {
        self.with_environment(mccas_at(self.address()).args(args))
    }

    fn with_environment(&self, command: Mccas) -> Mccas {
        let environment = self.environment().into_iter();
        environment.fold(command, |command, (name, value)| command.env(name, value))
    }

    /// What a command is told of this server beside its address. A kind that is silent is not waited for.
    fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = match &self.started {
            Started::Secured(secured) => secured.environment.clone(),
            Started::Serving(_) | Started::Scripted(_) => Vec::new(),
        };
        if self.gives.is_empty() {
            environment.push(("MCCAS_TIMEOUT", "500ms".into()));
        }
        environment
    }

    /// Runs a command that must end with this exit code, and returns its outcome.
    pub(super) fn ends(&self, code: i32, args: &[&str]) -> Result<Outcome, Box<Refused>> {
        self.judge(code, self.command(args).run())
    }

    /// The same of one that prints one object.
    pub(super) fn tells(&self, code: i32, args: &[&str]) -> Result<Value, Box<Refused>> {
        self.ends(code, args).map(|outcome| outcome.object())
    }

    /// The outcome if it is the one expected; else it must be a refusal, and one that says why.
    pub(super) fn judge(&self, code: i32, outcome: Outcome) -> Result<Outcome, Box<Refused>> {
        if outcome.code == code {
            return Ok(outcome);
        }
        Err(Box::new(self.refused(outcome)))
    }

    /// A refusal, with what it says to people.
    pub(super) fn refused(&self, outcome: Outcome) -> Refused {
        let code = outcome.code;
        assert!(
            REFUSING.contains(&outcome.code),
            "{}: exit {code}\n{outcome:?}",
            self.name
        );
        let lines: Vec<&str> = outcome.stderr.lines().collect();
        let sentence = lines.first().and_then(|line| line.strip_prefix("mccas: "));
        let sentence =
            sentence.unwrap_or_else(|| panic!("{}: no word of why\n{outcome:?}", self.name));
        Refused {
            code,
            sentence: without_the_time(&sentence.replace(&self.address(), "SERVER")),
            outcome,
        }
    }

    /// Compares fields of an object. The address is always told.
    #[track_caller]
    pub(super) fn compare(&self, object: &Value, expected: &Value) {
        for (name, value) in expected.as_object().expect("fields") {
            assert_eq!(&object[name], value, "{}: {name} of {object}", self.name);
        }
        if let Some(server) = object.get("server") {
            assert_eq!(*server, self.address(), "{}", self.name);
        }
    }

    /// A token is told as it is, or not at all where the server does not show it.
    #[track_caller]
    pub(super) fn compare_token(&self, object: &Value, now: &State) {
        match object.get("token") {
            Some(token) => assert_eq!(*token, now.token.to_string(), "{}: {object}", self.name),
            None => assert!(
                !self.gives(Give::Proof),
                "{}: no token in {object}",
                self.name
            ),
        }
    }

    /// The time to live stands there exactly where it can be seen.
    #[track_caller]
    pub(super) fn compare_ttl(&self, object: &Value, seconds: Option<u64>) {
        let Some(ttl) = object.get("ttl") else {
            assert!(
                !self.gives(Give::Expiry),
                "{}: no ttl in {object}",
                self.name
            );
            return;
        };
        let told = ttl.as_u64();
        let agrees = match (told, seconds) {
            (Some(told), Some(seconds)) => told <= seconds && told + 5 > seconds,
            (told, seconds) => told == seconds,
        };
        assert!(agrees, "{}: {object}", self.name);
    }
}

/// The sentence without the time that it is now.
fn without_the_time(sentence: &str) -> String {
    match sentence.split_once(" (it is 20") {
        Some((before, _)) => format!("{before} (it is NOW here)"),
        None => sentence.into(),
    }
}
