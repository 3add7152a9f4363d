//! The options of all commands: before and after the command, and by the environment.

use crate::harness::mccas::{Mccas, mccas, mccas_alone};
use crate::harness::outcome::Outcome;
use crate::harness::proxy::Proxy;
use crate::harness::server::Memcached;
use crate::harness::wait::A_LOOK;
use crate::harness::wire::{Connection, Peer};

/// A server that has `k`.
fn server() -> Memcached {
    let server = Memcached::start();
    server.set("k", "v");
    server
}

/// `gets k --raw` with a server from the environment alone.
fn by_environment(variables: &[(&str, &str)]) -> Outcome {
    let command = mccas_alone().args(["gets", "k", "--raw"]);
    variables
        .iter()
        .fold(command, |command, (name, value)| command.env(name, value))
        .run()
}

#[test]
fn options_stand_before_and_after_the_command() {
    let server = server();
    let address = server.address();
    for args in [
        &["--server", &address, "--json", "gets", "k"][..],
        &["gets", "k", "--server", &address, "--json"],
        &["gets", "--server", &address, "k", "--json"],
        &["--json", "gets", "-s", &address, "k"],
        &["-s", &address, "gets", "k", "--json", "--timeout", "2s"],
        &[
            "--timeout=2s",
            "gets",
            "--json",
            "k",
            &format!("--server={address}"),
        ],
    ] {
        let outcome = mccas_alone().args(args).run();
        assert_eq!(outcome.object()["value"], "v", "{args:?} {outcome:?}");
    }
}

#[test]
fn every_form_of_address_reaches_the_server() {
    for server in [
        Memcached::start(),
        Memcached::on_ipv6(),
        Memcached::on_unix_socket(),
    ] {
        server.set("k", "v");
        mccas(&server)
            .args(["gets", "k", "--raw"])
            .stdout("v")
            .check();
    }
    let unix = Memcached::on_unix_socket();
    unix.set("k", "v");
    for prefix in ["unix:", "unix://"] {
        let outcome = by_environment(&[("MCCAS_SERVER", &(prefix.to_string() + &unix.address()))]);
        assert_eq!(outcome.stdout_text(), "v", "{outcome:?}");
    }
    let tcp = server();
    let by_name = tcp.address().replace("127.0.0.1", "localhost");
    assert_eq!(
        by_environment(&[("MCCAS_SERVER", &by_name)]).stdout_text(),
        "v"
    );
}

#[test]
fn the_option_beats_mccas_server_and_that_memcached_servers() {
    let (server, nobody) = (server(), "127.0.0.1:1");
    let address = server.address();
    let raw = |variables: &[(&str, &str)]| by_environment(variables).stdout;
    assert_eq!(raw(&[("MCCAS_SERVER", &address)]), b"v");
    assert_eq!(raw(&[("MEMCACHED_SERVERS", &address)]), b"v");
    assert_eq!(
        raw(&[("MCCAS_SERVER", &address), ("MEMCACHED_SERVERS", nobody)]),
        b"v"
    );
    assert_eq!(
        raw(&[("MCCAS_SERVER", ""), ("MEMCACHED_SERVERS", &address)]),
        b"v"
    );
    let option = mccas(&server).args(["gets", "k", "--raw"]);
    option.env("MCCAS_SERVER", nobody).stdout("v").check();
}

#[test]
fn variables_that_are_wrong_are_named_and_empty_ones_do_not_count() {
    let server = server();
    let gets = || mccas(&server).args(["gets", "k", "--raw"]);
    for (name, value) in [("MCCAS_TIMEOUT", "5"), ("MCCAS_TIMEOUT", "soon")] {
        let outcome = gets().env(name, value).run();
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(outcome.stderr.contains(name), "{outcome:?}");
        assert!(!outcome.stderr.contains("\n\n\n"), "{outcome:?}");
        gets().env(name, "").stdout("v").check();
    }
    // The retries concern nobody but the loop.
    let many = ("MCCAS_MAX_RETRIES", "many");
    gets().env(many.0, many.1).stdout("v").check();
    let incr = mccas(&server).args(["incr-cas", "n", "--initial", "0"]);
    let outcome = incr.env(many.0, many.1).run();
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(outcome.stderr.contains(many.0), "{outcome:?}");
    let outcome = by_environment(&[("MCCAS_SERVER", "http://h")]);
    assert!(
        outcome.code == 2 && outcome.stderr.contains("MCCAS_SERVER"),
        "{outcome:?}"
    );
    // What the option says, the variable need not say rightly.
    gets()
        .args(["--timeout", "2s"])
        .env("MCCAS_TIMEOUT", "soon")
        .stdout("v")
        .check();
}

#[test]
fn a_password_in_an_address_is_never_repeated() {
    for server in ["bob:s3cret@h:1", "tls://bob:s3cret@h", "redis://:s3cret@h"] {
        let option = mccas_alone().args(["gets", "k", "--server", server]).run();
        let equals = mccas_alone()
            .args(["gets", "k", &format!("-s{server}")])
            .run();
        let variables = ["MCCAS_SERVER", "MEMCACHED_SERVERS"]
            .map(|variable| by_environment(&[(variable, server)]));
        for outcome in [option, equals].iter().chain(&variables) {
            assert_eq!(outcome.code, 2, "{outcome:?}");
            assert!(outcome.stderr.contains("--password-file"), "{outcome:?}");
            let said = format!("{}{}", outcome.stdout_text(), outcome.stderr);
            assert!(!said.contains("s3cret") && !said.contains("bob"), "{said}");
        }
    }
}

