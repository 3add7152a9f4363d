//! Which of several servers holds a key, as the application's own client decides it.
//!
//! A [`Scheme`] names the client, a [`Ring`] is its choice over given servers. Nothing here looks at the network, and a
//! server that is down changes nothing: clients move its keys to others, which is never right for a swap.

mod digest;
mod points;
mod rendezvous;
mod slots;
#[cfg(test)]
mod vectors;

use std::fmt;
use std::str::FromStr;

use self::points::Points;
use self::rendezvous::Rendezvous;
use self::slots::Slots;
use super::address::Address;
use super::servers::Servers;

/// A client library whose choice of a server is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Ketama,
    Libmemcached,
    Pymemcache,
    Dalli,
    Gomemcache,
    PythonMemcached,
    Memjs,
}

impl Scheme {
    /// Every scheme, in the order in which help lists them.
    pub(crate) const ALL: [Scheme; 7] = [
        Scheme::Ketama,
        Scheme::Libmemcached,
        Scheme::Pymemcache,
        Scheme::Dalli,
        Scheme::Gomemcache,
        Scheme::PythonMemcached,
        Scheme::Memjs,
    ];

    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Scheme::Ketama => "ketama",
            Scheme::Libmemcached => "libmemcached",
            Scheme::Pymemcache => "pymemcache",
            Scheme::Dalli => "dalli",
            Scheme::Gomemcache => "gomemcache",
            Scheme::PythonMemcached => "python-memcached",
            Scheme::Memjs => "memjs",
        }
    }

    /// Whose scheme it is, in one line.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Scheme::Ketama => {
                "libmemcached's weighted ketama: PHP with OPT_LIBKETAMA_COMPATIBLE, pylibmc ketama_weighted, twemproxy ketama with md5, npm memcached"
            }
            Scheme::Libmemcached => {
                "libmemcached's default: PHP Memcached, pylibmc and the C library without further settings"
            }
            Scheme::Pymemcache => "Python pymemcache's HashClient with str keys",
            Scheme::Dalli => "Ruby Dalli, also below Rails' mem_cache_store",
            Scheme::Gomemcache => "Go gomemcache",
            Scheme::PythonMemcached => "Python python-memcached",
            Scheme::Memjs => "Node memjs",
        }
    }

    fn knows_weights(self) -> bool {
        matches!(
            self,
            Scheme::Ketama | Scheme::Dalli | Scheme::PythonMemcached
        )
    }

    fn knows_unix_sockets(self) -> bool {
        self != Scheme::Memjs
    }
}

impl FromStr for Scheme {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Scheme, HashError> {
        let named = |scheme: &Scheme| scheme.name().eq_ignore_ascii_case(text);
        Scheme::ALL.into_iter().find(named).ok_or_else(|| {
            let all = Scheme::ALL.map(Scheme::name).join(", ");
            HashError(format!("no such scheme; give one of {all}"))
        })
    }
}

/// Why a scheme does not serve; the sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HashError(String);

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for HashError {}

/// The choice of one client over its servers.
#[derive(Debug, Clone)]
pub(crate) struct Ring(Rule);

#[derive(Debug, Clone)]
enum Rule {
    /// With one server no client hashes.
    Only,
    Points(Points),
    Slots(Slots),
    Rendezvous(Rendezvous),
}

impl Ring {
    /// The choice where there is only one server.
    pub(crate) fn only() -> Ring {
        Ring(Rule::Only)
    }

    /// The choice among `servers`; among several of them only a scheme can make one.
    pub(crate) fn choose(scheme: Option<Scheme>, servers: &Servers) -> Result<Ring, HashError> {
        match scheme {
            _ if servers.only().is_some() => Ok(Ring::only()),
            Some(scheme) => Ring::new(scheme, servers),
            None => Err(no_choice(servers)),
        }
    }

    /// How `scheme` spreads keys over `servers`, or why it cannot.
    fn new(scheme: Scheme, servers: &Servers) -> Result<Ring, HashError> {
        check(scheme, servers)?;
        let slots = |hash| Rule::Slots(Slots::new(servers, hash));
        Ok(Ring(match scheme {
            Scheme::Ketama => Rule::Points(Points::ketama(servers)),
            Scheme::Dalli => Rule::Points(Points::dalli(servers)),
            Scheme::Pymemcache => Rule::Rendezvous(Rendezvous::new(servers)),
            Scheme::Libmemcached => slots(digest::one_at_a_time),
            Scheme::Gomemcache => slots(slots::gomemcache),
            Scheme::PythonMemcached => slots(slots::python_memcached),
            Scheme::Memjs => slots(slots::memjs),
        }))
    }

