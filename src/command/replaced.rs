//! Files that are replaced as a whole, so that nobody ever reads half of one.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{self, Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use super::UsageError;

/// Writes the text to the file, in place of what was in it: who may read it then may do so still, and a new file has the rights
/// that any has which a program makes (umask).
pub(super) fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    written(path, text).map_err(|error| cannot_write(path, &error))
}

/// Makes sure that it can be done, as far as that shows without doing it: what is in the file stays until it is.
pub(super) fn ensure(path: &Path) -> anyhow::Result<()> {
    let possible = match Place::of(path) {
        Place::Folder(folder, _) => NamedTempFile::new_in(folder).map(drop),
        Place::Stream(path) if path.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Place::Stream(_) => Ok(()),
    };
    possible.map_err(|error| cannot_write(path, &error))
}

/// Makes sure that no file is named by two of these options: one would take the other's place.
pub(super) fn ensure_different(named: &[(&str, &Option<PathBuf>)]) -> Result<(), UsageError> {
    let mut seen: Vec<(&str, PathBuf)> = Vec::new();
    for (option, path) in named {
        let Some(Place::Folder(_, file)) = path.as_deref().map(Place::of) else {
            continue;
        };
        // One that is not there yet has no other name than the given ones.
        let file = path::absolute(&file).unwrap_or(file);
        if let Some((other, _)) = seen.iter().find(|(_, known)| *known == file) {
            let file = file.display();
            return Err(UsageError::new(format!(
                "{other} and {option} name the same file, {file}: give each its own"
            )));
        }
        seen.push((option, file));
    }
    Ok(())
}

/// What is said of a file that cannot be written.
pub(super) fn cannot_write(path: &Path, error: &io::Error) -> anyhow::Error {
    anyhow::anyhow!("cannot write {}: {error}", path.display())
}

/// Where a text goes.
enum Place {
    /// Beside the file of this name, whose name it gets when it is whole.
    Folder(PathBuf, PathBuf),
    /// Into what is no file (/dev/stdout, a named pipe), as it is.
    Stream(PathBuf),
}

impl Place {
    fn of(path: &Path) -> Place {
        // A link stays one.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        if path.metadata().is_ok_and(|known| !known.is_file()) {
            return Place::Stream(path);
        }
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder.to_path_buf(),
            _ => PathBuf::from("."),
        };
        Place::Folder(folder, path)
    }
}

fn written(path: &Path, text: &str) -> io::Result<()> {
    match Place::of(path) {
        Place::Stream(path) => fs::write(path, text),
        Place::Folder(folder, path) => {
            let for_all = Permissions::from_mode(0o666);
            let mut file = Builder::new().permissions(for_all).tempfile_in(folder)?;
            file.write_all(text.as_bytes())?;
            if let Ok(known) = path.metadata() {
                file.as_file().set_permissions(known.permissions())?;
            }
            file.persist(path)?;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileTypeExt as _, symlink};
    use std::process::Command;
    use std::thread;

    use super::*;

    #[test]
    fn a_file_is_replaced_and_a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        replace(&file, "one").unwrap();
        symlink(&file, &link).unwrap();
        replace(&link, "two").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            2,
            "nothing is left"
        );
    }

    #[test]
    fn who_may_read_a_file_may_read_the_one_in_its_place_and_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let [file, new, other] = ["file", "new", "other"].map(|name| folder.path().join(name));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        for rights in [0o600, 0o640, 0o664] {
            fs::write(&file, "one").unwrap();
            fs::set_permissions(&file, Permissions::from_mode(rights)).unwrap();
            replace(&file, "two").unwrap();
            assert_eq!(mode(&file), rights);
        }
        replace(&new, "text").unwrap();
        fs::write(&other, "text").unwrap();
        assert_eq!(mode(&new), mode(&other));
    }

    #[test]
    fn to_see_whether_a_file_can_be_written_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let [there, not] = ["there", "not"].map(|name| folder.path().join(name));
        fs::write(&there, "old").unwrap();
        ensure(&there).unwrap();
        ensure(&not).unwrap();
        assert_eq!(fs::read_to_string(&there).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let error = ensure(&not.join("file")).unwrap_err().to_string();
        assert!(error.starts_with("cannot write "), "{error}");
    }

    #[test]
    fn two_options_that_name_one_file_are_refused_and_what_is_no_file_may_be_named_twice() {
        let folder = tempfile::tempdir().unwrap();
        let [file, other] = ["file", "other"].map(|name| folder.path().join(name));
        let again = folder.path().join(".").join("file");
        let clash = |first: &Path, second: &Path| {
            let named = [first, second].map(|path| Some(path.to_path_buf()));
            ensure_different(&[
                ("--html", &named[0]),
                ("-r", &None),
                ("--record", &named[1]),
            ])
        };
        // As long as there is none, and then.
        for _ in 0..2 {
            let error = clash(&file, &again).unwrap_err().to_string();
            assert!(error.starts_with("--html and --record name the same file, "));
            assert!(clash(&file, &other).is_ok());
            fs::write(&file, "text").unwrap();
        }
        let link = folder.path().join("link");
        symlink(&file, &link).unwrap();
        assert!(clash(&link, &file).is_err());
        let null = Path::new("/dev/null");
        assert!(clash(null, null).is_ok());
    }

    #[test]
    fn what_is_no_file_is_written_to_and_stays_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let reading = pipe.clone();
        let reader = thread::spawn(move || fs::read_to_string(reading).unwrap());
        replace(&pipe, "text").unwrap();
        assert_eq!(reader.join().unwrap(), "text");
        assert!(pipe.metadata().unwrap().file_type().is_fifo());
        ensure(&pipe).unwrap();
        assert!(ensure(folder.path()).is_err());
        let error = replace(folder.path(), "text").unwrap_err().to_string();
        assert!(error.starts_with("cannot write "), "{error}");
    }
}
