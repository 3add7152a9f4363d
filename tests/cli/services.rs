//! `dnssrv+NAME`: the servers that a name server has of a service.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::harness::mccas::{Mccas, mccas_at};
use crate::harness::name_server::{Answer, Asked, By, NameServer};
use crate::harness::server::Memcached;

const NAME: &str = "_memcache._tcp.example";

/// `mccas` for the service, which `server` knows.
fn of_service(server: &NameServer) -> Mccas {
    at(server, &format!("dnssrv+{NAME}."))
}

fn at(server: &NameServer, service: &str) -> Mccas {
    mccas_at(service)
        .env("MCCAS_NAMESERVER", server.address())
        .env("LOCALDOMAIN", "")
}

fn port(server: &Memcached) -> u16 {
    let address = server.address();
    let (_, port) = address.rsplit_once(':').expect("a TCP server");
    port.parse().expect("a port")
}

/// A name server that knows these.
pub(crate) fn knowing(servers: &[&Memcached]) -> NameServer {
    let ports: Vec<u16> = servers.iter().map(|server| port(server)).collect();
    NameServer::start(move |asked| {
        let servers: Vec<(&str, u16)> = ports.iter().map(|&port| ("localhost", port)).collect();
        vec![asked.servers(&servers)]
    })
}

#[test]
fn an_answer_that_takes_more_than_half_of_the_time_counts() {
    let memcached = Memcached::start();
    let port = port(&memcached);
    let slow = NameServer::start(move |asked| {
        thread::sleep(Duration::from_millis(1200));
        vec![asked.servers(&[("localhost", port)])]
    });
    let outcome = of_service(&slow)
        .args(["--timeout", "2s", "gets", "k"])
        .run();
    assert_eq!(outcome.code, 4, "{outcome:?}");
}

#[test]
fn the_servers_of_a_service_are_asked_after_one_question() {
    let servers = [(); 3].map(|()| Memcached::start());
    let known = knowing(&servers.each_ref());
    let keys: Vec<String> = (0..20).map(|n| format!("key{n}")).collect();
    for key in &keys {
        let one = of_service(&known)
            .args([
                "cas", key, key, "--token", "absent", "-q", "--hash", "dalli",
            ])
            .run();
        assert_eq!(one.code, 0, "{one:?}");
    }
    assert!(servers.iter().all(|server| server.count("curr_items") > 0));
    let before = known.asked().len();
    let outcome = of_service(&known)
        .args(["--json", "gets", "--hash", "dalli"])
        .args(&keys)
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    for (key, object) in keys.iter().zip(outcome.json()) {
        assert_eq!(object["value"], **key);
    }
    assert_eq!(known.asked()[before..], [(By::Udp, NAME.to_string())]);
}

#[test]
fn one_server_needs_no_scheme_and_several_do() {
    let servers = [(); 2].map(|()| Memcached::start());
    servers[0].set("k", "v");
    of_service(&knowing(&[&servers[0]]))
        .args(["gets", "k", "--raw"])
        .stdout("v")
        .check();
    let both = knowing(&servers.each_ref());
    of_service(&both)
        .args(["gets", "k"])
        .stderr_contains("--hash")
        .code(2)
        .check();
    let outcome = of_service(&both)
        .args(["gets", "--all-servers", "k", "-v"])
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(outcome.stdout_text().lines().count(), 2);
    assert!(
        outcome.stderr.contains("the servers are localhost:"),
        "{outcome:?}"
    );
}

/// Clients that go by the order of their list need one that does not change with each answer.
#[test]
fn the_order_is_that_of_priority_name_and_port_whatever_the_answer() {
    let servers: [(u16, &str, u16); 4] = [
        (1, "b.example", 2),
        (1, "b.example", 1),
        (1, "a.example", 3),
        (0, "c.example", 4),
    ];
    let located = |turn: usize| {
        let known = NameServer::start(move |asked| {
            let mut turned = servers;
            turned.rotate_left(turn);
            let told = turned
                .into_iter()
                .fold(asked.answer(), |answer, (priority, host, port)| {
                    answer.srv(priority, host, port)
                });
            vec![told]
        });
        let outcome = of_service(&known)
            .args(["-v", "locate", "k", "--hash", "gomemcache"])
            .run();
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let order = "the servers are c.example:4, a.example:3, b.example:1, b.example:2";
        assert!(outcome.stderr.contains(order), "{outcome:?}");
        outcome.stdout_text().to_string()
    };
    let first = located(0);
    assert!((1..4).all(|turn| located(turn) == first), "{first}");
}

