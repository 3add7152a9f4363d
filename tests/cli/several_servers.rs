//! Several servers on the command line: each key on the one that the application's client has it on, and on no other.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::harness::inspect::show;
use crate::harness::mccas::{Mccas, mccas_alone, mccas_at};
use crate::harness::proxy::Proxy;
use crate::harness::server::Memcached;
use crate::harness::{reaper, wait};

const NAMES: [&str; 3] = ["cache-a", "cache-b:11212", "10.0.0.3"];

/// Commands that ask by key.
const BY_KEY: [&[&str]; 8] = [
    &["lock", "k", "--", "true"],
    &["gets", "k"],
    &["cas", "k", "v", "--token", "absent"],
    &["incr-cas", "k", "--initial", "0"],
    &["update", "k", "--initial", "0", "--", "cat"],
    &["delete", "k", "--expect", "v"],
    &["watch", "k", "--for", "1s"],
    &["bench", "--for", "1s"],
];

struct Servers(Vec<Memcached>);

impl Servers {
    fn start(count: usize) -> Servers {
        Servers((0..count).map(|_| Memcached::start()).collect())
    }

    fn list(&self) -> String {
        let addresses: Vec<String> = self.0.iter().map(Memcached::address).collect();
        addresses.join(",")
    }

    /// Where a key is.
    fn holders(&self, key: &str) -> Vec<String> {
        let holds = |server: &&Memcached| server.item(key).is_some();
        self.0
            .iter()
            .filter(holds)
            .map(Memcached::address)
            .collect()
    }

    fn at(&self, address: &str) -> &Memcached {
        let named = |server: &&Memcached| server.address() == address;
        self.0.iter().find(named).expect("one of the servers")
    }
}

/// Lets pymemcache set `key0` and so on, each to its own name.
fn set_by_pymemcache(servers: &str, count: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/pymemcache/bin/python");
    assert!(
        python.exists(),
        "{} is missing: run make test, or scripts/install-pymemcache.sh, which installs it",
        python.display()
    );
    let mut command = Command::new(python);
    reaper::mark(&mut command);
    command.arg(root.join("tests/pymemcache_hash.py"));
    let output = command.args([servers, &count.to_string()]).output();
    let output = output.expect("python");
    assert!(output.status.success(), "{}", show(&output.stderr));
}

fn hashed(servers: &str) -> Mccas {
    mccas_at(servers).args(["--hash", "pymemcache"])
}

fn keys(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("key{n}")).collect()
}

#[test]
fn without_a_scheme_several_servers_are_a_usage_error_that_names_the_ways_out() {
    let servers = Servers::start(2);
    let [a, b] = [&servers.0[0], &servers.0[1]].map(Memcached::address);
    for command in BY_KEY {
        for outcome in [
            mccas_at(format!("{a},{b}")).args(command).run(),
            mccas_at(&a)
                .arg(command[0])
                .args(["-s", &b])
                .args(&command[1..])
                .run(),
            mccas_alone()
                .args(command)
                .env("MCCAS_SERVER", format!("{a} {b}"))
                .run(),
            mccas_alone()
                .args(command)
                .env("MEMCACHED_SERVERS", servers.list())
                .run(),
        ] {
            assert_eq!(
                (outcome.code, outcome.stdout_text()),
                (2, ""),
                "{outcome:?}"
            );
            for way in [
                "--hash",
                "MCCAS_HASH",
                "pymemcache",
                "--server",
                "--all-servers",
            ] {
                assert!(outcome.stderr.contains(way), "{outcome:?}");
            }
        }
    }
    for server in &servers.0 {
        assert_eq!(server.count("total_items"), 0);
        assert_eq!(server.count("cmd_get") + server.count("cmd_meta"), 0);
    }
}

#[test]
fn one_server_needs_no_scheme_and_is_not_disturbed_by_one() {
    let server = Memcached::start();
    server.set("k", "v");
    for scheme in ["ketama", "memjs", "Dalli"] {
        mccas_at(server.address())
            .args(["gets", "k", "--raw", "--hash", scheme])
            .stdout("v")
            .check();
    }
    let socket = Memcached::on_unix_socket();
    socket.set("k", "v");
    mccas_at(socket.address())
        .args(["gets", "k", "--raw", "--hash", "memjs"])
        .stdout("v")
        .check();
}

#[test]
fn a_scheme_that_does_not_fit_the_servers_is_a_usage_error() {
    for (servers, scheme, cause) in [
        ("a:1:1,b:2:2", "gomemcache", "without regard to weights"),
        ("/a.sock,b", "memjs", "knows no unix sockets"),
        ("a,b", "modulo", "possible values: ketama, libmemcached"),
        ("a,a:11211", "ketama", "named twice"),
    ] {
        mccas_alone()
            .args(["gets", "k", "--server", servers, "--hash", scheme])
            .stderr_contains(cause)
            .code(2)
            .check();
    }
    mccas_alone()
        .args(["locate", "k"])
        .env("MCCAS_HASH", "modulo")
        .stderr_contains("MCCAS_HASH")
        .code(2)
        .check();
}

