//! What each example needs, and how it ends.

mod in_help; // Lines of --help.
mod in_pages; // Blocks of README.md and docs/.

pub(super) use self::in_help::IN_HELP;
pub(super) use self::in_pages::{IN_DOCS, IN_README};

/// An example that is known.
pub(super) struct Row {
    /// The command of a line of `--help`; of a block, its first line.
    pub(super) line: &'static str,
    /// A script that arranges what it needs. The first write to the server gets token 1234; what else there is:
    /// `stage.rs`.
    pub(super) given: &'static str,
    /// What cannot be had in a test, or would take too long, and what stands for it.
    pub(super) changed: &'static [(&'static str, &'static str)],
    pub(super) ends: Ends,
    /// What it says on stderr; nothing at all if this is empty.
    pub(super) says: &'static str,
    /// A script that must succeed afterwards.
    pub(super) then: &'static str,
}

/// How an example ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ends {
    /// With exit code 0, and this somewhere on stdout.
    Done(&'static str),
    /// With another exit code.
    With(i32),
    /// It runs on a terminal, where after each of these texts a script runs beside it, and ends by Ctrl-C with this exit code.
    ByCtrlC(&'static [Step], i32),
    /// It runs on a terminal, shows this, and ends with exit code 0.
    OnTerminal(&'static str),
}

/// A text that is waited for, and the script that is run then.
pub(super) type Step = (&'static str, &'static str);

/// An example that needs nothing and ends silently with 0.
const ROW: Row = Row {
    line: "",
    given: "",
    changed: &[],
    ends: Ends::Done(""),
    says: "",
    then: "",
};

const MY_KEY: &str = "mccas cas my_key 41 --token absent -q";
