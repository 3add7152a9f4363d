//! The layers of `src/` know of each other only what they may: see docs/architecture.md.
//!
//! The compiler cannot keep this rule in one crate, so the words are looked for. Tests inside a
//! module and comments are free to name what they like.

mod circles;
#[path = "layering/circles_tests.rs"]
mod circles_tests;
mod modules;

use std::fs;
use std::path::{Path, PathBuf};

use self::modules::Modules;

/// What has no place in a pure layer.
const PURE: [&str; 16] = [
    "clap",
    "colored",
    "serde",
    "anyhow",
    "memcache::",
    "crate::cli",
    "crate::client",
    "crate::command",
    "crate::output",
    "crate::exit",
    "print!",
    "println!",
    "eprint!",
    "eprintln!",
    "thread::sleep",
    "SystemTime",
];

/// Compare-and-swap itself: no network, no terminal, no clock. It must be testable without any.
#[test]
fn the_domain_knows_nothing_of_the_world() {
    ensure_absent("src/cas", &PURE);
}

/// Counting what a log tells is as pure.
#[test]
fn contention_knows_nothing_of_the_world() {
    ensure_absent("src/contention", &PURE);
}

/// Measuring takes a store and returns figures: it neither asks for arguments nor prints.
#[test]
fn measuring_knows_nothing_of_people_and_protocols() {
    ensure_absent(
        "src/bench",
        &[
            "clap",
            "colored",
            "serde",
            "crate::cli",
            "crate::client",
            "crate::command",
            "crate::output",
        ],
    );
}

#[test]
fn the_client_knows_nothing_of_people() {
    ensure_absent(
        "src/client",
        &[
            "clap",
            "colored",
            "crate::cli",
            "crate::command",
            "crate::output",
        ],
    );
}

#[test]
fn the_output_knows_nothing_of_servers_and_arguments() {
    ensure_absent(
        "src/output",
        &[
            "clap",
            "memcache::",
            "crate::cli",
            "crate::client",
            "crate::command",
        ],
    );
}

#[test]
fn the_commands_know_neither_protocol_nor_colours() {
    ensure_absent("src/command", &["memcache::", "colored"]);
}

#[test]
fn only_the_client_names_the_library() {
    let client = root().join("src/client");
    for file in sources(&root().join("src")) {
        if !file.starts_with(&client) {
            ensure_absent_in(&file, &["memcache::"]);
        }
    }
}

/// Nothing points back: neither between layers, nor between the modules of one.
#[test]
fn no_module_depends_on_itself_by_way_of_others() {
    let mut modules = Modules::new();
    modules::read(&["crate".into()], &source_of, &mut modules);
    assert!(modules.len() > 50, "only {:?}", modules.keys());
    let circles = circles::circles(&modules);
    assert!(circles.is_empty(), "{circles:#?}");
}

/// The text of the module at a path from `crate` on.
fn source_of(path: &[String]) -> String {
    let place = root().join("src").join(path[1..].join("/"));
    let mut files = [place.with_extension("rs"), place.join("mod.rs")];
    if path.len() == 1 {
        files[0] = place.join("main.rs");
    }
    let text = files.iter().find_map(|file| fs::read_to_string(file).ok());
    text.unwrap_or_else(|| panic!("no source of {}", path.join("::")))
}

#[track_caller]
fn ensure_absent(folder: &str, words: &[&str]) {
    let files = sources(&root().join(folder));
    assert!(!files.is_empty(), "no sources in {folder}");
    for file in files {
        ensure_absent_in(&file, words);
    }
}

#[track_caller]
fn ensure_absent_in(file: &Path, words: &[&str]) {
    let text = fs::read_to_string(file).expect("a source file");
    let lines = text.lines().enumerate();
    for (number, line) in lines.take_while(|(_, line)| !line.starts_with("mod tests")) {
        let code = line.split("//").next().unwrap_or_default();
        for word in words {
            assert!(
                !names(code, word),
                "{}:{}: this layer must not name {word}",
                file.display(),
                number + 1
            );
        }
    }
}

/// Whether the word occurs by itself: `memcache::` is not in `crate::client::my_memcache::`.
fn names(code: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(start, _)| {
        let before = code[..start].chars().next_back();
        let after = code[start + word.len()..].chars().next();
        let ends_open = word.ends_with(is_word);
        !(before.is_some_and(is_word) || ends_open && after.is_some_and(is_word))
    })
}

#[test]
fn words_are_found_as_words() {
    assert!(names("use memcache::exp;", "memcache::"));
    assert!(names("eprintln!(\"\")", "eprintln!"));
    assert!(names("#[derive(clap::Args)]", "clap"));
    assert!(!names("clapped(my_memcache::x)", "clap"));
    assert!(!names("clapped(my_memcache::x)", "memcache::"));
}

/// All source files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a source folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
