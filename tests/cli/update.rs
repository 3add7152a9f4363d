//! `update`: what a command gets and may do, when it runs again, and how its ends are told from those of mccas.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::harness::filter::Dialect;
use crate::harness::mccas::{Mccas, mccas, mccas_at};
use crate::harness::outcome::Outcome;
use crate::harness::proxy::{Fault, Proxy};
use crate::harness::server::Memcached;
use crate::harness::sockets::How;
use crate::harness::target::Target;
use crate::harness::wait;

/// `update k` by a line of sh.
fn update(server: &Memcached, line: &str) -> Mccas {
    update_at(&server.address(), line)
}

fn update_at(address: &str, line: &str) -> Mccas {
    mccas_at(address).args(["update", "k", "--shell", line])
}

#[track_caller]
fn ensure(outcome: &Outcome, code: i32, status: &str, command_exit: Option<i32>) {
    let object = outcome.object();
    assert_eq!(
        (outcome.code, &object["status"], &object["exit"]),
        (code, &status.into(), &code.into()),
        "{outcome:?}"
    );
    let told = object
        .get("command_exit")
        .and_then(serde_json::Value::as_i64);
    assert_eq!(told, command_exit.map(i64::from), "{outcome:?}");
}

/// Waits for the end of the process with this number.
#[track_caller]
fn ensure_gone(pid: &str) {
    let path = Path::new("/proc").join(pid.trim()).join("stat");
    wait::until("the command to end", || {
        let stat = fs::read_to_string(&path).unwrap_or_default();
        (stat.is_empty() || stat.contains(") Z ")).then_some(())
    });
}

/// A file for what a command has to tell beside its output.
struct Notes {
    _folder: TempDir,
    path: PathBuf,
}

impl Notes {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notes");
        Self {
            _folder: folder,
            path,
        }
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn read(&self) -> String {
        fs::read_to_string(&self.path).unwrap_or_default()
    }
}

#[test]
fn the_output_is_the_new_value_and_everything_else_stays() {
    let server = Memcached::start();
    server.set_with("k", "hello", 7, 5000);
    mccas(&server)
        .args(["update", "k", "--", "tr", "a-z", "A-Z"])
        .check();
    let item = server.item("k").expect("the item");
    assert_eq!((&*item.value, item.flags), (&b"HELLO"[..], 7));
    assert!((4990..=5000).contains(&item.ttl), "{item:?}");
    update(&server, "tr A-Z a-z; printf ' %s' \"$0\"").check();
    assert_eq!(server.value("k"), "hello sh");
}

#[test]
fn the_object_tells_both_exit_codes() {
    let server = Memcached::start();
    server.set_with("k", "old", 7, 0);
    let before = server.token("k").to_string();
    let outcome = update(&server, "cat; echo").arg("--json").run();
    ensure(&outcome, 0, "stored", Some(0));
    let object = outcome.object();
    assert_eq!(object["token_before"], before);
    assert_eq!(object["token"], server.token("k").to_string());
    assert_eq!((&object["flags"], &object["size"]), (&7.into(), &4.into()));
    assert_eq!(
        (&object["attempts"], &object["method"]),
        (&1.into(), &"cas".into())
    );
    assert!(object["ttl"].is_null() && object["server"] == server.address());
    assert_eq!(object.get("value"), None);
}

#[test]
fn the_command_knows_what_it_works_on() {
    let server = Memcached::start();
    server.set_with("k", "v", 7, 0);
    let token = server.token("k");
    let tell = "echo \"$MCCAS_KEY $MCCAS_TOKEN $MCCAS_ATTEMPT $MCCAS_FLAGS $MCCAS_SERVER\"";
    update(&server, tell)
        .env("MCCAS_TOKEN", "of an outer one")
        .check();
    let told = format!("k {token} 1 7 {}\n", server.address());
    assert_eq!(server.value("k"), told);
    let create = mccas(&server).args(["update", "new", "--initial", "", "--shell", tell]);
    create.check();
    assert_eq!(
        server.value("new"),
        format!("new  1 0 {}\n", server.address())
    );
}

