//! `update` and `delete` on each kind of server.

use serde_json::json;

use super::Check;
use super::peers::Give::{Clock, Tokens};
use super::stage::{Checked, LIFETIME, Stage};

pub(super) const CHECKS: &[Check] = &[
    Check {
        command: "update",
        what: "an edit that sets the expiry",
        needs: &[Tokens],
        run: edit,
    },
    Check {
        command: "update",
        what: "an edit that keeps the expiry",
        needs: &[Tokens, Clock],
        run: edit_keeping_expiry,
    },
    Check {
        command: "update",
        what: "a key that is not there",
        needs: &[Tokens],
        run: edit_of_nothing,
    },
    Check {
        command: "delete",
        what: "`--token`",
        needs: &[Tokens],
        run: delete_by_token,
    },
    Check {
        command: "delete",
        what: "`--expect`",
        needs: &[Tokens],
        run: delete_by_value,
    },
    Check {
        command: "delete",
        what: "a key that is not there",
        needs: &[Tokens],
        run: delete_of_nothing,
    },
];

fn edit(stage: &Stage) -> Checked {
    stage.set("k", "old\n");
    let args = ["update", "k", "--ttl", "never", "--", "tr", "a-z", "A-Z"];
    let object = stage.tells(0, &args)?;
    let now = stage.ensure_swapped("k", "OLD\n");
    stage.compare_token(&object, &now);
    stage.compare(
        &object,
        &json!({"status": "stored", "key": "k", "command_exit": 0}),
    );
    let object = stage.tells(0, &args)?;
    stage.compare(&object, &json!({"status": "unchanged", "key": "k"}));
    assert_eq!(stage.look("k"), Some(now));
    Ok(())
}

fn edit_keeping_expiry(stage: &Stage) -> Checked {
    stage.set_for("k", "old", LIFETIME);
    let object = stage.tells(0, &["update", "k", "--", "tr", "a-z", "A-Z"])?;
    stage.ensure_swapped("k", "OLD");
    stage.compare_ttl(&object, Some(LIFETIME));
    Ok(())
}

fn edit_of_nothing(stage: &Stage) -> Checked {
    let object = stage.tells(4, &["update", "no", "--", "cat"])?;
    stage.compare(&object, &json!({"status": "missing", "key": "no"}));
    let args = ["update", "new", "--initial", "a", "--", "tr", "a", "b"];
    let object = stage.tells(0, &args)?;
    stage.compare(&object, &json!({"status": "stored", "method": "add"}));
    assert_eq!(&*stage.look("new").expect("the item").value, "b");
    Ok(())
}

fn delete_by_token(stage: &Stage) -> Checked {
    let old = stage.set_for("k", "old", LIFETIME);
    let token = stage.set_for("k", "theirs", LIFETIME);
    let object = stage.tells(3, &["delete", "k", "--token", &old])?;
    stage.compare(&object, &json!({"status": "conflict", "key": "k"}));
    stage.ensure_untouched();
    let object = stage.tells(0, &["delete", "k", "--token", &token])?;
    stage.compare(&object, &json!({"status": "deleted", "key": "k"}));
    assert_eq!(stage.look("k"), None);
    Ok(())
}

fn delete_by_value(stage: &Stage) -> Checked {
    stage.set_for("k", "old", LIFETIME);
    let object = stage.tells(3, &["delete", "k", "--expect", "other"])?;
    stage.compare(&object, &json!({"status": "conflict", "key": "k"}));
    stage.ensure_untouched();
    stage.tells(0, &["delete", "k", "--expect", "old"])?;
    assert_eq!(stage.look("k"), None);
    Ok(())
}

fn delete_of_nothing(stage: &Stage) -> Checked {
    let object = stage.tells(4, &["delete", "no", "--token", "7"])?;
    stage.compare(&object, &json!({"status": "missing", "key": "no"}));
    Ok(())
}
