//! `gets --keys-from`: any number of keys, their outcomes in their order, whatever happens on the way.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::harness::inspect::show;
use crate::harness::mccas::{collect, end_within, mccas, mccas_at, take};
use crate::harness::outcome::code_of;
use crate::harness::proxy::{Fault, Proxy};
use crate::harness::server::Memcached;
use crate::harness::sockets::How;
use crate::harness::wait::PATIENCE;

/// Stores `value(n)` under `k0`, `k1` ..., all in one write.
fn fill(server: &Memcached, count: usize, value: impl Fn(usize) -> Option<String>) {
    let mut request = String::new();
    for (n, value) in (0..count).filter_map(|n| Some((n, value(n)?))) {
        let _ = write!(request, "ms k{n} {} q\r\n{value}\r\n", value.len());
    }
    assert_eq!(show(&server.raw(request)), "");
}

fn keys(count: usize) -> String {
    (0..count).fold(String::new(), |list, n| list + &format!("k{n}\n"))
}

/// The status of each object, and a check that each is the key's whose turn it is.
#[track_caller]
fn statuses(objects: &[Value], count: usize) -> Vec<String> {
    assert_eq!(objects.len(), count);
    let status = |(n, object): (usize, &Value)| {
        assert_eq!(object["key"], format!("k{n}"), "{object}");
        object["status"].as_str().expect("a status").to_string()
    };
    objects.iter().enumerate().map(status).collect()
}

#[test]
fn outcomes_come_in_the_order_of_the_keys_and_the_worst_is_the_exit_code() {
    let server = Memcached::start();
    server.set("a", "1");
    server.set("b", "two");
    let (a, b) = (server.token("a"), server.token("b"));
    let address = server.address();
    let item = |key: &str, token: u64, value: &str| {
        format!(
            "{key}  token {token}  ttl never  flags 0  {} B\n{value}\n",
            value.len()
        )
    };
    let long = "k".repeat(251);
    let outcome = mccas(&server)
        .args(["gets", "--keys-from", "-"])
        .stdin(format!("b\na\ngone\nb\n\na\n{long}\nlast"))
        .run();
    let shown = [
        item("b", b, "two"),
        item("a", a, "1"),
        item("b", b, "two"),
        item("a", a, "1"),
    ];
    assert_eq!(outcome.stdout_text(), shown.concat());
    let (messages, summary) = outcome.stderr.trim_end().rsplit_once('\n').expect("lines");
    assert_eq!(
        messages,
        format!(
            "mccas: gone is not on {address}\n\
             mccas: key 5 of the list: the key is empty; memcached has no such key\n\
             mccas: key 7 of the list: the key is 251 bytes long; memcached takes at most 250\n\
             mccas: last is not on {address}"
        )
    );
    assert!(summary.starts_with("mccas: 8 keys in "), "{summary}");
    assert!(
        summary.ends_with(" s: 4 found, 2 invalid, 2 missing"),
        "{summary}"
    );
    assert_eq!(outcome.code, 2);
}

#[test]
fn each_key_has_an_object_and_so_has_what_is_no_key() {
    let server = Memcached::start();
    server.set("a", "x");
    let outcome = mccas(&server)
        .args(["gets", "--json", "-qq", "--keys-from", "-"])
        .stdin("a\nb\n\na\n")
        .run();
    let objects = outcome.json();
    let field = |name: &str| -> Vec<&str> {
        objects
            .iter()
            .map(|object| object[name].as_str().unwrap_or(""))
            .collect()
    };
    assert_eq!(field("status"), ["found", "missing", "usage", "found"]);
    assert_eq!(field("key"), ["a", "b", "", "a"]);
    assert_eq!(objects[2]["line"], 3);
    assert_eq!((outcome.code, &*outcome.stderr), (2, ""));
}

#[test]
fn keys_that_end_with_nul_may_hold_newlines() {
    let server = Memcached::start();
    server.set("a\nb", "odd");
    server.set("c", "plain");
    let outcome = mccas(&server)
        .args(["gets", "-0", "--json", "--keys-from", "-"])
        .stdin("a\nb\0c\0")
        .run();
    let values: Vec<_> = outcome
        .json()
        .iter()
        .map(|object| object["value"].clone())
        .collect();
    assert_eq!(values, ["odd", "plain"]);
    assert_eq!(outcome.code, 0);
}