#[test]
fn after_a_conflict_it_runs_again_on_a_fresh_value() {
    let server = Memcached::start();
    server.set("k", "a");
    let notes = Notes::new();
    let proxy = Proxy::to(&server).on_request(2, |server| server.set_with("k", "b", 9, 5000));
    let line = format!(
        "echo \"$MCCAS_ATTEMPT $MCCAS_TOKEN\" >> '{}'; cat; printf x",
        notes.name()
    );
    let first = server.token("k");
    let outcome = update_at(&proxy.address(), &line).arg("--json").run();
    ensure(&outcome, 0, "stored", Some(0));
    let object = outcome.object();
    assert_eq!(
        (&object["attempts"], &object["conflicts"]),
        (&2.into(), &1.into())
    );
    let second = object["token_before"].as_str().expect("a token");
    assert_eq!(notes.read(), format!("1 {first}\n2 {second}\n"));
    let item = server.item("k").expect("the item");
    assert_eq!((&*item.value, item.flags), (&b"bx"[..], 9));
    assert!(item.ttl > 4900, "{item:?}");
}

#[test]
fn retries_are_limited_and_our_code_is_not_the_commands() {
    let server = Memcached::start();
    server.set("k", "a");
    let proxy = Proxy::to(&server).on_each_request(|server, n| {
        if n % 2 == 0 {
            server.set("k", "b");
        }
    });
    let command =
        update_at(&proxy.address(), "cat; printf x").args(["--max-retries", "1", "--json"]);
    let outcome = command.run();
    ensure(&outcome, 3, "exhausted", Some(0));
    assert_eq!(outcome.object()["attempts"], 2);
    assert_eq!(outcome.object()["current"]["value"], "b");
    assert_eq!(server.value("k"), "b");
}

#[test]
fn a_command_that_fails_writes_nothing_and_its_status_is_passed_on() {
    let server = Memcached::start();
    server.set("k", "old");
    let token = server.token("k");
    for (line, code, told) in [
        ("echo new; echo oh >&2; exit 3", 3, "exit status 3"),
        ("echo new; echo oh >&2; exit 64", 64, "exit status 64"),
        ("echo new; echo oh >&2; exit 255", 255, "exit status 255"),
        (
            "echo new; echo oh >&2; kill -9 $$",
            137,
            "signal 9 (SIGKILL)",
        ),
    ] {
        let message = format!("oh\nmccas: k: the command ended with {told}; nothing was written\n");
        update(&server, line).stderr(&message).code(code).check();
        let outcome = update(&server, line).arg("--json").run();
        ensure(&outcome, code, "command_failed", Some(code));
        assert_eq!(outcome.object()["attempts"], 0);
        assert_eq!(
            (server.value("k"), server.token("k")),
            ("old".into(), token)
        );
    }
}

#[test]
fn a_command_that_cannot_be_started_is_told_as_a_shell_does() {
    let server = Memcached::start();
    server.set("k", "old");
    let token = server.token("k");
    for (program, code) in [
        ("mccas-has-no-such-command", 127),
        ("/etc/passwd", 126),
        ("/", 126),
    ] {
        let command = mccas(&server).args(["update", "k", "--json", "--", program]);
        let outcome = command.run();
        ensure(&outcome, code, "command_failed", Some(code));
        assert!(outcome.stderr.contains(program), "{outcome:?}");
        assert_eq!(server.token("k"), token);
    }
}

#[test]
fn what_did_not_change_is_written_only_if_that_is_wanted() {
    let server = Memcached::start();
    server.set_with("k", "same", 7, 5000);
    let token = server.token("k");
    let outcome = update(&server, "cat").arg("--json").run();
    ensure(&outcome, 0, "unchanged", Some(0));
    assert_eq!(outcome.object()["token"], token.to_string());
    assert_eq!(outcome.object()["attempts"], 0);
    update(&server, "cat").args(["--ttl", "60s"]).check();
    assert_eq!(server.token("k"), token);
    update(&server, "cat; echo").arg("--chomp").check();
    assert_eq!(server.token("k"), token);
    update(&server, "cat")
        .arg("-v")
        .stderr("mccas: k: unchanged; nothing was written\n")
        .check();
    let outcome = update(&server, "cat").args(["--always", "--json"]).run();
    ensure(&outcome, 0, "stored", Some(0));
    let item = server.item("k").expect("the item");
    assert_ne!(item.token, token);
    assert_eq!((&*item.value, item.flags), (&b"same"[..], 7));
}

#[test]
fn ttl_and_flags_are_kept_or_set() {
    let server = Memcached::start();
    server.set_with("k", "a", 7, 5000);
    update(&server, "echo b")
        .args(["--ttl", "never", "--flags", "5"])
        .check();
    let item = server.item("k").expect("the item");
    assert_eq!((&*item.value, item.flags, item.ttl), (&b"b\n"[..], 5, -1));
}

