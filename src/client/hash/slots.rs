//! The hash of a key, modulo the number of servers in the order given.

use crate::client::servers::Servers;

/// What gomemcache copies of a key before it hashes it.
const GOMEMCACHE_BYTES: usize = 256;

/// A list of slots, each server in as many as its weight says.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    /// The slot after the last one of each server.
    ends: Vec<u64>,
    hash: fn(&[u8]) -> u32,
}

impl Slots {
    pub(super) fn new(servers: &Servers, hash: fn(&[u8]) -> u32) -> Slots {
        let ends = servers
            .iter()
            .scan(0, |end, server| {
                *end += u64::from(server.weight());
                Some(*end)
            })
            .collect();
        Slots { ends, hash }
    }

    pub(super) fn server_of(&self, key: &[u8]) -> usize {
        let slots = self.ends.last().copied().unwrap_or(1);
        let slot = u64::from((self.hash)(key)) % slots;
        self.ends.partition_point(|&end| end <= slot)
    }
}

pub(super) fn gomemcache(key: &[u8]) -> u32 {
    crc32fast::hash(&key[..key.len().min(GOMEMCACHE_BYTES)])
}

pub(super) fn python_memcached(key: &[u8]) -> u32 {
    crc32fast::hash(key) >> 16 & 0x7fff
}

/// Java's hash of a string, over UTF-16, without its sign. A key of memjs is text; foreign bytes become U+FFFD.
pub(super) fn memjs(key: &[u8]) -> u32 {
    String::from_utf8_lossy(key)
        .encode_utf16()
        .fold(0i32, |hash, unit| {
            hash.wrapping_mul(31).wrapping_add(i32::from(unit))
        })
        .unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_in_as_many_slots_as_its_weight() {
        let servers = Servers::of_lists(["a:1:2,b:1,c:1:3"]).unwrap();
        let slots = Slots::new(&servers, |key| u32::from(key[0]));
        let owners: Vec<usize> = (0..7).map(|slot| slots.server_of(&[slot])).collect();
        assert_eq!(owners, [0, 0, 1, 2, 2, 2, 0]);
    }

    #[test]
    fn gomemcache_hashes_256_bytes() {
        let long = |end: &str| format!("{}{end}", "k".repeat(256));
        assert_eq!(
            gomemcache(long("a").as_bytes()),
            gomemcache(long("b").as_bytes())
        );
        assert_ne!(gomemcache(&[b'k'; 255]), gomemcache(&[b'k'; 256]));
    }

    #[test]
    fn memjs_counts_in_utf16_and_takes_the_sign_away() {
        assert_eq!(memjs(b""), 0);
        assert_eq!(memjs(b"ab"), 97 * 31 + 98);
        // "\u{1f600}" is d83d de00.
        assert_eq!(memjs("\u{1f600}".as_bytes()), 0xd83d * 31 + 0xde00);
        // Java's best known string with the smallest hash of all, whose sign cannot be taken away in 32 bits.
        assert_eq!(memjs(b"polygenelubricants"), 1 << 31);
    }
}