#[test]
fn a_port_that_was_given_counts_for_all_and_their_own_otherwise() {
    let known = NameServer::start(|asked| {
        vec![asked.servers(&[("a.example", 1), ("a.example", 2), ("b.example", 2)])]
    });
    let located = |service: &str| {
        let locate = at(&known, service).args(["-v", "locate", "k", "--hash", "dalli"]);
        let outcome = locate.run();
        assert_eq!(outcome.code, 0, "{outcome:?}");
        outcome.stderr
    };
    let own = located("dnssrv+_m._tcp.h.");
    assert!(
        own.contains("are a.example:1, a.example:2, b.example:2"),
        "{own}"
    );
    let given = located("dnssrv+tls://_m._tcp.h.:7");
    assert!(
        given.contains("are tls://a.example:7, tls://b.example:7"),
        "{given}"
    );
}

#[test]
fn an_alias_and_a_name_typed_in_short_are_followed() {
    let server = Memcached::start();
    server.set("k", "v");
    let port = port(&server);
    let known = NameServer::start(move |asked| match asked.name.as_str() {
        "_memcache._tcp.b.local" => {
            vec![
                asked
                    .answer()
                    .alias("_real._tcp.b.local", ("localhost", port)),
            ]
        }
        "_memcache._tcp.a.local" => vec![asked.answer()],
        _ => vec![asked.answer().code(3)],
    });
    let by_search = |dots: &str| {
        at(&known, "dnssrv+_memcache._tcp")
            .env("LOCALDOMAIN", "a.local b.local")
            .env("RES_OPTIONS", format!("ndots:{dots}"))
            .args(["gets", "k", "--raw"])
            .stdout("v")
            .check();
    };
    by_search("1");
    by_search("5");
    let asked: Vec<String> = known.asked().into_iter().map(|(_, name)| name).collect();
    let [whole, a, b] = ["", ".a.local", ".b.local"].map(|tail| format!("_memcache._tcp{tail}"));
    assert_eq!(asked, [&whole, &a, &b, &a, &b].map(String::clone));
}

#[test]
fn an_answer_that_does_not_fit_is_asked_for_by_tcp() {
    let server = Memcached::start();
    server.set("k", "v");
    let port = port(&server);
    let known = NameServer::start(move |asked| match asked.by {
        By::Udp => vec![asked.servers(&[("wrong.example", 1)]).truncated()],
        By::Tcp => vec![asked.servers(&[("localhost", port)])],
    });
    of_service(&known)
        .args(["gets", "k", "--raw"])
        .stdout("v")
        .check();
    assert_eq!(
        known.asked(),
        [By::Udp, By::Tcp].map(|by| (by, NAME.to_string()))
    );
}

/// What a command says where no server is found, and that it is exit code 5.
fn told(known: &NameServer) -> String {
    let outcome = of_service(known)
        .args(["--json", "incr-cas", "k", "--timeout", "400ms"])
        .run();
    let object = outcome.object();
    assert_eq!(
        (outcome.code, &object["status"]),
        (5, &"unreachable".into()),
        "{outcome:?}"
    );
    assert_eq!(object["server"], format!("{NAME}."));
    assert!(outcome.elapsed < Duration::from_secs(5), "{outcome:?}");
    assert!(
        outcome.stderr.len() < 500 && !outcome.stderr.contains('\u{1b}'),
        "{outcome:?}"
    );
    assert!(
        outcome
            .stderr
            .contains(&format!("cannot find the servers of {NAME}."))
            || outcome.stderr.contains("cannot be used"),
        "{outcome:?}"
    );
    outcome.stderr
}

#[test]
fn what_the_name_server_says_is_told_and_what_to_do() {
    let of =
        |answer: fn(&Asked) -> Answer| told(&NameServer::start(move |asked| vec![answer(asked)]));
    let no_name = of(|asked| asked.answer().code(3));
    assert!(
        no_name.contains("no such name (NXDOMAIN)") && no_name.contains("MCCAS_NAMESERVER"),
        "{no_name}"
    );
    let no_record = of(Asked::answer);
    assert!(
        no_record.contains("no SRV record") && no_record.contains("dns+HOST:PORT"),
        "{no_record}"
    );
    let not_offered = of(|asked| asked.servers(&[(".", 0)]));
    assert!(not_offered.contains("nobody offers"), "{not_offered}");
    let failing = of(|asked| asked.answer().code(2));
    assert!(failing.contains("could not tell (SERVFAIL)"), "{failing}");
    for (host, port, shown) in [
        ("11211", 1, "\"11211\" port 1"),
        ("a.example", 0, "port 0"),
        ("\u{1b}[2J", 1, "cannot be used"),
        ("/tmp/a", 1, "cannot be used"),
    ] {
        let wrong = told(&NameServer::start(move |asked| {
            vec![asked.servers(&[(host, port)])]
        }));
        assert!(wrong.contains(shown), "{wrong}");
    }
}

