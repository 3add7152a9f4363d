//! `edit`: a value in an editor on a terminal, each way in which it can end, and nothing lost.

mod desk;
mod prompts; // Each question, and every way to leave it without an answer.

use std::fs;
use std::time::Duration;

use self::desk::Desk;
use crate::harness::filter::Dialect;
use crate::harness::mccas::mccas;
use crate::harness::process::{is_stopped, signal};
use crate::harness::proxy::Proxy;
use crate::harness::server::Memcached;
use crate::harness::target::Target;
use crate::harness::wait;

const QUESTION: &str = "[e]dit again with both, [o]verwrite it, [g]ive up";

/// Edits `k` by the scripted editor, which has opened it.
fn opened(server: &Memcached, args: &str) -> Desk {
    let desk = Desk::scripted(&server.address(), &format!("k {args}"));
    desk.opened(1);
    desk
}

/// The same, where somebody else stores another value before the editor has written `mine`.
fn in_conflict(server: &Memcached, value: &str, theirs: &str, mine: &str) -> Desk {
    server.set_with("k", value, 0, 5000);
    let desk = opened(server, "");
    server.set_with("k", theirs, 0, 5000);
    desk.go(1, &format!("printf '{mine}' > \"$1\""));
    desk.wait_for(QUESTION);
    desk
}

#[test]
fn vi_edits_a_value_and_everything_else_stays() {
    let server = Memcached::start();
    server.set_with("k", "hello\nworld\n", 0, 5000);
    let desk = Desk::with_vi(&server.address(), "k");
    desk.wait_for("world");
    desk.keys(&[":%s/world/there/", "Enter", ":wq", "Enter"]);
    let screen = desk.end(0);
    assert!(screen.contains("was stored"), "{screen}");
    let item = server.item("k").expect("the item");
    assert_eq!(item.value, b"hello\nthere\n");
    assert!((4980..=5000).contains(&item.ttl), "{item:?}");
    assert!(desk.is_clean());
}

#[test]
fn the_line_feed_that_vi_adds_is_not_stored() {
    let server = Memcached::start();
    server.set("k", "hello");
    let desk = Desk::with_vi(&server.address(), "k");
    desk.wait_for("hello");
    desk.keys(&[":s/hello/bye/", "Enter", ":wq", "Enter"]);
    desk.end(0);
    assert_eq!(server.value("k"), "bye");
}

#[test]
fn vi_and_a_conflict_in_the_middle_edited_again_keep_both_changes() {
    let server = Memcached::start();
    server.set("k", "one\ntwo\nthree\n");
    let desk = Desk::with_vi(&server.address(), "k");
    desk.wait_for("three");
    server.set("k", "one\ntwo\nTHEIRS\n");
    desk.keys(&[":%s/one/MINE/", "Enter", ":wq", "Enter"]);
    let screen = desk.wait_for(QUESTION);
    for line in ["-three", "+THEIRS", "--- as you got it", "+++ as it is now"] {
        assert!(screen.contains(line), "{line}:\n{screen}");
    }
    desk.keys(&["e", "Enter"]);
    // vi shows the text that has both.
    desk.wait_for("MINE\ntwo\nTHEIRS\n~");
    desk.keys(&[":wq", "Enter"]);
    desk.end(0);
    assert_eq!(server.value("k"), "MINE\ntwo\nTHEIRS\n");
}

#[test]
fn vi_left_by_cq_writes_nothing_and_says_where_the_text_is() {
    let server = Memcached::start();
    server.set("k", "hello\n");
    let desk = Desk::with_vi(&server.address(), "k");
    desk.wait_for("hello");
    desk.keys(&[":s/hello/mine/", "Enter", ":w", "Enter", ":cq", "Enter"]);
    let screen = desk.end(1);
    assert!(
        screen.contains("the editor ended with exit status 1"),
        "{screen}"
    );
    assert_eq!(desk.kept(&screen), b"mine\n");
    assert_eq!(server.value("k"), "hello\n");
}

#[test]
fn the_file_is_private_and_named_for_the_syntax() {
    let server = Memcached::start();
    server.set("k", "{}");
    let desk = opened(&server, "--suffix .json");
    desk.go(1, "echo \"$1\" > \"$DESK/name\"");
    desk.end(0);
    assert_eq!(desk.modes(), "600\n700\n");
    let name = fs::read_to_string(desk.file("name")).expect("a name");
    assert!(name.ends_with("/k.json\n"), "{name}");
}

