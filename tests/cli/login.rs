//! Servers that ask for a name and a password (`-Y`), and those that do not and must not get them.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use tempfile::TempDir;

use crate::harness::certificates::{Certificates, HERE};
use crate::harness::inspect::show;
use crate::harness::mccas::{Mccas, mccas, mccas_at};
use crate::harness::outcome::Outcome;
use crate::harness::proxy::{Fault, Proxy};
use crate::harness::server::Memcached;
use crate::harness::sockets::How;
use crate::harness::wire::{Connection, Peer};

/// With a colon, as passwords may have one. (One with a space is refused by memcached itself.)
const PASSWORD: &str = "s3cr3t:word";
const ASKS: &str = "CLIENT_ERROR unauthenticated\r\n";

type Start = fn(&[&str]) -> Memcached;
const SERVERS: [Start; 2] = [Memcached::start_with, Memcached::modern_with];

/// A folder with the file that a server has names and passwords from, and the file that a user has the password in.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("users"), format!("bob:{PASSWORD}\n")).expect("a file");
        fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).expect("a file");
        Self(folder)
    }

    fn users(&self) -> String {
        self.0.path().join("users").display().to_string()
    }

    fn password(&self) -> PathBuf {
        self.0.path().join("password")
    }

    fn serve(&self, start: Start) -> Memcached {
        start(&["-Y", &self.users()])
    }
}

fn by_bob(command: Mccas) -> Mccas {
    command
        .env("MCCAS_USERNAME", "bob")
        .env("MCCAS_PASSWORD", PASSWORD)
}

/// Runs a command of bob's that must succeed without a word on stderr.
#[track_caller]
fn done(address: &str, args: &[&str]) -> Outcome {
    let outcome = by_bob(mccas_at(address)).args(args).run();
    let told = (outcome.code, &*outcome.stderr);
    assert_eq!(told, (0, ""), "{args:?} {outcome:?}");
    outcome
}

#[test]
fn every_command_logs_in_where_it_is_asked_to() {
    let files = Files::new();
    for start in SERVERS {
        let server = files.serve(start);
        let address = server.address();
        let create = ["cas", "k", "41", "--token", "absent", "--ttl", "90s"];
        done(&address, &create);
        assert_eq!(done(&address, &["incr-cas", "k"]).stdout_text(), "42\n");
        done(&address, &["update", "k", "--shell", "tr 2 3"]);
        assert_eq!(done(&address, &["gets", "--raw", "k"]).stdout_text(), "43");
        let found = done(&address, &["gets", "--instance", "--json", "k"]).object();
        assert!(found["instance"].is_string(), "{found}");
        done(
            &address,
            &["watch", "k", "--since", "99999", "--count", "1"],
        );
        done(&address, &["delete", "k", "--expect", "43"]);
        let bench = ["bench", "--for", "20ms", "--workers", "1,4", "--json"];
        assert_eq!(done(&address, &bench).json().len(), 8);
        let contention = done(&address, &["contention", "--for", "200ms", "--json"]);
        assert!(!contention.json().is_empty());
    }
}

#[test]
fn the_log_is_followed_behind_a_login() {
    let files = Files::new();
    for start in SERVERS {
        let server = files.serve(start);
        let address = server.address();
        let args = [
            "watch", "--log", "k", "--json", "--count", "1", "--for", "20s",
        ];
        let mut watch = by_bob(mccas_at(&address)).args(args).spawn();
        assert_eq!(watch.object()["event"], "absent");
        done(&address, &["incr-cas", "k", "--initial", "6"]);
        let event = watch.object();
        assert_eq!(
            (&event["event"], &event["value"]),
            (&"changed".into(), &"7".into())
        );
        assert_eq!(watch.wait().code, 0);
    }
}

#[test]
fn the_password_comes_from_a_file_too() {
    let files = Files::new();
    let server = files.serve(Memcached::start_with);
    let incr = || mccas(&server).args(["incr-cas", "k", "--initial", "0"]);
    let command = incr().args(["--username", "bob", "--password-file"]);
    command.arg(files.password()).stdout("1\n").check();
    // The options beat the environment.
    let command = by_bob(incr())
        .env("MCCAS_USERNAME", "eve")
        .env("MCCAS_PASSWORD", "wrong");
    let command = command.args(["--username", "bob", "--password-file"]);
    command.arg(files.password()).stdout("2\n").check();
}