#[test]
fn locate_tells_the_server_of_each_key_without_a_connection() {
    let locate = || mccas_alone().args(["locate", "key0", "key2", "key3"]);
    let by = |scheme: &str| {
        let outcome = locate()
            .args(["-s", &NAMES.join(" "), "--hash", scheme])
            .run();
        assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
        outcome.stdout_text().to_string()
    };
    // As pymemcache's HashClient and gomemcache's selector have it for these names.
    assert_eq!(
        by("pymemcache"),
        "key0  10.0.0.3:11211\nkey2  cache-a:11211\nkey3  cache-b:11212\n"
    );
    assert_eq!(
        by("gomemcache"),
        "key0  10.0.0.3:11211\nkey2  cache-b:11212\nkey3  cache-a:11211\n"
    );
    let outcome = locate()
        .env("MEMCACHED_SERVERS", NAMES.join(","))
        .env("MCCAS_HASH", "pymemcache")
        .arg("--json")
        .run();
    let told: Vec<String> = outcome
        .json()
        .iter()
        .map(|object| {
            assert_eq!(object["status"], "located");
            let text = |field: &str| object[field].as_str().expect("a text").to_string();
            format!("{}  {}\n", text("key"), text("server"))
        })
        .collect();
    assert_eq!(told.concat(), by("pymemcache"));
    locate()
        .args(["-s", &NAMES.join(",")])
        .stderr_contains("--hash")
        .code(2)
        .check();
    mccas_alone()
        .args(["locate", "k", "-s", "here"])
        .stdout("k  here:11211\n")
        .check();
}

#[test]
fn what_pymemcache_has_set_is_found_with_one_exchange_per_server_at_once() {
    let servers = Servers::start(5);
    // Each request waits until all five servers have theirs.
    let asked = Arc::new(AtomicUsize::new(0));
    let proxies: Vec<Proxy> = servers.0.iter().map(Proxy::to).collect();
    let addresses: Vec<String> = proxies.iter().map(Proxy::address).collect();
    set_by_pymemcache(&addresses.join(","), 100);
    let before: Vec<usize> = proxies.iter().map(Proxy::round_trips).collect();
    let proxies: Vec<Proxy> = proxies
        .into_iter()
        .map(|proxy| {
            let asked = Arc::clone(&asked);
            proxy.on_each_request(move |_, _| {
                asked.fetch_add(1, Ordering::SeqCst);
                wait::until("all servers to be asked", || {
                    (asked.load(Ordering::SeqCst) == 5).then_some(())
                });
            })
        })
        .collect();
    let keys = keys(100);
    let outcome = hashed(&addresses.join(","))
        .args(["--json", "gets"])
        .args(&keys)
        .run();
    assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
    for (key, object) in keys.iter().zip(outcome.json()) {
        assert_eq!(
            (object["key"].as_str(), object["value"].as_str()),
            (Some(&**key), Some(&**key))
        );
    }
    assert_eq!(outcome.json().len(), 100);
    for (proxy, before) in proxies.iter().zip(before) {
        assert_eq!(proxy.round_trips(), before + 1);
    }
}

#[test]
fn a_write_lands_where_the_client_looks_and_nowhere_else() {
    let servers = Servers::start(5);
    set_by_pymemcache(&servers.list(), 20);
    for key in keys(20) {
        let home = servers.holders(&key);
        let [home] = home.as_slice() else {
            panic!("{key} is on {home:?}");
        };
        let server = servers.at(home);
        server.set(&key, "41");
        let counted = hashed(&servers.list())
            .args(["incr-cas", &key, "--json"])
            .run()
            .object();
        assert_eq!(
            (&counted["server"], &counted["after"]),
            (&home.as_str().into(), &42.into())
        );
        hashed(&servers.list())
            .args(["cas", &key, "new", "--expect", "42", "-q"])
            .stdout(format!("{}\n", server.token(&key) + 1))
            .check();
        assert_eq!(servers.holders(&key), [home.as_str()]);
        assert_eq!(server.value(&key), "new");
        hashed(&servers.list())
            .args(["delete", &key, "--expect", "new"])
            .check();
        assert_eq!(servers.holders(&key), [""; 0]);
    }
}

