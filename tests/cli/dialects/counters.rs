//! `incr-cas` and `bench` on each kind of server.

use std::thread;

use serde_json::json;

use super::Check;
use super::peers::Give::{Clock, Proof, Tokens};
use super::stage::{Checked, FLAGS, LIFETIME, Stage};
use crate::harness::proxy::Proxy;

pub(super) const CHECKS: &[Check] = &[
    Check {
        command: "incr-cas",
        what: "a counter that never expires",
        needs: &[Tokens],
        run: counter,
    },
    Check {
        command: "incr-cas",
        what: "a counter that keeps its expiry",
        needs: &[Tokens, Clock],
        run: keeping_expiry,
    },
    Check {
        command: "incr-cas",
        what: "a key that is not there",
        needs: &[Tokens],
        run: missing,
    },
    Check {
        command: "incr-cas",
        what: "`--initial`",
        needs: &[Tokens],
        run: initial,
    },
    Check {
        command: "incr-cas",
        what: "no number",
        needs: &[Tokens],
        run: no_number,
    },
    Check {
        command: "incr-cas",
        what: "several at once",
        needs: &[Tokens],
        run: several_at_once,
    },
    Check {
        command: "incr-cas",
        what: "`--fallback incr`",
        needs: &[Tokens],
        run: fallback,
    },
    Check {
        command: "incr-cas",
        what: "`--exactly-once`",
        needs: &[Tokens, Proof],
        run: exactly_once,
    },
    Check {
        command: "bench",
        what: "",
        needs: &[Tokens],
        run: bench,
    },
];

fn counter(stage: &Stage) -> Checked {
    let token = stage.set("k", "41");
    let object = stage.tells(0, &["incr-cas", "k", "--ttl", "never"])?;
    let now = stage.ensure_swapped("k", "42");
    stage.compare_token(&object, &now);
    stage.compare(
        &object,
        &json!({"status": "stored", "key": "k", "before": 41, "after": 42, "token_before": token,
            "ttl": null, "flags": FLAGS, "attempts": 1, "conflicts": 0, "method": "cas"}),
    );
    Ok(())
}

fn keeping_expiry(stage: &Stage) -> Checked {
    stage.set_for("k", "41", LIFETIME);
    for after in 42..45 {
        let object = stage.tells(0, &["incr-cas", "k"])?;
        stage.compare(&object, &json!({"after": after, "flags": FLAGS}));
        stage.compare_ttl(&object, Some(LIFETIME));
        let now = stage.ensure_swapped("k", &after.to_string());
        stage.compare_token(&object, &now);
    }
    stage.set("n", "-1");
    let object = stage.tells(0, &["incr-cas", "n", "--by", "-5"])?;
    stage.ensure_swapped("n", "-6");
    stage.compare_ttl(&object, None);
    Ok(())
}

fn missing(stage: &Stage) -> Checked {
    let object = stage.tells(4, &["incr-cas", "nope"])?;
    stage.compare(&object, &json!({"status": "missing", "key": "nope"}));
    stage.ensure_untouched();
    Ok(())
}

fn initial(stage: &Stage) -> Checked {
    let args = ["incr-cas", "k", "--initial", "9", "--initial-ttl", "1h"];
    let object = stage.tells(0, &args)?;
    stage.compare(
        &object,
        &json!({"status": "stored", "after": 10, "method": "add"}),
    );
    let now = stage.look("k").expect("the item");
    stage.compare_token(&object, &now);
    assert_eq!(&*now.value, "10");
    assert!(now.moment.is_some(), "{now:?}");
    let object = stage.tells(0, &["incr-cas", "k", "--initial", "9", "--ttl", "never"])?;
    stage.compare(
        &object,
        &json!({"before": 10, "after": 11, "method": "cas"}),
    );
    Ok(())
}

fn no_number(stage: &Stage) -> Checked {
    stage.set("k", "hello");
    let object = stage.tells(8, &["incr-cas", "k", "--ttl", "never"])?;
    stage.compare(&object, &json!({"status": "unsuitable", "key": "k"}));
    stage.ensure_untouched();
    Ok(())
}

fn several_at_once(stage: &Stage) -> Checked {
    const PROCESSES: usize = 3;
    const EACH: usize = 5;
    stage.set("k", "0");
    let args = ["incr-cas", "k", "--ttl", "never"];
    let count = || (0..EACH).try_for_each(|_| stage.ends(0, &args).map(drop));
    thread::scope(|scope| {
        let processes: Vec<_> = (0..PROCESSES).map(|_| scope.spawn(count)).collect();
        let ends = processes
            .into_iter()
            .map(|process| process.join().expect("no panic"));
        ends.collect::<Result<Vec<()>, _>>()
    })?;
    stage.ensure_swapped("k", &(PROCESSES * EACH).to_string());
    Ok(())
}

/// Another writer is always faster, until the server itself adds.
fn fallback(stage: &Stage) -> Checked {
    stage.set_for("k", "1", LIFETIME);
    let args = ["incr-cas", "k", "--max-retries", "1", "--fallback", "incr"];
    let Some(target) = stage.target().filter(|_| stage.gives(Tokens)) else {
        return stage.ends(0, &args).map(drop);
    };
    let proxy = Proxy::to(target).on_each_request(|server, _| {
        server.raw("set k 7 1000 3 noreply\r\n100\r\n");
    });
    let outcome = stage.judge(0, stage.command_at(&proxy.address(), &args).run())?;
    let object = outcome.object();
    assert_eq!(
        (&object["after"], &object["method"]),
        (&json!(101), &json!("incr")),
        "{object}"
    );
    assert_eq!(target.server().count("incr_hits"), 1);
    Ok(())
}

fn exactly_once(stage: &Stage) -> Checked {
    stage.set_for("k", "41", LIFETIME);
    let object = stage.tells(0, &["incr-cas", "k", "--exactly-once"])?;
    let now = stage.ensure_swapped("k", "42");
    stage.compare_token(&object, &now);
    assert!(now.token >= 1 << 62, "{now:?}");
    Ok(())
}

fn bench(stage: &Stage) -> Checked {
    let outcome = stage.ends(0, &["bench", "--workers", "2", "--increments", "20"])?;
    let rows = outcome.json();
    assert_eq!(rows.len(), 4, "{outcome:?}");
    for row in rows {
        assert_eq!(row["lost_updates"], 0, "{row}");
        assert_eq!(row["increments"], 20, "{row}");
    }
    Ok(())
}
