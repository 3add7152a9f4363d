//! Servers that want to be spoken to in another way: TLS, authentication, another protocol, no CAS.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::harness::inspect::show;
use crate::harness::mccas::{mccas, mccas_at};
use crate::harness::proxy::Proxy;
use crate::harness::server::Memcached;
use crate::harness::wire::{Connection, Peer};

/// A certificate for 127.0.0.1 and localhost that signs itself.
///
/// Not a certificate authority, as a server's certificate must not be one; hence a configuration of
/// its own, as the system's makes authorities.
const CERTIFICATE: &str = "\
[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = mccas test
[extensions]
basicConstraints = critical, CA:FALSE
subjectAltName = IP:127.0.0.1, DNS:localhost
";

struct TlsServer {
    server: Memcached,
    folder: TempDir,
}

impl TlsServer {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = (
            folder.path().join("cert.pem"),
            folder.path().join("key.pem"),
        );
        make_certificate(folder.path(), &certificate, &key);
        let files = format!(
            "ssl_chain_cert={},ssl_key={}",
            certificate.display(),
            key.display()
        );
        let server = Memcached::start_with(&["-Z", "-o", &files]);
        Self { server, folder }
    }

    fn address(&self) -> String {
        format!("tls://{}", self.server.address())
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }
}

fn make_certificate(folder: &Path, certificate: &Path, key: &Path) {
    let config = folder.join("openssl.cnf");
    fs::write(&config, CERTIFICATE).expect("a file");
    let output = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"])
        .args(["-pkeyopt", "ec_paramgen_curve:prime256v1", "-config"])
        .arg(config)
        .arg("-keyout")
        .arg(key)
        .arg("-out")
        .arg(certificate)
        .output()
        .unwrap_or_else(|error| {
            panic!("cannot run openssl ({error}): run make test, which installs it")
        });
    assert!(output.status.success(), "{}", show(&output.stderr));
}

#[test]
fn every_command_works_over_tls() {
    let tls = TlsServer::start();
    let run = |args: &[&str]| {
        let command = mccas_at(tls.address()).env("SSL_CERT_FILE", tls.certificate());
        let outcome = command.args(args).run();
        assert_eq!((outcome.code, &*outcome.stderr), (0, ""), "{args:?}");
        outcome
    };
    run(&[
        "cas", "k", "41", "--token", "absent", "--ttl", "90s", "--flags", "7",
    ]);
    assert_eq!(run(&["incr-cas", "k"]).stdout_text(), "42\n");
    assert_eq!(run(&["gets", "k", "--raw"]).stdout_text(), "42");
    let found = run(&["gets", "k", "--json"]).object();
    assert_eq!(found["flags"], 7);
    let watch = run(&["watch", "k", "--json", "--since", "99999", "--count", "1"]);
    assert_eq!(watch.object()["value"], "42");
    // Larger than a record of TLS, in both directions.
    let value: Vec<u8> = (0..=255).cycle().take(500_000).collect();
    let command = mccas_at(tls.address()).env("SSL_CERT_FILE", tls.certificate());
    let outcome = command
        .args(["cas", "large", "-", "--token", "absent"])
        .stdin(&value)
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(run(&["gets", "large", "--raw"]).stdout == value);
}

