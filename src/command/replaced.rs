//! Files that are replaced as a whole, so that nobody ever reads half of one.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes the text to the file, in place of what was in it; everybody may read it.
pub(super) fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    written(path, text).map_err(|error| anyhow::anyhow!("cannot write {}: {error}", path.display()))
}

fn written(path: &Path, text: &str) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file()
        .set_permissions(Permissions::from_mode(0o644))?;
    file.persist(path)?;
    Ok(())
}
