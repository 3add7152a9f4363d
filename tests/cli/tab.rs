//! TAB, pressed in real shells on a terminal (tmux): what is offered where. `tab.txt` has each line and the screen after it.
//!
//! `MCCAS_BLESS=1 cargo test --test cli -- tab` writes it anew.

use std::fmt::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;
use std::{env, fs};

use crate::harness::tmux::Tmux;
use crate::harness::{reaper, wait};

/// What is typed before TAB.
const LINES: [&str; 22] = [
    "mccas ",
    "mccas c",
    "mccas help ",
    "mccas man in",
    "mccas man -",
    "mccas completions ",
    "mccas completions -",
    "mccas --color ",
    "mccas --timeout ",
    "mccas gets ",
    "mccas gets --t",
    "mccas gets --ra",
    "mccas cas k v --token ",
    "mccas cas k v --ttl ",
    "mccas cas k --file ",
    "mccas delete k --token ",
    "mccas incr-cas k --by ",
    "mccas incr-cas k --fallback ",
    "mccas incr-cas k --initial-ttl ",
    "mccas bench --strategy ",
    "mccas contention --by ",
    "mccas update k -- my-com",
];

// Each shell reads its own start-up file, with nothing in it but the line of README.md and a plain prompt.

#[test]
fn bash_offers_what_is_checked_in() {
    let prompt = "PS1='> '; bind 'set show-all-if-ambiguous on'; bind 'set bell-style none'";
    ensure_offers("bash", ".bashrc", prompt);
}

#[test]
fn zsh_offers_what_is_checked_in() {
    ensure_offers("zsh", ".zshrc", "PS1='> '; unsetopt beep");
}

#[test]
fn fish_offers_what_is_checked_in() {
    let prompt = "function fish_prompt; echo -n '> '; end; set -g fish_greeting; set -g fish_autosuggestion_enabled 0";
    ensure_offers("fish", ".config/fish/config.fish", prompt);
}

/// The lines of README.md that put completion into the start-up file of a shell.
fn installation(file: &str) -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).expect("README.md");
    let mut lines = readme.lines();
    let line = lines.find(|line| line.contains("mccas completions") && line.ends_with(file));
    line.unwrap_or_else(|| panic!("README.md says nothing of {file}"))
        .to_string()
}

/// Presses TAB behind each line and compares the screen with the table.
fn ensure_offers(shell: &'static str, file: &str, prompt: &str) {
    let terminal = Terminal::start(shell, file, prompt);
    let expected = table(shell);
    let blessing = env::var_os("MCCAS_BLESS").is_some();
    let mut screens = Vec::new();
    for (at, line) in LINES.iter().enumerate() {
        terminal.clear();
        terminal.typed(line);
        if blessing {
            screens.push(terminal.settled());
            continue;
        }
        let expected = expected.get(at).map_or("", String::as_str);
        let screen = terminal.after_tab(expected);
        assert_eq!(
            screen, expected,
            "{shell}: {line:?}; look at it, then: make bless"
        );
    }
    if blessing {
        bless(shell, &screens);
    }
}

/// A terminal of its own, with a shell in it, in a folder with one file.
struct Terminal {
    shell: &'static str,
    tmux: Tmux,
}

