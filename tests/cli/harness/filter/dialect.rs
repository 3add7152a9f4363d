//! What each kind of server understands, and what it makes of the rest.

use std::time::{SystemTime, UNIX_EPOCH};

use super::request::Request;
use super::{answers, draft};

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// memcached 1.4: no meta commands, no log, no `gat`.
    V1_4,
    /// memcached 1.5.16 to 1.5.18: no meta commands.
    V1_5_16,
    /// memcached 1.5.19 to 1.5.22: a draft of the meta commands.
    V1_5_22,
    /// memcached 1.6.0 to 1.6.9: `OK` in place of `HD`, a miss is a bare `EN`, `ms` wants the length behind an `S`.
    V1_6_9,
    /// memcached 1.6.10 to 1.6.17: a miss is a bare `EN`, a swap that lost shows the token that was sent, no `E`.
    V1_6_12,
    /// ElastiCache Serverless: what an administrator needs is refused.
    Serverless,
    /// twemproxy: a connection that asks for something else is closed.
    Twemproxy,
    /// mcrouter: the same, with statistics of its own and a clock of its own, which is an hour ahead here.
    Mcrouter,
    /// memcached's own proxy: what concerns an item is passed on, its statistics are its own, and so is its clock, as mcrouter's here.
    BuiltIn,
}

/// What becomes of one request.
pub(super) enum Treatment {
    /// The real server answers.
    Pass,
    /// The filter does.
    Say(String),
    /// The real server is asked this, and its answer is put in other words.
    Translate {
        ask: Vec<u8>,
        word: Box<dyn Fn(Vec<u8>) -> Vec<u8>>,
    },
    /// The connection ends when what was asked before is answered.
    Close,
    /// It ends at once: what was asked in the same write is carried out, but not answered.
    Abandon,
    /// The real server answers, and goes on.
    Stream,
}

impl Treatment {
    pub(super) fn translate(
        ask: impl Into<Vec<u8>>,
        word: impl Fn(Vec<u8>) -> Vec<u8> + 'static,
    ) -> Self {
        Self::Translate {
            ask: ask.into(),
            word: Box::new(word),
        }
    }
}

fn error() -> Treatment {
    Treatment::Say("ERROR\r\n".into())
}

const META: [&str; 6] = ["mg", "ms", "md", "ma", "mn", "me"];
const CLASSIC: [&str; 13] = [
    "get", "gets", "set", "add", "replace", "append", "prepend", "cas", "incr", "decr", "delete",
    "touch", "version",
];

impl Dialect {
    /// Whether a value follows the line of these words.
    pub(super) fn takes_value(self, words: &[&str]) -> bool {
        match words {
            [
                "set" | "add" | "replace" | "append" | "prepend",
                _,
                _,
                _,
                length,
                ..,
            ]
            | ["cas", _, _, _, length, _, ..] => length.parse::<usize>().is_ok(),
            ["ms", _, flags @ ..] => self.takes_value_of_ms(flags),
            _ => false,
        }
    }

    fn takes_value_of_ms(self, flags: &[&str]) -> bool {
        let is_number = |flag: &&str| flag.parse::<usize>().is_ok();
        let behind_s = || length_of(flags).as_ref().is_some_and(is_number);
        match self {
            Self::V1_4 | Self::V1_5_16 | Self::V1_5_22 | Self::Twemproxy | Self::Mcrouter => false,
            Self::V1_6_9 => behind_s() && !flags.iter().any(|flag| is_unknown_to_1_6_9(flag)),
            Self::V1_6_12 | Self::Serverless | Self::BuiltIn => {
                flags.first().is_some_and(is_number)
            }
        }
    }

    pub(super) fn treat(self, request: &Request) -> Treatment {
        let command = request.command();
        if command == "quit" {
            return Treatment::Close;
        }
        match self {
            Self::V1_4 if ["gat", "gats", "lru_crawler", "watch"].contains(&command) => error(),
            Self::V1_4 if command == "stats" && request.key() == "conns" => error(),
            Self::V1_4 | Self::V1_5_16 if META.contains(&command) => error(),
            Self::Twemproxy | Self::Mcrouter => self.behind_a_proxy(request),
            Self::Serverless => serverless(request),
            Self::BuiltIn => built_in(request),
            // Connections have been logged since 1.6.10.
            Self::V1_5_16 | Self::V1_5_22 | Self::V1_6_9
                if command == "watch" && request.words.iter().any(|word| word == "connevents") =>
            {
                error()
            }
            _ if command == "watch" => Treatment::Stream,
            Self::V1_4 | Self::V1_5_16 => Treatment::Pass,
            Self::V1_5_22 => draft::treat(request),
            Self::V1_6_9 => first_meta(request),
            Self::V1_6_12 => second_meta(request),
        }
    }

    fn behind_a_proxy(self, request: &Request) -> Treatment {
        match request.command() {
            "stats" if self == Self::Mcrouter && request.key().is_empty() => {
                Treatment::Say(statistics_of_mcrouter())
            }
            "stats" if self == Self::Mcrouter => {
                Treatment::Say("CLIENT_ERROR bad stats command\r\n".into())
            }
            "version" if self == Self::Mcrouter => {
                Treatment::Say("VERSION mcrouter 41.0.0\r\n".into())
            }
            command if CLASSIC.contains(&command) => Treatment::Pass,
            _ => Treatment::Abandon,
        }
    }
}

