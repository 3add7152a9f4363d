//! The files that `mccas bench` writes beside its output.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;

use crate::bench::Measurement;
use crate::command::UsageError;
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

/// These files, open.
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
    pub(super) fn open(files: &Files) -> Result<Export, UsageError> {
        let open = |path: &Option<PathBuf>| {
            let opened = path.as_ref().map(|path| {
                File::create(path).map_err(|error| {
                    UsageError::new(format!("cannot write {}: {error}", path.display()))
                })
            });
            opened.transpose()
        };
        Ok(Export {
            markdown: open(&files.export_markdown)?,
            json: open(&files.export_json)?,
            html: open(&files.html)?,
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
