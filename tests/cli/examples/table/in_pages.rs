//! The blocks of README.md and docs/, each by its first line.

use super::Ends::{Done, With};
use super::{MY_KEY, ROW, Row};

const MAKE: (&str, &str) = ("make ", "make -n -C {repo} ");

/// The key on that of three servers which holds it, as the examples have them.
const ON_ITS_SERVER: &str =
    "MCCAS_SERVER={three} MCCAS_HASH=ketama mccas cas my_key 41 --token absent -q";
const THREE: (&str, &str) = ("cache1,cache2,cache3", "{three}");
const OVER_TLS: &str = "mccas cas my_key 41 --token absent -q --server {tls} --tls-ca ca.pem";

pub(in super::super) const IN_README: &[Row] = &[
    Row {
        line: "make demo    # installs memcached if there is none, builds, shows mccas at work on a private server",
        changed: &[MAKE],
        ends: Done("scripts/demo.sh"),
        ..ROW
    },
    Row {
        line: "echo 'source <(mccas completions bash)' >> ~/.bashrc",
        then: "bash -c '. ~/.bashrc; complete -p mccas'
               fish -c 'complete -c mccas' | grep incr-cas
               sed -i 's/compinit &&/compinit -D -u \\&\\&/' ~/.zshrc
               zsh -fc '. ~/.zshrc; echo $_comps[mccas]' | grep _mccas",
        ..ROW
    },
    Row {
        line: "mccas incr-cas visits",
        given: "mccas cas visits 2 --token absent -q",
        ends: Done("3\n"),
        ..ROW
    },
    Row {
        line: "export MCCAS_SERVER=cache1,cache2,cache3 MCCAS_HASH=ketama",
        given: ON_ITS_SERVER,
        changed: &[THREE],
        ends: Done("42\nmy_key  127.0.0.1:"),
        ..ROW
    },
    Row {
        line: "mccas gets --all-servers my_key         # who holds it, and whether they differ",
        given: MY_KEY,
        changed: &[
            ("my.cfg.use1.cache.amazonaws.com", "{endpoint}"),
            ("mccas gets my_key --server dnssrv+", "MCCAS_NAMESERVER={names} mccas gets my_key --server dnssrv+"),
        ],
        ends: Done("token 1234"),
        ..ROW
    },
    Row {
        line: "mccas gets my_key --server tls://cache.example.com:11211 --tls-ca ca.pem       # or MCCAS_TLS_CA; else the \
               system's",
        given: "mccas cas my_key 41 --token absent -q --server {tls} --tls-ca ca.pem
                mccas cas my_key 41 --token absent -q --server {asks} --username app --password-file password",
        changed: &[
            ("tls://cache.example.com:11211", "{tls}"),
            ("mccas gets my_key --username app", "mccas gets my_key --server {asks} --username app"),
            ("/run/secrets/memcached", "password"),
        ],
        ends: Done("my_key  token"),
        ..ROW
    },
];