impl Terminal {
    #[track_caller]
    fn start(shell: &'static str, file: &str, prompt: &str) -> Terminal {
        let tmux = Tmux::new();
        let (home, bin) = (tmux.folder().join("home"), tmux.folder().join("bin"));
        fs::create_dir(&home).expect("a folder");
        fs::create_dir(&bin).expect("a folder");
        // If files were offered where none can stand, this one would be put in.
        fs::write(home.join("a-file"), "").expect("a file");
        symlink(env!("CARGO_BIN_EXE_mccas"), bin.join("mccas")).expect("a link");
        symlink("/bin/true", bin.join("my-command")).expect("a link");
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display());
        let environment = |command: &mut Command| {
            command
                .current_dir(&home)
                .env_clear()
                .envs([("HOME", home.as_os_str()), ("PATH", path.as_ref())])
                .envs([("LC_ALL", "C.UTF-8"), ("TERM", "screen")]);
            reaper::mark(command);
        };
        let mut install = Command::new("/bin/sh");
        install.args(["-c", &installation(file)]);
        environment(&mut install);
        assert!(install.status().expect("sh").success());
        let lines = fs::read_to_string(home.join(file)).expect("what was installed");
        fs::write(home.join(file), format!("{lines}{prompt}\n")).expect("a file");
        tmux.start(&[shell], (100, 60), &environment);
        let terminal = Terminal { shell, tmux };
        wait::until("the prompt", || (terminal.screen() == ">").then_some(()));
        terminal
    }

    fn send(&self, keys: &[&str]) {
        self.tmux.send(keys);
    }

    fn screen(&self) -> String {
        self.tmux.screen()
    }

    /// Gives up the line, and leaves nothing but a prompt.
    fn clear(&self) {
        // Of bash, C-c would lose the keys that follow; in fish, C-u would leave what is offered.
        let give_up = if self.shell == "fish" { "C-c" } else { "C-u" };
        let mut looks = 0_u32;
        wait::until("an empty screen", || {
            // A key that came while the shell was busy may have gone lost.
            if looks.is_multiple_of(50) {
                self.send(&[give_up]);
                self.send(&["C-l"]);
            }
            looks += 1;
            (self.screen() == ">").then_some(())
        });
    }

    fn typed(&self, line: &str) {
        self.send(&["-l", line]);
        let shown = format!("> {}", line.trim_end());
        wait::until("what was typed", || (self.screen() == shown).then_some(()));
    }

    /// The screen after TAB, as soon as it is the one expected; the last one if that never comes.
    fn after_tab(&self, expected: &str) -> String {
        self.send(&["Tab"]);
        let offers = expected.lines().count() > 1;
        if !offers {
            // Nothing is offered, or one word is put in: only a key after it shows that TAB was obeyed.
            self.send(&["-l", "@"]);
        }
        let seen = wait::within(wait::PATIENCE, || {
            let screen = self.screen();
            let is_expected = match screen.strip_suffix('@') {
                Some(line) if !offers => line.trim_end() == expected,
                _ => offers && screen == expected,
            };
            is_expected.then_some(())
        });
        match seen {
            Some(()) => expected.to_string(),
            None => self.screen(),
        }
    }

    /// The screen after TAB when it does not change any more, for somebody to look at.
    fn settled(&self) -> String {
        self.send(&["Tab"]);
        let (mut last, mut same) = (String::new(), 0);
        wait::until("a screen that stays", || {
            std::thread::sleep(Duration::from_millis(100));
            let screen = self.screen();
            same = if screen == last { same + 1 } else { 0 };
            last = screen;
            (same > 20).then(|| last.clone())
        })
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/tab.txt")
}

/// The screens of a shell, in the order of the lines.
fn table(shell: &str) -> Vec<String> {
    let text = fs::read_to_string(path()).unwrap_or_default();
    let heading = format!("# {shell}\n\n");
    let (_, rest) = text.split_once(&heading).unwrap_or_default();
    let rest = rest.split("\n# ").next().unwrap_or_default();
    let screens = rest.trim_end().split("\n\n");
    screens.map(String::from).collect()
}

fn bless(shell: &str, screens: &[String]) {
    static FILE: Mutex<()> = Mutex::new(());
    let _alone = FILE.lock();
    let mut text = String::new();
    for other in ["bash", "zsh", "fish"] {
        let kept = table(other);
        let screens = if other == shell { screens } else { &kept };
        let _ = write!(text, "# {other}\n\n{}\n\n", screens.join("\n\n"));
    }
    fs::write(path(), text.trim_end().to_string() + "\n").expect("a writable table");
}
