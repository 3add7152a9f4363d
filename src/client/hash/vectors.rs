//! Each scheme against what the real clients chose: `tests/data/routing/`, whose README says how it was made.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::rendezvous::{Rendezvous, repr};
use super::{Ring, Scheme};
use crate::client::servers::Servers;

const EQUAL: &str = include_str!("../../../tests/data/routing/vectors-5-equal.json");
const WEIGHTED: &str =
    include_str!("../../../tests/data/routing/vectors-5-weighted-default-port.json");

const CHOICES: &str = "tests/data/routing/clients.json";

#[derive(Deserialize)]
struct Vectors {
    servers: Vec<String>,
    keys: Vec<String>,
    schemes: BTreeMap<String, Row>,
}

#[derive(Deserialize)]
struct Row {
    source: String,
    index: Vec<usize>,
}

fn vectors(text: &str) -> Vectors {
    serde_json::from_str(text).expect("vectors are JSON")
}

impl Vectors {
    fn servers(&self) -> Servers {
        Servers::of_lists(&self.servers).expect("servers")
    }

    fn ensure_equal(&self, row: &str, server_of: impl Fn(&str) -> usize) {
        let Row { source, index } = &self.schemes[row];
        assert_eq!(index.len(), self.keys.len(), "{row}");
        for (key, &index) in self.keys.iter().zip(index) {
            assert_eq!(server_of(key), index, "{row} ({source}): {key:?}");
        }
    }

    fn ensure_scheme(&self, row: &str, scheme: Scheme) {
        let ring = Ring::new(scheme, &self.servers()).expect("a ring");
        self.ensure_equal(row, |key| ring.server_of(key.as_bytes()));
    }
}

#[test]
fn every_client_chose_what_its_scheme_chooses() {
    let vectors = vectors(EQUAL);
    for (row, scheme) in [
        ("libmemcached_ketama_weighted", Scheme::Ketama),
        ("pylibmc_ketama_weighted", Scheme::Ketama),
        ("php_libketama_compatible", Scheme::Ketama),
        ("node_memcached", Scheme::Ketama),
        ("nutcracker_ketama_md5", Scheme::Ketama),
        ("libmemcached_default", Scheme::Libmemcached),
        ("pylibmc_default", Scheme::Libmemcached),
        ("php_default", Scheme::Libmemcached),
        ("nutcracker_modula_one_at_a_time", Scheme::Libmemcached),
        ("pymemcache_HashClient", Scheme::Pymemcache),
        ("dalli", Scheme::Dalli),
        ("gomemcache", Scheme::Gomemcache),
        ("python_memcached", Scheme::PythonMemcached),
        ("libmemcached_modula_crc", Scheme::PythonMemcached),
        ("memjs", Scheme::Memjs),
    ] {
        vectors.ensure_scheme(row, scheme);
    }
    let pymemcache = Rendezvous::new(&vectors.servers());
    vectors.ensure_equal("pymemcache_HashClient_bytes_keys", |key| {
        pymemcache.of_text(&repr(key.as_bytes()))
    });
}

#[test]
fn weights_and_the_default_port_count_as_libmemcached_has_them() {
    vectors(WEIGHTED).ensure_scheme("libmemcached_ketama_weighted", Scheme::Ketama);
}

/// What `scripts/routing/choices.py` writes.
#[derive(Deserialize)]
struct Choices {
    keys: Vec<String>,
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    scheme: String,
    source: String,
    servers: Vec<String>,
    index: Vec<usize>,
}

/// On the keys of the repository, or on those that `make check-routing` has just asked the clients about.
#[test]
#[expect(
    clippy::print_stdout,
    reason = "the counts are what make check-routing shows"
)]
fn the_clients_themselves_choose_the_same_for_random_keys() {
    let path = std::env::var("MCCAS_ROUTING_CHOICES").unwrap_or(CHOICES.into());
    let text = std::fs::read_to_string(&path).expect("choices");
    let Choices { keys, choices } = serde_json::from_str(&text).expect("choices are JSON");
    let mut wrong = 0;
    for choice in &choices {
        let scheme: Scheme = choice.scheme.parse().expect("a scheme");
        let servers = Servers::of_lists(&choice.servers).expect("servers");
        let ring = Ring::new(scheme, &servers).expect("a ring");
        assert_eq!(choice.index.len(), keys.len());
        let pairs = keys.iter().zip(&choice.index);
        let other = pairs.filter(|&(key, &index)| ring.server_of(key.as_bytes()) != index);
        let (other, first) = (other.clone().count(), choice.servers[0].as_str());
        println!(
            "{:16} {:24} {:2} servers ({first} ...): {} keys, {other} differ",
            choice.scheme,
            choice.source,
            servers.len(),
            keys.len()
        );
        wrong += other;
    }
    assert!(!choices.is_empty());
    assert_eq!(wrong, 0, "keys on another server than the client has them");
}
