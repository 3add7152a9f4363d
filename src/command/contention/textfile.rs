//! The file for Prometheus, as node_exporter's textfile collector takes it.

use std::path::{Path, PathBuf};

use crate::command::replaced::replace;
use crate::contention::Findings;
use crate::contention::series::Series;
use crate::output::contention::prometheus::exposition;

/// The file, and the series in it.
pub(super) struct Textfile {
    path: PathBuf,
    series: Series,
}

impl Textfile {
    /// To this file, with a series of their own for so many keys.
    pub(super) fn new(path: &Path, keys: usize) -> Textfile {
        Textfile {
            path: path.to_path_buf(),
            series: Series::new(keys),
        }
    }

    /// Writes what has been found by key until now.
    pub(super) fn write(&mut self, findings: &Findings) -> anyhow::Result<()> {
        self.write_as(findings, true)
    }

    /// The same for the last time: from then on nobody reads the servers' logs, and the file stays.
    pub(super) fn write_last(&mut self, findings: &Findings) -> anyhow::Result<()> {
        self.write_as(findings, false)
    }

    fn write_as(&mut self, findings: &Findings, watching: bool) -> anyhow::Result<()> {
        self.series.update(findings);
        let text = exposition(findings, &self.series, env!("CARGO_PKG_VERSION"), watching);
        replace(&self.path, &text)
    }
}
