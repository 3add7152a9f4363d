//! A headless Chromium that opens a page as a reader would (tests/browser.mjs).

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::harness::inspect::show;

/// What is said where the browser is missing.
const MISSING: &str = "is missing: run make test, or scripts/install-browser.sh, which installs it";

/// Opens the page in light and dark, wide and narrow, and returns what each showed. The console said nothing, nothing was
/// fetched, nothing ran, there is no barrier, and the page is not wider than the screen.
#[track_caller]
pub(crate) fn opened(page: &Path) -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let modules = root.join("target/browser");
    assert!(
        modules.join("node_modules").exists(),
        "{} {MISSING}",
        modules.display()
    );
    let output = Command::new("node")
        .arg(root.join("tests/browser.mjs"))
        .args([&modules, &chromium(), page])
        .output();
    let output = output.unwrap_or_else(|error| panic!("node {MISSING} ({error})"));
    assert!(output.status.success(), "{}", show(&output.stderr));
    let lines = show(&output.stdout);
    let views: Vec<Value> = (lines.lines())
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(views.len(), 4, "{lines}");
    for view in &views {
        for nothing in ["said", "fetched", "barriers"] {
            assert_eq!(view[nothing], serde_json::json!([]), "{nothing}: {view:#}");
        }
        assert_eq!(view["scripts"], 0, "{view:#}");
        assert!(view["wide"].as_u64() <= view["width"].as_u64(), "{view:#}");
    }
    views
}

/// Where the browser is.
#[track_caller]
fn chromium() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|program| program.is_file());
    found.unwrap_or_else(|| panic!("chromium {MISSING}"))
}