#[test]
fn a_login_costs_two_exchanges_and_one_that_nobody_asks_for_none() {
    let files = Files::new();
    for start in SERVERS {
        let mut trips = [Memcached::start(), files.serve(start)].map(|server| {
            let proxy = Proxy::to(&server);
            done(&proxy.address(), &["incr-cas", "k", "--initial", "0"]);
            assert_eq!(proxy.connections(), 1);
            proxy.round_trips()
        });
        trips.sort_unstable();
        assert_eq!(trips, [2, 4]);
    }
}

#[test]
fn a_question_in_many_pieces_is_asked_again_behind_the_login() {
    let files = Files::new();
    for start in SERVERS {
        let server = files.serve(start);
        // More than one read of the server's: it asks for a login more than once.
        let keys: Vec<String> = (0..150).map(|n| format!("{n:0>240}")).collect();
        done(
            &server.address(),
            &["cas", &keys[149], "here", "--token", "absent"],
        );
        for _ in 0..5 {
            let command = by_bob(mccas(&server)).arg("gets").args(&keys).arg("--json");
            let outcome = command.run();
            assert_eq!(outcome.code, 4, "{outcome:?}");
            let objects = outcome.json();
            assert_eq!(objects.len(), 150);
            assert_eq!(objects[149]["value"], "here");
        }
    }
}

#[test]
fn a_wrong_name_or_password_is_refused_at_once() {
    let files = Files::new();
    for start in SERVERS {
        let server = files.serve(start);
        for (name, password) in [("bob", "wrong"), ("eve", PASSWORD), ("bob", "s3cr3t")] {
            let proxy = Proxy::to(&server);
            let command = mccas_at(proxy.address()).args(["incr-cas", "k", "--initial", "0"]);
            let command = command
                .env("MCCAS_USERNAME", name)
                .env("MCCAS_PASSWORD", password);
            let outcome = command.arg("--json").run();
            assert_eq!(outcome.code, 7, "{outcome:?}");
            let object = outcome.object();
            assert_eq!(object["status"], "refused");
            let message = format!("{} refused the user name or the password", proxy.address());
            assert_eq!(object["error"], *message);
            assert_eq!((proxy.connections(), proxy.round_trips()), (1, 2));
        }
    }
}

#[test]
fn who_has_no_password_is_told_how_to_give_one() {
    let files = Files::new();
    for start in SERVERS {
        let server = files.serve(start);
        for args in [
            &["gets", "k"][..],
            &["cas", "k", "v", "--token", "1"],
            &["incr-cas", "k", "--initial", "0"],
            &["delete", "k", "--token", "1"],
            &["watch", "k"],
            &["watch", "--log", "k"],
            &["contention", "--for", "5s"],
            &["bench", "--for", "10ms"],
        ] {
            let outcome = mccas(&server).args(args).args(["--timeout", "5s"]).run();
            assert_eq!(outcome.code, 7, "{args:?} {outcome:?}");
            assert!(outcome.elapsed.as_secs() < 4, "{outcome:?}");
            for part in ["wants authentication", "MCCAS_USERNAME", "--password-file"] {
                assert!(outcome.stderr.contains(part), "{args:?} {outcome:?}");
            }
        }
    }
}

#[test]
fn what_cannot_be_sent_is_a_usage_error_that_repeats_nothing_of_it() {
    let peer = Peer::always(Connection::new().silence());
    let half = "MCCAS_PASSWORD or --password-file";
    for (name, password, part) in [
        ("bo b", "s3cr3t", "has a space"),
        ("bob\n", "s3cr3t", "control character"),
        ("bob", "s3cr3t\r\nflush_all", "control character"),
        ("bob", "s3cr3t\t", "control character"),
        ("bob", "", half),
        ("", "s3cr3t", "MCCAS_USERNAME or --username"),
    ] {
        let command = mccas_at(peer.address()).args(["gets", "k"]);
        let command = command
            .env("MCCAS_USERNAME", name)
            .env("MCCAS_PASSWORD", password);
        let outcome = command.run();
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(outcome.stderr.contains(part), "{outcome:?}");
        assert!(!outcome.stderr.contains("s3cr3t"), "{outcome:?}");
    }
    let command = mccas_at(peer.address()).args(["gets", "k", "--username", "bob"]);
    let command = command.args(["--password-file", "/nowhere"]).code(2);
    command
        .stderr_contains("cannot read the password file \"/nowhere\"")
        .check();
    assert_eq!(peer.connections(), 0);
}