#[test]
fn what_did_not_change_is_not_written() {
    let server = Memcached::start();
    server.set("k", "hello");
    let token = server.token("k");
    let desk = opened(&server, "--ttl 60s");
    desk.go(1, "touch \"$1\"");
    let screen = desk.end(0);
    assert!(
        screen.contains("was not changed; nothing was written"),
        "{screen}"
    );
    assert_eq!(server.token("k"), token);
    assert!(desk.is_clean());
}

#[test]
fn a_conflict_can_be_overwritten() {
    let server = Memcached::start();
    let desk = in_conflict(&server, "old", "theirs", "mine");
    // What is no answer is asked again.
    desk.keys(&["x", "Enter", "o", "Enter"]);
    desk.end(0);
    let item = server.item("k").expect("the item");
    assert_eq!(item.value, b"mine");
    assert!(item.ttl > 4900 && desk.is_clean());
}

#[test]
fn a_conflict_while_it_is_overwritten_is_asked_about_again() {
    let server = Memcached::start();
    let desk = in_conflict(&server, "old", "theirs", "mine");
    server.set("k", "theirs again");
    desk.keys(&["o", "Enter"]);
    desk.wait_for("+theirs again");
    desk.keys(&["g", "Enter"]);
    desk.end(3);
    assert_eq!(server.value("k"), "theirs again");
}

#[test]
fn a_conflict_can_be_given_up_and_the_text_stays() {
    let server = Memcached::start();
    for keys in [&["g", "Enter"][..], &["C-d"]] {
        let desk = in_conflict(&server, "old", "theirs", "mine");
        desk.keys(keys);
        let screen = desk.end(3);
        assert!(
            screen.contains("was changed by somebody else; nothing was written"),
            "{screen}"
        );
        assert_eq!(desk.kept(&screen), b"mine");
        assert_eq!(server.value("k"), "theirs");
    }
}

#[test]
fn a_conflict_in_the_same_line_shows_both_between_marks() {
    let server = Memcached::start();
    let desk = in_conflict(&server, "a\nold\n", "a\ntheirs\n", "a\\nmine\\n");
    desk.keys(&["e", "Enter"]);
    let both = "a\n<<<<<<< as it is now\ntheirs\n=======\nmine\n>>>>>>> your edit\n";
    assert_eq!(desk.opened(2), both);
    desk.go(2, "touch \"$1\"");
    desk.wait_for("marks of the conflict are left in the text");
    desk.keys(&["e", "Enter"]);
    assert_eq!(desk.opened(3), both);
    desk.go(3, "printf 'a\\nboth\\n' > \"$1\"");
    desk.end(0);
    assert_eq!(server.value("k"), "a\nboth\n");
}

#[test]
fn an_edit_that_was_put_aside_stays_if_nothing_is_stored() {
    let server = Memcached::start();
    let desk = in_conflict(&server, "a\n", "theirs\n", "mine\\n");
    desk.keys(&["e", "Enter"]);
    desk.opened(2);
    desk.go(2, "printf 'theirs\\n' > \"$1\"");
    let screen = desk.end(0);
    assert!(screen.contains("was not changed"), "{screen}");
    desk.kept(&screen);
    let kept = fs::read_dir(desk.file("tmp"))
        .expect("a folder")
        .next()
        .expect("a folder")
        .expect("it")
        .path();
    assert_eq!(fs::read(kept.join("k.yours")).expect("the edit"), b"mine\n");
    assert_eq!(server.value("k"), "theirs\n");
}

#[test]
fn a_key_that_was_deleted_meanwhile_can_be_stored_as_a_new_one() {
    let server = Memcached::start();
    for (key, code, value) in [("s", 0, Some("mine")), ("g", 4, None)] {
        server.set("k", "old");
        let desk = opened(&server, "");
        server.raw("delete k\r\n");
        desk.go(1, "printf mine > \"$1\"");
        desk.wait_for("[s]tore it as a new key, [g]ive up");
        desk.keys(&[key, "Enter"]);
        let screen = desk.end(code);
        let stored = server
            .item("k")
            .map(|item| String::from_utf8(item.value).expect("text"));
        assert_eq!(stored.as_deref(), value);
        if code != 0 {
            assert_eq!(desk.kept(&screen), b"mine");
        }
    }
}

