//! `--discover` and `dns+HOST`: the servers that something else knows.

use std::time::Duration;

use crate::harness::mccas::{Mccas, mccas_at};
use crate::harness::server::Memcached;
use crate::harness::wire::{Connection, Peer};

const ASKED: &str = "config get cluster\r\n";
const ASKED_AS_ITEM: &str = "get AmazonElastiCache:cluster\r\n";

/// The answer of a configuration endpoint, as ElastiCache and Memorystore document it.
pub(crate) fn config(nodes: &str) -> String {
    let told = format!("12\n{nodes}\n");
    format!("CONFIG cluster 0 {}\r\n{told}\r\nEND\r\n", told.len())
}

/// An endpoint that answers once.
pub(crate) fn endpoint(answer: impl AsRef<[u8]>) -> Peer {
    Peer::serve([Connection::new().read_until(ASKED).reply(answer)])
}

pub(crate) fn node(server: &Memcached) -> String {
    let address = server.address();
    let (host, port) = address.rsplit_once(':').expect("a TCP server");
    format!("localhost|{host}|{port}")
}

fn discover(endpoint: &Peer) -> Mccas {
    mccas_at(endpoint.address()).arg("--discover")
}

#[test]
fn the_servers_of_the_cluster_are_asked_and_the_endpoint_once() {
    let servers = [(); 3].map(|()| Memcached::start());
    let nodes = servers.each_ref().map(node).join(" ");
    for scheme in ["ketama", "pymemcache"] {
        let endpoint = endpoint(config(&nodes));
        let keys: Vec<String> = (0..20).map(|n| format!("{scheme}{n}")).collect();
        for key in &keys {
            let one = discover(&self::endpoint(config(&nodes)))
                .args(["cas", key, key, "--token", "absent", "-q", "--hash", scheme])
                .run();
            assert_eq!(one.code, 0, "{one:?}");
        }
        let outcome = discover(&endpoint)
            .args(["--json", "gets", "--hash", scheme])
            .args(&keys)
            .run();
        assert_eq!(outcome.code, 0, "{outcome:?}");
        for (key, object) in keys.iter().zip(outcome.json()) {
            assert_eq!(object["value"], **key);
        }
        assert_eq!(endpoint.finish(1).len(), 1);
    }
    assert!(servers.iter().all(|server| server.count("curr_items") > 0));
}

#[test]
fn check_waits_for_the_endpoint_as_it_does_for_a_server() {
    let server = Memcached::start();
    let told = config(&node(&server));
    let troubled = Peer::serve([
        Connection::new()
            .read_until(ASKED)
            .reply("SERVER_ERROR starting\r\n"),
        Connection::new().read_until(ASKED).reply(&told),
    ]);
    let check = ["check", "--json", "--wait", "20s"];
    let outcome = discover(&troubled).args(check).run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let name = server.address().replace("127.0.0.1", "localhost");
    assert_eq!(outcome.object()["server"], name);
    troubled.finish(2);
}

#[test]
fn an_endpoint_that_does_not_come_up_in_time_is_9_and_one_that_never_will_is_told_at_once() {
    let nobody = Memcached::start();
    nobody.stop();
    let check = |address: &str, wait: &str| {
        let command = mccas_at(address).args(["--discover", "--json", "check", "--wait", wait]);
        command.run()
    };
    let late = check(&nobody.address(), "600ms");
    assert_eq!(late.code, 9, "{late:?}");
    assert_eq!(late.object()["status"], "not_in_time");
    assert!(late.stderr.contains("not up within 600ms"), "{late:?}");
    assert!(late.elapsed >= Duration::from_millis(600), "{late:?}");
    // A memcached knows of no cluster, and will not.
    let hopeless = check(&Memcached::start().address(), "30s");
    assert_eq!(hopeless.code, 7, "{hopeless:?}");
    assert!(hopeless.elapsed < Duration::from_secs(20), "{hopeless:?}");
}

