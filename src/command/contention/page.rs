//! The page of `--html`.

use std::path::{Path, PathBuf};

use crate::command::replaced::replace;
use crate::contention::{Findings, Timeline};
use crate::output::contention::page::page;

/// The file of the page.
pub(super) struct Page(PathBuf);

impl Page {
    pub(super) fn new(path: &Path) -> Page {
        Page(path.to_path_buf())
    }

    /// Writes the page about what has been found until now.
    pub(super) fn write(&self, findings: &Findings, timeline: &Timeline) -> anyhow::Result<()> {
        replace(
            &self.0,
            &page(findings, timeline, env!("CARGO_PKG_VERSION")),
        )
    }
}
