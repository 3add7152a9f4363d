//! The pages of `contention --html` and `bench --html`: read as text, and opened in a browser.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::browser::opened;
use crate::harness::mccas::{mccas, mccas_at};
use crate::harness::observed::{observing, report, wait_for_stores};
use crate::harness::server::Memcached;

/// A key that would like to be a script, and one whose letters run backwards.
const HOSTILE: [&str; 2] = ["<script>alert(1)</script>", "k\u{202e}\u{1b}[2J'\"&amp;"];

fn page(folder: &tempfile::TempDir) -> (PathBuf, String) {
    let path = folder.path().join("page.html");
    let argument = path.display().to_string();
    (path, argument)
}

/// Swaps of these keys: each is won once and lost as often as is said.
fn fight(server: &Memcached, keys: &[(&str, usize)]) {
    for &(key, lost) in keys {
        server.raw(format!("set {key} 0 0 1\r\n1\r\n"));
        server.raw(format!("cas {key} 0 0 1 99999\r\n1\r\n").repeat(lost));
        let token = mccas(server)
            .args(["gets", "--token-only", "--", key])
            .run();
        let token = token.stdout_text().trim().to_string();
        server.raw(format!("cas {key} 0 0 1 {token}\r\n2\r\n"));
    }
}

/// The page of a fight with hostile keys, over some intervals.
fn fought(path: &str, args: &[&str]) {
    let server = Memcached::start();
    let mut running = observing(&server, &[&["--html", path], args].concat());
    for times in [3, 1] {
        fight(
            &server,
            &[("stock:4711", times), (HOSTILE[0], 1), (HOSTILE[1], 1)],
        );
        wait_for_stores(&mut running, 6);
    }
    report(running);
}

#[test]
fn the_page_says_what_was_found_and_nothing_in_it_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, argument) = page(&folder);
    fought(&argument, &[]);
    let views = opened(&path);
    for view in &views {
        let text = view["text"].as_str().expect("text");
        for part in [
            "stock:4711: 127.0.0.1 loses 66.7% of 6 swaps; most at 127.0.0.1:",
            HOSTILE[0],
            "Who fights whom",
            "mccas incr-cas stock:4711 --fallback incr",
            "watched all the time",
        ] {
            assert!(text.contains(part), "{part:?} is not in:\n{text}");
        }
        assert!(!text.contains(['\u{202e}', '\u{1b}']), "{text}");
    }
    let dark = |view: &serde_json::Value| view["colorScheme"] == "dark";
    let (dark, light): (Vec<_>, Vec<_>) = views.iter().partition(|view| dark(view));
    assert_ne!(dark[0]["background"], light[0]["background"]);
}

#[test]
fn other_rows_make_a_page_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, argument) = page(&folder);
    for (by, verdict) in [
        ("client", "loses 100.0%"),
        ("prefix", "stock:*: 66.7% of 6 swaps are lost"),
        ("host", "127.0.0.1 loses 57.1% of 14 swaps"),
    ] {
        fought(&argument, &["--by", by]);
        let text = fs::read_to_string(&path).expect("the page");
        assert!(text.contains(verdict), "{by}: {text}");
    }
    opened(&path);
}

#[test]
fn of_several_servers_each_is_told() {
    let (one, gone) = (Memcached::start(), Memcached::start_with(&["-W"]));
    let folder = tempfile::tempdir().expect("a folder");
    let (path, argument) = page(&folder);
    let servers = [one.address(), gone.address()].join(",");
    let outcome = mccas_at(servers)
        .args(["contention", "--for", "300ms", "--html", &argument])
        .run();
    assert_eq!(outcome.code, 7, "{outcome:?}");
    let text = fs::read_to_string(&path).expect("the page");
    for part in [
        "2 servers",
        &one.address(),
        &gone.address(),
        "Nothing was stored.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    opened(&path);
}

#[test]
fn a_page_that_cannot_be_written_is_known_at_once() {
    let server = Memcached::start();
    let args = ["contention", "--for", "1h", "--html", "/nowhere/page.html"];
    mccas(&server)
        .args(args)
        .code(1)
        .stderr_contains("cannot write /nowhere/page.html")
        .check();
}

/// A page of nothing would say that nothing was stored.
#[test]
fn a_page_from_before_stays_until_there_is_another_one() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let (path, argument) = page(&folder);
    for old in [None, Some("the page of yesterday")] {
        if let Some(old) = old {
            fs::write(&path, old).expect("a page");
        }
        let running = observing(&server, &["--html", &argument]);
        running.signal("QUIT");
        let outcome = running.wait();
        assert_eq!(outcome.code, 131, "{outcome:?}");
        let left = fs::read_to_string(&path).ok();
        assert_eq!(left.as_deref(), old);
    }
    report(observing(&server, &["--html", &argument]));
    let text = fs::read_to_string(&path).expect("the page");
    assert!(text.contains("nothing was stored"), "{text}");
    let files = fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(files, 1);
}

#[test]
fn bench_makes_a_page() {
    let server = Memcached::start();
    let folder = tempfile::tempdir().expect("a folder");
    let (path, argument) = page(&folder);
    let outcome = mccas(&server)
        .args([
            "bench",
            "--workers",
            "1,2",
            "--increments",
            "50",
            "--html",
            &argument,
        ])
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    for view in opened(&path) {
        let text = view["text"].as_str().expect("text");
        for part in [
            "No increment was lost.",
            "1 worker",
            "2 workers",
            "fallback",
        ] {
            assert!(text.contains(part), "{part:?} is not in:\n{text}");
        }
    }
    assert!(Path::new(&argument).exists());
}
