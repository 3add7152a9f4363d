//! `watch` and `contention` on each kind of server.

use std::time::Duration;

use serde_json::{Value, json};

use super::Check;
use super::peers::Give::{Expiry, Log, Tokens};
use super::stage::{Checked, LIFETIME, Refused, Stage};
use crate::harness::running::Running;
use crate::harness::server::Memcached;

pub(super) const CHECKS: &[Check] = &[
    Check {
        command: "watch",
        what: "a change",
        needs: &[Tokens],
        run: change,
    },
    Check {
        command: "watch",
        what: "a key that comes and goes",
        needs: &[Tokens],
        run: comes_and_goes,
    },
    Check {
        command: "watch",
        what: "a touch",
        needs: &[Tokens, Expiry],
        run: touch,
    },
    Check {
        command: "watch",
        what: "`--log`",
        needs: &[Tokens],
        run: log,
    },
    Check {
        command: "contention",
        what: "",
        needs: &[Log],
        run: contention,
    },
];

/// Starts a command that goes on, and returns its first object; one that tells of no event of its own is a refusal.
fn begin(stage: &Stage, args: &[&str], first: &[&str]) -> Result<(Running, Value), Box<Refused>> {
    let command = stage.command(args).limit(Duration::from_secs(20));
    let mut running = command.spawn();
    let object = running.object();
    let event = object
        .get("event")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if first.contains(&event) {
        return Ok((running, object));
    }
    stage.judge(0, running.wait())?;
    panic!("{object} in place of {first:?}")
}

fn change(stage: &Stage) -> Checked {
    let token = stage.set_for("k", "1", LIFETIME);
    let args = [
        "watch",
        "k",
        "--interval",
        "20ms",
        "--count",
        "1",
        "--for",
        "3s",
    ];
    let (mut running, object) = begin(stage, &args, &["present"])?;
    stage.compare(&object, &json!({"key": "k", "value": "1"}));
    stage.compare_ttl(&object, Some(LIFETIME));
    stage.ensure_untouched();
    let now = stage.set_for("k", "2", LIFETIME);
    let object = running.object();
    stage.compare(
        &object,
        &json!({"event": "changed", "key": "k", "value": "2", "size": 1,
            "token": now, "token_before": token}),
    );
    assert_eq!(running.wait().code, 0);
    stage.ensure_untouched();
    Ok(())
}

fn comes_and_goes(stage: &Stage) -> Checked {
    let args = [
        "watch",
        "k",
        "--interval",
        "20ms",
        "--count",
        "2",
        "--for",
        "3s",
    ];
    let (mut running, _) = begin(stage, &args, &["absent"])?;
    stage.set("k", "1");
    let object = running.object();
    if object["event"] != "created" {
        stage.judge(0, running.wait())?;
        panic!("{object} in place of an event");
    }
    stage.compare(
        &object,
        &json!({"event": "created", "key": "k", "value": "1"}),
    );
    let server = stage.server().expect("a server");
    server.raw("delete k\r\n");
    stage.compare(&running.object(), &json!({"event": "deleted", "key": "k"}));
    assert_eq!(running.wait().code, 0);
    Ok(())
}

fn touch(stage: &Stage) -> Checked {
    stage.set_for("k", "1", LIFETIME);
    let args = [
        "watch",
        "k",
        "--interval",
        "20ms",
        "--count",
        "1",
        "--for",
        "3s",
    ];
    let (mut running, object) = begin(stage, &args, &["present"])?;
    let server = stage.server().expect("a server");
    server.raw("touch k 1000\r\n");
    if object.get("ttl").is_none() {
        // Whoever cannot see it says so, once, and sees no change.
        let outcome = running.wait();
        assert_eq!(outcome.code, 9, "{outcome:?}");
        let sentence = outcome.stderr.lines().next().unwrap_or_default();
        let sentence = sentence
            .strip_prefix("mccas: note: ")
            .expect("a note")
            .replace(&stage.address(), "SERVER");
        let code = 7;
        stage.set_for("k", "1", LIFETIME);
        return Err(Box::new(Refused {
            code,
            sentence,
            outcome,
        }));
    }
    let object = running.object();
    stage.compare(&object, &json!({"event": "touched", "key": "k"}));
    stage.compare_ttl(&object, Some(1000));
    assert_eq!(running.wait().code, 0);
    Ok(())
}

/// Where there is no log, it polls instead.
fn log(stage: &Stage) -> Checked {
    stage.set("k", "1");
    let args = ["watch", "--log", "k", "--count", "1", "--for", "3s"];
    let (mut running, _) = begin(stage, &args, &["present"])?;
    stage.set("k", "2");
    let object = running.object();
    stage.compare(&object, &json!({"event": "changed", "key": "k"}));
    // A filter changes addresses, as a proxy does: then nothing in the log proves that the value fetched is that of this store,
    // and none is told.
    let direct = |server: &Memcached| stage.address().ends_with(&server.address());
    let is_proved = !stage.gives(Log) || stage.server().is_some_and(direct);
    if is_proved || object["value"] != Value::Null {
        stage.compare(&object, &json!({"value": "2"}));
    }
    assert_eq!(running.wait().code, 0);
    Ok(())
}

fn contention(stage: &Stage) -> Checked {
    let (mut running, _) = begin(
        stage,
        &["contention", "--interval", "50ms", "--for", "15s"],
        &["interval"],
    )?;
    stage.set("k", "1");
    let stores = |object: &Value| object["totals"]["stores"].as_u64();
    while stores(&running.object()) == Some(0) {}
    running.signal("TERM");
    let outcome = running.wait();
    assert_eq!(outcome.code, 143, "{outcome:?}");
    let report = outcome.json().pop().expect("a report");
    assert_eq!(
        (&report["event"], stores(&report)),
        (&json!("report"), Some(1)),
        "{report}"
    );
    Ok(())
}