#[test]
fn a_name_server_that_says_nothing_or_lies_is_waited_for_no_longer_than_the_timeout() {
    let silent = told(&NameServer::start(|_| Vec::new()));
    assert!(
        silent.contains("no answer from 127.0.0.1:") && silent.contains("MCCAS_NAMESERVER"),
        "{silent}"
    );
    let lies: [fn(&Asked) -> Vec<Answer>; 7] = [
        |asked| vec![asked.servers(&[("localhost", 1)]).other_id()],
        |asked| vec![asked.servers(&[("localhost", 1)]).other_question()],
        |_| vec![Answer::of(*b"HTTP/1.1 400 Bad Request\r\n\r\n")],
        |_| vec![Answer::of(Vec::new()), Answer::of(vec![0; 65_000])],
        |asked| vec![asked.answer().circle()],
        |asked| match asked.by {
            By::Udp => vec![asked.answer().truncated()],
            By::Tcp => vec![asked.servers(&[("localhost", 1)]).other_id()],
        },
        |asked| match asked.by {
            By::Udp => vec![asked.answer().truncated()],
            By::Tcp => vec![Answer::of(vec![0xff; 65_535])],
        },
    ];
    for lie in lies {
        let known = NameServer::start(lie);
        let stderr = told(&known);
        assert!(
            stderr.contains("did not answer what it was asked"),
            "{stderr}"
        );
    }
    let cut = told(&NameServer::start(|asked| match asked.by {
        By::Udp => vec![asked.answer().truncated()],
        By::Tcp => Vec::new(),
    }));
    assert!(cut.contains("no answer from"), "{cut}");
}

#[test]
fn each_key_has_its_object_where_the_servers_cannot_be_found() {
    let known = NameServer::start(|asked| vec![asked.answer().code(3)]);
    let commands: [&[&str]; 4] = [
        &["gets"],
        &["incr-cas"],
        &["delete", "--expect", "x"],
        &["locate"],
    ];
    for command in commands {
        for keys in [&["a"][..], &["a", "b"]] {
            let asking = of_service(&known).args(["--hash", "dalli", "--json"]);
            let outcome = asking.args(command).args(keys).run();
            let told: Vec<_> = outcome.json().iter().map(|o| o["key"].clone()).collect();
            assert_eq!(
                (outcome.code, told),
                (5, keys.iter().map(|&key| key.into()).collect())
            );
            assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
        }
    }
}

#[test]
fn a_name_server_that_hangs_up_in_the_middle_is_told_in_plain_words() {
    for length in [0, 1, 2, 20] {
        let cut = told(&NameServer::start(move |asked| match asked.by {
            By::Udp => vec![asked.answer().truncated()],
            By::Tcp => vec![asked.servers(&[("localhost", 1)]).cut(length)],
        }));
        let plain = "closed the connection before its answer was whole";
        assert!(cut.contains(plain), "{length}: {cut}");
    }
}

/// Strays come before the answer, and the answer counts.
#[test]
fn what_nobody_asked_for_is_ignored() {
    let server = Memcached::start();
    server.set("k", "v");
    let port = port(&server);
    let known = NameServer::start(move |asked| {
        let right = asked.servers(&[("localhost", port)]);
        let wrong = asked.servers(&[("localhost", 1)]);
        vec![
            Answer::of(vec![0; 3]),
            wrong.clone().other_id(),
            wrong.other_question(),
            right,
        ]
    });
    of_service(&known)
        .args(["gets", "k", "--raw"])
        .stdout("v")
        .check();
    assert_eq!(known.asked().len(), 1);
}

