//! `gets --all-servers`: every server is asked, and each tells what it holds.

use crate::harness::mccas::{Mccas, mccas, mccas_at};
use crate::harness::server::Memcached;
use crate::harness::wire::{Connection, Peer};

struct Servers {
    all: [Memcached; 3],
    addresses: [String; 3],
}

/// `same` is alike on two servers, `other` is not, `one` is on the last only, and `none` is nowhere.
fn servers() -> Servers {
    let all = [(); 3].map(|()| Memcached::start());
    let [a, b, c] = &all;
    for server in [a, b] {
        server.set("same", "v");
    }
    a.set("other", "v");
    b.set_with("other", "v", 7, 0);
    c.set("one", "v\u{1b}");
    let addresses = [a, b, c].map(Memcached::address);
    Servers { all, addresses }
}

impl Servers {
    fn gets(&self, keys: &[&str]) -> Mccas {
        mccas_at(self.addresses.join(","))
            .args(["gets", "--all-servers"])
            .args(keys)
    }
}

#[test]
fn each_server_is_told_in_text_and_no_scheme_is_needed() {
    let servers = servers();
    let [a, b, c] = &servers.addresses;
    let [token_a, token_b] = [0, 1].map(|n| servers.all[n].token("same"));
    servers
        .gets(&["same"])
        .stdout(format!(
            "same  {a}  token {token_a}  ttl never  flags 0  1 B  \"v\"\n\
             same  {b}  token {token_b}  ttl never  flags 0  1 B  \"v\"\n\
             same  {c}  missing\n"
        ))
        .check();
    let outcome = servers.gets(&["other"]).run();
    assert_eq!(outcome.code, 0);
    assert_eq!(
        outcome.stderr,
        "mccas: other is not the same on the 2 servers that hold it\n"
    );
    servers
        .gets(&["one", "none"])
        .arg("--hash=pymemcache")
        .stdout(format!(
            "one  {a}  missing\none  {b}  missing\none  {c}  token {}  ttl never  flags 0  2 B  \"v\\u{{1b}}\"\n\
             none  {a}  missing\nnone  {b}  missing\nnone  {c}  missing\n",
            servers.all[2].token("one")
        ))
        .stderr("mccas: none is on none of the 3 servers that answered\n")
        .code(4)
        .check();
}

#[test]
fn each_server_is_told_in_json() {
    let servers = servers();
    let outcome = servers.gets(&["same", "other", "one"]).arg("--json").run();
    assert_eq!(outcome.code, 0);
    let objects = outcome.json();
    let told: Vec<_> = objects
        .iter()
        .map(|object| {
            let text = |field: &str| object[field].as_str().expect("a text").to_string();
            (
                text("key"),
                text("server"),
                text("status"),
                object["differs"].as_bool(),
            )
        })
        .collect();
    let [a, b, c] = &servers.addresses;
    let expected = [
        ("same", a, "found", Some(false)),
        ("same", b, "found", Some(false)),
        ("same", c, "missing", None),
        ("other", a, "found", Some(true)),
        ("other", b, "found", Some(true)),
        ("other", c, "missing", None),
        ("one", a, "missing", None),
        ("one", b, "missing", None),
        ("one", c, "found", None),
    ]
    .map(|(key, server, status, differs)| (key.into(), server.clone(), status.into(), differs));
    assert_eq!(told, expected);
    assert_eq!(
        (&objects[4]["value"], &objects[4]["flags"]),
        (&"v".into(), &7.into())
    );
}

#[test]
fn a_server_that_is_down_is_shown_and_the_others_too() {
    let servers = servers();
    servers.all[1].stop();
    let [a, b, c] = &servers.addresses;
    let token = servers.all[0].token("same");
    servers
        .gets(&["same", "none"])
        .stdout(format!(
            "same  {a}  token {token}  ttl never  flags 0  1 B  \"v\"\nsame  {b}  unreachable\nsame  {c}  missing\n\
             none  {a}  missing\nnone  {b}  unreachable\nnone  {c}  missing\n"
        ))
        .stderr(format!(
            "mccas: cannot reach {b}: connection refused (is memcached running there?)\n\
             mccas: none is on none of the 2 servers that answered\n"
        ))
        .code(5)
        .check();
    let outcome = servers.gets(&["same"]).arg("--json").run();
    assert_eq!(outcome.code, 5);
    let down = &outcome.json()[1];
    assert_eq!(
        (&down["status"], &down["server"]),
        (&"unreachable".into(), &b.as_str().into())
    );
    assert!(
        down["error"]
            .as_str()
            .is_some_and(|error| error.contains(b))
    );
}

#[test]
fn all_are_asked_at_once() {
    let silent = [(); 3].map(|()| Peer::always(Connection::new().silence()));
    let addresses = silent.each_ref().map(Peer::address).join(",");
    let outcome = mccas_at(addresses)
        .args(["gets", "--all-servers", "k", "--timeout", "1s"])
        .run();
    assert_eq!(outcome.code, 5);
    assert_eq!(
        outcome.stderr.matches("did not answer").count(),
        3,
        "{outcome:?}"
    );
    // What nobody told is not said to be nowhere.
    assert_eq!(outcome.stderr.lines().count(), 3, "{outcome:?}");
    assert!(outcome.elapsed.as_secs_f64() < 2.5, "{outcome:?}");
}

#[test]
fn what_would_show_one_value_does_not_go_with_all() {
    for option in ["--raw", "--token-only", "--instance"] {
        mccas_at("a,b")
            .args(["gets", "--all-servers", "k", option])
            .stderr_contains("cannot be used with")
            .code(2)
            .check();
    }
}

#[test]
fn a_list_of_keys_is_asked_for_of_one_server_each() {
    let server = Memcached::start();
    let outcome = mccas(&server)
        .args(["gets", "--all-servers", "--keys-from", "-"])
        .run();
    assert_eq!((outcome.code, outcome.stdout.len()), (2, 0), "{outcome:?}");
    assert!(outcome.stderr.contains("--keys-from"), "{outcome:?}");
}