#[test]
fn a_missing_key_is_created_only_from_an_initial_value() {
    let server = Memcached::start();
    let notes = Notes::new();
    let line = format!("echo ran >> '{}'; cat; printf x", notes.name());
    let outcome = update(&server, &line).arg("--json").run();
    ensure(&outcome, 4, "missing", None);
    assert!(outcome.stderr.contains("--initial"), "{outcome:?}");
    assert_eq!((notes.read(), server.item("k")), (String::new(), None));
    let file = Notes::new();
    fs::write(&file.path, "from a file ").expect("a file");
    for (option, value, stored) in [
        ("--initial", "[]", "[]x"),
        ("--initial", "", "x"),
        ("--initial", "-5", "-5x"),
        ("--initial-file", &*file.name(), "from a file x"),
    ] {
        server.raw("delete k\r\n");
        let command =
            update(&server, &line).args([option, value, "--initial-ttl", "90s", "--json"]);
        let outcome = command.run();
        ensure(&outcome, 0, "stored", Some(0));
        assert_eq!(outcome.object()["method"], "add");
        let item = server.item("k").expect("the item");
        assert_eq!(String::from_utf8_lossy(&item.value), stored);
        assert!((80..=90).contains(&item.ttl), "{item:?}");
    }
    // An initial value that stays as it is is created all the same.
    server.raw("delete k\r\n");
    update(&server, "cat").args(["--initial", "0"]).check();
    assert_eq!(server.value("k"), "0");
}

#[test]
fn a_key_that_somebody_else_creates_is_not_overwritten() {
    let server = Memcached::start();
    let proxy = Proxy::to(&server).on_request(2, |server| server.set("k", "theirs "));
    update_at(&proxy.address(), "cat; printf x")
        .args(["--initial", "ours "])
        .check();
    assert_eq!(server.value("k"), "theirs x");
}

#[test]
fn a_megabyte_goes_through_whatever_the_command_does_first() {
    let server = Memcached::start_with(&["-I", "8m", "-m", "100"]);
    let large: Vec<u8> = (0..=250_u8).cycle().take(1_100_000).collect();
    for (line, expected) in [
        ("sleep 0.2; cat; printf x", [&large[..], b"x"].concat()),
        (
            "head -c 1100000 /dev/zero; cat",
            [&vec![0; 1_100_000][..], &large].concat(),
        ),
        ("head -c 1100000 /dev/zero", vec![0; 1_100_000]),
        ("exec <&-; printf x", b"x".to_vec()),
        (
            "head -c 1; exec <&-; printf x",
            [&large[..1], b"x"].concat(),
        ),
    ] {
        server.set("k", &large);
        let outcome = update(&server, line).run();
        assert_eq!((outcome.code, &*outcome.stderr), (0, ""), "{line}");
        assert!(
            server.item("k").expect("the item").value == expected,
            "{line}"
        );
    }
}

#[test]
fn a_command_that_hangs_is_ended_at_the_deadline_with_all_that_it_started() {
    let server = Memcached::start();
    server.set("k", "old");
    for line in [
        "echo $$; echo new; sleep 60 & sleep 60",
        "trap '' TERM; echo $$; while :; do sleep 1; done",
    ] {
        let notes = Notes::new();
        let line = format!("({line}) | tee '{}'; cat", notes.name());
        let command = update(&server, &line).args(["--deadline", "400ms", "--json"]);
        let outcome = command.run();
        ensure(&outcome, 3, "exhausted", None);
        assert!(outcome.stderr.contains("--deadline"), "{outcome:?}");
        assert!(outcome.elapsed < Duration::from_secs(10), "{outcome:?}");
        ensure_gone(notes.read().lines().next().expect("its number"));
        assert_eq!(server.value("k"), "old");
    }
}

#[test]
fn an_output_that_may_not_be_whole_is_never_stored() {
    let server = Memcached::start();
    server.set("k", "old");
    let outcome = update(&server, "echo half; sleep 60 & exit 0")
        .arg("--json")
        .run();
    ensure(&outcome, 1, "command_failed", Some(0));
    assert!(outcome.elapsed < Duration::from_secs(10), "{outcome:?}");
    assert_eq!(server.value("k"), "old");
}

