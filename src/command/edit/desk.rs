//! The files in which a value is edited: in a folder that nobody else may look into, named so that the editor knows the syntax.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::cas::Key;

/// The longest part of a name that comes from the key.
const LONGEST: usize = 64;

/// The folder. It goes when this does, unless it is [`kept`](Desk::keep).
pub(super) struct Desk {
    folder: TempDir,
    name: String,
    suffix: String,
}

impl Desk {
    pub(super) fn new(key: &Key, suffix: &str) -> io::Result<Desk> {
        Ok(Desk {
            folder: tempfile::Builder::new()
                .prefix("mccas-")
                .permissions(Permissions::from_mode(0o700))
                .tempdir()?,
            name: name(key.as_bytes()),
            suffix: suffix.into(),
        })
    }

    /// The file that is edited.
    pub(super) fn path(&self) -> PathBuf {
        self.folder
            .path()
            .join(format!("{}{}", self.name, self.suffix))
    }

    /// The file beside it, which keeps an edit whose text has been brought together with another.
    pub(super) fn beside(&self) -> PathBuf {
        let name = format!("{}.yours{}", self.name, self.suffix);
        self.folder.path().join(name)
    }

    /// Lays a text down to be edited.
    pub(super) fn lay(&self, text: &[u8]) -> io::Result<()> {
        write(&self.path(), text)
    }

    /// Puts an edit aside.
    pub(super) fn put_aside(&self, text: &[u8]) -> io::Result<()> {
        write(&self.beside(), text)
    }

    /// What the editor has left: at most so many bytes and one, so that more of them can be told.
    pub(super) fn read(&self, most: u64) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        fs::File::open(self.path())?
            .take(most.saturating_add(1))
            .read_to_end(&mut text)?;
        Ok(text)
    }

    /// Leaves the files where they are; returns the one with the edit.
    pub(super) fn keep(self) -> PathBuf {
        let path = self.path();
        let _ = self.folder.keep();
        path
    }
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text)
}

/// The key as the name of a file that needs no quotes.
fn name(key: &[u8]) -> String {
    let safe = |&byte: &u8| {
        let is_safe = byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if is_safe { char::from(byte) } else { '_' }
    };
    let name: String = key.iter().take(LONGEST).map(safe).collect();
    // Not taken for an option.
    match name.strip_prefix('-') {
        Some(rest) => format!("_{rest}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_can_look_and_nothing_stays() {
        let desk = Desk::new(&Key::new("a/b c").unwrap(), ".json").unwrap();
        desk.lay(b"text").unwrap();
        desk.put_aside(b"mine").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = desk.path().parent().unwrap().to_path_buf();
        assert_eq!(mode(&folder), 0o700);
        assert_eq!((mode(&desk.path()), mode(&desk.beside())), (0o600, 0o600));
        assert!(desk.path().ends_with("a_b_c.json"));
        assert_eq!(desk.read(4).unwrap(), b"text");
        assert_eq!(desk.read(2).unwrap(), b"tex");
        drop(desk);
        assert!(!folder.exists());
    }

    #[test]
    fn what_is_kept_stays() {
        let desk = Desk::new(&Key::new("k").unwrap(), "").unwrap();
        desk.lay(b"text").unwrap();
        let path = desk.keep();
        assert_eq!(fs::read(&path).unwrap(), b"text");
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_key_becomes_a_name_that_no_shell_or_editor_takes_amiss() {
        assert_eq!(name(b"-rf; $(x)/../\xff"), "_rf____x______");
        assert_eq!(name(&[b'k'; 250]).len(), LONGEST);
    }
}
