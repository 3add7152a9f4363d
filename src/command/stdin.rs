//! Stdin as a source, and whether there is any.
//!
//! Where mccas is started with fd 0 closed (`<&-`), Rust opens `/dev/null` in its place before `main`: what is read there is
//! empty, as if somebody had given nothing, and an empty value would be stored for a mistake. The one that Rust opens can be
//! written to, while that of `</dev/null` cannot: so they are told apart. What a few programs hand over as nothing (Python's
//! `subprocess.DEVNULL`, a container without `-i`) can be written to as well and counts as closed, hence the words.

use std::fs::{self, File};
use std::io::{self, Stdin};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use rustix::fs::{OFlags, fcntl_getfl};

/// What stands for fd 0 among files.
const NAMES: [&str; 3] = ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];

/// Stdin, if mccas has one.
pub(super) fn open() -> io::Result<Stdin> {
    let stdin = io::stdin();
    if stands_in(&stdin).unwrap_or(false) {
        return Err(io::Error::other(
            "it is closed (or /dev/null, opened to be written to as well); nothing was sent; if it is to be empty, \
             say </dev/null",
        ));
    }
    Ok(stdin)
}

/// The same for a file that is opened by its name, which may mean stdin.
pub(super) fn ensure_open(path: &Path) -> io::Result<()> {
    if NAMES.iter().any(|name| path == Path::new(name)) {
        open()?;
    }
    Ok(())
}

/// Whether this is a `/dev/null` that can be written to.
fn stands_in(file: impl AsFd) -> io::Result<bool> {
    if !fcntl_getfl(&file)?.contains(OFlags::RDWR) {
        return Ok(false);
    }
    let this = File::from(file.as_fd().try_clone_to_owned()?).metadata()?;
    let null = fs::metadata("/dev/null")?;
    Ok(this.file_type().is_char_device() && this.rdev() == null.rdev())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_null_that_can_be_written_to_stands_in_for_a_closed_one() {
        let both = |path: &str| File::options().read(true).write(true).open(path).unwrap();
        assert!(stands_in(both("/dev/null")).unwrap());
        assert!(!stands_in(both("/dev/zero")).unwrap());
        assert!(!stands_in(File::open("/dev/null").unwrap()).unwrap());
        assert!(!stands_in(tempfile::tempfile().unwrap()).unwrap());
    }
}
