//! Rendezvous hashing: each server scores for each key, the highest score wins.

use super::digest;
use crate::client::address::Address;
use crate::client::servers::{Server, Servers};

/// The names of pymemcache's servers.
#[derive(Debug, Clone)]
pub(super) struct Rendezvous(Vec<String>);

impl Rendezvous {
    pub(super) fn new(servers: &Servers) -> Rendezvous {
        Rendezvous(servers.iter().map(node).collect())
    }

    pub(super) fn server_of(&self, key: &[u8]) -> usize {
        self.of_text(&text_of(key))
    }

    /// The highest score wins, among equal ones the greater name.
    pub(super) fn of_text(&self, key: &str) -> usize {
        let score = |node: &str| digest::murmur3(&low_bytes(&format!("{node}-{key}")));
        let scores = self.0.iter().map(|node| (score(node), node)).enumerate();
        scores
            .max_by_key(|&(_, score)| score)
            .map_or(0, |(index, _)| index)
    }
}

/// The key as pymemcache puts it into a text: a `bytes` key by its repr. Keys that are no UTF-8 can be nothing else.
fn text_of(key: &[u8]) -> String {
    std::str::from_utf8(key).map_or_else(|_| repr(key), str::to_owned)
}

/// `repr()` of Python's `bytes`.
pub(super) fn repr(bytes: &[u8]) -> String {
    let has = |byte| bytes.contains(&byte);
    let quote = if has(b'\'') && !has(b'"') { '"' } else { '\'' };
    let mut text = format!("b{quote}");
    for &byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b'\t' => text.push_str("\\t"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b' '..=b'~' if char::from(byte) == quote => text.extend(['\\', quote]),
            b' '..=b'~' => text.push(byte.into()),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text.push(quote);
    text
}

/// pymemcache hashes characters, not bytes: of each the low eight bits.
#[expect(clippy::cast_possible_truncation)]
fn low_bytes(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| character as u32 as u8)
        .collect()
}

/// `host:port` as Python's `%s:%s` of the pair makes it, so an IPv6 address has no brackets; a socket is its path.
fn node(server: &Server) -> String {
    match server.address() {
        Address::Tcp { host, port } | Address::Tls { host, port } => format!("{host}:{port}"),
        Address::Unix(_) => server.written().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_named_as_pymemcache_does() {
        let servers = Servers::of_lists(["h,[::1]:11211,unix:/run/a.sock"]).unwrap();
        assert_eq!(
            Rendezvous::new(&servers).0,
            ["h:11211", "::1:11211", "/run/a.sock"]
        );
    }

    #[test]
    fn a_key_that_is_no_text_is_shown_as_python_does() {
        assert_eq!(repr(b"a'b\xff\n\\"), r#"b"a'b\xff\n\\""#);
        assert_eq!(repr(b"a'\"b"), r#"b'a\'"b'"#);
        assert_eq!(text_of("\u{e9}".as_bytes()), "\u{e9}");
        assert_eq!(text_of(b"\xe9"), r"b'\xe9'");
    }

    #[test]
    fn characters_count_by_their_low_byte() {
        assert_eq!(low_bytes("a\u{e9}\u{20ac}"), [b'a', 0xe9, 0xac]);
    }

    #[test]
    fn among_equal_scores_the_greater_name_wins() {
        let twins = |names: [&str; 2]| Rendezvous(names.map(String::from).to_vec());
        // "Ā" and "\u{200}" have the same low byte.
        assert_eq!(twins(["\u{100}", "\u{200}"]).of_text("k"), 1);
        assert_eq!(twins(["\u{200}", "\u{100}"]).of_text("k"), 0);
    }
}