#[test]
fn check_waits_for_a_cluster_that_has_no_server_yet() {
    let server = Memcached::start();
    for yet in ["", "localhost||0"] {
        let answers = [config(yet), config(&node(&server))];
        let scripts = answers.map(|answer| Connection::new().read_until(ASKED).reply(answer));
        let made = Peer::serve(scripts);
        let outcome = discover(&made).args(["check", "--wait", "20s"]).run();
        assert_eq!(outcome.code, 0, "{outcome:?}");
        made.finish(2);
    }
}

#[test]
fn a_server_that_is_the_same_as_another_by_its_look_up_is_a_usage_error() {
    let server = Memcached::start();
    let address = server.address();
    for both in [
        format!("dns+{address},{address}"),
        format!("{address} dns+{address}"),
    ] {
        for command in [&["gets", "k"][..], &["check", "--wait", "30s"]] {
            let command = mccas_at(&both)
                .args(["--hash", "ketama", "--json"])
                .args(command);
            let outcome = command.run();
            assert_eq!(
                (outcome.code, outcome.stdout_text()),
                (2, ""),
                "{outcome:?}"
            );
            let twice = format!("{address} is named twice");
            assert!(outcome.stderr.contains(&twice), "{outcome:?}");
        }
    }
    // The same cluster by two of its endpoints.
    let told = config(&node(&server));
    let endpoints = [endpoint(&told), endpoint(&told)];
    let both = endpoints.each_ref().map(Peer::address).join(",");
    mccas_at(both)
        .args(["--discover", "--hash", "ketama", "gets", "k"])
        .stderr_contains("named twice")
        .code(2)
        .check();
}

#[test]
fn the_name_that_the_client_hashes_is_used() {
    let nodes = "cache-a|10.0.0.1|11211 cache-b|10.0.0.2|11212";
    let located = |scheme: &str| {
        let outcome = discover(&endpoint(config(nodes)))
            .args(["locate", "key0", "key1", "key2", "key3", "--hash", scheme])
            .run();
        assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
        outcome.stdout_text().to_string()
    };
    let by_host = located("dalli");
    assert!(
        by_host.contains("cache-") && !by_host.contains("10.0.0"),
        "{by_host}"
    );
    let by_ip = located("pymemcache");
    assert!(
        by_ip.contains("10.0.0") && !by_ip.contains("cache-"),
        "{by_ip}"
    );
}

#[test]
fn several_servers_that_were_discovered_need_a_scheme_and_one_does_not() {
    let servers = [(); 2].map(|()| Memcached::start());
    servers[0].set("k", "v");
    let nodes = servers.each_ref().map(node).join(" ");
    discover(&endpoint(config(&nodes)))
        .args(["gets", "k"])
        .stderr_contains("--hash")
        .code(2)
        .check();
    discover(&endpoint(config(&node(&servers[0]))))
        .args(["gets", "k", "--raw"])
        .stdout("v")
        .check();
    let outcome = discover(&endpoint(config(&nodes)))
        .args(["gets", "--all-servers", "k", "-v"])
        .run();
    assert_eq!(outcome.code, 0);
    assert_eq!(outcome.stdout_text().lines().count(), 2);
    assert!(
        outcome.stderr.contains("the servers are localhost:"),
        "{outcome:?}"
    );
}

#[test]
fn an_endpoint_before_1_4_14_is_asked_for_an_item() {
    let server = Memcached::start();
    server.set("k", "v");
    let told = format!("1\n{}\n", node(&server));
    let item = format!(
        "VALUE AmazonElastiCache:cluster 0 {}\r\n{told}\r\nEND\r\n",
        told.len()
    );
    let script = Connection::new()
        .read_until(ASKED)
        .reply("ERROR\r\n")
        .read_until(ASKED_AS_ITEM)
        .reply(item);
    discover(&Peer::serve([script]))
        .args(["gets", "k", "--raw"])
        .stdout("v")
        .check();
}