#[test]
fn the_timeout_comes_from_the_option_or_the_environment() {
    let peer = Peer::always(Connection::new().silence());
    let gets = || mccas_alone().args(["gets", "k", "--server", &peer.address()]);
    let message = |command: Mccas| command.run().stderr;
    assert!(message(gets().env("MCCAS_TIMEOUT", "50ms")).contains("within 50ms"));
    let both = gets()
        .args(["--timeout", "60ms"])
        .env("MCCAS_TIMEOUT", "9s");
    assert!(message(both).contains("within 60ms"));
    assert!(message(gets()).contains("within 1s"));
}

#[test]
fn a_duration_without_a_unit_is_refused_and_the_units_are_named() {
    let outcome = mccas(&server()).args(["gets", "k", "--timeout", "5"]).run();
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("give 5ms, 5s or 5m"), "{outcome:?}");
}

#[test]
fn the_retries_come_from_the_option_or_the_environment() {
    let server = server();
    let attempts = |options: &[&str], variable: &str| {
        server.set("k", "0");
        let proxy = Proxy::to(&server).on_each_request(|server, n| {
            if n % 2 == 0 {
                server.raw("incr k 10\r\n");
            }
        });
        let command = mccas_alone().args(["incr-cas", "k", "--json", "--server", &proxy.address()]);
        let command = command.args(options).env("MCCAS_MAX_RETRIES", variable);
        command.run().object()["attempts"].as_u64()
    };
    assert_eq!(attempts(&[], "2"), Some(3));
    assert_eq!(attempts(&["--max-retries", "1"], "2"), Some(2));
    assert_eq!(attempts(&["--max-retries", "0"], ""), Some(1));
}

#[test]
fn quiet_says_nothing_of_an_ordinary_outcome_and_changes_no_code() {
    let server = server();
    server.set("n", "0");
    for (args, code) in [
        (&["gets", "missing"][..], 4),
        (&["incr-cas", "k"], 8),
        (&["cas", "k", "w", "--token", "99999"], 3),
        (&["watch", "k", "--count", "1", "--for", A_LOOK], 9),
        (&["update", "k", "--shell", "exit 64"], 64),
        // A note, of a counter below zero.
        (&["incr-cas", "n", "--by", "-1"], 0),
    ] {
        for quiet in ["-q", "-qq"] {
            let outcome = mccas(&server).args(args).arg(quiet).run();
            assert_eq!((outcome.code, &*outcome.stderr), (code, ""), "{args:?}");
            server.set("n", "0");
        }
        let outcome = mccas(&server).args(args).run();
        assert_ne!(outcome.stderr, "", "{args:?}");
        server.set("n", "0");
    }
}

#[test]
fn trouble_speaks_unless_it_is_to_be_silent() {
    let server = server();
    let address = server.address();
    let without_cas = Memcached::start_with(&["-C"]);
    let refuses = without_cas.address();
    let lines = [
        (&*address, &["cas", "k", "v"][..], 2),
        (&address, &["gets", "a", "b", "--raw"], 2),
        (&address, &["get5", "k"], 2),
        (
            &address,
            &["cas", "k", "--file", "/no/such", "--token", "1"],
            1,
        ),
        (&address, &["update", "k", "--", "/no/such/command"], 127),
        (&address, &["watch", "k", "--timeout", "5"], 2),
        ("127.0.0.1:1", &["gets", "k"], 5),
        ("127.0.0.1:1", &["incr-cas", "k", "--json"], 5),
        ("127.0.0.1:1", &["watch", "k"], 5),
        ("127.0.0.1:1", &["contention"], 5),
        (&refuses, &["cas", "k", "v", "--token", "absent"], 7),
    ];
    for (server, args, code) in lines {
        for (quiet, speaks) in [("-q", true), ("-qq", false), ("--quiet", true)] {
            let outcome = mccas_alone().args(["-s", server, quiet]).args(args).run();
            assert_eq!(outcome.code, code, "{args:?} {outcome:?}");
            assert_eq!(!outcome.stderr.is_empty(), speaks, "{args:?} {outcome:?}");
        }
    }
}

#[test]
fn help_and_version_need_no_server() {
    for args in [
        &["--help"][..],
        &["-h"],
        &["help", "cas"],
        &["gets", "--help"],
        &["cas", "--help"],
        &["incr-cas", "--help"],
        &["watch", "--help"],
    ] {
        let outcome = mccas_alone().args(args).run();
        assert_eq!((outcome.code, &*outcome.stderr), (0, ""), "{args:?}");
        let help = outcome.stdout_text();
        assert!(help.contains("Usage: mccas"), "{help}");
        let examples = if args == ["-h"] {
            "examples: mccas --help"
        } else {
            "Examples:"
        };
        assert!(help.contains(examples), "{args:?} {help}");
    }
}
