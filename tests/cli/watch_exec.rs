//! `watch --exec`: a command per change, the value on its stdin, the rest in its environment.

use crate::harness::mccas::{Mccas, mccas};
use crate::harness::server::Memcached;

/// `watch k` with a short interval that runs a command at each change.
fn watch(server: &Memcached, command: &str) -> Mccas {
    let watch = mccas(server).args(["watch", "k", "--json", "--interval", "5ms"]);
    watch.args(["--exec", command])
}

#[test]
fn the_value_is_on_stdin_and_the_rest_in_the_environment() {
    let server = Memcached::start();
    server.set("k", "old");
    let print = "printf '%s %s %s ' \"$MCCAS_EVENT\" \"$MCCAS_KEY\" \"$MCCAS_TOKEN\"; cat; echo";
    let mut watch = watch(&server, print).args(["--count", "3"]).spawn();
    // The first look is no change: nothing is run for it.
    assert_eq!(watch.object()["event"], "present");
    server.set("k", "new");
    let token = server.token("k");
    assert_eq!(watch.object()["event"], "changed");
    assert_eq!(watch.line(), format!("changed k {token} new"));
    server.raw("touch k 5000\r\n");
    assert_eq!(watch.object()["event"], "touched");
    assert_eq!(watch.line(), format!("touched k {token} "));
    server.raw("delete k\r\n");
    assert_eq!(watch.object()["event"], "deleted");
    assert_eq!(watch.line(), "deleted k  ");
    let outcome = watch.wait();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
}

#[test]
fn a_large_binary_value_arrives_byte_for_byte() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("value");
    let value: Vec<u8> = (0..=255).cycle().take(900_000).collect();
    server.set("k", &value);
    let save = format!("cat > '{}'", path.display());
    let command = mccas(&server).args(["watch", "k", "--since", "99999", "--count", "1"]);
    let outcome = command.args(["--exec", &save]).run();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
    assert!(std::fs::read(path).expect("the file") == value);
}

#[test]
fn a_command_that_reads_nothing_does_no_harm() {
    let server = Memcached::start();
    server.set("k", vec![b'x'; 900_000]);
    let command = mccas(&server).args(["watch", "k", "--since", "99999", "--count", "1"]);
    let outcome = command.args(["--exec", "exit 0"]).run();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
}

#[test]
fn a_command_that_fails_is_told_and_the_watch_goes_on() {
    let server = Memcached::start();
    server.set("k", "0");
    let mut watch = watch(&server, "exit 3").args(["--count", "2"]).spawn();
    assert_eq!(watch.object()["event"], "present");
    for value in ["1", "2"] {
        server.set("k", value);
        assert_eq!(watch.object()["value"], value);
    }
    let outcome = watch.wait();
    assert_eq!(outcome.code, 0);
    let message = "mccas: --exec: the command ended with exit status: 3\n";
    assert_eq!(outcome.stderr, message.repeat(2));
}

#[test]
fn keys_and_values_are_never_read_by_the_shell() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("owned");
    let evil = format!("$(touch {0}); touch {0}; `touch {0}`", path.display());
    server.set(&evil, &evil);
    let command = mccas(&server)
        .arg("watch")
        .arg(&evil)
        .args(["--since", "99999", "--count", "1"]);
    let outcome = command
        .args(["--exec", "printf '%s' \"$MCCAS_KEY\"; cat > /dev/null"])
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stdout_text().ends_with(&evil), "{outcome:?}");
    assert!(!path.exists());
}