#[test]
fn a_login_goes_through_tls() {
    let (files, certificates) = (Files::new(), Certificates::new());
    let ca = certificates.path("ca.pem");
    let options = certificates.options(&certificates.signed("cert.pem", HERE), "");
    for start in SERVERS {
        let server = start(&["-Z", "-o", &options, "-Y", &files.users()]);
        let command = || {
            let command = mccas_at(format!("tls://{}", server.address())).arg("--tls-ca");
            command.arg(&ca).args(["incr-cas", "k", "--initial", "0"])
        };
        by_bob(command()).stdout("1\n").check();
        by_bob(command()).stdout("2\n").check();
        command()
            .code(7)
            .stderr_contains("wants authentication")
            .check();
        let wrong = by_bob(command()).env("MCCAS_PASSWORD", "wrong");
        wrong
            .code(7)
            .stderr_contains("refused the user name")
            .check();
    }
}

#[test]
fn a_lost_answer_is_settled_behind_another_login() {
    let files = Files::new();
    let server = files.serve(Memcached::modern_with);
    let incr = |proxy: &Proxy| {
        let args = ["incr-cas", "k", "--exactly-once", "--json"];
        by_bob(mccas_at(proxy.address())).args(args).run()
    };
    let create = ["cas", "k", "41", "--token", "absent"];
    done(&server.address(), &create);
    let proxy = Proxy::to(&server);
    assert_eq!(incr(&proxy).object()["after"], 42);
    let whole = proxy.counts().request_bytes;
    // The server gets the swap whole, and its answer is lost.
    let proxy = Proxy::to(&server).fault(Fault::CutAfterRequest(whole, How::Fin));
    let outcome = incr(&proxy);
    assert!(proxy.fault_has_struck(), "{outcome:?}");
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(
        done(&server.address(), &["gets", "--raw", "k"]).stdout_text(),
        "43"
    );
}

#[test]
fn watch_logs_in_anew_when_the_server_is_back() {
    let files = Files::new();
    let server = files.serve(Memcached::start_with);
    let args = ["watch", "k", "--json", "--interval", "20ms", "--for", "20s"];
    let mut watch = by_bob(mccas(&server)).args(args).spawn();
    assert_eq!(watch.object()["event"], "absent");
    server.restart();
    assert_eq!(watch.object()["event"], "unreachable");
    assert_eq!(watch.object()["event"], "reachable");
    done(&server.address(), &["incr-cas", "k", "--initial", "0"]);
    assert_eq!(watch.object()["event"], "created");
}

#[test]
fn a_server_that_asks_again_and_again_is_not_obeyed() {
    let login = format!("bob {PASSWORD}\r\n");
    let script = Connection::new()
        .read_until("\r\n")
        .reply(ASKS)
        .read_until(&login)
        .reply("STORED\r\n")
        .read_until("\r\n")
        .reply(ASKS)
        .silence();
    for args in [
        &["gets", "k"][..],
        &["incr-cas", "k"],
        &["watch", "k", "--for", "9s"],
        &["contention", "--for", "9s"],
    ] {
        let peer = Peer::always(script.clone());
        let outcome = by_bob(mccas_at(peer.address())).args(args).run();
        assert_eq!(outcome.code, 7, "{args:?} {outcome:?}");
        let message = "asks for authentication again, though it has accepted it";
        assert!(outcome.stderr.contains(message), "{outcome:?}");
        let sent = peer.received().concat();
        // Once on each connection; there may be a second, to find out what the peer speaks.
        let logins = show(&sent).matches(PASSWORD).count();
        assert!(
            (1..=peer.connections().min(2)).contains(&logins),
            "{logins} logins"
        );
    }
}

#[test]
fn a_request_for_a_login_in_the_middle_is_not_obeyed() {
    // The first question is answered; to the second the peer says something that it does not say then.
    let script = Connection::new()
        .read_until("\r\n")
        .reply("EN\r\n")
        .if_asked("\r\n")
        .reply(ASKS)
        .silence();
    let peer = Peer::always(script);
    let command = by_bob(mccas_at(peer.address())).args(["watch", "k", "--for", "1s"]);
    let outcome = command.args(["--timeout", "300ms"]).run();
    assert_ne!(outcome.code, 0, "{outcome:?}");
    assert!(!show(&peer.received().concat()).contains(PASSWORD));
}