#[test]
fn an_output_that_is_too_long_is_never_stored() {
    let server = Memcached::start();
    server.set("k", "old");
    let command = update(&server, "cat /dev/zero").args(["--max-value", "64k", "--json"]);
    let outcome = command.run();
    ensure(&outcome, 8, "unsuitable", None);
    assert!(outcome.stderr.contains("--max-value"), "{outcome:?}");
    let outcome = update(&server, "head -c 2000000 /dev/zero")
        .arg("--json")
        .run();
    ensure(&outcome, 8, "unsuitable", Some(0));
    assert_eq!(server.value("k"), "old");
}

#[test]
fn a_stale_value_is_not_presented_as_fresh() {
    let server = Memcached::start();
    server.set("k", "old");
    server.raw("md k I T300\r\n");
    let outcome = update(&server, "cat; printf x").arg("--json").run();
    ensure(&outcome, 8, "unsuitable", None);
    let answer = server.raw("mg k v\r\n");
    assert!(answer.starts_with(b"VA 3 X W"), "{answer:?}");
}

#[test]
fn a_command_or_a_line_is_needed_and_not_both() {
    let server = Memcached::start();
    server.set("k", "v");
    for args in [
        &["update", "k"][..],
        &["update", "k", "--"],
        &["update", "k", "cat"],
        &["update", "k", "--shell", "cat", "--", "cat"],
        &[
            "update",
            "k",
            "--initial",
            "a",
            "--initial-file",
            "/dev/null",
            "--",
            "cat",
        ],
        &["update", "k", "--initial-ttl", "1m", "--", "cat"],
        &[
            "update",
            "k",
            "--initial",
            "a",
            "--initial-ttl",
            "1m",
            "--ttl",
            "2m",
            "--",
            "cat",
        ],
    ] {
        let outcome = mccas(&server).args(args).run();
        assert_eq!(
            (outcome.code, outcome.stdout_text()),
            (2, ""),
            "{outcome:?}"
        );
    }
}

#[test]
fn words_are_not_read_by_a_shell_and_options_of_the_command_are_its_own() {
    let server = Memcached::start();
    server.set("k", "b\na\n");
    let command = mccas(&server).args(["update", "k", "--json", "--", "sort", "-r", "--"]);
    ensure(&command.run(), 0, "unchanged", Some(0));
    let command = mccas(&server).args(["update", "k", "--", "printf", "%s", "$HOME; --json"]);
    command.check();
    assert_eq!(server.value("k"), "$HOME; --json");
}

#[test]
fn a_signal_ends_the_command_and_then_mccas_with_nothing_written() {
    let server = Memcached::start();
    for (line, name, code) in [
        ("exec sleep 60", "TERM", 143),
        ("exec sleep 60", "INT", 130),
        ("exec sleep 60", "HUP", 129),
        // It obeys in its own way, or not at all.
        (
            "trap 'echo new; exit 0' TERM; while :; do sleep 0.01; done",
            "TERM",
            143,
        ),
        ("trap '' TERM; while :; do sleep 0.01; done", "TERM", 143),
    ] {
        // Also in a second attempt, when mccas watches its own writes as well.
        for attempt in [1, 2] {
            server.set("k", "old");
            let notes = Notes::new();
            let proxy = Proxy::to(&server).on_request(2, |server| server.set("k", "other"));
            let line = format!(
                "if [ $MCCAS_ATTEMPT = {attempt} ]; then echo $$ > '{0}.new'; mv '{0}.new' '{0}'; {line}; fi; echo new",
                notes.name()
            );
            let running = update_at(&proxy.address(), &line)
                .args(["--deadline", "60s"])
                .spawn();
            wait::until("the command to run", || notes.path.exists().then_some(()));
            running.signal(name);
            let outcome = running.wait();
            assert_eq!(outcome.code, code, "{line} {outcome:?}");
            ensure_gone(&notes.read());
            let left = if attempt == 1 { "old" } else { "other" };
            assert_eq!(server.value("k"), left, "{line}");
        }
    }
}

#[test]
fn where_there_is_no_server_nothing_runs() {
    let notes = Notes::new();
    let line = format!("echo ran >> '{}'", notes.name());
    let outcome = update_at("127.0.0.1:1", &line).arg("--json").run();
    ensure(&outcome, 5, "unreachable", None);
    assert_eq!(notes.read(), "");
}

