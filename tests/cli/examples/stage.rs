//! A place for one example, with the servers, files and programs that examples name.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write as _;

use super::found::Example;
use super::table::{Ends, Row, Step};
use crate::discover;
use crate::harness::certificates::{Certificates, HERE};
use crate::harness::inspect::show;
use crate::harness::name_server::NameServer;
use crate::harness::outcome::Outcome;
use crate::harness::server::Memcached;
use crate::harness::wait::PATIENCE;
use crate::harness::wire::Peer;
use crate::harness::workplace::Workplace;
use crate::services;

/// The token that the first write gets.
const TOKEN: u64 = 1234;

/// What an example runs on. Servers beside the first are started when a script names them.
pub(super) struct Stage {
    place: Workplace,
    server: Memcached,
    others: Vec<Memcached>,
    endpoint: Option<Peer>,
    names: Option<NameServer>,
    /// Of those that were started, by the names that stand for them.
    addresses: BTreeMap<&'static str, String>,
}

impl Stage {
    pub(super) fn new() -> Self {
        let server = Memcached::start();
        use_up_tokens(&server);
        let home = env::var("HOME").unwrap_or_default();
        let of_home = |name: &str, folder: &str| {
            env::var(name).unwrap_or_else(|_| format!("{home}/{folder}"))
        };
        let place = Workplace::new(&server.address());
        // Of cargo, what it needs beside the home that is not its own here, and where it shall put what it makes.
        let installed = place.path("installed").display().to_string();
        let target = place.path("target").display().to_string();
        let ports = place.path("ports").display().to_string();
        let authority = place.path("ca.pem").display().to_string();
        let place = place
            .with("CARGO_HOME", &of_home("CARGO_HOME", ".cargo"))
            .with("RUSTUP_HOME", &of_home("RUSTUP_HOME", ".rustup"))
            .with("CARGO_INSTALL_ROOT", &installed)
            .with("CARGO_TARGET_DIR", &target)
            .with("MEMCACHED_PORT_FILENAME", &ports)
            .with("SSL_CERT_FILE", &authority)
            .with("owner", "ann")
            .with("VISUAL", "")
            .with("EDITOR", "editor");
        furnish(&place);
        Self {
            place,
            server,
            others: Vec::new(),
            endpoint: None,
            names: None,
            addresses: BTreeMap::new(),
        }
    }

    /// Runs the example and says what is wrong with it.
    pub(super) fn play(&mut self, example: &Example, row: &Row) -> Result<(), String> {
        let mut script = example.script.clone();
        for (from, to) in row.changed {
            if !script.contains(from) {
                return Err(format!("there is no {from:?} to be replaced"));
            }
            script = script.replace(from, to);
        }
        let given = self.with_servers(row.given);
        let script = self.with_servers(&script);
        self.aside("what was given", &given)?;
        let outcome = self.outcome(&script, row.ends)?;
        verdict(&outcome, row).map_err(|fault| format!("{fault}\n{outcome:?}"))?;
        self.aside("what was to be so afterwards", row.then)
    }

    /// Runs a script that is not the example.
    fn aside(&self, what: &str, script: &str) -> Result<(), String> {
        let outcome = self.place.run("sh", script);
        if outcome.code == 0 {
            Ok(())
        } else {
            Err(format!("{what}:\n{script}\n{outcome:?}"))
        }
    }

    fn outcome(&self, script: &str, ends: Ends) -> Result<Outcome, String> {
        match ends {
            Ends::Done(_) | Ends::With(_) => Ok(self.place.run("sh", script)),
            Ends::OnTerminal(shown) => self.on_terminal(script, &[(shown, "")], b""),
            Ends::ByCtrlC(steps, _) => self.on_terminal(script, steps, b"\x03"),
        }
    }

    /// Runs the example on a terminal, waits for each step, and types this at the end.
    fn on_terminal(&self, script: &str, steps: &[Step], typed: &[u8]) -> Result<Outcome, String> {
        let (mut running, mut keyboard) = self.place.on_terminal(script);
        let mut seen = String::new();
        for (shown, beside) in steps {
            while !seen.contains(shown) {
                let line = running.line_within(PATIENCE);
                let line = line.ok_or_else(|| format!("no {shown:?} in\n{seen}"))?;
                seen += &(line + "\n");
            }
            self.aside("what was to happen meanwhile", beside)?;
        }
        keyboard.write_all(typed).expect("a terminal");
        let mut outcome = running.wait();
        outcome.stdout.splice(..0, seen.into_bytes());
        Ok(outcome)
    }

