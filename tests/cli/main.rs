//! End-to-end tests: the program as a user runs it, against real servers and faulty ones.
//!
//! One test target, so that it links once. What needs the machine for itself is in the target `alone`.

mod harness; // What the tests stand on: servers, the command, faults.
#[path = "harness/tests.rs"]
mod harness_tests; // The harness by itself.

// The tests.
mod access; // Other protocols, no CAS, no room.
mod all_servers; // `gets --all-servers`: who holds a key, and whether they differ.
mod bench; // Measuring: rows, keys, trouble.
mod cas; // Where the value comes from and what it is compared with.
mod check; // A server tested step by step.
mod citations; // What is cited of docs/protocol.md exists.
mod completions; // The completion files: up to date, accepted by their shells.
mod contention; // Who fights over which key: the log, told as tables and objects.
mod contention_fights; // Who beats whom, where it is arranged.
mod contention_hostile; // The same on a log that no memcached writes.
mod contention_live; // Its live view on a terminal: keys, Ctrl-Z.
mod contention_prometheus; // Its file for Prometheus.
mod contention_reads; // The same with reads.
mod contention_record; // Its recordings: written, and shown again.
mod contention_servers; // The same over several servers, by host and by prefix.
mod delete; // By token or value, and what is known when its answer is lost.
mod dialects; // Every command on every kind of server; docs/servers.md.
mod discover; // Servers that a configuration endpoint or the name service knows.
mod edit; // A value in an editor on a terminal.
mod environment; // What makes no sense in a variable troubles only who uses it.
mod examples; // Those of --help, the man pages, README and docs/, run by a shell.
mod exit_codes; // One way to each exit code, and the table of --help.
mod expiry; // Flags and the moment of expiry stay.
mod faults; // The exit code and the state agree, whatever fails.
mod fuzz; // No input and no answer panics.
mod gets; // What it shows, and that it disturbs nothing.
mod help; // What `-h` and `--help` show, and how wide.
mod incr_cas; // Values, bounds, missing keys.
mod input; // Files, stdin and named pipes are read no further than a value can be long.
mod install; // `make install`: what it puts where, and takes away again.
mod json; // The objects, read by strict types.
mod keys; // Odd keys work or are refused, and nothing else happens.
mod layering; // Who may name whom in src/.
mod lock; // Leases: held, waited for, lost.
mod login; // Who is asked for a password logs in, and nobody else gets it.
mod long_values; // What is longer than --max-value is not read.
mod lost_attempts; // Retries, deadline, fallback.
mod man; // The manual pages: up to date, with their sections.
mod many_gets; // `gets --keys-from`: order, readers, broken connections.
mod many_writes; // `incr-cas` and `delete` of many keys: windows that break, and others in between.
mod old_servers; // Servers without today's meta commands, as scripted peers.
mod options; // Before and after the command, and by the environment.
mod pages; // Pages for a browser, opened in one.
mod pipes; // Readers that go away.
mod progress;
mod promises; // Nothing is destroyed, no byte is changed.
mod readme; // README.md shows what the program prints.
mod recipes; // The recipes of README.md, run by two shells.
mod reconnect; // Lost answers on new connections.
mod round_trips; // How often the program waits for the server.
mod services; // `dnssrv+NAME`: servers that a name server knows.
mod several_servers; // Each key on the server of the application's client, and nowhere else.
mod signals; // What is told of a write that a signal interrupts.
mod stdin; // Closed is not empty.
mod tab; // TAB pressed in bash, zsh and fish.
mod terminal; // Colours, and nothing that a terminal would obey.
mod ticks; // A clock that ticks while an item is read.
mod tls; // Whose certificates are trusted, and what is said when they are not.
mod tokens; // 64 bits, all of them compared.
mod torn; // Values and tokens that do not belong together.
mod update; // Values through a command: what it gets, what it may do, how it fails.
mod watch; // Events, their order, and what they leave behind.
mod watch_exec; // A command per change.
mod watch_log; // `watch --log`: every store, as the server logs it.
mod watch_log_again; // The same after its log has broken.
mod watch_servers; // Keys on several servers.
mod weather; // What is down, silent or foreign.
mod wrong; // Command lines that are wrong, and what is said to them.
