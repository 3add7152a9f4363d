//! The user's editor.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::process::Signal;

use crate::cas::Key;
use crate::command::child::{Signals, StartError, Status, command_of, foreground};

/// What everybody has.
const DEFAULT: &str = "vi";

/// Why there is no edited text.
#[derive(Debug)]
pub(super) enum Failure {
    /// The editor ended with something else than 0.
    Status(Status),
    NotStarted(StartError),
    Signal(Signal),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Status(status) => write!(f, "the editor ended with {status}"),
            Failure::NotStarted(error) => error.fmt(f),
            Failure::Signal(_) => f.write_str("a signal came"),
        }
    }
}

/// Lets the user edit a file until the editor ends.
pub(super) fn edit(path: &Path, key: &Key, signals: &Signals) -> Result<(), Failure> {
    let mut command = command_of(&[], Some(&line(&chosen())), key);
    command.arg("mccas-edit").arg(path);
    match foreground(&mut command, signals) {
        Err(error) => Err(Failure::NotStarted(error)),
        Ok((_, Some(signal))) => Err(Failure::Signal(signal)),
        Ok((status, None)) if status.success() => Ok(()),
        Ok((status, None)) => Err(Failure::Status(status)),
    }
}

fn chosen() -> OsString {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    let chosen = set("VISUAL").or_else(|| set("EDITOR"));
    chosen.unwrap_or_else(|| DEFAULT.into())
}

/// The line that runs the editor. The variable may hold options as well, and so is for a shell to read, as git and others do it.
///
/// The shell makes way for the editor, so that signals reach that. Where it cannot, as the variable holds more than one command,
/// it must at least survive the Ctrl-C that is typed for the editor.
fn line(editor: &OsStr) -> OsString {
    let text = editor.as_bytes();
    let first = text.split(|&byte| byte == b' ').next().unwrap_or_default();
    let is_compound = text.iter().any(|byte| b";&|\n(){}".contains(byte)) || first.contains(&b'=');
    let mut line = OsString::from(if is_compound {
        "trap : INT QUIT; "
    } else {
        "exec "
    });
    line.push(editor);
    line.push(" \"$@\"");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_makes_way_for_the_editor_where_it_can() {
        let line = |editor: &str| line(OsStr::new(editor)).into_string().unwrap();
        assert_eq!(line("vi"), "exec vi \"$@\"");
        assert_eq!(line("code --wait -x=1"), "exec code --wait -x=1 \"$@\"");
        assert_eq!(line("A=1 vi"), "trap : INT QUIT; A=1 vi \"$@\"");
        assert_eq!(line("cd / && vi"), "trap : INT QUIT; cd / && vi \"$@\"");
    }
}