#[test]
fn an_ordinary_server_knows_of_no_cluster() {
    let server = Memcached::start();
    server.set("k", "v");
    let outcome = mccas_at(server.address())
        .args(["--discover", "gets", "k", "--json"])
        .run();
    let object = outcome.object();
    assert_eq!(
        (outcome.code, &object["status"]),
        (7, &"refused".into()),
        "{outcome:?}"
    );
    assert_eq!(object["server"], server.address());
    assert!(
        outcome.stderr.contains("knows of no cluster"),
        "{outcome:?}"
    );
}

#[test]
fn an_endpoint_that_cannot_be_reached_is_exit_5() {
    let silent = Peer::always(Connection::new().silence());
    let outcome = discover(&silent)
        .args(["gets", "k", "--json", "--timeout", "100ms"])
        .run();
    let object = outcome.object();
    assert_eq!(
        (outcome.code, &object["status"]),
        (5, &"unreachable".into())
    );
    assert_eq!(object["server"], silent.address());
    let outcome = mccas_at("127.0.0.1:1")
        .args(["--discover", "incr-cas", "k"])
        .run();
    assert_eq!(outcome.code, 5);
    assert!(
        outcome.stderr.contains("cannot reach 127.0.0.1:1"),
        "{outcome:?}"
    );
}

#[test]
fn hostile_answers_are_bounded_and_told_without_control_bytes() {
    let of = |told: &str| format!("CONFIG cluster 0 {}\r\n{told}\r\nEND\r\n", told.len());
    let many = format!("1\n{}\n", "a||1 ".repeat(2000));
    for (answer, code, word) in [
        ("CONFIG cluster 0 99999999999\r\n".into(), 5, "memcached"),
        ("CONFIG cluster 0 -1\r\n".into(), 5, "memcached"),
        ("CONFIG other 0 1\r\n1\r\nEND\r\n".into(), 5, "memcached"),
        (
            "CONFIG cluster 0 3\r\n1\na||1\n\r\nEND\r\n".into(),
            5,
            "memcached",
        ),
        (
            "CONFIG cluster 0 2\r\n1\n\r\nSTORED\r\n".into(),
            5,
            "memcached",
        ),
        ("SERVER_ERROR busy\r\n".into(), 7, "busy"),
        ("HTTP/1.1 400 Bad Request\r\n\r\n".into(), 5, "HTTP"),
        (
            format!("CONFIG cluster 0 1{}", "1".repeat(100_000)),
            5,
            "memcached",
        ),
        (of("1\n\u{1b}[2J||1\n"), 7, "u{1b}[2J"),
        (of("1\n/tmp/m.sock||1\n"), 7, "HOST|IP|PORT"),
        (of(&many), 7, "2000 servers"),
        (of("1\n\n"), 7, "no server"),
        (of("\u{1b}]0;x"), 7, "instead of a number"),
    ] {
        let answer: String = answer;
        let outcome = discover(&endpoint(&answer))
            .args(["gets", "k", "--timeout", "1s"])
            .run();
        assert_eq!(outcome.code, code, "{outcome:?}");
        assert!(outcome.stderr.contains(word), "{word}: {outcome:?}");
        assert!(
            outcome.stderr.len() < 500 && !outcome.stderr.contains('\u{1b}'),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_name_can_stand_for_a_server_at_each_of_its_addresses() {
    let server = Memcached::start();
    server.set("k", "v");
    let address = server.address();
    let by_name = address.replace("127.0.0.1", "dns+127.0.0.1");
    let outcome = mccas_at(by_name)
        .args(["gets", "--all-servers", "k", "--json"])
        .run();
    assert_eq!(outcome.object()["server"], address);
    let outcome = mccas_at("dns+no.such.host.invalid")
        .args(["gets", "k", "--json", "--timeout", "5s"])
        .run();
    assert_eq!(
        (outcome.code, &outcome.object()["status"]),
        (5, &"unreachable".into()),
        "{outcome:?}"
    );
}