#[test]
fn a_server_that_is_gone_leaves_the_text() {
    let server = Memcached::start();
    server.set("k", "old");
    let desk = opened(&server, "");
    server.stop();
    desk.go(1, "printf mine > \"$1\"");
    let screen = desk.end(5);
    assert_eq!(desk.kept(&screen), b"mine");
}

#[test]
fn a_server_that_was_restarted_has_no_such_item() {
    let server = Memcached::start();
    server.set("k", "old");
    let desk = opened(&server, "");
    server.restart();
    server.set("k", "another");
    desk.go(1, "printf mine > \"$1\"");
    desk.wait_for(QUESTION);
    desk.keys(&["g", "Enter"]);
    let screen = desk.end(3);
    assert_eq!(desk.kept(&screen), b"mine");
    assert_eq!(server.value("k"), "another");
}

#[test]
fn a_swap_without_an_answer_is_unknown_and_leaves_the_text() {
    let server = Memcached::start();
    server.set("k", "old");
    // The look, the new connection, the read, the swap.
    let proxy = Proxy::to(&server).on_request(4, Memcached::freeze);
    let desk = Desk::scripted(&proxy.address(), "k --timeout 300ms");
    desk.opened(1);
    desk.go(1, "printf mine > \"$1\"");
    let screen = desk.end(6);
    assert!(screen.contains("it may have been applied"), "{screen}");
    assert_eq!(desk.kept(&screen), b"mine");
    server.thaw();
}

#[test]
fn signals_leave_the_text() {
    let server = Memcached::start();
    for (name, code) in [("TERM", 143), ("HUP", 129)] {
        server.set("k", "old");
        let desk = opened(&server, "");
        // The editor does not end by itself, and gets the signal, too.
        desk.go(1, &format!("printf mine > \"$1\"; trap 'exit 0' {name}; echo ready; while :; do sleep 0.01; done"));
        desk.wait_for("ready");
        signal(desk.pid(), name);
        let screen = desk.end(code);
        assert_eq!(desk.kept(&screen), b"mine", "{screen}");
        assert_eq!(server.value("k"), "old");
    }
    let desk = in_conflict(&server, "old", "theirs", "mine");
    desk.keys(&["C-c"]);
    let screen = desk.end(130);
    assert_eq!(desk.kept(&screen), b"mine");
}

#[test]
fn a_signal_that_comes_as_the_editor_ends_is_not_lost() {
    let server = Memcached::start();
    server.set("k", "old");
    let desk = opened(&server, "");
    // mccas sees the signal and the end of the editor both at once, when it goes on.
    desk.go(
        1,
        "printf mine > \"$1\"; echo $$ > \"$DESK/note\"; kill -STOP $PPID; kill -TERM $PPID; exit 0",
    );
    wait::until("the end of the editor", || {
        let editor = fs::read_to_string(desk.file("note")).ok()?;
        let stat = fs::read_to_string(format!("/proc/{}/stat", editor.trim())).ok()?;
        (is_stopped(desk.pid()) && stat.contains(") Z ")).then_some(())
    });
    signal(desk.pid(), "CONT");
    let screen = desk.end(143);
    assert_eq!(desk.kept(&screen), b"mine", "{screen}");
    assert_eq!(server.value("k"), "old");
}

#[test]
fn an_interrupt_in_the_editor_is_for_the_editor() {
    let server = Memcached::start();
    server.set("k", "old");
    let desk = opened(&server, "");
    desk.go(
        1,
        "trap 'printf mine > \"$1\"; exit 0' INT; echo ready; while :; do sleep 0.01; done",
    );
    desk.wait_for("ready");
    desk.keys(&["C-c"]);
    desk.end(0);
    assert_eq!(server.value("k"), "mine");
}

