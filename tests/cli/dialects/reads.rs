//! `gets` on each kind of server.

use serde_json::json;

use super::Check;
use super::peers::Give;
use super::stage::{Checked, FLAGS, LIFETIME, Stage};

pub(super) const CHECKS: &[Check] = &[
    Check {
        command: "gets",
        what: "a key that is there",
        needs: &[Give::Tokens],
        run: hit,
    },
    Check {
        command: "gets",
        what: "a key that is not there",
        needs: &[],
        run: miss,
    },
    Check {
        command: "gets",
        what: "several keys",
        needs: &[Give::Tokens],
        run: several,
    },
    Check {
        command: "gets",
        what: "a key with a space in it",
        needs: &[Give::Tokens, Give::AnyKey],
        run: odd_key,
    },
];

fn hit(stage: &Stage) -> Checked {
    let token = stage.set_for("k", "a\r\nEND\r\n", LIFETIME);
    let object = stage.tells(0, &["gets", "k"])?;
    let value = "a\r\nEND\r\n";
    stage.compare(
        &object,
        &json!({"status": "found", "key": "k", "value": value, "flags": FLAGS, "size": 8}),
    );
    assert_eq!(object["token"], token, "{object}");
    stage.compare_ttl(&object, Some(LIFETIME));
    let never = stage.set("n", "");
    let object = stage.tells(0, &["gets", "n"])?;
    stage.compare(&object, &json!({"value": "", "size": 0}));
    stage.compare_ttl(&object, None);
    let printed = stage.plain_command(&["gets", "n", "--token-only"]).run();
    assert_eq!(printed.stdout_text(), format!("{never}\n"));
    stage.ensure_untouched();
    Ok(())
}

fn miss(stage: &Stage) -> Checked {
    let object = stage.tells(4, &["gets", "nope"])?;
    stage.compare(&object, &json!({"status": "missing", "key": "nope"}));
    Ok(())
}

fn several(stage: &Stage) -> Checked {
    for (key, value) in [("a", "1"), ("b", "END\r\n"), ("c", "")] {
        stage.set(key, value);
    }
    let outcome = stage.ends(4, &["gets", "nope", "a", "no", "b", "c", "none"])?;
    let objects = outcome.json();
    let told: Vec<_> = objects
        .iter()
        .map(|object| {
            (
                object["key"].as_str().expect("a key"),
                object["value"].as_str(),
            )
        })
        .collect();
    let expected = [
        ("nope", None),
        ("a", Some("1")),
        ("no", None),
        ("b", Some("END\r\n")),
        ("c", Some("")),
        ("none", None),
    ];
    assert_eq!(told, expected);
    stage.ensure_untouched();
    Ok(())
}

fn odd_key(stage: &Stage) -> Checked {
    let object = stage.tells(4, &["gets", "a b"])?;
    stage.compare(&object, &json!({"status": "missing", "key": "a b"}));
    stage.ends(0, &["cas", "a b", "v", "--token", "absent"])?;
    let object = stage.tells(0, &["gets", "a b"])?;
    stage.compare(&object, &json!({"key": "a b", "value": "v"}));
    Ok(())
}