pub(in super::super) const IN_DOCS: &[Row] = &[
    // access.md
    Row {
        line: "mccas gets my_key --server tls://cache.example.com:11211",
        given: OVER_TLS,
        changed: &[
            ("--server tls://cache.example.com:11211\n", "--server {tls}\n"),
            ("tls://cache.example.com:11211", "{tls}"),
            ("tls://10.0.0.5:11211", "{tls}"),
            ("--tls-server-name cache.example.com", "--tls-server-name localhost"),
        ],
        ends: Done("my_key  token"),
        ..ROW
    },
    Row {
        line: "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 365 -subj /CN=cache.example.com",
        changed: &[
            ("memcached -Z -o ssl_chain_cert=cert.pem,ssl_key=key.pem",
             "memcached -u root -l 127.0.0.1 -p -1 -Z -o ssl_chain_cert=cert.pem,ssl_key=key.pem &
              trap 'kill $!' EXIT
              until test -s ports; do sleep 0.01; done
              here=tls://127.0.0.1:$(sed 's/TCP INET: //' ports)"),
            ("mccas gets my_key --server tls://cache.example.com --tls-ca cert.pem",
             "mccas gets my_key --server $here --tls-server-name cache.example.com --tls-ca cert.pem"),
        ],
        ends: With(4),
        says: "my_key is not on tls://127.0.0.1:",
        ..ROW
    },
    Row {
        line: "MCCAS_USERNAME=app MCCAS_PASSWORD=... mccas incr-cas my_key",
        given: "mccas cas my_key 41 --token absent --server {asks} --username app --password-file password -q",
        changed: &[
            ("mccas incr-cas my_key", "mccas incr-cas my_key --server {asks}"),
            ("/run/secrets/memcached", "password"),
        ],
        ends: Done("42\n43\n"),
        ..ROW
    },
    // benchmarks.md
    Row {
        line: "make bench                                   # everything above but the many keys",
        changed: &[MAKE, ("--for 5s", "--for 20ms")],
        ends: Done("guide"),
        ..ROW
    },
    // install.md
    Row {
        line: "cargo install --path . --locked",
        // All but the building.
        changed: &[(
            "cargo install --path . --locked",
            "RUSTC_BOOTSTRAP=1 cargo install --path {repo} --locked --offline -Z unstable-options --dry-run",
        )],
        says: "aborting install due to dry run",
        then: "grep -q '^.TH' ~/.local/share/man/man1/mccas.1",
        ..ROW
    },
    Row {
        line: "fpath+=(~/.local/share/zsh/site-functions)",
        given: "mkdir -p ~/.local/share/zsh/site-functions
                mccas completions zsh > ~/.local/share/zsh/site-functions/_mccas",
        changed: &[(
            "fpath+=(~/.local/share/zsh/site-functions)",
            "zsh -fc 'fpath+=(~/.local/share/zsh/site-functions); autoload -Uz compinit; compinit -D -u; echo $_comps[mccas]'",
        )],
        ends: Done("_mccas"),
        ..ROW
    },
    Row {
        line: r#"RUSTFLAGS="-C target-feature=+crt-static -C relocation-model=static" cargo build --release --locked --target x86_64-unknown-linux-gnu"#,
        // What it would build with, in place of the building.
        changed: &[(
            "cargo build --release",
            "RUSTC_BOOTSTRAP=1 cargo rustc --manifest-path {repo}/Cargo.toml --offline -Z unstable-options --print cfg --release",
        )],
        ends: Done(r#"target_feature="crt-static""#),
        ..ROW
    },
    Row {
        line: "docker run --rm --network host mccas:0.1.0 gets my_key",
        given: "mccas cas my_key 41 --token absent -q
                mccas cas my_key 41 --token absent -q --server {tls} --tls-ca ca.pem",
        changed: &[
            ("docker run --rm --network host mccas:0.1.0 ", "mccas "),
            // The certificates of the host are those of SSL_CERT_FILE here.
            (
                "docker run --rm -v /etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro mccas:0.1.0 ",
                "mccas ",
            ),
            ("tls://cache.example.com:11211", "{tls}"),
        ],
        ends: Done("my_key  token"),
        ..ROW
    },
    // locks.md
    Row {
        line: r#"test "$(mccas gets --raw "$MCCAS_LOCK_KEY")" = "$MCCAS_LOCK_OWNER" || exit 1"#,
        changed: &[("test", "mccas lock nightly --shell 'test"), ("exit 1", "exit 1; echo still ours'")],
        ends: Done("still ours"),
        ..ROW
    },
    // several-servers.md
    Row {
        line: "export MCCAS_SERVER=cache1,cache2,cache3 MCCAS_HASH=ketama",
        given: ON_ITS_SERVER,
        changed: &[THREE, ("mccas watch my_key other_key", "mccas watch my_key other_key --for 1s")],
        ends: Done("42\n"),
        ..ROW
    },
    Row { line: "mccas gets --all-servers my_key", given: MY_KEY, ends: Done("token 1234"), ..ROW },
    Row {
        line: "mccas -s dnssrv+_memcache._tcp.cache.prod.svc.cluster.local --hash pymemcache gets my_key",
        given: MY_KEY,
        changed: &[("mccas -s dnssrv+_", "MCCAS_NAMESERVER={names} mccas -s dnssrv+_"), ("127.0.0.1:8600", "{names}")],
        ends: Done("token 1234"),
        ..ROW
    },
    Row {
        line: "mccas --discover --server my-cluster.cfg.use1.cache.amazonaws.com --hash dalli gets my_key",
        given: MY_KEY,
        changed: &[("my-cluster.cfg.use1.cache.amazonaws.com", "{endpoint}")],
        ends: Done("token 1234"),
        ..ROW
    },
];