#[test]
fn what_an_editor_may_spoil_is_opened_only_after_a_question() {
    let server = Memcached::start();
    for (value, flags, told) in [
        (&b"a\0b"[..], 0, "is no text"),
        (b"\xff", 0, "is no text"),
        (b"text", 7, "has flags 7"),
    ] {
        server.set_with("k", value, flags, 0);
        let token = server.token("k");
        let desk = Desk::scripted(&server.address(), "k");
        let screen = desk.wait_for("edit it? [y]es, [n]o");
        assert!(screen.contains(told), "{screen}");
        desk.keys(&["n", "Enter"]);
        desk.end(0);
        assert_eq!(server.token("k"), token);
        let desk = Desk::scripted(&server.address(), "k");
        desk.wait_for("edit it? [y]es, [n]o");
        desk.keys(&["y", "Enter"]);
        desk.opened(1);
        desk.go(1, "printf '\\377\\0new' > \"$1\"");
        desk.end(0);
        let item = server.item("k").expect("the item");
        assert_eq!((&*item.value, item.flags), (&b"\xff\0new"[..], flags));
    }
}

#[test]
fn the_object_says_where_the_text_is() {
    let server = Memcached::start();
    server.set("k", "old");
    let desk = opened(&server, "--json");
    desk.go(1, "printf mine > \"$1\"");
    let screen = desk.end(0);
    assert!(
        screen.contains("{\"status\":\"stored\",\"key\":\"k\""),
        "{screen}"
    );
    let desk = opened(&server, "--json");
    desk.go(
        1,
        "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done",
    );
    desk.wait_for("ready");
    signal(desk.pid(), "TERM");
    let screen = desk.end(143);
    assert!(screen.contains("\"exit\":143"), "{screen}");
    let desk = opened(&server, "--json");
    desk.go(1, "printf theirs > \"$1\"; exit 3");
    let screen = desk.end(1);
    for part in [
        "{\"status\":\"command_failed\"",
        "\"command_exit\":3",
        "\"file\":\"/",
    ] {
        assert!(screen.contains(part), "{part}\n{screen}");
    }
    assert_eq!(desk.kept(&screen), b"theirs");
}

#[test]
fn a_missing_key_or_an_editor_that_is_not_there_writes_nothing() {
    let server = Memcached::start();
    let desk = Desk::scripted(&server.address(), "k");
    let screen = desk.end(4);
    assert!(
        screen.contains("--token absent would create it"),
        "{screen}"
    );
    server.set("k", "old");
    let desk = Desk::scripted(&server.address(), "k");
    fs::write(desk.file("go.1"), "exit 127").expect("a script");
    let screen = desk.end(1);
    assert!(
        screen.contains("exit status 127") && desk.is_clean(),
        "{screen}"
    );
}

/// The work of somebody who types is not asked for in vain.
#[test]
fn what_the_server_cannot_write_is_refused_before_the_editor_starts() {
    let (old, serverless) = (Dialect::V1_4, Dialect::Serverless);
    let unseen = "(it seems to be memcached 1.5.18 or older, or another server without meta commands): when the item expires \
                  cannot be seen there";
    for (dialect, ttl, args, why) in [
        (old, 0, "k", unseen),
        (
            old,
            0,
            "k --ttl 1h --exactly-once",
            "cannot do --exactly-once",
        ),
        (serverless, 5000, "k", "no clock is shown there"),
    ] {
        let target = Target::speaking(dialect);
        target.server().set_with("k", "old", 0, ttl);
        let desk = Desk::scripted(&target.address(), args);
        let screen = desk.end(7);
        assert!(screen.contains(why), "{why}:\n{screen}");
        assert!(!desk.file("runs").exists() && desk.is_clean(), "{screen}");
        assert_eq!(target.server().value("k"), "old");
    }
    // With --ttl, or where nothing expires, there is nothing to be kept.
    for (dialect, args) in [(old, "k --ttl 1h"), (serverless, "k")] {
        let target = Target::speaking(dialect);
        target.server().set("k", "old");
        let desk = Desk::scripted(&target.address(), args);
        desk.opened(1);
        desk.go(1, "printf mine > \"$1\"");
        desk.end(0);
        assert_eq!(target.server().value("k"), "mine");
    }
}

#[test]
fn without_a_terminal_it_is_a_usage_error_and_nothing_is_sent() {
    let server = Memcached::start();
    server.set("k", "old");
    let gets = server.count("cmd_get");
    let outcome = mccas(&server).args(["edit", "k"]).run();
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(outcome.stderr.contains("terminal"), "{outcome:?}");
    let outcome = mccas(&server).args(["edit", "k", "--suffix", "/x"]).run();
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert_eq!(server.count("cmd_get"), gets);
    assert!(outcome.elapsed < Duration::from_secs(5));
}
