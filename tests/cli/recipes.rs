//! Each recipe of README.md and docs/recipes.md, as it stands there, under `dash -e` and `bash -e`: with the key there, missing, holding bytes
//! that are no text, and with the server down.

use std::fs;
use std::path::Path;

use crate::harness::inspect::show;
use crate::harness::server::Memcached;
use crate::harness::workplace::Workplace;

const SHELLS: [&str; 2] = ["dash", "bash"];
const BINARY: &[u8] = b"\xff\x00\xfe {\r\n";
/// A word of each recipe that no other one has.
const MARKS: [&str; 7] = [
    "build_number",
    "run_job",
    "jq",
    "hits:",
    "try again",
    "--exec",
    "smoke:",
];

/// What a recipe finds, and what it shall leave behind.
struct Case<'a> {
    before: Option<&'a [u8]>,
    after: Option<&'a [u8]>,
    code: i32,
    stdout: &'a str,
}

/// A case in which the value stays.
fn kept(value: &[u8], code: i32) -> Case<'_> {
    case(Some(value), Some(value), code, "")
}

fn case<'a>(
    before: Option<&'a [u8]>,
    after: Option<&'a [u8]>,
    code: i32,
    stdout: &'a str,
) -> Case<'a> {
    Case {
        before,
        after,
        code,
        stdout,
    }
}

#[test]
fn every_recipe_is_run_by_a_test() {
    let recipes = recipes();
    assert_eq!(recipes.len(), MARKS.len(), "{recipes:#?}");
    for mark in MARKS {
        recipe(mark);
    }
}

#[test]
fn a_number_is_taken_or_the_script_stops() {
    let script = recipe("build_number") + "\necho \"n=$n\"";
    check(
        &script,
        "build_number",
        &[
            case(None, Some(b"1"), 0, "n=1\n"),
            case(Some(b"41"), Some(b"42"), 0, "n=42\n"),
            kept(BINARY, 8),
        ],
    );
    check_down(&script, "");
}

#[test]
fn a_claim_is_won_once() {
    let script = recipe("run_job");
    check(
        &script,
        "job:42",
        &[kept(b"theirs", 0), kept(BINARY, 0), kept(b"", 0)],
    );
    check_down(&script, "");
    for shell in SHELLS {
        let server = Memcached::start();
        let place = workplace(&server.address());
        assert_eq!(place.run(shell, &script).stdout_text(), "run_job 42\n");
        let won = server.item("job:42").expect("the claim");
        assert!((599..=600).contains(&won.ttl), "{won:?}");
        // The second one sees it and goes on.
        let second = place.run(shell, &script);
        assert_eq!((second.code, second.stdout_text()), (0, ""), "{second:?}");
        assert_eq!(
            server.item("job:42").map(|item| item.token),
            Some(won.token)
        );
    }
}

#[test]
fn json_is_edited_and_nothing_else_is() {
    let script = recipe("jq");
    let before = "{\"limit\":1,\"name\":\"\\\\n ü -e\"}";
    let after = "{\"limit\":5,\"name\":\"\\\\n ü -e\"}";
    check(
        &script,
        "config",
        &[
            case(Some(before.as_bytes()), Some(after.as_bytes()), 0, ""),
            case(None, None, 4, ""),
            kept(BINARY, 8),
            kept(b"", 8),
            kept(b"hello", 8),
            kept(b"null", 8),
            kept(b"[1]", 8),
        ],
    );
    check_down(&script, "");
}

