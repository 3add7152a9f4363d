//! TLS: whose certificates are trusted, what is shown, and what is said when it fails.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::harness::certificates::{Certificates, HERE};
use crate::harness::mccas::{Mccas, mccas_alone, mccas_at};
use crate::harness::outcome::Outcome;
use crate::harness::server::Memcached;
use crate::harness::wire::{Connection, Peer};

/// `incr-cas k` by the name or address of a server, which is the first and only writer.
fn incr_at(host: &str, server: &Memcached) -> Mccas {
    let address = server.address().replace("127.0.0.1", host);
    mccas_at(format!("tls://{address}")).args(["incr-cas", "k", "--initial", "0"])
}

fn incr(server: &Memcached) -> Mccas {
    incr_at("localhost", server)
}

fn with_ca(command: Mccas, ca: &Path) -> Mccas {
    command.arg("--tls-ca").arg(ca)
}

/// The message of a command that does not get through: exit code 5, and no word of a programmer in it.
#[track_caller]
fn refused(command: Mccas) -> String {
    let outcome = command.run();
    assert_eq!(
        (outcome.code, outcome.stdout_text()),
        (5, ""),
        "{outcome:?}"
    );
    for word in [
        "DnsName",
        "UnknownIssuer",
        "AlertReceived",
        "Os {",
        "UNIX)",
        "Error(",
    ] {
        assert!(!outcome.stderr.contains(word), "{outcome:?}");
    }
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    outcome.stderr
}

