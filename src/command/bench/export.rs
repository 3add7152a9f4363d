//! The files that `mccas bench` writes beside its output.

use std::path::PathBuf;

use serde::Serialize;

use crate::bench::Measurement;
use crate::command::UsageError;
use crate::command::replaced::{ensure, ensure_different, replace};
use crate::output::measurements;
use crate::output::measurements::page::page;
use crate::output::report::Measured;

/// Which files are wanted.
#[derive(Debug, clap::Args)]
pub(super) struct Files {
    /// Write the table to a file, in Markdown
    #[arg(long, value_name = "FILE")]
    export_markdown: Option<PathBuf>,

    /// Write the results to a file: {"results": [...]}
    #[arg(long, value_name = "FILE")]
    export_json: Option<PathBuf>,

    /// Write a page with the results to a file, to read and to send around
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    html: Option<PathBuf>,
}

/// All results in one file.
#[derive(Serialize)]
struct Results {
    results: Vec<Measured>,
}

impl Files {
    /// Makes sure that they can be written before anything is measured. What is in them stays until the results are there.
    pub(super) fn ensure(&self) -> Result<(), UsageError> {
        let named = [
            ("--export-markdown", &self.export_markdown),
            ("--export-json", &self.export_json),
            ("--html", &self.html),
        ];
        ensure_different(&named)?;
        for path in named.into_iter().filter_map(|(_, path)| path.as_deref()) {
            ensure(path).map_err(|error| UsageError::new(error.to_string()))?;
        }
        Ok(())
    }

    /// Writes the results, which were measured on this server.
    pub(super) fn write(&self, measurements: &[Measurement], server: &str) -> anyhow::Result<()> {
        if let Some(path) = &self.export_markdown {
            replace(path, &measurements::markdown(measurements))?;
        }
        if let Some(path) = &self.export_json {
            let results = measurements.iter().map(Measured::of).collect();
            let text = serde_json::to_string_pretty(&Results { results })?;
            replace(path, &format!("{text}\n"))?;
        }
        if let Some(path) = &self.html {
            let version = env!("CARGO_PKG_VERSION");
            replace(path, &page(measurements, server, version))?;
        }
        Ok(())
    }
}
