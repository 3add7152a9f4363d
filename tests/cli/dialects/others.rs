//! `lock`, `check` and `locate` on each kind of server.

use serde_json::json;

use super::peers::Give::Tokens;
use super::stage::{Checked, Stage};
use super::{Check, LOCATE};

pub(super) const CHECKS: &[Check] = &[
    Check {
        command: "lock",
        what: "a lock that is free",
        needs: &[Tokens],
        run: free,
    },
    Check {
        command: "lock",
        what: "a lock that somebody holds",
        needs: &[Tokens],
        run: held,
    },
    Check {
        command: "lock",
        what: "`--slots`",
        needs: &[Tokens],
        run: slots,
    },
    Check {
        command: "check",
        what: "a test of all steps",
        needs: &[Tokens],
        run: check,
    },
    Check {
        command: LOCATE,
        what: "a key",
        needs: &[],
        run: locate,
    },
];

fn free(stage: &Stage) -> Checked {
    let object = stage.tells(0, &["lock", "k", "--ttl", "2days", "--", "true"])?;
    stage.compare(
        &object,
        &json!({"status": "released", "key": "k", "command_exit": 0}),
    );
    stage.ensure_untouched();
    Ok(())
}

fn held(stage: &Stage) -> Checked {
    stage.set_for("k", "theirs", 1000);
    let outcome = stage.ends(3, &["lock", "k", "--", "false"])?;
    stage.compare(
        &outcome.object(),
        &json!({"status": "conflict", "key": "k"}),
    );
    stage.ensure_untouched();
    Ok(())
}

fn slots(stage: &Stage) -> Checked {
    let outcome = stage.ends(0, &["lock", "k", "--slots", "2", "--", "true"])?;
    let object = outcome.json().pop().unwrap_or_default();
    stage.compare(&object, &json!({"status": "released"}));
    assert!(
        object["slot"].as_u64().is_some_and(|slot| slot < 2),
        "{object}"
    );
    stage.ensure_untouched();
    Ok(())
}

/// Whatever it says of the expiry, it leaves nothing behind.
fn check(stage: &Stage) -> Checked {
    let object = stage.tells(0, &["check"])?;
    let steps = object["steps"].as_array().expect("steps");
    let kept = |name: &str| {
        steps
            .iter()
            .any(|step| step["name"] == name && step["outcome"] == "ok")
    };
    for name in ["create", "swap", "stale", "flags", "count", "delete"] {
        assert!(kept(name), "{name} in {object}");
    }
    stage.ensure_untouched();
    Ok(())
}

fn locate(stage: &Stage) -> Checked {
    let object = stage.tells(0, &[LOCATE, "k"])?;
    stage.compare(&object, &json!({"status": "located", "key": "k"}));
    assert_eq!(object["server"], stage.address());
    Ok(())
}
