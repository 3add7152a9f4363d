//! `make install` and `make uninstall`: what they put where, and that nothing else is touched.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::completions::SUBCOMMANDS;

/// Runs a target of the Makefile on the program under test.
fn make(target: &str, destdir: &Path, prefix: &str) -> Output {
    Command::new("make")
        .args(["--no-print-directory", target])
        .arg(format!("DESTDIR={}", destdir.display()))
        .arg(format!("PREFIX={prefix}"))
        .arg(format!("BINARY={}", env!("CARGO_BIN_EXE_mccas")))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("LC_ALL", "C")
        // `make test` may be what runs us; its options are not meant for this one.
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .output()
        .expect("make is there: the tests of `make install` need it")
}

#[track_caller]
fn succeeds(target: &str, destdir: &Path, prefix: &str) -> String {
    let output = make(target, destdir, prefix);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

/// The files below a folder, by their paths from there.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    found
}

fn expected() -> BTreeSet<String> {
    let pages = SUBCOMMANDS.map(|command| format!("usr/share/man/man1/mccas-{command}.1"));
    let others = [
        "usr/bin/mccas",
        "usr/share/man/man1/mccas.1",
        "usr/share/bash-completion/completions/mccas",
        "usr/share/zsh/site-functions/_mccas",
        "usr/share/fish/vendor_completions.d/mccas.fish",
    ];
    pages.into_iter().chain(others.map(String::from)).collect()
}

#[test]
fn what_is_installed_is_complete_runs_and_goes_away_again() {
    let folder = tempfile::tempdir().unwrap();
    let said = succeeds("install", folder.path(), "/usr");
    let program = folder.path().join("usr/bin/mccas");
    assert_eq!(
        said,
        format!(
            "Installed {}, its manual pages and completions\n",
            program.display()
        )
    );
    assert_eq!(files(folder.path()), expected());
    let version = Command::new(&program).arg("--version").output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&version.stdout),
        format!("mccas {}\n", env!("CARGO_PKG_VERSION"))
    );

    let foreign = folder.path().join("usr/share/man/man1/other.1");
    fs::write(&foreign, "").unwrap();
    succeeds("uninstall", folder.path(), "/usr");
    assert_eq!(
        files(folder.path()),
        BTreeSet::from(["usr/share/man/man1/other.1".into()])
    );
    // Nothing to remove is no failure.
    succeeds("uninstall", folder.path(), "/usr");
}

#[test]
fn a_program_that_runs_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    succeeds("install", folder.path(), "/usr");
    let program = folder.path().join("usr/bin/mccas");
    let inode = |path: &Path| std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).unwrap());
    let before = inode(&program);
    // Held open, as one that runs is: the inode cannot be given again meanwhile.
    let held = fs::File::open(&program).unwrap();
    succeeds("install", folder.path(), "/usr");
    assert_ne!(inode(&program), before);
    assert_eq!(files(folder.path()), expected());
    drop(held);
}

#[test]
fn a_place_that_cannot_be_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for (prefix, message) in [
        ("usr", "install.sh: PREFIX=usr is not a whole path"),
        ("/file/usr", "/file/usr: use sudo, or another place"),
    ] {
        fs::write(folder.path().join("file"), "").unwrap();
        let output = make("install", folder.path(), prefix);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{said}");
        assert!(said.contains(message), "{said}");
        assert_eq!(files(folder.path()), BTreeSet::from(["file".into()]));
    }
}

#[test]
fn a_tilde_that_the_shell_left_is_the_home_folder() {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new("scripts/install.sh")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("HOME", home.path())
        .env("PREFIX", "~/.local")
        .env("BINARY", env!("CARGO_BIN_EXE_mccas"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(home.path().join(".local/bin/mccas").is_file());
}