#[test]
fn a_list_comes_from_a_file_or_not_at_all() {
    let server = Memcached::start();
    server.set("k0", "v");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys");
    std::fs::write(&path, "k0").expect("a file");
    let path = path.to_str().expect("a path");
    let outcome = mccas(&server)
        .args(["gets", "--json", "--keys-from", path])
        .run();
    assert_eq!(
        (outcome.object()["value"].as_str(), outcome.code),
        (Some("v"), 0)
    );
    let missing = format!("{path}-missing");
    let outcome = mccas(&server).args(["gets", "--keys-from", &missing]).run();
    assert_eq!((outcome.code, outcome.stdout_text()), (1, ""));
    assert!(
        outcome.stderr.contains(&format!("cannot read {missing}: ")),
        "{outcome:?}"
    );
    for contradiction in [&["k0"][..], &["--raw"], &["--token-only"], &["--instance"]] {
        let outcome = mccas(&server)
            .args(["gets", "--keys-from", path])
            .args(contradiction)
            .run();
        assert_eq!(
            (outcome.code, outcome.stdout_text()),
            (2, ""),
            "{contradiction:?}"
        );
    }
    assert_eq!(mccas(&server).args(["gets", "-0", "k0"]).run().code, 2);
}

#[test]
fn an_empty_list_is_done_without_a_server() {
    let outcome = mccas_at("127.0.0.1:1")
        .args(["gets", "--keys-from", "-"])
        .stdin("")
        .run();
    assert_eq!((outcome.code, outcome.stdout_text()), (0, ""));
    assert!(outcome.stderr.ends_with(": 0 found\n"), "{outcome:?}");
}

/// Texts are read by one look, numbers by two: the ways meet in every order.
#[test]
fn numbers_and_texts_are_all_there_however_they_are_mixed() {
    let server = Memcached::start();
    let count = 20_000;
    let value = |n: usize| match n {
        n if n % 11 == 3 => None,
        // Long runs of either, single ones within the other, and both by turns.
        n if n % 7000 < 1000 || n % 613 == 0 || (15_000..16_000).contains(&n) && n % 2 == 0 => {
            Some(n.to_string())
        }
        n => Some(format!("text {n}")),
    };
    fill(&server, count, value);
    let outcome = mccas(&server)
        .args(["gets", "--json", "-qq", "--keys-from", "-"])
        .stdin(keys(count))
        .run();
    let objects = outcome.json();
    let statuses = statuses(&objects, count);
    for n in 0..count {
        let expected = if value(n).is_some() {
            "found"
        } else {
            "missing"
        };
        assert_eq!(statuses[n], expected, "{n}");
        assert_eq!(objects[n]["value"].as_str(), value(n).as_deref());
    }
    assert_eq!(outcome.code, 4);
}

#[test]
fn a_reader_that_takes_its_time_gets_everything() {
    let server = Memcached::start();
    let count = 100_000;
    fill(&server, count, |n| Some(format!("value {n}")));
    // The reader is slower than the server may be with an answer.
    let patience = Duration::from_millis(300);
    let mut command = mccas(&server)
        .args(["gets", "--keys-from", "-", "--timeout", "300ms"])
        .command();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary of mccas");
    let mut stdin = child.stdin.take().expect("a pipe");
    thread::spawn(move || stdin.write_all(keys(count).as_bytes()));
    let stderr = collect(child.stderr.take().expect("a pipe"));
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut shown = vec![0; 100_000];
    stdout.read_exact(&mut shown).expect("a beginning");
    thread::sleep(3 * patience);
    stdout.read_to_end(&mut shown).expect("the rest");
    let shown = show(&shown);
    let mut lines = shown.lines();
    for n in 0..count {
        let head = lines.next().expect("a head");
        assert!(head.starts_with(&format!("k{n}  token ")), "{head}");
        assert_eq!(lines.next(), Some(&*format!("value {n}")));
    }
    assert_eq!(lines.next(), None);
    let status = end_within(&mut child, PATIENCE).expect("an end");
    let stderr = show(&take(&stderr).expect("the end of stderr"));
    assert_eq!(code_of(status), 0, "{stderr}");
    assert!(stderr.contains("100000 keys in "), "{stderr}");
}

/// It also leaves no recache win taken that came with an answer which nobody wanted any more.
#[test]
fn a_reader_that_has_read_enough_ends_it_quietly() {
    let server = Memcached::start();
    fill(&server, 400, |n| Some(format!("{n:01000}")));
    let stale = 300..400;
    for n in stale.clone() {
        server.raw(format!("md k{n} I T60\r\n"));
    }
    let mut command = mccas(&server).args(["gets", "--keys-from", "-"]).command();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary of mccas");
    let stderr = collect(child.stderr.take().expect("a pipe"));
    // All it can write into is closed before it begins.
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin
        .write_all(keys(400).as_bytes())
        .expect("a reader of keys");
    drop(stdin);
    let status = end_within(&mut child, PATIENCE).expect("an end");
    let stderr = show(&take(&stderr).expect("the end of stderr"));
    assert_eq!((code_of(status), &*stderr), (0, ""));
    for n in stale {
        let answer = show(&server.raw(format!("mg k{n} s\r\n")));
        assert!(answer.contains(" W"), "k{n}: {answer}");
    }
}