#[test]
fn every_command_works_over_tls() {
    let certificates = Certificates::new();
    let server = certificates.serve(&certificates.signed("cert.pem", HERE), "");
    let address = format!("tls://{}", server.address());
    let command =
        |args: &[&str]| with_ca(mccas_at(&address), &certificates.path("ca.pem")).args(args);
    let run = |args: &[&str]| {
        let outcome = command(args).run();
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
    let outcome = command(&["cas", "large", "-", "--token", "absent"])
        .stdin(&value)
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(run(&["gets", "large", "--raw"]).stdout == value);
}

#[test]
fn a_certificate_of_a_trusted_issuer_is_trusted_however_it_is_named() {
    let certificates = Certificates::new();
    let ca = certificates.path("ca.pem");
    let server = certificates.serve(&certificates.signed("cert.pem", HERE), "");
    with_ca(incr(&server), &ca).stdout("1\n").check();
    with_ca(incr_at("127.0.0.1", &server), &ca)
        .stdout("2\n")
        .check();
    incr(&server).env("MCCAS_TLS_CA", &ca).stdout("3\n").check();
    incr(&server)
        .env("SSL_CERT_FILE", &ca)
        .stdout("4\n")
        .check();
    // An empty variable is none, and the option beats the variable.
    let command = incr(&server)
        .env("MCCAS_TLS_CA", "")
        .env("SSL_CERT_FILE", &ca);
    command.stdout("5\n").check();
    let command = with_ca(incr(&server), &ca).env("MCCAS_TLS_CA", "/nowhere");
    command.stdout("6\n").check();
    let upper = format!("TLS://{}", server.address());
    let command = with_ca(mccas_at(upper), &ca).args(["gets", "k", "--raw"]);
    command.stdout("6").check();
}

#[test]
fn a_certificate_that_is_trusted_itself_is_trusted_as_openssl_makes_it() {
    let certificates = Certificates::new();
    for certificate in [
        certificates.own("own.pem", "key.pem", "/CN=localhost"),
        certificates.own_plain("plain.pem"),
        certificates.signed("leaf.pem", HERE),
    ] {
        let server = certificates.serve(&certificate, "");
        with_ca(incr(&server), &certificate).stdout("1\n").check();
        let command = incr(&server).env("SSL_CERT_FILE", &certificate);
        command.stdout("2\n").check();
        // Its name is looked at, and it is trusted only where it is named.
        let other = with_ca(incr(&server), &certificate).args(["--tls-server-name", "other"]);
        let message = refused(other);
        assert!(
            message.contains("localhost") && message.contains("not for other"),
            "{message}"
        );
        if !certificate.ends_with("leaf.pem") {
            refused(with_ca(incr(&server), &certificates.path("ca.pem")));
        }
    }
    // So are its dates.
    let certificate = certificates.own_for("old.pem", "20190101000000Z", "20200102000000Z");
    let server = certificates.serve(&certificate, "");
    let message = refused(with_ca(incr(&server), &certificate));
    assert!(
        message.contains("expired at 2020-01-02 00:00:00 UTC"),
        "{message}"
    );
}

#[test]
fn an_unknown_issuer_is_told_with_where_it_was_looked_for() {
    let (certificates, strangers) = (Certificates::new(), Certificates::new());
    let server = certificates.serve(&certificates.signed("cert.pem", HERE), "");
    let ca = strangers.path("ca.pem");
    let message = refused(with_ca(incr(&server), &ca));
    assert!(message.contains("certificate is not trusted"), "{message}");
    assert!(
        message.contains(&format!("{ca:?} does not have")),
        "{message}"
    );
    let message = refused(incr(&server).env("SSL_CERT_FILE", &ca));
    assert!(
        message.contains("SSL_CERT_FILE") && message.contains("--tls-ca FILE"),
        "{message}"
    );
    let nothing = incr(&server)
        .env("SSL_CERT_FILE", "/nowhere")
        .env("SSL_CERT_DIR", "");
    let message = refused(nothing);
    assert!(message.contains("\"/nowhere\": no such file"), "{message}");
    // Nothing was written.
    incr(&server)
        .args(["--tls-insecure", "-qq"])
        .stdout("1\n")
        .check();
}

#[test]
fn a_certificate_for_another_name_is_told_with_its_names() {
    let certificates = Certificates::new();
    let names = "subjectAltName = DNS:other.example, IP:10.0.0.1\n";
    let ca = certificates.path("ca.pem");
    let server = certificates.serve(&certificates.signed("cert.pem", names), "");
    let message = refused(with_ca(incr(&server), &ca));
    assert!(
        message.contains("is for other.example, 10.0.0.1 and not for localhost (--tls-server-name"),
        "{message}"
    );
    let by_option = with_ca(incr(&server), &ca).args(["--tls-server-name", "other.example"]);
    by_option.stdout("1\n").check();
    let by_variable = with_ca(incr(&server), &ca).env("MCCAS_TLS_SERVER_NAME", "10.0.0.1");
    by_variable.stdout("2\n").check();
    // An issuer's certificate must list its names: openssl and curl would look at others, and browsers do not.
    let server = certificates.serve(
        &certificates.signed("no.pem", "basicConstraints = CA:FALSE\n"),
        "",
    );
    let message = refused(with_ca(incr(&server), &ca));
    assert!(message.contains("no subjectAltName"), "{message}");
}

#[test]
fn a_certificate_out_of_its_time_is_told_with_dates() {
    let certificates = Certificates::new();
    let ca = certificates.path("ca.pem");
    let old = certificates.signed_for("old.pem", "20190101000000Z", "20200102030405Z");
    let message = refused(with_ca(incr(&certificates.serve(&old, "")), &ca));
    assert!(
        message.contains("expired at 2020-01-02 03:04:05 UTC (it is 20"),
        "{message}"
    );
    assert!(!message.contains("--tls-ca"), "{message}");
    let new = certificates.signed_for("new.pem", "20980101000000Z", "20990101000000Z");
    let message = refused(with_ca(incr(&certificates.serve(&new, "")), &ca));
    assert!(
        message.contains("begins at 2098-01-01 00:00:00 UTC"),
        "{message}"
    );
}

#[test]
fn a_server_that_wants_a_client_certificate_gets_it_or_is_told_of() {
    let certificates = Certificates::new();
    let ca = certificates.path("ca.pem");
    let cert = certificates.signed("cert.pem", HERE);
    let wants = format!(",ssl_ca_cert={},ssl_verify_mode=2", ca.display());
    let key = certificates.path("key.pem");
    let both = certificates.path("both.pem");
    let read = |path: &Path| fs::read_to_string(path).expect("a file");
    fs::write(&both, read(&cert) + &read(&key)).expect("a file");
    let strange = certificates.own("strange.pem", "key.pem", "/CN=stranger");
    for start in [Memcached::start_with, Memcached::modern_with] {
        let server = start(&["-Z", "-o", &certificates.options(&cert, &wants)]);
        let command = || with_ca(incr(&server), &ca);
        for _ in 0..5 {
            let message = refused(command());
            assert!(
                message.contains("wants a client certificate (--tls-cert"),
                "{message}"
            );
        }
        let shown = |cert: &Path, key: &Path| {
            command()
                .arg("--tls-cert")
                .arg(cert)
                .arg("--tls-key")
                .arg(key)
        };
        shown(&cert, &key).stdout("1\n").check();
        command().arg("--tls-cert").arg(&both).stdout("2\n").check();
        let by_variable = command()
            .env("MCCAS_TLS_CERT", &cert)
            .env("MCCAS_TLS_KEY", &key);
        by_variable.stdout("3\n").check();
        let message = refused(shown(&strange, &key));
        assert!(
            message.contains("does not accept the certificate of --tls-cert"),
            "{message}"
        );
        shown(&cert, &key).stdout("4\n").check();
    }
}

#[test]
fn without_security_any_certificate_will_do_and_it_is_said_each_time() {
    let certificates = Certificates::new();
    let old = certificates.own_for("old.pem", "20190101000000Z", "20200102000000Z");
    for certificate in [old, certificates.own_plain("plain.pem")] {
        let server = certificates.serve(&certificate, "");
        let warning = "mccas: --tls-insecure: whoever answers is taken for tls://localhost";
        let command = incr(&server).arg("--tls-insecure").stdout("1\n");
        command.stderr_contains(warning).check();
        let command = incr(&server)
            .env("MCCAS_TLS_INSECURE", "1")
            .arg("-q")
            .stdout("2\n");
        command.stderr_contains(warning).check();
        incr(&server)
            .args(["--tls-insecure", "-qq"])
            .stdout("3\n")
            .check();
        refused(incr(&server).env("MCCAS_TLS_INSECURE", "0"));
        let outcome = incr(&server).env("MCCAS_TLS_INSECURE", "perhaps").run();
        assert_eq!(outcome.code, 2, "{outcome:?}");
    }
    // Where there is no TLS, nothing is said.
    let server = Memcached::start();
    let command = mccas_at(server.address()).args(["incr-cas", "k", "--initial", "0"]);
    command.arg("--tls-insecure").stdout("1\n").check();
}

/// `gets` of a TLS server with these options: what is named in them is refused, and nothing is sent.
#[track_caller]
fn unusable(args: &[&str], part: &str) {
    let peer = Peer::always(Connection::new().silence());
    let command = mccas_at(format!("tls://{}", peer.address())).args(["gets", "k"]);
    let outcome = command.args(args).run();
    assert_eq!(outcome.code, 2, "{args:?} {outcome:?}");
    assert!(outcome.stderr.contains(part), "{args:?} {outcome:?}");
    assert_eq!(peer.connections(), 0);
}

#[test]
fn a_file_of_certificates_that_cannot_be_used_is_a_usage_error() {
    let certificates = Certificates::new();
    let path = |name: &str| certificates.path(name).display().to_string();
    let text = fs::read_to_string(path("ca.pem")).expect("a file");
    fs::write(path("cut.pem"), &text[..text.len() / 2]).expect("a file");
    let refused = |ca: &str, part| unusable(&["--tls-ca", ca], part);
    refused("/nowhere", "cannot read \"/nowhere\": no such file");
    refused(&path(""), "is a directory");
    refused("/dev/null", "has no certificate in PEM");
    refused(&path("key.pem"), "has no certificate in PEM");
    refused(&path("cut.pem"), "no whole PEM file");
    let insecure = ["--tls-insecure", "--tls-server-name", "no name"];
    unusable(&insecure, "no name of a host");
}

#[test]
fn a_file_that_a_variable_names_is_told_with_the_variable() {
    let peer = Peer::serve([]);
    for (variable, other) in [
        ("MCCAS_TLS_CA", "--tls-ca"),
        ("MCCAS_TLS_CERT", "--tls-cert"),
    ] {
        let command = mccas_at(format!("tls://{}", peer.address())).args(["gets", "k"]);
        let outcome = command.env(variable, "/nowhere").run();
        let message = format!("{variable}: cannot read \"/nowhere\"");
        assert!(outcome.stderr.contains(&message), "{outcome:?}");
        assert!(!outcome.stderr.contains(other), "{outcome:?}");
        assert_eq!(outcome.code, 2);
    }
}

#[test]
fn a_certificate_to_show_that_cannot_be_used_is_a_usage_error() {
    let certificates = Certificates::new();
    let path = |name: &str| certificates.path(name).display().to_string();
    certificates.signed("cert.pem", HERE);
    let (cert, key) = (path("cert.pem"), path("key.pem"));
    let shown = |args: &[&str], part| unusable(&[&["--tls-insecure"], args].concat(), part);
    shown(&["--tls-cert", "/nowhere"], "--tls-cert: cannot read");
    shown(&["--tls-cert", &cert], "--tls-key FILE names another");
    shown(&["--tls-key", &key], "without --tls-cert");
    shown(&["--tls-cert", &cert, "--tls-key", &cert], "no private key");
    let other = path("ca.key");
    shown(
        &["--tls-cert", &cert, "--tls-key", &other],
        "not that of --tls-cert",
    );
}

#[test]
fn who_asks_no_server_by_tls_does_not_look_at_its_files() {
    let server = Memcached::start();
    let command = mccas_at(server.address()).args(["incr-cas", "k", "--initial", "0"]);
    command.args(["--tls-ca", "/nowhere"]).stdout("1\n").check();
    let command = mccas_alone().args(["completions", "bash"]);
    let command = command
        .env("MCCAS_TLS_CA", "/nowhere")
        .env("MCCAS_SERVER", "tls://h");
    assert_eq!(command.run().code, 0);
}

#[test]
fn a_tls_port_without_tls_is_unreachable_and_says_what_to_write() {
    let certificates = Certificates::new();
    let server = certificates.serve(&certificates.signed("cert.pem", HERE), "");
    for args in [&["gets", "k"][..], &["incr-cas", "k"], &["watch", "k"]] {
        let command = mccas_at(server.address())
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
fn tls_to_a_port_that_speaks_something_else_is_unreachable_and_says_so() {
    let certificates = Certificates::new();
    let ca = certificates.path("ca.pem");
    let server = Memcached::start();
    let message = refused(with_ca(incr(&server), &ca));
    assert!(message.contains("port without TLS"), "{message}");
    let closing = Peer::always(Connection::new().read(1).close());
    let command = mccas_at(format!("tls://{}", closing.address())).args(["gets", "k"]);
    let message = refused(with_ca(command, &ca));
    assert!(message.contains("hung up in the handshake"), "{message}");
    let silent = Peer::always(Connection::new().silence());
    let command = mccas_at(format!("tls://{}", silent.address())).args(["gets", "k"]);
    let command = command.args(["--timeout", "300ms"]);
    let message = refused(with_ca(command, &ca));
    assert!(message.contains("no answer within 300ms"), "{message}");
}

#[test]
fn contention_over_tls_ends_on_time_and_sees_all() {
    let certificates = Certificates::new();
    let ca = certificates.path("ca.pem");
    let cert = certificates.signed("cert.pem", HERE);
    for start in [Memcached::start_with, Memcached::modern_with] {
        let server = start(&["-Z", "-o", &certificates.options(&cert, "")]);
        // On a busy machine one run may be late, not each of several.
        let observe = || -> Outcome {
            let command = mccas_at(format!("tls://{}", server.address()));
            let command = with_ca(command, &ca).args(["contention", "--for", "300ms", "--json"]);
            command.run()
        };
        let best = (0..8).map(|_| observe()).find(|outcome| {
            assert_eq!(outcome.code, 0, "{outcome:?}");
            outcome.elapsed < Duration::from_millis(1000)
                && !outcome.stdout_text().contains("\"lower_bound\":true")
        });
        assert!(best.is_some(), "no run ended on time");
    }
}