    /// The place of the server that holds `key`, in the order of the servers.
    pub(crate) fn server_of(&self, key: &[u8]) -> usize {
        match &self.0 {
            Rule::Only => 0,
            Rule::Points(points) => points.server_of(key),
            Rule::Slots(slots) => slots.server_of(key),
            Rule::Rendezvous(rendezvous) => rendezvous.server_of(key),
        }
    }
}

fn no_choice(servers: &Servers) -> HashError {
    let (count, all) = (servers.len(), Scheme::ALL.map(Scheme::name).join(", "));
    HashError(format!(
        "{count} servers are named, and nothing says which of them holds a key: give --hash SCHEME (or MCCAS_HASH) as the \
         application's client has it ({all}), or name one server by --server; gets --all-servers asks all of them"
    ))
}

fn check(scheme: Scheme, servers: &Servers) -> Result<(), HashError> {
    let name = scheme.name();
    for server in servers.iter() {
        let address = server.address();
        if server.weight() != 1 && !scheme.knows_weights() {
            return Err(HashError(format!(
                "{name} spreads keys without regard to weights: leave the weight of {address} out"
            )));
        }
        if matches!(address, Address::Unix(_)) && !scheme.knows_unix_sockets() {
            return Err(HashError(format!(
                "{name} knows no unix sockets, so no key is on {address}"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ring(scheme: Scheme, list: &str) -> Result<Ring, HashError> {
        Ring::new(scheme, &Servers::of_lists([list]).unwrap())
    }

    #[test]
    fn each_scheme_is_found_by_its_name() {
        for scheme in Scheme::ALL {
            assert_eq!(scheme.name().parse(), Ok(scheme));
            assert_eq!(scheme.name().to_uppercase().parse(), Ok(scheme));
            assert!(!scheme.about().contains('\n'));
        }
        let error = "modulo".parse::<Scheme>().unwrap_err().to_string();
        assert!(
            Scheme::ALL
                .iter()
                .all(|scheme| error.contains(scheme.name()))
        );
    }

    #[test]
    fn weights_are_refused_where_the_client_has_none() {
        for scheme in Scheme::ALL {
            let weighted = ring(scheme, "a:1:1,b:2:2");
            let knows = ["ketama", "dalli", "python-memcached"].contains(&scheme.name());
            assert_eq!(weighted.is_ok(), knows, "{scheme:?}");
            assert!(ring(scheme, "a:1:1,b:2:1").is_ok(), "{scheme:?}");
            if let Err(error) = weighted {
                let sentence = error.to_string();
                assert!(
                    sentence.contains("leave the weight of b:2 out"),
                    "{sentence}"
                );
            }
        }
    }

    #[test]
    fn among_several_servers_only_a_scheme_makes_a_choice() {
        let choose = |scheme, list: &str| Ring::choose(scheme, &list.parse().unwrap());
        for scheme in Scheme::ALL {
            // With one server no client hashes, so no scheme can be wrong.
            let only = choose(Some(scheme), "/a.sock").unwrap();
            assert_eq!(only.server_of(b"k"), 0);
            assert!(choose(Some(scheme), "a,b").is_ok());
        }
        assert!(choose(None, "a:1:7").is_ok());
        let sentence = choose(None, "a,b").unwrap_err().to_string();
        for way in [
            "2 servers",
            "--hash",
            "MCCAS_HASH",
            "ketama",
            "--server",
            "--all-servers",
        ] {
            assert!(sentence.contains(way), "{sentence}");
        }
    }

    #[test]
    fn a_unix_socket_is_refused_where_the_client_has_none() {
        for scheme in Scheme::ALL {
            assert_eq!(
                ring(scheme, "/a.sock,/b.sock").is_ok(),
                scheme.name() != "memjs"
            );
        }
    }

    proptest! {
        #[test]
        fn every_key_has_a_server_of_the_list(
            key in proptest::collection::vec(any::<u8>(), 0..300),
            text in r"\PC{0,40}",
            count in 1..8usize,
        ) {
            let list: Vec<String> = (0..count).map(|n| format!("host{n}:{}", 11211 + n)).collect();
            let servers = Servers::of_lists(&list).unwrap();
            for scheme in Scheme::ALL {
                let ring = Ring::new(scheme, &servers).unwrap();
                for key in [key.as_slice(), text.as_bytes()] {
                    let index = ring.server_of(key);
                    prop_assert!(index < count);
                    prop_assert_eq!(index, ring.server_of(key));
                }
            }
        }
    }
}