#[test]
fn the_next_name_server_is_asked_where_one_does_not_tell() {
    let server = Memcached::start();
    server.set("k", "v");
    let right = knowing(&[&server]);
    let silent = NameServer::start(|_| Vec::new());
    let failing = NameServer::start(|asked| vec![asked.answer().code(5)]);
    for wrong in [silent.address(), failing.address(), "127.0.0.1:1".into()] {
        let servers = format!("{wrong},{}", right.address());
        of_service(&right)
            .env("MCCAS_NAMESERVER", servers)
            .env("MCCAS_TIMEOUT", "2s")
            .args(["gets", "k", "--raw"])
            .stdout("v")
            .check();
    }
    let nobody = of_service(&right)
        .env("MCCAS_NAMESERVER", "127.0.0.1:1")
        .args(["gets", "k"])
        .run();
    assert_eq!(nobody.code, 5);
    assert!(
        nobody.stderr.contains("127.0.0.1:1: connection refused"),
        "{nobody:?}"
    );
}

#[test]
fn check_waits_until_the_service_is_known() {
    let server = Memcached::start();
    let port = port(&server);
    let asked = AtomicUsize::new(0);
    let known = NameServer::start(move |question| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => vec![question.answer().code(3)],
        _ => vec![question.servers(&[("localhost", port)])],
    });
    let outcome = of_service(&known)
        .args(["check", "--json", "--wait", "20s"])
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(outcome.object()["server"], format!("localhost:{port}"));
    assert_eq!(known.asked().len(), 2);
    let never = NameServer::start(|asked| vec![asked.answer().code(3)]);
    let late = of_service(&never)
        .args(["check", "--json", "--wait", "600ms"])
        .run();
    assert_eq!(
        (late.code, &late.object()["status"]),
        (9, &"not_in_time".into()),
        "{late:?}"
    );
}

/// Each is what a name service says of a service that is starting up.
#[test]
fn check_waits_for_every_answer_that_may_become_another_one() {
    let server = Memcached::start();
    let port = port(&server);
    let passing: [fn(&Asked) -> Vec<Answer>; 6] = [
        |asked| vec![asked.answer().code(3)],
        |asked| vec![asked.answer()],
        |asked| vec![asked.servers(&[(".", 0)])],
        |asked| vec![asked.servers(&[("localhost", 0)])],
        |asked| vec![asked.answer().code(2)],
        |_| Vec::new(),
    ];
    for first in passing {
        let known = NameServer::start({
            let asked = AtomicUsize::new(0);
            // Who says nothing is asked twice.
            move |question| match asked.fetch_add(1, Ordering::SeqCst) {
                0 | 1 => first(question),
                _ => vec![question.servers(&[("localhost", port)])],
            }
        });
        let outcome = of_service(&known)
            .args(["check", "--json", "--wait", "20s", "--timeout", "200ms"])
            .run();
        assert_eq!(outcome.code, 0, "{outcome:?}");
        assert_eq!(known.asked().len(), 3);
    }
    // No name of a host will be one.
    let wrong = NameServer::start(|asked| vec![asked.servers(&[("11211", 1)])]);
    let check = of_service(&wrong).args(["check", "--wait", "30s"]).run();
    assert_eq!((check.code, wrong.asked().len()), (5, 1), "{check:?}");
}

#[test]
fn check_waits_no_longer_for_a_silent_name_server_than_it_was_told() {
    let silent = NameServer::start(|_| Vec::new());
    let outcome = of_service(&silent)
        .args(["check", "--json", "--wait", "400ms", "--timeout", "20s"])
        .run();
    let status = &outcome.object()["status"];
    assert_eq!((outcome.code, status), (9, &"not_in_time".into()));
    assert!(outcome.stderr.contains("no answer from"), "{outcome:?}");
    // Far from the timeout, however busy the machine.
    let elapsed = outcome.elapsed;
    let allowed = Duration::from_millis(390)..Duration::from_secs(5);
    assert!(allowed.contains(&elapsed), "{elapsed:?}");
}

#[test]
fn what_is_no_service_or_no_name_server_is_a_usage_error() {
    mccas_at("dnssrv+127.0.0.1")
        .args(["gets", "k"])
        .stderr_contains("_memcache._tcp.example.com")
        .code(2)
        .check();
    mccas_at(format!("tls://dnssrv+{NAME}"))
        .args(["gets", "k"])
        .stderr_contains(format!("dnssrv+tls://{NAME}"))
        .code(2)
        .check();
    mccas_at("dnssrv+a.example")
        .env("MCCAS_NAMESERVER", "ns.example.com")
        .args(["gets", "k"])
        .stderr_contains("MCCAS_NAMESERVER")
        .code(2)
        .check();
}
