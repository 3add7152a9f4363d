//! The page of `--html`.

use std::path::{Path, PathBuf};

use crate::command::replaced::{ensure, replace};
use crate::contention::{Findings, Timeline};
use crate::output::contention::page::page;

/// The file of the page.
pub(super) struct Page(PathBuf);

impl Page {
    /// In this file, which keeps what is in it until the page is there. One that cannot be written is known at once.
    pub(super) fn new(path: &Path) -> anyhow::Result<Page> {
        ensure(path)?;
        Ok(Page(path.to_path_buf()))
    }

    /// Writes the page about what was found.
    pub(super) fn write(&self, findings: &Findings, timeline: &Timeline) -> anyhow::Result<()> {
        replace(
            &self.0,
            &page(findings, timeline, env!("CARGO_PKG_VERSION")),
        )
    }
}