#[test]
fn stale_items_are_told_as_such_and_none_of_their_wins_is_kept() {
    let server = Memcached::start();
    let count = 600;
    fill(&server, count, |n| Some(format!("value {n}")));
    let is_stale = |n: usize| n.is_multiple_of(3);
    for n in (0..count).filter(|n| is_stale(*n)) {
        server.raw(format!("md k{n} I T60\r\n"));
    }
    let outcome = mccas(&server)
        .args(["gets", "--json", "--keys-from", "-"])
        .stdin(keys(count))
        .run();
    let objects = outcome.json();
    statuses(&objects, count);
    for (n, object) in objects.iter().enumerate() {
        let state = is_stale(n).then_some("stale");
        assert_eq!(object["state"].as_str(), state, "{object}");
        assert_eq!(object["token"], server.token(format!("k{n}")).to_string());
    }
    for n in (0..count).filter(|n| is_stale(*n)) {
        let answer = show(&server.raw(format!("mg k{n} s\r\n")));
        assert!(answer.contains(" W"), "k{n}: {answer}");
    }
}

#[test]
fn a_key_is_answered_before_the_next_one_is_known() {
    let server = Memcached::start();
    let mut command = mccas(&server)
        .args(["gets", "--json", "--keys-from", "-"])
        .command();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary of mccas");
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    for n in 0..3 {
        server.set(format!("k{n}"), format!("value {n}"));
        stdin
            .write_all(format!("k{n}\n").as_bytes())
            .expect("a reader of keys");
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let object: Value = serde_json::from_str(&line).expect("an object");
        assert_eq!(object["value"], format!("value {n}"));
    }
    drop(stdin);
    assert_eq!(
        code_of(end_within(&mut child, PATIENCE).expect("an end")),
        0
    );
}

#[test]
fn a_connection_that_breaks_costs_no_key_wherever_it_breaks() {
    let server = Memcached::start();
    let count = 2000;
    fill(&server, count, |n| {
        (n % 9 > 0).then(|| format!("value {n}"))
    });
    let list = keys(count);
    let whole = mccas(&server)
        .args(["gets", "--json", "--keys-from", "-"])
        .stdin(&list)
        .run();
    let mut cut = 0;
    for at in (40..200_000).step_by(7919) {
        for fault in [
            Fault::CutAfterReply(at, How::Fin),
            Fault::CutAfterReply(at, How::Rst),
            Fault::CutAfterRequest(at / 2, How::Fin),
        ] {
            let proxy = Proxy::to(&server).fault(fault);
            let outcome = mccas_at(proxy.address())
                .args(["gets", "--json", "--keys-from", "-"])
                .stdin(&list)
                .run();
            cut += usize::from(proxy.fault_has_struck());
            let found = |outcome: &[Value]| -> Vec<_> {
                outcome
                    .iter()
                    .map(|object| object.get("value").cloned())
                    .collect()
            };
            assert!(found(&outcome.json()) == found(&whole.json()), "{fault:?}");
            statuses(&outcome.json(), count);
            assert_eq!(outcome.code, 4, "{fault:?}");
        }
    }
    assert!(cut > 30, "only {cut} connections were cut");
}

#[test]
fn a_server_that_dies_on_the_way_leaves_the_rest_unreachable() {
    let server = Memcached::start();
    let count = 5000;
    fill(&server, count, |n| Some(format!("value {n}")));
    let proxy = Proxy::to(&server).on_reply(2, Memcached::stop);
    let outcome = mccas_at(proxy.address())
        .args(["gets", "--json", "--keys-from", "-"])
        .stdin(keys(count))
        .run();
    let statuses = statuses(&outcome.json(), count);
    let found = statuses
        .iter()
        .take_while(|status| *status == "found")
        .count();
    assert!((1..count).contains(&found), "{found}");
    assert!(
        statuses[found..]
            .iter()
            .all(|status| status == "unreachable")
    );
    assert_eq!(outcome.code, 5);
    let summary = format!("{found} found, {} unreachable\n", count - found);
    assert!(
        outcome.stderr.ends_with(&summary),
        "{}",
        outcome.stderr.lines().last().unwrap_or("")
    );
}

#[test]
fn a_server_that_is_silent_is_not_waited_for_with_each_key() {
    let server = Memcached::start();
    server.freeze();
    let outcome = mccas(&server)
        .args(["gets", "--json", "--keys-from", "-", "--timeout", "300ms"])
        .stdin(keys(20_000))
        .limit(Duration::from_secs(60))
        .run();
    server.thaw();
    let statuses = statuses(&outcome.json(), 20_000);
    assert!(statuses.iter().all(|status| status == "unreachable"));
    assert_eq!(outcome.code, 5);
    // Each second that goes by brings another look, which takes the timeout.
    assert!(
        outcome.elapsed < Duration::from_secs(15),
        "{:?}",
        outcome.elapsed
    );
}