#[test]
fn a_name_in_the_certificate_is_accepted_as_well() {
    let tls = TlsServer::start();
    let address = tls.address().replace("127.0.0.1", "localhost");
    let command = mccas_at(address).env("SSL_CERT_FILE", tls.certificate());
    command
        .args(["incr-cas", "k", "--initial", "0"])
        .stdout("1\n")
        .check();
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_unreachable() {
    let tls = TlsServer::start();
    let stranger = TlsServer::start();
    let command = mccas_at(tls.address()).env("SSL_CERT_FILE", stranger.certificate());
    let outcome = command.args(["incr-cas", "k", "--initial", "0"]).run();
    assert_eq!(outcome.code, 5, "{outcome:?}");
    assert!(outcome.stderr.contains("certificate"), "{outcome:?}");
}

#[test]
fn a_tls_port_without_tls_is_unreachable_and_says_what_to_write() {
    let tls = TlsServer::start();
    for args in [&["gets", "k"][..], &["incr-cas", "k"], &["watch", "k"]] {
        let command = mccas_at(tls.server.address())
            .args(args)
            .args(["--timeout", "300ms"]);
        let outcome = command
            .code(5)
            .stderr_contains("a TLS port needs tls://")
            .check();
        assert!(outcome.elapsed.as_millis() < 2000, "{outcome:?}");
    }
}

#[test]
fn tls_to_a_plain_port_is_unreachable_and_says_so() {
    let server = Memcached::start();
    let tls = TlsServer::start();
    let command = mccas_at(format!("tls://{}", server.address()));
    let command = command.env("SSL_CERT_FILE", tls.certificate());
    let outcome = command.args(["gets", "k", "--timeout", "500ms"]).run();
    assert_eq!(outcome.code, 5, "{outcome:?}");
    assert!(
        outcome
            .stderr
            .contains(&format!("tls://{}", server.address())),
        "{outcome:?}"
    );
}

#[test]
fn a_server_that_wants_authentication_is_refused_and_says_so() {
    for start in [Memcached::start_with, Memcached::modern_with] {
        let folder = tempfile::tempdir().expect("a folder");
        let users = folder.path().join("users");
        fs::write(&users, "bob:secret\n").expect("a file");
        let server = start(&["-Y", users.to_str().expect("a path")]);
        for args in [
            &["gets", "k"][..],
            &["cas", "k", "v", "--token", "1"],
            &["incr-cas", "k", "--initial", "0"],
            &["watch", "k"],
        ] {
            let outcome = mccas(&server).args(args).args(["--timeout", "500ms"]).run();
            assert_eq!(outcome.code, 7, "{args:?} {outcome:?}");
            assert!(outcome.stderr.contains("authentication"), "{outcome:?}");
        }
    }
}

#[test]
fn a_server_that_speaks_only_the_binary_protocol_is_unreachable_and_says_so() {
    let server = Memcached::start_with(&["-B", "binary"]);
    for args in [&["gets", "k"][..], &["incr-cas", "k"]] {
        let command = mccas(&server).args(args).args(["--timeout", "300ms"]);
        let outcome = command.run();
        assert_eq!(outcome.code, 5, "{outcome:?}");
    }
}

#[test]
fn a_server_without_cas_is_told_after_one_exchange() {
    for start in [Memcached::start_with, Memcached::modern_with] {
        let server = start(&["-C"]);
        server.set("k", "41");
        for args in [
            &["gets", "k"][..],
            &["cas", "k", "v", "--token", "1"],
            &["cas", "k", "v", "--token", "absent"],
            &["cas", "k", "v", "--expect", "41"],
            &["cas", "missing", "v", "--token", "absent"],
            &["incr-cas", "k"],
            &["incr-cas", "k", "--fallback", "incr"],
            &["incr-cas", "missing", "--initial", "0"],
            &["watch", "k"],
        ] {
            let proxy = Proxy::to(&server);
            let outcome = mccas_at(proxy.address()).args(args).arg("--json").run();
            assert_eq!(outcome.code, 7, "{args:?} {outcome:?}");
            let object = outcome.object();
            let status = if args[0] == "watch" {
                "event"
            } else {
                "status"
            };
            assert_eq!(object[status], "no_cas", "{outcome:?}");
            assert_eq!(
                (proxy.connections(), proxy.round_trips()),
                (1, 1),
                "{args:?}"
            );
        }
        assert_eq!(server.value("k"), "41");
        assert_eq!(server.item("missing"), None);
    }
}

#[test]
fn a_server_with_no_room_for_connections_is_refused_or_unreachable_and_not_waited_for() {
    let server = Memcached::start_with(&["-c", "32"]);
    // One after the other, as the server closes some of a crowd that comes at once and has room again.
    let held: Vec<_> = std::iter::from_fn(|| served(&server)).take(60).collect();
    assert!(held.len() < 60, "the server has room for everybody");
    let outcome = mccas(&server)
        .args(["gets", "k", "--timeout", "500ms"])
        .run();
    assert!([5, 7].contains(&outcome.code), "{outcome:?}");
    assert!(outcome.elapsed.as_millis() < 2000, "{outcome:?}");
    drop(held);
}

#[test]
fn a_server_with_no_room_for_connections_is_refused_and_says_so() {
    let answer = "ERROR Too many open connections\r\n";
    let peer = Peer::always(Connection::new().read(1).reply(answer).close());
    let outcome = mccas_at(peer.address()).args(["gets", "k"]).run();
    assert_eq!(outcome.code, 7, "{outcome:?}");
    assert!(
        outcome
            .stderr
            .contains("Too many open connections (raise its -c"),
        "{outcome:?}"
    );
}

/// A connection that the server answers on, if it has room for one more.
fn served(server: &Memcached) -> Option<TcpStream> {
    let mut stream = server.dial().ok()?;
    stream.write_all(b"mn\r\n").ok()?;
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).ok()?;
    (answer == *b"MN").then_some(stream)
}