/// Whether there is anything to write shows in the output only, unless everything is written.
#[test]
fn where_the_expiry_cannot_be_kept_the_command_runs_only_if_it_may_change_nothing() {
    let target = Target::speaking(Dialect::V1_4);
    target.server().set("k", "old");
    let notes = Notes::new();
    let run = |line: &str, more: &[&str]| {
        fs::write(&notes.path, "").expect("a file");
        let line = format!("echo ran >> '{}'; {line}", notes.name());
        let command = update_at(&target.address(), &line).arg("--json");
        (command.args(more).run(), notes.read())
    };
    let (unchanged, ran) = run("cat", &[]);
    ensure(&unchanged, 0, "unchanged", Some(0));
    assert_eq!(ran, "ran\n");
    let (changed, ran) = run("sed s/$/x/", &[]);
    ensure(&changed, 7, "refused", Some(0));
    assert_eq!(ran, "ran\n");
    let (sure, ran) = run("cat", &["--always"]);
    ensure(&sure, 7, "refused", None);
    assert_eq!((&*ran, &sure.stderr), ("", &changed.stderr));
    assert_eq!(target.server().value("k"), "old");
    let (stored, ran) = run("sed s/$/x/", &["--always", "--ttl", "1h"]);
    ensure(&stored, 0, "stored", Some(0));
    assert_eq!((&*ran, &*target.server().value("k")), ("ran\n", "oldx"));
}

/// Cut after each byte of its answer, likewise: it was applied once, and that is said, or that nobody knows.
#[test]
fn cut_after_each_byte_of_the_answer_the_code_is_true() {
    let (first_words, answer) = ("HD Ow2 ", "HD Ow2 c100\r\n");
    for (server, options) in [
        (Memcached::start(), &["-q"][..]),
        (Memcached::modern(), &["-q", "--exactly-once"]),
    ] {
        let notes = Notes::new();
        let line = format!("echo ran >> '{}'; sed s/$/x/", notes.name());
        for byte in 0..=answer.len() {
            server.set("k", "old\n");
            fs::write(&notes.path, "").expect("a file");
            let how = [How::Fin, How::Rst][byte % 2];
            let proxy = Proxy::to(&server).fault(Fault::CutInReply(2, byte, how));
            let outcome = update_at(&proxy.address(), &line).args(options).run();
            let code = if byte < first_words.len() && options.len() == 1 {
                6
            } else {
                0
            };
            let found = (outcome.code, &*server.value("k"), &*notes.read());
            assert_eq!(found, (code, "oldx\n", "ran\n"), "{byte} {outcome:?}");
        }
    }
}

/// Cut after each byte of the swap: the code and the item agree, as those of `cas` do, and the command runs once.
#[test]
fn cut_after_each_byte_of_the_swap_the_code_is_true() {
    for (server, proof) in [(Memcached::start(), false), (Memcached::modern(), true)] {
        server.set("k", "old");
        // From here on tokens have three digits, and requests one length.
        while server.token("k") < 100 {
            server.set("k", "old");
        }
        let notes = Notes::new();
        let line = format!("echo ran >> '{}'; echo new", notes.name());
        let run = |proxy: &Proxy| {
            server.set("k", "old");
            let command = update_at(&proxy.address(), &line);
            let command = if proof {
                command.arg("--exactly-once")
            } else {
                command
            };
            fs::write(&notes.path, "").expect("a file");
            command.arg("-q").run()
        };
        let (proxy, read) = (Proxy::to(&server), Proxy::to(&server));
        assert_eq!(run(&proxy).code, 0);
        let look = mccas_at(read.address()).args(["update", "k", "--shell", "cat"]);
        look.check();
        let (read, whole) = (read.counts().request_bytes, proxy.counts().request_bytes);
        assert!(read < whole);
        for byte in read..=whole {
            let how = [How::Fin, How::Rst][byte % 2];
            let proxy = Proxy::to(&server).fault(Fault::CutAfterRequest(byte, how));
            let outcome = run(&proxy);
            let (expected, value) = match byte {
                _ if byte == read => (5, "old"),
                _ if byte < whole || proof => (0, "new\n"),
                _ => (6, "new\n"),
            };
            assert_eq!(
                (outcome.code, &*server.value("k")),
                (expected, value),
                "{byte} {outcome:?}"
            );
            let runs = if byte == read { "" } else { "ran\n" };
            assert_eq!(notes.read(), runs, "{byte}");
        }
    }
}
