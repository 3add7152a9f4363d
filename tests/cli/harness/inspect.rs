//! How a test arranges and looks at a server's state without the program under test.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::harness::server::Memcached;
use crate::harness::wait::PATIENCE;

/// An item as the server holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawItem {
    pub(crate) value: Vec<u8>,
    pub(crate) flags: u32,
    pub(crate) token: u64,
    /// Seconds left; -1 = never expires.
    pub(crate) ttl: i64,
}

/// What the server keeps about an item beside its value, told without touching the item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) token: u64,
    /// Seconds left; -1 = never expires. Servers before 1.6.4x print the number negated, so that
    /// from them -1 may also mean one second left.
    pub(crate) ttl: i64,
    /// Whether the item was read since it was stored: false after reads that bump nothing.
    pub(crate) fetched: bool,
}

/// A connection on which a test speaks memcached's own protocol.
pub(crate) struct Session {
    stream: TcpStream,
}

impl Session {
    /// How the server names this connection.
    pub(crate) fn address(&self) -> String {
        self.stream.local_addr().expect("an address").to_string()
    }

    /// Sends the bytes and returns all that they are answered with: a trailing `mn` is the barrier.
    /// What the server said before it closed the connection is returned as well.
    #[track_caller]
    pub(crate) fn ask(&mut self, request: impl AsRef<[u8]>) -> Vec<u8> {
        const BARRIER: &[u8] = b"MN\r\n";
        let request = [request.as_ref(), b"mn\r\n"].concat();
        self.stream
            .write_all(&request)
            .expect("a request to the server");
        let mut answer = Vec::new();
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let read = match self.stream.read(&mut chunk) {
                // A read with a time limit is not taken up again after the whole machine stood still.
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other.expect("an answer of the server"),
            };
            answer.extend_from_slice(&chunk[..read]);
            if let Some(before) = answer.strip_suffix(BARRIER)
                && (before.is_empty() || before.ends_with(b"\r\n"))
            {
                return before.to_vec();
            }
            if read == 0 {
                return answer;
            }
        }
    }
}

impl Memcached {
    /// Opens a connection for several requests.
    #[track_caller]
    pub(crate) fn session(&self) -> Session {
        let stream = self.dial().expect("a connection to the server");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a read timeout");
        let mut session = Session { stream };
        if let Some(login) = self.login() {
            assert_eq!(show(&session.ask(login)), "STORED\r\n");
        }
        session
    }

    /// Sends bytes on a connection of their own and returns all that they are answered with.
    #[track_caller]
    pub(crate) fn raw(&self, request: impl AsRef<[u8]>) -> Vec<u8> {
        self.session().ask(request)
    }

    /// Stores a value without flags that never expires.
    #[track_caller]
    pub(crate) fn set(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.set_with(key, value, 0, 0);
    }

    /// Stores a value. `ttl` goes to the server as it is: 0 = never, up to 30 days in seconds from
    /// now, above that a moment in unix time, negative = expired at once.
    #[track_caller]
    pub(crate) fn set_with(
        &self,
        key: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
        flags: u32,
        ttl: i64,
    ) {
        let (key, value) = (WireKey::new(key.as_ref()), value.as_ref());
        let (text, length) = (&key.text, value.len());
        // Every release knows `set`, but it carries no key that needs base64.
        let (head, done) = if key.mark.is_empty() {
            (format!("set {text} {flags} {ttl} {length}"), "STORED\r\n")
        } else {
            (format!("ms {text} {length} b F{flags} T{ttl}"), "HD\r\n")
        };
        let answer = self.raw([head.as_bytes(), b"\r\n", value, b"\r\n"].concat());
        assert_eq!(show(&answer), done, "the server did not store {text}");
    }

    /// The item as it is now, or `None`.
    ///
    /// A key that needs no base64 is read by `gets` and `me`, which neither show nor take the win
    /// of a stale item; the read counts as one, so ask [`meta`](Self::meta) before it where that
    /// matters. Other keys are out of reach of `gets`, and their `mg` takes a win if there is one.
    #[track_caller]
    pub(crate) fn item(&self, key: impl AsRef<[u8]>) -> Option<RawItem> {
        let key = WireKey::new(key.as_ref());
        if !key.mark.is_empty() {
            return self.item_by_mg(&key);
        }
        let mut session = self.session();
        // Two commands are two moments: they speak of one item only if the token is the same.
        loop {
            let meta = parse_meta(&session.ask(format!("me {}\r\n", key.text)));
            let item = parse_gets(&session.ask(format!("gets {}\r\n", key.text)));
            match (meta, item) {
                (_, None) => return None,
                (Some(meta), Some(item)) if meta.token == item.token => {
                    return Some(RawItem {
                        ttl: meta.ttl,
                        ..item
                    });
                }
                _ => {}
            }
        }
    }

