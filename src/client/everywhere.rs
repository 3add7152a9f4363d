//! Every server by itself, wherever a key belongs: also each of those behind one name.

use std::time::Duration;

use super::Session;
use super::address::Address;
use super::cluster::at_once;
use super::dial;
use super::servers::{Server, Servers};
use crate::cas::{Item, Key, Store, StoreError};

/// What one server holds.
pub(crate) struct Shelf {
    /// The server, as messages and JSON name it.
    pub(crate) server: String,
    /// What became of each key, in the order of the keys.
    pub(crate) held: Vec<Result<Option<Item>, StoreError>>,
}

/// Asks all servers at once what they hold under these keys, each by the session that `open` makes for an address.
pub(crate) fn look(
    keys: &[Key],
    servers: &Servers,
    timeout: Duration,
    open: &(dyn Fn(Address) -> Session + Sync),
) -> Vec<Shelf> {
    let addresses = at_once(servers.iter().collect(), |server| each(server, timeout));
    at_once(addresses.into_iter().flatten().collect(), |address| {
        let mut session = open(address);
        let held = session.look_each(keys);
        Shelf {
            server: session.name(),
            held,
        }
    })
}

/// The servers behind the name of one; a name that cannot be looked up tells so when it is asked.
fn each(server: &Server, timeout: Duration) -> Vec<Address> {
    let address = server.address();
    let several = dial::several(address, timeout);
    if several.is_empty() {
        return vec![address.clone()];
    }
    several.into_iter().map(|at| address.at(at)).collect()
}
