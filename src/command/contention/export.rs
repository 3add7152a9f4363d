//! The file for Prometheus: replaced as a whole, so that nobody ever reads half of one.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::contention::Findings;
use crate::contention::series::Series;
use crate::output::contention::prometheus::exposition;

/// The file, and the series in it.
pub(super) struct Export {
    path: PathBuf,
    series: Series,
}

impl Export {
    /// To this file, with a series of their own for so many keys.
    pub(super) fn new(path: &Path, keys: usize) -> Export {
        Export {
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
        self.replace(&text)
            .map_err(|error| anyhow::anyhow!("cannot write {}: {error}", self.path.display()))
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        let folder = match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        // node_exporter is another user.
        file.as_file()
            .set_permissions(Permissions::from_mode(0o644))?;
        file.persist(&self.path)?;
        Ok(())
    }
}
