//! Writers and readers that are not ours: pymemcache, which counts by itself what it won and lost, found and missed.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::harness::inspect::show;
use crate::harness::observed::Counts;
use crate::harness::reaper;
use crate::harness::server::Memcached;

/// What one of them did to a key, as it tells it.
pub(crate) struct Told {
    pub(crate) client: String,
    pub(crate) key: String,
    pub(crate) counts: Counts,
}

/// Lets `writers` of them swap the keys in turn, each at `rate` swaps per second; returns what each did to each key.
#[track_caller]
pub(crate) fn pymemcache(
    server: &Memcached,
    writers: usize,
    time: Duration,
    rate: u32,
    keys: &[&str],
) -> Vec<Told> {
    let options = [
        writers.to_string(),
        time.as_secs_f64().to_string(),
        rate.to_string(),
    ];
    script("pymemcache_writers.py", server, &options, keys, told)
}

/// How often a reader found a key, and how often not.
pub(crate) struct Read {
    pub(crate) key: String,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
}

/// Lets `readers` of them read the keys in turn for `time`; returns what each saw of each key.
#[track_caller]
pub(crate) fn pymemcache_readers(
    server: &Memcached,
    readers: usize,
    time: Duration,
    keys: &[&str],
) -> Vec<Read> {
    let options = [readers.to_string(), time.as_secs_f64().to_string()];
    script("pymemcache_readers.py", server, &options, keys, read)
}

/// Runs a script of tests/ against the server and takes in its lines.
#[track_caller]
fn script<T>(
    name: &str,
    server: &Memcached,
    options: &[String],
    keys: &[&str],
    line: fn(&serde_json::Value) -> T,
) -> Vec<T> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/pymemcache/bin/python");
    assert!(
        python.exists(),
        "{} is missing: run make test, or scripts/install-pymemcache.sh, which installs it",
        python.display()
    );
    let address = server.address();
    let (host, port) = address.rsplit_once(':').expect("a TCP server");
    let mut command = Command::new(python);
    reaper::mark(&mut command);
    let output = command
        .arg(root.join("tests").join(name))
        .args([host, port])
        .args(options)
        .args(keys)
        .output()
        .expect("python");
    assert!(output.status.success(), "{}", show(&output.stderr));
    let objects = show(&output.stdout);
    let objects = objects.lines().map(serde_json::from_str);
    objects
        .map(|object| line(&object.expect("an object")))
        .collect()
}

fn number(object: &serde_json::Value, field: &str) -> u64 {
    object[field].as_u64().expect("a number")
}

fn text(object: &serde_json::Value, field: &str) -> String {
    object[field].as_str().expect("a text").to_string()
}

fn told(object: &serde_json::Value) -> Told {
    Told {
        client: text(object, "client"),
        key: text(object, "key"),
        counts: Counts {
            stores: number(object, "stores"),
            won: number(object, "won"),
            lost: number(object, "lost"),
            missing: number(object, "missing"),
        },
    }
}

fn read(object: &serde_json::Value) -> Read {
    Read {
        key: text(object, "key"),
        hits: number(object, "hits"),
        misses: number(object, "misses"),
    }
}
