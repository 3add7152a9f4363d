//! The file of a recording: the objects of `--json`, a line each.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::command::replaced::cannot_write;
use crate::contention::Findings;
use crate::contention::timeline::ROWS;
use crate::output::contention::json::Object;

/// The file of a recording.
pub(super) struct Record {
    path: PathBuf,
    file: File,
}

impl Record {
    /// Begins a recording in this file, in place of what was in it.
    pub(super) fn create(path: &Path) -> anyhow::Result<Record> {
        let file = File::create(path).map_err(|error| cannot_write(path, &error))?;
        Ok(Record {
            path: path.to_path_buf(),
            file,
        })
    }

    /// Adds findings, in one write: what is there when the program is ended is whole.
    pub(super) fn write(&mut self, findings: &Findings) -> anyhow::Result<()> {
        let findings = findings.clone().cut(ROWS);
        let mut line = serde_json::to_vec(&Object::new(&findings))?;
        line.push(b'\n');
        self.file
            .write_all(&line)
            .map_err(|error| cannot_write(&self.path, &error))
    }
}