    /// The script with addresses in place of the names of servers.
    fn with_servers(&mut self, script: &str) -> String {
        let mut script = script.replace("{repo}", env!("CARGO_MANIFEST_DIR"));
        for name in ["{three}", "{tls}", "{asks}", "{endpoint}", "{names}"] {
            if script.contains(name) {
                script = script.replace(name, &self.address(name));
            }
        }
        script
    }

    /// The address of these servers, the same each time.
    fn address(&mut self, name: &'static str) -> String {
        if let Some(address) = self.addresses.get(name) {
            return address.clone();
        }
        let address = match name {
            "{three}" => {
                let servers = [(); 3].map(|()| self.another(Memcached::start()));
                servers.join(",")
            }
            "{tls}" => self.over_tls(),
            "{asks}" => {
                let users = self.place.path("users").display().to_string();
                self.another(Memcached::start_with(&["-Y", &users]))
            }
            "{names}" => {
                let names = services::knowing(&[&self.server]);
                let address = names.address();
                self.names = Some(names);
                address
            }
            _ => {
                let endpoint = discover::endpoint(discover::config(&discover::node(&self.server)));
                let address = endpoint.address();
                self.endpoint = Some(endpoint);
                address
            }
        };
        self.addresses.insert(name, address.clone());
        address
    }

    fn another(&mut self, server: Memcached) -> String {
        let address = server.address();
        self.others.push(server);
        address
    }

    /// A server with a certificate of an authority, and the files that its clients have.
    fn over_tls(&mut self) -> String {
        let certificates = Certificates::new();
        let certificate = certificates.signed("cert.pem", HERE);
        let mine = certificates.signed("mine.pem", HERE);
        let (authority, key) = (certificates.path("ca.pem"), certificates.path("key.pem"));
        for (from, to) in [(authority, "ca.pem"), (mine, "me.pem"), (key, "me.key")] {
            fs::copy(from, self.place.path(to)).expect("a copy");
        }
        let server = certificates.serve(&certificate, "");
        format!("tls://{}", self.another(server))
    }
}

/// Whether an example ended as its row says.
fn verdict(outcome: &Outcome, row: &Row) -> Result<(), String> {
    let (code, shown) = match row.ends {
        Ends::Done(shown) | Ends::OnTerminal(shown) => (0, shown),
        Ends::With(code) | Ends::ByCtrlC(_, code) => (code, ""),
    };
    if outcome.code != code {
        return Err(format!("exit code {}, not {code}", outcome.code));
    }
    if !show(&outcome.stdout).contains(shown) {
        return Err(format!("no {shown:?} on stdout"));
    }
    if !outcome.stderr.contains(row.says) {
        return Err(format!("no {:?} on stderr", row.says));
    }
    if row.says.is_empty() && !outcome.stderr.is_empty() {
        return Err("stderr is not empty".into());
    }
    Ok(())
}

/// Writes until the next token is [`TOKEN`].
fn use_up_tokens(server: &Memcached) {
    let most = usize::try_from(TOKEN).expect("a number") - 100;
    server.raw("set other 0 0 1\r\nv\r\n".repeat(most));
    while server.token("other") < TOKEN - 1 {
        server.set("other", "v");
    }
    assert_eq!(server.token("other"), TOKEN - 1);
}

/// The folders, files and programs that examples name.
fn furnish(place: &Workplace) {
    for folder in [
        ".local/share/bash-completion/completions",
        ".local/share/man/man1",
        ".config/fish/completions",
        ".zfunc",
    ] {
        fs::create_dir_all(place.path(folder)).expect("a folder");
    }
    for (name, text) in [
        ("keys.txt", "a\nb\n"),
        ("claims.txt", "claim:1\nclaim:2\n"),
        ("logo.png", "\u{89}PNG\r\n\0"),
        ("Makefile", "cache:\n\t@echo made\n"),
        ("users", "app:...\n"),
        ("password", "...\n"),
    ] {
        fs::write(place.path(name), text).expect("a file");
    }
    for name in ["report.sh", "deploy.sh", "import"] {
        place.executable(name, "echo \"$0 ran\"");
    }
    place.program("some-command", "echo 'a report'");
    place.program("reload", "echo reloaded");
    place.program("editor", "echo \"edited.${1##*.}\" > \"$1\"");
    place.program("code", "test \"$1\" = --wait && echo waited > \"$2\"");
}