#[test]
fn a_server_that_comes_back_is_asked_again() {
    let server = Memcached::start();
    let address = server.address();
    server.stop();
    let mut command = mccas_at(address)
        .args(["gets", "--json", "--keys-from", "-"])
        .command();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary of mccas");
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut status = |child_stdin: &mut std::process::ChildStdin| {
        child_stdin.write_all(b"k\n").expect("a reader of keys");
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let object: Value = serde_json::from_str(&line).expect("an object");
        object["status"].as_str().expect("a status").to_string()
    };
    assert_eq!(status(&mut stdin), "unreachable");
    server.restart();
    crate::harness::wait::until("the server to be asked again", || {
        (status(&mut stdin) == "missing").then_some(())
    });
    drop(stdin);
    assert_eq!(
        code_of(end_within(&mut child, PATIENCE).expect("an end")),
        5
    );
}

#[test]
fn a_value_that_is_too_long_is_told_and_the_others_go_on() {
    let server = Memcached::start();
    fill(&server, 50, |n| {
        Some("x".repeat(if n % 10 == 5 { 5000 } else { 10 }))
    });
    let outcome = mccas(&server)
        .args(["gets", "--json", "--keys-from", "-", "--max-value", "4k"])
        .stdin(keys(50))
        .run();
    for (n, status) in statuses(&outcome.json(), 50).iter().enumerate() {
        let expected = if n % 10 == 5 { "unsuitable" } else { "found" };
        assert_eq!(status, expected, "k{n}");
    }
    assert_eq!(outcome.code, 8);
}

#[test]
fn a_server_without_cas_says_so_of_each_key() {
    let server = Memcached::start_with(&["-C"]);
    fill(&server, 3, |_| Some("v".into()));
    let outcome = mccas(&server)
        .args(["gets", "--json", "--keys-from", "-"])
        .stdin(keys(3))
        .run();
    assert_eq!(statuses(&outcome.json(), 3), ["no_cas", "no_cas", "no_cas"]);
    assert_eq!(outcome.code, 7);
}

#[test]
fn a_dead_server_is_told_once_whatever_the_number_of_its_keys() {
    let servers: [Memcached; 3] = std::array::from_fn(|_| Memcached::start());
    let addresses = servers.each_ref().map(Memcached::address);
    let dead = &addresses[1];
    servers[1].stop();
    let gets = |args: &[&str]| {
        let gets = mccas_at(addresses.join(",")).args(["--hash", "ketama", "gets"]);
        gets.args(args).stdin(keys(300)).run()
    };
    let told = |stderr: &str| -> Vec<String> {
        let lines = stderr.lines().filter(|line| line.contains("cannot reach"));
        lines.map(ToString::to_string).collect()
    };
    let message = format!("cannot reach {dead}: connection refused (is memcached running there?)");
    let outcome = gets(&["--keys-from", "-"]);
    assert_eq!(told(&outcome.stderr), [format!("mccas: {message}")]);
    let summary = outcome.stderr.lines().last().expect("a summary");
    assert!(summary.contains(" missing, ") && summary.ends_with(" unreachable"));
    let outcome = gets(&["--json", "--keys-from", "-"]);
    assert_eq!(told(&outcome.stderr), [format!("mccas: {message}")]);
    let objects = outcome.json();
    assert_eq!(objects.len(), 300);
    let unreachable = |object: &&Value| object["status"] == "unreachable";
    let lost: Vec<&Value> = objects.iter().filter(unreachable).collect();
    assert!(lost.len() > 1);
    for object in lost {
        let key = object["key"].as_str().expect("its key");
        assert_eq!(object["server"], **dead);
        assert_eq!(object["error"], format!("{key}: {message}"));
    }
}

#[test]
fn what_is_wrong_with_a_key_names_it_once() {
    let server = Memcached::start();
    server.set("long", "12345");
    let address = server.address();
    let message = format!(
        "long: {address} announced a value of 5 bytes, and at most 4 are taken; nothing of it was read; \
         --max-value SIZE lets longer ones through"
    );
    let outcome = mccas(&server)
        .args(["--max-value", "4", "--json", "gets", "--keys-from", "-"])
        .stdin("long\n")
        .run();
    assert_eq!(outcome.code, 8);
    assert_eq!(outcome.object()["error"], *message);
    let said = outcome.stderr.lines().next();
    assert_eq!(said, Some(&*format!("mccas: {message}")));
}