/// The other writer comes exactly between the read and the swap: where the recipe calls jq for the first time.
#[test]
fn json_is_edited_anew_when_somebody_was_faster() {
    for shell in SHELLS {
        let server = Memcached::start();
        server.set("config", "{\"limit\":1}");
        let place = workplace(&server.address());
        place.program(
            "jq",
            "here=$(dirname \"$0\")
             if ! [ -e \"$here/done\" ]; then
               : >\"$here/done\"
               mccas cas config '{\"limit\":2,\"theirs\":true}' --expect '{\"limit\":1}' >/dev/null
             fi
             PATH=${PATH#\"$here:\"} exec jq \"$@\"",
        );
        let outcome = place.run(shell, &recipe("jq"));
        assert_eq!(outcome.code, 0, "{shell}: {outcome:?}");
        assert_eq!(server.value("config"), "{\"limit\":5,\"theirs\":true}");
    }
}

#[test]
fn a_rate_limit_ends_at_its_number_and_its_window_stays() {
    let script = recipe("hits:");
    check(
        &script,
        "hits:bob",
        &[
            case(None, Some(b"1"), 0, ""),
            case(Some(b"99"), Some(b"100"), 0, ""),
            kept(b"100", 8),
            kept(BINARY, 8),
        ],
    );
    check_down(&script, "");
    for shell in SHELLS {
        let server = Memcached::start();
        let place = workplace(&server.address());
        place.run(shell, &script);
        let ttl = server.item("hits:bob").expect("the window").ttl;
        assert!((59..=60).contains(&ttl), "{ttl}");
        server.set_with("hits:bob", "7", 0, 30);
        place.run(shell, &script);
        let item = server.item("hits:bob").expect("the window");
        assert_eq!(show(&item.value), "8");
        assert!((29..=30).contains(&item.ttl), "{item:?}");
    }
}

#[test]
fn what_may_be_repeated_is_told() {
    let script = recipe("try again");
    check(
        &script,
        "my_key",
        &[
            case(Some(b"41"), Some(b"42"), 0, "42\n"),
            case(None, None, 4, ""),
            kept(BINARY, 8),
        ],
    );
    check_down(&script, "not applied: try again\n");
    // The codes that need a fault, by a program in the place of mccas.
    for (code, told) in [
        (3, "not applied: try again\n"),
        (6, "perhaps applied: look first\n"),
        (7, ""),
    ] {
        for shell in SHELLS {
            let place = workplace("127.0.0.1:1");
            place.program("mccas", &format!("exit {code}"));
            let outcome = place.run(shell, &script);
            assert_eq!((outcome.code, outcome.stdout_text()), (code, told));
        }
    }
}

/// What looks for ever looks for a moment here. Per line: what is added to it, its key, and its exit codes with the value
/// 41, a binary value, no key, and no server.
const OPERATORS: [(&str, &str, &str, [i32; 4]); 6] = [
    ("mccas gets", "", "session:17", [0, 0, 0, 0]),
    (
        "mccas watch feature",
        " --for 1s",
        "feature_flags",
        [0, 0, 0, 5],
    ),
    ("mccas incr-cas", "", "my_key", [0, 8, 4, 5]),
    ("mccas contention", " --for 1s", "stock:4711", [0, 0, 0, 5]),
    ("mccas watch --log", " --for 1s", "stock:4711", [0, 0, 0, 5]),
    (
        "mccas bench",
        " --for 50ms --workers 1",
        "stock:4711",
        [0, 0, 0, 5],
    ),
];

#[test]
fn what_operators_look_at_stays_as_it_is() {
    let script = recipe("--exec");
    let lines: Vec<&str> = script.lines().collect();
    assert_eq!(lines.len(), OPERATORS.len(), "{script}");
    for (line, (start, addition, key, codes)) in lines.into_iter().zip(OPERATORS) {
        assert!(line.starts_with(start), "{line}");
        let line = line.split("  #").next().unwrap_or_default().trim_end();
        let script = format!("{line}{addition}");
        for shell in SHELLS {
            let server = Memcached::start();
            let place = workplace(&server.address());
            for (before, code) in [
                (Some(&b"41"[..]), codes[0]),
                (Some(BINARY), codes[1]),
                (None, codes[2]),
            ] {
                arrange(&server, key, before);
                let outcome = place.run(shell, &script);
                assert_eq!(outcome.code, code, "{shell}: {script}\n{outcome:?}");
                let after = match before {
                    Some(b"41") if key == "my_key" => Some(&b"42"[..]),
                    before => before,
                };
                assert_eq!(held(&server, key).as_deref(), after, "{script}");
            }
            server.stop();
            let outcome = place.run(shell, &script);
            assert_eq!(outcome.code, codes[3], "{shell}: {script}\n{outcome:?}");
            assert!(!outcome.stdout.is_empty() || !outcome.stderr.is_empty());
        }
    }
}

#[test]
fn a_smoke_check_fails_with_a_code_that_says_why() {
    let script = recipe("smoke:").replace("--for 30s", "--for 1s");
    assert!(script.contains("--for 1s"), "{script}");
    for shell in SHELLS {
        let server = Memcached::start();
        let place = workplace(&server.address());
        let outcome = place.run(shell, &script);
        assert_eq!(outcome.code, 0, "{shell}: {outcome:?}");
        let item = server.item("smoke:17").expect("the key of the check");
        assert_eq!(show(&item.value), "ok");
        assert!((55..=60).contains(&item.ttl), "{item:?}");
    }
    check(&script, "smoke:17", &[kept(b"ok", 3), kept(BINARY, 3)]);
    check_down(&script, "");
}

/// Runs a recipe in each case under each shell and compares exit status, stdout and what the key holds.
#[track_caller]
fn check(script: &str, key: &str, cases: &[Case]) {
    for shell in SHELLS {
        let server = Memcached::start();
        let place = workplace(&server.address());
        for case in cases {
            arrange(&server, key, case.before);
            let outcome = place.run(shell, script);
            let found = case.before.map(show);
            assert_eq!(outcome.code, case.code, "{shell}, {found:?}: {outcome:?}");
            assert_eq!(outcome.stdout_text(), case.stdout, "{shell}, {found:?}");
            let after = held(&server, key);
            assert_eq!(after.as_deref(), case.after, "{shell}, {found:?}");
        }
    }
}

/// The same with no server: exit code 5.
#[track_caller]
fn check_down(script: &str, stdout: &str) {
    let server = Memcached::start();
    server.stop();
    for shell in SHELLS {
        let outcome = workplace(&server.address()).run(shell, script);
        assert_eq!(outcome.code, 5, "{shell}: {outcome:?}");
        assert_eq!(outcome.stdout_text(), stdout, "{shell}");
    }
}

fn arrange(server: &Memcached, key: &str, value: Option<&[u8]>) {
    server.raw(format!("delete {key}\r\n"));
    if let Some(value) = value {
        server.set(key, value);
    }
}

fn held(server: &Memcached, key: &str) -> Option<Vec<u8>> {
    server.item(key).map(|item| item.value)
}

/// A place to run the recipes in, with the programs and variables that they take for granted.
fn workplace(server: &str) -> Workplace {
    let workplace = Workplace::new(server)
        .with("user", "bob")
        .with("CI_JOB_ID", "17");
    workplace.program("run_job", "echo run_job \"$@\"");
    workplace.program("logger", "echo logger \"$@\"");
    workplace
}

/// The recipe with this word in it.
#[track_caller]
fn recipe(mark: &str) -> String {
    let mut found = recipes().into_iter().filter(|recipe| recipe.contains(mark));
    let recipe = found.next();
    let recipe = recipe.unwrap_or_else(|| panic!("there is no recipe with {mark}"));
    assert!(found.next().is_none(), "there are two recipes with {mark}");
    recipe
}

/// The blocks of the section "Recipes", and those of the page of recipes.
fn recipes() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |page| fs::read_to_string(root.join(page)).expect("a page");
    let readme = read("README.md");
    let (_, section) = readme.split_once("\n## Recipes\n").expect("the recipes");
    let section = section.split("\n## ").next().unwrap_or_default();
    [section, &read("docs/recipes.md")]
        .into_iter()
        .flat_map(scripts)
        .collect()
}

fn scripts(text: &str) -> Vec<String> {
    let mut parts = text.split("```");
    parts.next();
    let mut scripts = Vec::new();
    while let (Some(block), Some(_)) = (parts.next(), parts.next()) {
        let script = block.strip_prefix("sh\n").expect("a recipe is a sh block");
        scripts.push(script.trim_end().to_string());
    }
    scripts
}
