//! A file of the user's, opened for reading. A named pipe waits for its writer, and not without end.

use std::fs::{self, File};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;

use super::stdin;

/// Why a file is not open.
pub(super) enum NotOpen {
    /// Nobody opened the named pipe for writing; the sentence for people.
    NoWriter(String),
    Failed(anyhow::Error),
}

/// Opens what is at `path`. The writer of a named pipe is waited for at most `patience`; once there, it has the time that it takes.
/// `what` would have been in it.
pub(super) fn open(path: &Path, patience: Duration, what: &str) -> Result<File, NotOpen> {
    let cannot = || format!("cannot read {}", path.display());
    stdin::ensure_open(path)
        .with_context(cannot)
        .map_err(NotOpen::Failed)?;
    let is_pipe = fs::metadata(path).is_ok_and(|known| known.file_type().is_fifo());
    let file = if is_pipe {
        open_within(path, patience)
    } else {
        Some(File::open(path))
    };
    let Some(file) = file else {
        let patience = humantime::format_duration(patience);
        return Err(NotOpen::NoWriter(format!(
            "{}: within {patience} nobody opened this named pipe to write {what} into it; \
             nothing was sent; --timeout waits longer",
            path.display()
        )));
    };
    file.with_context(cannot).map_err(NotOpen::Failed)
}

/// It is the opening that waits for a writer, and it has no time limit of its own, hence a thread. (Opened without waiting, a pipe
/// does not tell a writer who says nothing from none.)
fn open_within(path: &Path, patience: Duration) -> Option<std::io::Result<File>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let path = path.to_path_buf();
    thread::spawn(move || {
        // When the time is up, nobody waits for the file.
        let _ = sender.send(File::open(path));
    });
    receiver.recv_timeout(patience).ok()
}
