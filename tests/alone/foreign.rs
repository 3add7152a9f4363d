//! Writers that are not ours: pymemcache, which counts by itself what it won and lost.

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
        .arg(root.join("tests/pymemcache_writers.py"))
        .args([host, port])
        .args([
            writers.to_string(),
            time.as_secs_f64().to_string(),
            rate.to_string(),
        ])
        .args(keys)
        .output()
        .expect("python");
    assert!(output.status.success(), "{}", show(&output.stderr));
    show(&output.stdout).lines().map(told).collect()
}

fn told(line: &str) -> Told {
    let object: serde_json::Value = serde_json::from_str(line).expect("an object");
    let number = |field: &str| object[field].as_u64().expect("a number");
    let text = |field: &str| object[field].as_str().expect("a text").to_string();
    Told {
        client: text("client"),
        key: text("key"),
        counts: Counts {
            stores: number("stores"),
            won: number("won"),
            lost: number("lost"),
            missing: number("missing"),
        },
    }
}
