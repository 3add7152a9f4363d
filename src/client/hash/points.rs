//! Consistent hashing: each server has many points on a circle of 32-bit numbers, and a key belongs to a point near its hash.

use sha1::{Digest, Sha1};

use super::digest;
use crate::client::address::{Address, DEFAULT_PORT};
use crate::client::servers::{Server, Servers};

/// The points of a server among equals.
const POINTS: u16 = 160;

/// The points that one MD5 gives.
const POINTS_OF_MD5: u32 = 4;

/// A circle of points, sorted, and how a key finds its own.
#[derive(Debug, Clone)]
pub(super) struct Points {
    circle: Vec<(u32, usize)>,
    hash: fn(&[u8]) -> u32,
    /// Whether a key belongs to the point before its hash rather than to the one after it.
    before: bool,
}

impl Points {
    /// libmemcached's `ketama_weighted`.
    pub(super) fn ketama(servers: &Servers) -> Points {
        let total = total_weight(servers);
        let circle = points_of_each(servers, |server| {
            let name = ketama_name(server);
            let digests = ketama_points(server.weight(), total, servers.len()) / POINTS_OF_MD5;
            (0..digests)
                .flat_map(|number| digest::md5_words(format!("{name}-{number}").as_bytes()))
                .collect()
        });
        Points {
            circle,
            hash: |key| digest::md5_words(key)[0],
            before: false,
        }
    }

    /// Dalli's ring.
    pub(super) fn dalli(servers: &Servers) -> Points {
        let total = total_weight(servers);
        let circle = points_of_each(servers, |server| {
            let name = dalli_name(server);
            (0..dalli_points(server.weight(), total, servers.len()))
                .map(|number| first_word_of_sha1(&format!("{name}:{number}")))
                .collect()
        });
        Points {
            circle,
            hash: crc32fast::hash,
            before: true,
        }
    }

    pub(super) fn server_of(&self, key: &[u8]) -> usize {
        let hash = (self.hash)(key);
        let points = &self.circle;
        let nearest = if self.before {
            let after = points.partition_point(|&(point, _)| point <= hash);
            after
                .checked_sub(1)
                .map_or(points.last(), |at| points.get(at))
        } else {
            let at = points.partition_point(|&(point, _)| point < hash);
            points.get(at).or(points.first())
        };
        // There is no circle without points: the heaviest of n servers has n-th of them at least.
        nearest.map_or(0, |&(_, server)| server)
    }
}

fn points_of_each(servers: &Servers, of: impl Fn(&Server) -> Vec<u32>) -> Vec<(u32, usize)> {
    let mut points: Vec<(u32, usize)> = servers
        .iter()
        .enumerate()
        .flat_map(|(index, server)| of(server).into_iter().map(move |point| (point, index)))
        .collect();
    points.sort_by_key(|&(point, _)| point);
    points
}

fn total_weight(servers: &Servers) -> u64 {
    servers
        .iter()
        .map(|server| u64::from(server.weight()))
        .sum()
}

/// How many points libmemcached gives a server. It counts in single precision, which decides some of them.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn ketama_points(weight: u32, total: u64, servers: usize) -> u32 {
    let share = weight as f32 / total as f32;
    let digests = share * f32::from(POINTS) / POINTS_OF_MD5 as f32 * servers as f32;
    let digests = (f64::from(digests) + 0.000_000_000_1) as f32;
    digests.floor() as u32 * POINTS_OF_MD5
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn dalli_points(weight: u32, total: u64, servers: usize) -> u32 {
    let points = servers as f64 * f64::from(POINTS) * f64::from(weight) / total as f64;
    points.floor() as u32
}

/// The host as it was written, and its port unless it is memcached's own. A unix socket has port 0.
fn ketama_name(server: &Server) -> String {
    match server.address() {
        Address::Tcp { host, port } | Address::Tls { host, port } if *port == DEFAULT_PORT => {
            host.to_string()
        }
        Address::Tcp { host, port } | Address::Tls { host, port } => format!("{host}:{port}"),
        Address::Unix(_) => format!("{}:0", server.written()),
    }
}

/// The host as it was written, always with its port.
fn dalli_name(server: &Server) -> String {
    match server.address() {
        Address::Tcp { host, port } | Address::Tls { host, port } => format!("{host}:{port}"),
        Address::Unix(_) => server.written().into(),
    }
}

fn first_word_of_sha1(text: &str) -> u32 {
    let digest = Sha1::digest(text.as_bytes());
    digest
        .iter()
        .take(4)
        .fold(0, |word, &byte| word << 8 | u32::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &str, of: fn(&Server) -> String) -> Vec<String> {
        let servers = Servers::of_lists([list]).unwrap();
        servers.iter().map(of).collect()
    }

    #[test]
    fn a_name_is_what_the_client_makes_of_what_was_written() {
        let list = "Cache-A,b:11211,tls://c:1,[::1]:2,/run/d.sock";
        assert_eq!(
            names(list, ketama_name),
            ["Cache-A", "b", "c:1", "::1:2", "/run/d.sock:0"]
        );
        assert_eq!(
            names(list, dalli_name),
            ["Cache-A:11211", "b:11211", "c:1", "::1:2", "/run/d.sock"]
        );
    }

    #[test]
    fn libmemcached_counts_in_single_precision() {
        // Seen in libmemcached 1.1.4: a share rounded down costs each of 25 equal servers one digest.
        for (servers, points) in [
            (2, 160),
            (3, 160),
            (5, 160),
            (25, 156),
            (47, 156),
            (50, 156),
        ] {
            let count = usize::try_from(servers).unwrap();
            assert_eq!(ketama_points(1, servers, count), points);
            assert_eq!(ketama_points(7, 7 * servers, count), points);
            assert_eq!(dalli_points(1, servers, count), 160);
        }
        assert_eq!(ketama_points(3, 5, 3), 288);
    }

    #[test]
    fn the_circle_closes_at_both_ends() {
        let circle = |before, hash| Points {
            circle: vec![(10, 0), (20, 1), (30, 2)],
            hash,
            before,
        };
        let hashes: [fn(&[u8]) -> u32; 5] = [|_| 9, |_| 10, |_| 11, |_| 30, |_| 31];
        assert_eq!(
            hashes.map(|hash| circle(false, hash).server_of(b"")),
            [0, 0, 1, 2, 0]
        );
        assert_eq!(
            hashes.map(|hash| circle(true, hash).server_of(b"")),
            [2, 0, 0, 2, 2]
        );
    }
}
