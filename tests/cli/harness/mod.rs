//! The tools of the tests. Nothing in here knows what `mccas` should do; the tests say that.
//!
//! The tests beside a module (`*_tests.rs`) show how to use it. Both test targets, `cli` and `alone`, have this module; its
//! own tests run in `cli` only.

// Servers.
pub(crate) mod browser;
pub(crate) mod build; // Where the programs are that the tests run on.
pub(crate) mod built_in; // memcached's own proxy.
pub(crate) mod certificates; // Made by openssl, of all kinds.
pub(crate) mod eye; // An item as the server holds it, with its moment of expiry.
pub(crate) mod filter; // Dialects that no package has.
pub(crate) mod inspect; // How a test arranges a server's state and looks at it.
pub(crate) mod name_server; // Which servers there are, as the test has it.
pub(crate) mod process; // Signals to processes, and their end.
pub(crate) mod raw; // A bare socket from a chosen address.
pub(crate) mod reaper; // Nothing outlives the tests.
pub(crate) mod server; // A real memcached per test.
pub(crate) mod target; // What a command is pointed at: a server, or what stands in front of it.
pub(crate) mod tmux;
pub(crate) mod twemproxy; // A real twemproxy.

// The command under test.
pub(crate) mod mccas; // A strict builder and a scrubbed environment.
pub(crate) mod observed; // A `mccas contention` in the background, and its report.
pub(crate) mod outcome; // What a command did, and the comparison with what was expected.
pub(crate) mod reports; // The JSON contract as strict types.
pub(crate) mod running; // A command in the background, line by line.
pub(crate) mod workplace; // Scripts in a shell, with mccas on the search path.

// What goes wrong between them.
pub(crate) mod balancer; // Another server behind each connection.
pub(crate) mod chatter; // A line that nobody asked for.
pub(crate) mod proxy; // In front of a real server: counts, hooks, cuts at every byte.
mod pump; // One connection through the proxy.
pub(crate) mod sockets; // What the scripted peer and the proxy share.
pub(crate) mod wire; // A scripted peer: cuts, silence, garbage.

// Small things.
pub(crate) mod tell; // What a test has counted, for people.
pub(crate) mod wait; // Polling with a deadline.