#[test]
fn a_dead_server_is_exit_5_and_its_keys_go_nowhere_else() {
    let servers = Servers::start(3);
    set_by_pymemcache(&servers.list(), 12);
    let all = keys(12);
    let dead = servers.holders("key0").remove(0);
    let lost: Vec<&String> = all
        .iter()
        .filter(|key| servers.holders(key).contains(&dead))
        .collect();
    assert!(lost.len() < all.len());
    servers.at(&dead).stop();
    for command in [
        &["cas", "key0", "v", "--token", "absent"][..],
        &["incr-cas", "key0", "--initial", "0"],
        &["delete", "key0", "--expect", "key0"],
        &["gets", "key0"],
    ] {
        let outcome = hashed(&servers.list()).args(command).arg("--json").run();
        let object = outcome.object();
        assert_eq!(
            (outcome.code, &object["server"]),
            (5, &dead.as_str().into()),
            "{outcome:?}"
        );
    }
    let alive = || servers.0.iter().filter(|server| server.address() != dead);
    assert!(alive().all(|server| server.item("key0").is_none()));
    // The others are read all the same, and the failure names its own server and its own keys.
    let outcome = hashed(&servers.list())
        .args(["--json", "gets"])
        .args(&all)
        .run();
    assert_eq!(outcome.code, 5);
    for (key, object) in all.iter().zip(outcome.json()) {
        assert_eq!(object["key"], **key);
        if lost.contains(&key) {
            assert_eq!(
                (&object["status"], &object["server"]),
                (&"unreachable".into(), &dead.as_str().into())
            );
        } else {
            assert_eq!(object["value"], **key);
        }
    }
    let outcome = hashed(&servers.list()).arg("gets").args(&all).run();
    assert_eq!(outcome.code, 5);
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    assert!(outcome.stderr.contains(&dead));
    assert_eq!(
        outcome.stdout_text().lines().count(),
        2 * (all.len() - lost.len())
    );
}

#[test]
fn each_key_tells_the_instance_of_its_own_server() {
    let servers = Servers::start(3);
    set_by_pymemcache(&servers.list(), 12);
    let instance = |server: &str, key: &str| {
        let outcome = mccas_at(server)
            .args(["gets", key, "--json", "--instance"])
            .run();
        outcome.object()["instance"].clone()
    };
    let all = keys(12);
    let outcome = hashed(&servers.list())
        .args(["--json", "gets", "--instance"])
        .args(&all)
        .run();
    let mut seen = Vec::new();
    for (key, object) in all.iter().zip(outcome.json()) {
        assert_eq!(
            object["instance"],
            instance(&servers.holders(key)[0], key),
            "{key}"
        );
        seen.push(object["instance"].to_string());
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 3);
}

#[test]
fn bench_says_which_server_it_measures() {
    let servers = Servers::start(2);
    let key = "key0";
    set_by_pymemcache(&servers.list(), 1);
    let home = servers.holders(key).remove(0);
    servers.at(&home).set(key, "0");
    hashed(&servers.list())
        .args([
            "bench",
            "--key",
            key,
            "--workers",
            "2",
            "--increments",
            "20",
        ])
        .args(["--strategy", "incr", "--json"])
        .run();
    assert_eq!(servers.at(&home).value(key), "20");
    let outcome = hashed(&servers.list())
        .args([
            "bench",
            "--workers",
            "1",
            "--increments",
            "20",
            "--strategy",
            "incr",
        ])
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let measured = |server: &Memcached| outcome.stderr.contains(&server.address());
    assert!(
        outcome.stderr.contains("bench measures") && servers.0.iter().any(measured),
        "{outcome:?}"
    );
}

#[test]
fn what_was_found_has_its_server_where_there_are_several() {
    let servers = Servers::start(3);
    let all = keys(12);
    for key in &all {
        hashed(&servers.list())
            .args(["incr-cas", key, "--initial", "0", "-q"])
            .run();
    }
    let list = || all.join("\n");
    for gets in [
        hashed(&servers.list()).args(["--json", "gets"]).args(&all),
        hashed(&servers.list())
            .args(["--json", "gets", "--keys-from", "-"])
            .stdin(list()),
    ] {
        let objects = gets.run().json();
        assert_eq!(objects.len(), all.len());
        for (key, object) in all.iter().zip(objects) {
            assert_eq!(object["status"], "found", "{object}");
            assert_eq!(
                [object["server"].as_str().expect("its server")],
                *servers.holders(key)
            );
        }
    }
    let one = servers.holders("key0").remove(0);
    for gets in [
        mccas_at(&one).args(["--json", "gets", "key0"]),
        mccas_at(&one)
            .args(["--json", "gets", "--keys-from", "-"])
            .stdin("key0"),
    ] {
        let object = gets.run().object();
        assert_eq!(
            (&object["status"], object.get("server")),
            (&"found".into(), None)
        );
    }
}
