//! End-to-end tests: the program as a user runs it, against real servers and faulty ones.
//!
//! One test target, so that it links once and its helpers are shared.

// What the tests stand on.
mod inspect; // How a test arranges a server's state and looks at it.
mod mccas; // The command under test: a strict builder, a scrubbed environment.
mod outcome; // What a command did, and the comparison with what was expected.
mod process; // Signals to processes.
mod proxy; // Between a command and a server: counts, hooks, cuts at every byte.
mod pump; // One connection through the proxy.
mod running; // A command in the background, line by line.
mod server; // A real memcached per test.
mod sockets; // What the scripted peer and the proxy share.
mod tell; // What a test has counted.
mod wait; // Polling with a deadline.
mod wire; // A scripted peer: cuts, silence, garbage.

// The tests.
mod completions; // The completion files: up to date, accepted by their shells.
mod contended; // 64 processes on one key.
mod faults; // The exit code and the state agree, whatever fails.
mod harness; // The above, each part by itself.
mod layering; // Who may name whom in src/.
mod soak; // A long run in bad weather, short in the suite.