/// What runs everywhere in the search for the password.
const COMMANDS: [&[&str]; 8] = [
    &["gets", "k"],
    &["cas", "new", "v", "--token", "absent"],
    &["incr-cas", "k", "--initial", "0"],
    &["delete", "k", "--expect", "nothing"],
    &["update", "k", "--initial", "1", "--", "cat"],
    &["watch", "k", "--for", "30ms"],
    &["watch", "--log", "k", "--for", "30ms"],
    &["contention", "--for", "30ms"],
];

#[test]
fn the_password_is_in_nothing_that_is_written() {
    let (files, others) = (Files::new(), Files::new());
    fs::write(others.users(), "bob:another\n").expect("a file");
    let plain = Memcached::start();
    let asking = files.serve(Memcached::start_with);
    let refusing = others.serve(Memcached::start_with);
    // It says what it heard; it says so as an error; it is silent; it hangs up.
    let asked = || {
        Connection::new()
            .if_asked("\r\n")
            .reply(ASKS)
            .if_asked("\r\n")
    };
    let login = format!("bob {PASSWORD}\r\n");
    let told = || asked().if_asked(&login);
    let echo = Peer::always(told().reply(&login).silence());
    let odd = Peer::always(told().reply(format!("CLIENT_ERROR {login}")).silence());
    let silent = Peer::always(asked().silence());
    let closing = Peer::always(asked().close());
    let mut addresses = vec!["127.0.0.1:1".into(), "tls://127.0.0.1:1".into()];
    addresses.extend([&plain, &asking, &refusing].map(Memcached::address));
    addresses.extend([&echo, &odd, &silent, &closing].map(Peer::address));
    let runs = AtomicUsize::new(0);
    thread::scope(|scope| {
        for address in &addresses {
            for args in COMMANDS {
                let (runs, login) = (&runs, &login);
                scope.spawn(move || runs.fetch_add(search(address, args, login), Ordering::SeqCst));
            }
        }
    });
    assert_eq!(runs.into_inner(), 216);
    ensure_untold(&plain, &login);
    let heard = show(&echo.received().concat());
    assert!(
        heard.contains(PASSWORD),
        "the peers were not told it: {heard}"
    );
}

/// Runs a command in each way on a server, and looks for the login in all that it writes. Returns how often it ran.
#[track_caller]
fn search(address: &str, args: &[&str], login: &str) -> usize {
    let ways = [&["-v"][..], &["--json"], &["--json", "-v"]];
    for way in ways {
        let command = by_bob(mccas_at(address)).args(args).args(way);
        let outcome = command.args(["--timeout", "200ms"]).run();
        ensure_hidden(&outcome.stdout, login);
        ensure_hidden(outcome.stderr.as_bytes(), login);
    }
    ways.len()
}

/// Nothing of a login is in an item or a key of this server, although there are some.
#[track_caller]
fn ensure_untold(server: &Memcached, login: &str) {
    let classes = (1..64).map(|class| format!("stats cachedump {class} 0\r\n"));
    let items = show(&server.raw(classes.collect::<String>()));
    let keys: Vec<&str> = items
        .lines()
        .filter_map(|line| line.strip_prefix("ITEM ")?.split(' ').next())
        .collect();
    assert!(!keys.is_empty(), "{items}");
    for key in keys {
        assert!(["k", "new"].contains(&key), "{items}");
        ensure_hidden(server.value(key).as_bytes(), login);
    }
}

#[track_caller]
fn ensure_hidden(bytes: &[u8], login: &str) {
    let text = show(bytes);
    let login = login.trim_end();
    let secrets = [
        PASSWORD.to_string(),
        BASE64.encode(PASSWORD),
        BASE64.encode(login),
        "s3cr3t".into(),
    ];
    for secret in secrets {
        assert!(!text.contains(&secret), "{text}");
    }
}

#[test]
fn the_password_is_in_no_command_line() {
    let files = Files::new();
    let server = files.serve(Memcached::start_with);
    let command = mccas(&server).args(["watch", "k", "--json", "--username", "bob"]);
    let mut watch = command.arg("--password-file").arg(files.password()).spawn();
    watch.line();
    let line = fs::read(format!("/proc/{}/cmdline", watch.pid())).expect("a command line");
    assert!(show(&line).contains("--password-file"), "{}", show(&line));
    ensure_hidden(&line, "bob");
}
