//! A line of a command and its keys, as most of those in loops are: it needs no parser. To clap, even the arguments of one command
//! are ten pages of memory, a tenth of what a whole `gets` takes.
//!
//! Like the trees, this decides nothing: what it does not understand is left to them.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::cas::Key;
use crate::command::Command;

/// The command that the words say, and whether they ask for JSON, if they are its name, keys and perhaps `--json`.
pub(super) fn parsed(words: &[OsString]) -> Option<(Command, bool)> {
    let (name, rest) = words.get(1..)?.split_first()?;
    let (mut keys, mut json) = (Vec::with_capacity(rest.len()), false);
    for word in rest {
        match word.as_bytes() {
            b"--json" => json = true,
            [b'-', ..] => return None,
            key => keys.push(Key::new(key).ok()?),
        }
    }
    if keys.is_empty() {
        return None;
    }
    Some((Command::of_keys(name.to_str()?, keys)?, json))
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::super::{Cli, Global, plain};
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn it_understands_what_the_whole_tree_understands_and_in_the_same_way() {
        for line in [
            "mccas gets k",
            "mccas gets k --json",
            "mccas gets --json k",
            "mccas gets gets help \u{e9} k=1",
            "mccas incr-cas k",
            "mccas incr-cas a b --json",
        ] {
            let words = words(line);
            let (command, json) =
                parsed(&words).unwrap_or_else(|| panic!("not understood: {line}"));
            let global = Global {
                json,
                ..Global::default()
            };
            let whole = plain().try_get_matches_from(&words).unwrap();
            let whole = Cli::from_arg_matches(&whole).unwrap();
            assert_eq!(
                format!("{:?}", Cli { global, command }),
                format!("{whole:?}"),
                "{line}"
            );
        }
    }

    #[test]
    fn what_it_cannot_tell_is_left_to_the_trees() {
        let long = format!("mccas gets {}", "k".repeat(251));
        for line in [
            "mccas",
            "mccas gets",
            "mccas gets --json",
            "mccas --json gets k",
            "mccas get k",
            "mccas help gets",
            "mccas gets k --help",
            "mccas gets -h k",
            "mccas gets k --json=1",
            "mccas gets -- k",
            "mccas gets -",
            "mccas gets  k",
            "mccas gets --raw k",
            "mccas incr-cas k --by 4",
            "mccas incr-cas k -5",
            "mccas delete k",
            "mccas locate k",
            &long,
        ] {
            assert!(parsed(&words(line)).is_none(), "{line}");
        }
    }
}
