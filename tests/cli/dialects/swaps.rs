//! `cas` on each kind of server.

use serde_json::json;

use super::Check;
use super::peers::Give::{Clock, Proof, Tokens};
use super::stage::{Checked, FLAGS, LIFETIME, Stage};

pub(super) const CHECKS: &[Check] = &[
    Check {
        command: "cas",
        what: "a swap that sets the expiry",
        needs: &[Tokens],
        run: by_token,
    },
    Check {
        command: "cas",
        what: "a swap that keeps the expiry",
        needs: &[Tokens, Clock],
        run: keeping_expiry,
    },
    Check {
        command: "cas",
        what: "a stale token",
        needs: &[Tokens],
        run: stale,
    },
    Check {
        command: "cas",
        what: "a key that is not there",
        needs: &[Tokens],
        run: missing,
    },
    Check {
        command: "cas",
        what: "`--token absent`",
        needs: &[Tokens],
        run: absent,
    },
    Check {
        command: "cas",
        what: "`--expect`",
        needs: &[Tokens],
        run: expect,
    },
    Check {
        command: "cas",
        what: "a value that is too large",
        needs: &[Tokens],
        run: too_large,
    },
    Check {
        command: "cas",
        what: "`--exactly-once`",
        needs: &[Tokens, Proof],
        run: exactly_once,
    },
];

const NEVER: [&str; 2] = ["--ttl", "never"];

fn by_token(stage: &Stage) -> Checked {
    let token = stage.set("k", "old");
    let args = ["cas", "k", "new", "--token", &token, "--ttl", "never"];
    let object = stage.tells(0, &args)?;
    let now = stage.ensure_swapped("k", "new");
    stage.compare_token(&object, &now);
    stage.compare(
        &object,
        &json!({"status": "stored", "key": "k", "token_before": token, "ttl": null,
            "flags": FLAGS, "attempts": 1, "conflicts": 0, "method": "cas"}),
    );
    let token = now.token.to_string();
    let object = stage.tells(
        0,
        &[
            "cas", "k", "", "--token", &token, "--ttl", "1h", "--flags", "0",
        ],
    )?;
    stage.compare_ttl(&object, Some(3600));
    let now = stage.look("k").expect("the item");
    assert_eq!((&*now.value, now.flags), ("", 0));
    assert!(now.moment.is_some(), "{now:?}");
    Ok(())
}

fn keeping_expiry(stage: &Stage) -> Checked {
    let token = stage.set_for("k", "old", LIFETIME);
    let object = stage.tells(0, &["cas", "k", "new", "--token", &token])?;
    let now = stage.ensure_swapped("k", "new");
    stage.compare_token(&object, &now);
    stage.compare_ttl(&object, Some(LIFETIME));
    let token = stage.set("n", "old");
    let object = stage.tells(0, &["cas", "n", "new", "--token", &token])?;
    stage.ensure_swapped("n", "new");
    stage.compare_ttl(&object, None);
    Ok(())
}

fn stale(stage: &Stage) -> Checked {
    let old = stage.set("k", "old");
    let now = stage.set("k", "theirs");
    let args = ["cas", "k", "mine", "--token", &old, "--ttl", "never"];
    let object = stage.tells(3, &args)?;
    stage.compare(
        &object,
        &json!({"status": "conflict", "key": "k", "current": {"value": "theirs", "token": now}}),
    );
    stage.ensure_untouched();
    Ok(())
}

fn missing(stage: &Stage) -> Checked {
    let object = stage.tells(4, &["cas", "nope", "new", "--token", "7", "--ttl", "never"])?;
    stage.compare(&object, &json!({"status": "missing", "key": "nope"}));
    stage.ensure_untouched();
    Ok(())
}

fn absent(stage: &Stage) -> Checked {
    let args = [
        "cas", "new", "v", "--token", "absent", "--ttl", "90s", "--flags", "5",
    ];
    let object = stage.tells(0, &args)?;
    let now = stage.look("new").expect("the item");
    assert_eq!((&*now.value, now.flags), ("v", 5));
    assert!(now.moment.is_some(), "{now:?}");
    stage.compare_token(&object, &now);
    stage.compare_ttl(&object, Some(90));
    stage.compare(
        &object,
        &json!({"status": "stored", "key": "new", "method": "add", "flags": 5}),
    );
    let object = stage.tells(3, &["cas", "new", "mine", "--token", "absent"])?;
    let token = now.token.to_string();
    stage.compare(
        &object,
        &json!({"status": "conflict", "current": {"value": "v", "token": token}}),
    );
    assert_eq!(stage.look("new"), Some(now));
    Ok(())
}

fn expect(stage: &Stage) -> Checked {
    stage.set("k", "old");
    let object = stage.tells(
        0,
        &[&["cas", "k", "new", "--expect", "old"][..], &NEVER].concat(),
    )?;
    let now = stage.ensure_swapped("k", "new");
    stage.compare_token(&object, &now);
    let object = stage.tells(
        3,
        &[&["cas", "k", "x", "--expect", "old"][..], &NEVER].concat(),
    )?;
    stage.compare(&object, &json!({"status": "conflict", "key": "k"}));
    assert_eq!(stage.look("k"), Some(now));
    let object = stage.tells(
        4,
        &[&["cas", "no", "x", "--expect", "old"][..], &NEVER].concat(),
    )?;
    stage.compare(&object, &json!({"status": "missing", "key": "no"}));
    Ok(())
}

/// memcached itself would delete the item. The limit is 1 MiB; behind a proxy it is not told before.
fn too_large(stage: &Stage) -> Checked {
    let token = stage.set("k", "old");
    let args = ["cas", "k", "-", "--token", &token, "--ttl", "never"];
    let large = vec![b'x'; 1_100_000];
    let outcome = stage.command(&args).stdin(large).run();
    // Behind a proxy the server itself refuses it.
    if outcome.code != 7 || !stage.gives(Tokens) {
        stage.judge(8, outcome)?;
    }
    stage.ensure_untouched();
    Ok(())
}

fn exactly_once(stage: &Stage) -> Checked {
    let token = stage.set_for("k", "old", LIFETIME);
    let object = stage.tells(0, &["cas", "k", "new", "--token", &token, "--exactly-once"])?;
    let now = stage.ensure_swapped("k", "new");
    stage.compare_token(&object, &now);
    assert!(now.token >= 1 << 62, "{now:?}");
    Ok(())
}