fn built_in(request: &Request) -> Treatment {
    match request.command() {
        "stats" if request.key() == "settings" => Treatment::Say(
            "STAT cas_enabled yes\r\nSTAT binding_protocol proxy\r\nSTAT item_size_max 1048576\r\nEND\r\n".into(),
        ),
        "stats" => Treatment::Say(format!(
            "STAT pid 1\r\nSTAT uptime 60\r\nSTAT time {}\r\nSTAT version 1.6.45\r\nEND\r\n",
            an_hour_ahead()
        )),
        "version" => Treatment::Say("VERSION 1.6.45\r\n".into()),
        "watch" => Treatment::Say("OK\r\n".into()),
        _ => Treatment::Pass,
    }
}

/// A proxy counts for itself, and its clock is its own.
fn an_hour_ahead() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("a clock").as_secs() + 3600
}

fn statistics_of_mcrouter() -> String {
    let ahead = an_hour_ahead();
    format!("STAT version mcrouter 41.0.0\r\nSTAT pid 1\r\nSTAT time {ahead}\r\nEND\r\n")
}

fn serverless(request: &Request) -> Treatment {
    match request.command() {
        "stats" if request.words.len() == 1 || request.key() == "reset" => Treatment::Pass,
        "stats" | "watch" | "me" | "lru_crawler" | "verbosity" | "slabs" | "lru" | "shutdown"
        | "cache_memlimit" | "refresh_certs" | "extstore" => error(),
        _ => Treatment::Pass,
    }
}

fn is_unknown_to_1_6_9(flag: &str) -> bool {
    flag.starts_with(['b', 'E']) || flag.starts_with(|first: char| first.is_ascii_digit())
}

/// The meta commands of 1.6.0 to 1.6.9.
fn first_meta(request: &Request) -> Treatment {
    let words = request.words.iter().map(String::as_str);
    let invalid = || Treatment::Say("CLIENT_ERROR invalid flag\r\n".into());
    let bytes = request.bytes.clone();
    match words.collect::<Vec<_>>()[..] {
        ["mg"] | ["mg", _] => Treatment::Say("CLIENT_ERROR bad command line format\r\n".into()),
        ["mg" | "ma", _, ref flags @ ..] if flags.iter().any(|flag| is_unknown_to_1_6_9(flag)) => {
            invalid()
        }
        ["mg", ..] => Treatment::translate(bytes, |answer| {
            answers::bare_miss(answers::coded(answer, "HD", "OK"))
        }),
        ["me"] => Treatment::Say("EN\r\n".into()),
        ["me", key, ..] => Treatment::translate(format!("me {key}\r\n"), |answer| answer),
        ["ms", key, ref flags @ ..] => match length_of(flags) {
            Some(length) if !request.value().is_empty() => {
                let others = flags.iter().filter(|flag| !flag.starts_with(['S', 'c']));
                let others: Vec<String> = others.map(|flag| format!(" {flag}")).collect();
                let line = format!("ms {key} {length}{}\r\n", others.concat());
                Treatment::translate([line.as_bytes(), request.value()].concat(), |answer| {
                    spaced_ok(answer, &["OK", "EX", "NS", "NF"])
                })
            }
            _ => invalid(),
        },
        ["ma", ..] => Treatment::translate(bytes, |answer| spaced_ok(answer, &["NF"])),
        ["md", ..] if request.has('E') || request.has('b') => {
            Treatment::Say("CLIENT_ERROR invalid or duplicate flag\r\n".into())
        }
        ["md", ..] => Treatment::translate(bytes, |answer| spaced_ok(answer, &["OK", "EX", "NF"])),
        _ => Treatment::Pass,
    }
}

fn length_of<'a>(flags: &[&'a str]) -> Option<&'a str> {
    flags.iter().find_map(|flag| flag.strip_prefix('S'))
}

fn spaced_ok(answer: Vec<u8>, codes: &[&str]) -> Vec<u8> {
    answers::spaced(answers::coded(answer, "HD", "OK"), codes)
}

/// The meta commands of 1.6.10 to 1.6.17.
fn second_meta(request: &Request) -> Treatment {
    let bytes = request.bytes.clone();
    match request.command() {
        "mg" if request.flags().is_empty() => {
            Treatment::Say("CLIENT_ERROR bad command line format\r\n".into())
        }
        "mg" => Treatment::translate(bytes, answers::bare_miss),
        "ms" if request.has('E') => Treatment::Say("CLIENT_ERROR invalid flag\r\n".into()),
        "ms" => {
            let sent = request
                .flags()
                .iter()
                .find_map(|flag| flag.strip_prefix('C'));
            let sent = sent.map(ToString::to_string);
            Treatment::translate(bytes, move |answer| {
                answers::echoed(answer, sent.as_deref())
            })
        }
        "ma" => Treatment::translate(bytes, |answer| answers::spaced(answer, &["NF"])),
        "md" if request.has('E') => {
            Treatment::Say("CLIENT_ERROR invalid or duplicate flag\r\n".into())
        }
        "md" => Treatment::translate(bytes, |answer| answers::spaced(answer, &["HD", "EX", "NF"])),
        _ => Treatment::Pass,
    }
}
