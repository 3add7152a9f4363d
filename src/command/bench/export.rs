//! The files that `mccas bench` writes beside its output.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;

use super::Args;
use crate::bench::Measurement;
use crate::command::UsageError;
use crate::output::measurements;
use crate::output::measurements::page::page;
use crate::output::report::Measured;

/// The files that the results go to as well.
pub(super) struct Export {
    markdown: Option<File>,
    json: Option<File>,
    html: Option<File>,
}

/// All results in one file.
#[derive(Serialize)]
struct Results {
    results: Vec<Measured>,
}

impl Export {
    /// Opens them, so that one that cannot be written is known before anything is measured.
    pub(super) fn open(args: &Args) -> Result<Export, UsageError> {
        let open = |path: &Option<PathBuf>| {
            let opened = path.as_ref().map(|path| {
                File::create(path).map_err(|error| {
                    UsageError::new(format!("cannot write {}: {error}", path.display()))
                })
            });
            opened.transpose()
        };
        Ok(Export {
            markdown: open(&args.export_markdown)?,
            json: open(&args.export_json)?,
            html: open(&args.html)?,
        })
    }

    /// Writes the results, which were measured on this server.
    pub(super) fn write(self, measurements: &[Measurement], server: &str) -> anyhow::Result<()> {
        if let Some(mut file) = self.markdown {
            file.write_all(measurements::markdown(measurements).as_bytes())
                .context("cannot write what --export-markdown names")?;
        }
        if let Some(mut file) = self.json {
            let results = measurements.iter().map(Measured::of).collect();
            let text = serde_json::to_string_pretty(&Results { results })?;
            writeln!(file, "{text}").context("cannot write what --export-json names")?;
        }
        if let Some(mut file) = self.html {
            let page = page(measurements, server, env!("CARGO_PKG_VERSION"));
            file.write_all(page.as_bytes())
                .context("cannot write what --html names")?;
        }
        Ok(())
    }
}