    /// The value of an item that must be there, as text.
    #[track_caller]
    pub(crate) fn value(&self, key: impl AsRef<[u8]>) -> String {
        let key = key.as_ref();
        let item = self
            .item(key)
            .unwrap_or_else(|| panic!("{} is missing", show(key)));
        show(&item.value)
    }

    /// The token of an item that must be there.
    #[track_caller]
    pub(crate) fn token(&self, key: impl AsRef<[u8]>) -> u64 {
        let key = key.as_ref();
        let item = self
            .item(key)
            .unwrap_or_else(|| panic!("{} is missing", show(key)));
        item.token
    }

    /// What the server keeps about the item of a key that needs no base64, leaving no trace on it.
    #[track_caller]
    pub(crate) fn meta(&self, key: &str) -> Option<Meta> {
        parse_meta(&self.raw(format!("me {key}\r\n")))
    }

    /// A line of `stats`.
    #[track_caller]
    pub(crate) fn stat(&self, name: &str) -> String {
        let answer = show(&self.raw("stats\r\n"));
        let prefix = format!("STAT {name} ");
        let value = answer.lines().find_map(|line| line.strip_prefix(&prefix));
        value
            .unwrap_or_else(|| panic!("no {name} in {answer}"))
            .to_string()
    }

    /// A line of `stats` that is a count.
    #[track_caller]
    pub(crate) fn count(&self, name: &str) -> u64 {
        number(&self.stat(name))
    }

    fn item_by_mg(&self, key: &WireKey) -> Option<RawItem> {
        let answer = self.raw(format!("mg {}{} v f t c u\r\n", key.text, key.mark));
        if answer == b"EN\r\n" {
            return None;
        }
        let (head, value) = split_line(&answer);
        assert!(
            head.starts_with("VA "),
            "unexpected answer: {}",
            show(&answer)
        );
        Some(RawItem {
            value: without_line_end(value),
            flags: number(meta_flag(&head, 'f')),
            token: number(meta_flag(&head, 'c')),
            ttl: number(meta_flag(&head, 't')),
        })
    }
}

/// A key as it stands in a meta command.
struct WireKey {
    text: String,
    /// ` b` where the text is base64.
    mark: &'static str,
}

impl WireKey {
    fn new(key: &[u8]) -> Self {
        match str::from_utf8(key) {
            Ok(text) if key.iter().all(u8::is_ascii_graphic) => Self {
                text: text.to_string(),
                mark: "",
            },
            _ => Self {
                text: BASE64.encode(key),
                mark: " b",
            },
        }
    }
}

/// Bytes for a message to people.
pub(crate) fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `ME key exp=-1 la=0 cas=2 fetch=no cls=1 size=63`
pub(crate) fn parse_meta(answer: &[u8]) -> Option<Meta> {
    let answer = show(answer);
    if answer == "EN\r\n" {
        return None;
    }
    let field = |name: &str| {
        let mut words = answer.split_whitespace();
        let value = words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_else(|| panic!("no {name} in {answer}"))
    };
    let ttl = match number::<i64>(field("exp")) {
        -1 => -1,
        seconds => seconds.abs(),
    };
    Some(Meta {
        token: number(field("cas")),
        ttl,
        fetched: field("fetch") == "yes",
    })
}

/// `VALUE key flags length token`, the value, `END`; or `END` alone. The TTL is left at -1.
pub(crate) fn parse_gets(answer: &[u8]) -> Option<RawItem> {
    if answer == b"END\r\n" {
        return None;
    }
    let (head, rest) = split_line(answer);
    let words: Vec<&str> = head.split(' ').collect();
    let ["VALUE", _, flags, _, token] = words[..] else {
        panic!("unexpected answer: {}", show(answer));
    };
    let value = rest.strip_suffix(b"END\r\n").expect("END after the value");
    Some(RawItem {
        value: without_line_end(value),
        flags: number(flags),
        token: number(token),
        ttl: -1,
    })
}

fn split_line(answer: &[u8]) -> (String, &[u8]) {
    let end = answer.windows(2).position(|pair| pair == b"\r\n");
    let end = end.unwrap_or_else(|| panic!("no line in {}", show(answer)));
    (show(&answer[..end]), &answer[end + 2..])
}

fn without_line_end(value: &[u8]) -> Vec<u8> {
    value
        .strip_suffix(b"\r\n")
        .expect("a line end after the value")
        .to_vec()
}

fn meta_flag(head: &str, name: char) -> &str {
    let mut words = head.split(' ').skip(2);
    let value = words.find_map(|word| word.strip_prefix(name));
    value.unwrap_or_else(|| panic!("no flag {name} in {head}"))
}

fn number<T: FromStr>(text: &str) -> T {
    text.parse()
        .unwrap_or_else(|_| panic!("not a number: {text}"))
}
