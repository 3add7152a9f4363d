//! The examples of `--help` and the manual pages.

use super::Ends::{ByCtrlC, Done, OnTerminal, With};
use super::{MY_KEY, ROW, Row};

const KEYS: &str = "for k in a b; do mccas cas $k 41 --token absent -q; done";
const CONFIG: &str = r#"mccas cas config '{"limit":4,"n":1}' --token absent -q"#;
const IS_42: &str = "test $(mccas gets --raw my_key) = 42";
const IS_NEW: &str = "test $(mccas gets --raw my_key) = new";
const IS_GONE: &str = "! mccas gets -q my_key";
/// A minute, made short.
const FOR_1M: (&str, &str) = ("--for 1m", "--for 1s");
const FOR_30S: (&str, &str) = ("--for 30s", "--for 1s");
const BENCH: (&str, &str) = ("mccas bench", "mccas bench --for 20ms");

pub(in super::super) const IN_HELP: &[Row] = &[
    // mccas
    Row {
        line: "mccas gets my_key",
        given: MY_KEY,
        ends: Done("my_key  token 1234"),
        ..ROW
    },
    Row {
        line: "n=$(mccas incr-cas my_key)",
        given: MY_KEY,
        then: IS_42,
        ..ROW
    },
    Row {
        line: "mccas cas my_key new --token 1234",
        given: MY_KEY,
        ends: Done("1235"),
        then: IS_NEW,
        ..ROW
    },
    Row {
        line: "mccas watch my_key --json",
        given: MY_KEY,
        ends: ByCtrlC(
            &[
                ("{\"event\":\"present\"", "mccas incr-cas my_key"),
                ("{\"event\":\"changed\"", ""),
            ],
            130,
        ),
        ..ROW
    },
    // gets
    Row {
        line: "mccas gets --json a b c",
        given: "for k in a b c; do mccas cas $k $k --token absent -q; done",
        ends: Done("\"key\":\"c\""),
        ..ROW
    },
    Row {
        line: "mccas gets --raw my_key > file",
        given: MY_KEY,
        then: "test $(cat file) = 41",
        ..ROW
    },
    Row {
        line: "token=$(mccas gets --token-only my_key)",
        given: MY_KEY,
        changed: &[("my_key)", "my_key); echo \"= $token\"")],
        ends: Done("= 1234"),
        ..ROW
    },
    Row {
        line: "mccas gets --all-servers my_key",
        given: MY_KEY,
        ends: Done("token 1234"),
        ..ROW
    },
    Row {
        line: "mccas gets --keys-from keys.txt --json",
        given: KEYS,
        ends: Done("\"key\":\"b\""),
        says: "2 found",
        ..ROW
    },
    // cas
    Row {
        line: "mccas cas my_key 0 --token absent",
        ends: Done("1234"),
        ..ROW
    },
    Row {
        line: "mccas cas state done --expect running",
        given: "mccas cas state running --token absent -q",
        ends: Done("1235"),
        ..ROW
    },
    Row {
        line: "mccas cas logo --file logo.png --token 1234",
        given: "mccas cas logo old --token absent -q",
        ends: Done("1235"),
        then: "mccas gets --raw logo | cmp - logo.png",
        ..ROW
    },
    Row {
        line: "some-command | mccas cas report - --token 1234",
        given: "mccas cas report old --token absent -q",
        ends: Done("1235"),
        then: "test \"$(mccas gets --raw report)\" = \"$(some-command)\"",
        ..ROW
    },
    Row {
        line: "token=$(mccas cas my_key new --token 1234)",
        given: MY_KEY,
        then: IS_NEW,
        ..ROW
    },
    // incr-cas
    Row {
        line: "mccas incr-cas my_key --by -5 --min 0",
        given: MY_KEY,
        ends: Done("36\n"),
        then: "for n in 31 26 21 16 11 6 1; do mccas incr-cas my_key --by -5 --min 0; done
               status=0; mccas incr-cas my_key --by -5 --min 0 || status=$?; test $status = 8",
        ..ROW
    },
    Row {
        line: "mccas incr-cas hits --initial 0",
        ends: Done("1\n"),
        ..ROW
    },
    Row {
        line: "mccas incr-cas hits:17 --initial 0 --initial-ttl 1m --max 100",
        ends: Done("1\n"),
        then: "mccas gets hits:17 --json | jq -e '.ttl >= 55 and .ttl <= 60'
               mccas incr-cas hits:17 --by 99
               status=0; mccas incr-cas hits:17 --max 100 || status=$?; test $status = 8",
        ..ROW
    },
    Row {
        line: "mccas incr-cas my_key --json",
        given: MY_KEY,
        ends: Done("\"before\":41,\"after\":42,\"token\""),
        ..ROW
    },
    Row {
        line: "mccas incr-cas my_key --max-retries 0",
        given: MY_KEY,
        ends: Done("42\n"),
        ..ROW
    },
    Row {
        line: "mccas incr-cas --keys-from keys.txt",
        given: KEYS,
        ends: Done("42  a\n42  b\n"),
        says: "2 incremented",
        then: "test $(mccas gets --raw a) = 42; test $(mccas gets --raw b) = 42",
        ..ROW
    },
    // update
    Row {
        line: "mccas update config -- jq -c '.limit = 5'",
        given: CONFIG,
        then: "mccas gets --raw config | jq -e '.limit == 5'",
        ..ROW
    },
    Row {
        line: "mccas update config --shell 'jq -c \".n += 1\"'",
        given: CONFIG,
        then: "mccas gets --raw config | jq -e '.n == 2'",
        ..ROW
    },
    Row {
        line: "mccas update names --initial '' --shell 'cat; echo ann'",
        then: "test $(mccas gets --raw names) = ann",
        ..ROW
    },
    Row {
        line: "mccas update text --chomp -- tr a-z A-Z",
        given: "mccas cas text 'a word' --token absent -q",
        then: "test \"$(mccas gets --raw text | od -An -c | tr -d ' ')\" = AWORD",
        ..ROW
    },
    Row {
        line: "mccas update config --shell 'jq -c \".n += 1\" || exit 64'",
        given: "mccas cas config nonsense --token absent -q",
        ends: With(64),
        says: "exit status 64; nothing was written",
        then: "test $(mccas gets --raw config) = nonsense",
        ..ROW
    },
    // edit
    Row {
        line: "mccas edit config --suffix .json",
        given: CONFIG,
        ends: OnTerminal("was stored"),
        then: "test $(mccas gets --raw config) = edited.json",
        ..ROW
    },
    Row {
        line: "EDITOR='code --wait' mccas edit config",
        given: CONFIG,
        ends: OnTerminal("was stored"),
        then: "test $(mccas gets --raw config) = waited",
        ..ROW
    },
    Row {
        line: "mccas edit greeting --ttl 1h",
        given: "mccas cas greeting hello --token absent -q",
        ends: OnTerminal("was stored"),
        then: "mccas gets greeting --json | jq -e '.ttl > 3500 and .ttl <= 3600'",
        ..ROW
    },
    // delete
    Row {
        line: "mccas delete my_key --token 1234",
        given: MY_KEY,
        then: IS_GONE,
        ..ROW
    },
    Row {
        line: "mccas delete claim:42 --expect \"$owner\"",
        given: "mccas cas claim:42 \"$owner\" --token absent -q",
        then: "! mccas gets -q claim:42",
        ..ROW
    },
    Row {
        line: "mccas delete my_key --token 1234 --json",
        given: MY_KEY,
        ends: Done("\"status\":\"deleted\""),
        then: IS_GONE,
        ..ROW
    },
    Row {
        line: "mccas delete --keys-from claims.txt --expect \"$owner\"",
        given: "for n in 1 2; do mccas cas claim:$n \"$owner\" --token absent -q; done",
        says: "2 deleted",
        then: "! mccas gets -q claim:1 && ! mccas gets -q claim:2",
        ..ROW
    },
    // lock
    Row {
        line: "mccas lock nightly -- ./report.sh",
        ends: Done("./report.sh ran\n"),
        then: "mccas cas nightly theirs --token absent
               status=0; mccas lock nightly -- ./report.sh || status=$?; test $status = 3",
        ..ROW
    },
    Row {
        line: "mccas lock deploy --wait 10m -v -- ./deploy.sh",
        given: "mccas cas deploy theirs --token absent --ttl 1s -q",
        ends: Done("./deploy.sh ran\n"),
        says: "theirs",
        ..ROW
    },
    Row {
        line: "mccas lock import --slots 3 --wait 1h -- ./import",
        ends: Done("./import ran\n"),
        ..ROW
    },
    Row {
        line: "mccas lock cache --ttl 10s --grace 1s --shell 'make cache && touch done'",
        ends: Done("made\n"),
        then: "test -e done",
        ..ROW
    },
    // watch
    Row {
        line: "mccas watch my_key",
        given: MY_KEY,
        ends: ByCtrlC(
            &[("present", "mccas incr-cas my_key"), ("changed", "")],
            130,
        ),
        ..ROW
    },
    Row {
        line: "mccas watch --json a b | jq -r .value",
        given: "mccas cas a one --token absent -q; mccas cas b two --token absent -q",
        ends: ByCtrlC(
            &[
                ("one\r\ntwo", "mccas cas b three --expect two"),
                ("three", ""),
            ],
            130,
        ),
        ..ROW
    },
    Row {
        line: "mccas watch state --count 1 --for 30s",
        given: "mccas cas state running --token absent -q",
        changed: &[FOR_30S],
        ends: With(9),
        says: "0 of 1 changes",
        ..ROW
    },
    Row {
        line: "mccas watch --log hot",
        given: "mccas cas hot 1 --token absent -q",
        ends: ByCtrlC(&[("present", "mccas incr-cas hot"), ("(cas)", "")], 130),
        ..ROW
    },
    Row {
        line: "mccas watch cfg --exec 'cat > cfg.json; reload'",
        given: "mccas cas cfg 1 --token absent -q",
        ends: ByCtrlC(&[("present", "mccas incr-cas cfg"), ("reloaded", "")], 130),
        then: "test $(cat cfg.json) = 2",
        ..ROW
    },
    // locate
    Row {
        line: "export MCCAS_SERVER=cache1,cache2,cache3 MCCAS_HASH=ketama",
        ..ROW
    },
    Row {
        line: "mccas locate session:17 user:4",
        changed: &[(
            "mccas",
            "MCCAS_SERVER=cache1,cache2,cache3 MCCAS_HASH=ketama mccas",
        )],
        ends: Done("session:17  cache"),
        ..ROW
    },
    Row {
        line: "mccas locate --json session:17 | jq -r .server",
        changed: &[(
            "mccas",
            "MCCAS_SERVER=cache1,cache2,cache3 MCCAS_HASH=ketama mccas",
        )],
        ends: Done("cache"),
        ..ROW
    },
    // contention
    Row {
        line: "mccas contention",
        ends: ByCtrlC(&[("KEY", "")], 0),
        ..ROW
    },
    Row {
        line: "mccas contention 'user:*' 'cart:*' --for 1m",
        changed: &[FOR_1M],
        ends: Done("0 keys in"),
        ..ROW
    },
    Row {
        line: "mccas contention --by host --top 5",
        ends: ByCtrlC(&[("HOST", "")], 0),
        ..ROW
    },
    Row {
        line: "mccas contention --for forever --prometheus /var/lib/node_exporter/mccas.prom > /dev/null",
        changed: &[("/var/lib/node_exporter/", ""), ("forever", "300ms")],
        ends: Done(""),
        ..ROW
    },
    Row {
        line: "mccas contention --reads",
        ends: ByCtrlC(&[("KEY", "")], 0),
        ..ROW
    },
    Row {
        line: "mccas contention --json | jq -c 'select(.event == \"report\") | .keys[0]'",
        changed: &[("--json", "--json --for 300ms")],
        ends: Done("null\n"),
        ..ROW
    },
    Row {
        line: "mccas contention --for 1h --record fight.jsonl",
        changed: &[("1h", "300ms")],
        ends: Done("0 keys in"),
        then: "mccas contention --replay fight.jsonl | grep '0 keys in'",
        ..ROW
    },
    Row {
        line: "mccas contention --replay fight.jsonl --html fight.html",
        given: "mccas contention --for 300ms --record fight.jsonl",
        ends: Done("0 keys in"),
        then: "grep -q 'Nothing was stored' fight.html",
        ..ROW
    },
    Row {
        line: "mccas contention --fail-above 0.2 --for 30s",
        changed: &[FOR_30S],
        ends: Done("0 keys in"),
        ..ROW
    },
    // bench
    Row {
        line: "mccas bench",
        changed: &[BENCH],
        ends: Done("guide"),
        ..ROW
    },
    Row {
        line: "mccas bench --workers 1,8,32,128 --for 5s --json",
        changed: &[("--for 5s", "--for 20ms")],
        ends: Done("\"workers\":128"),
        ..ROW
    },
    Row {
        line: "mccas bench --strategy cas --workers 8 --increments 10000",
        changed: &[("10000", "100")],
        ends: Done("cas"),
        ..ROW
    },
    Row {
        line: "mccas bench --warmup 1s --export-json bench.json --html bench.html",
        changed: &[("--warmup 1s", "--warmup 10ms --for 10ms --workers 1")],
        ends: Done("guide"),
        ..ROW
    },
    // completions
    Row {
        line: "source <(mccas completions bash)",
        changed: &[(
            "source <(mccas completions bash)",
            "bash -c 'source <(mccas completions bash) && complete -p mccas'",
        )],
        ends: Done("_mccas"),
        ..ROW
    },
    Row {
        line: "source <(mccas completions zsh)",
        changed: &[(
            "source <(mccas completions zsh)",
            "zsh -fc 'autoload -U compinit && compinit -D -u && source <(mccas completions zsh) && echo $_comps[mccas]'",
        )],
        ends: Done("_mccas"),
        ..ROW
    },
    Row {
        line: "mccas completions fish | source",
        changed: &[(
            "mccas completions fish | source",
            "fish --no-config -c 'mccas completions fish | source; and complete -c mccas'",
        )],
        ends: Done("incr-cas"),
        ..ROW
    },
    Row {
        line: "mccas completions zsh > ~/.zfunc/_mccas",
        then: "grep -q compdef ~/.zfunc/_mccas",
        ..ROW
    },
    // man
    Row {
        line: "mccas man | man -l -",
        ends: Done("EXIT STATUS"),
        ..ROW
    },
    Row {
        line: "mccas man update | man -l -",
        ends: Done("--shell"),
        ..ROW
    },
    Row {
        line: "mccas man > ~/.local/share/man/man1/mccas.1",
        then: "grep -q '^.TH' ~/.local/share/man/man1/mccas.1",
        ..ROW
    },
    Row {
        line: "mccas man gets > ~/.local/share/man/man1/mccas-gets.1",
        then: "grep -q '^.TH' ~/.local/share/man/man1/mccas-gets.1",
        ..ROW
    },
];
