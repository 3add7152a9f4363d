//! A command tree with one command in it: whatever it understands, the whole one understands in the same way, and most of
//! the time of a short command would go into the arguments of all the others.
//!
//! It decides nothing by itself. A line that it does not understand is one for the whole tree, which knows all the commands,
//! and so is every line that asks for help.

use std::ffi::OsString;
use std::mem::ManuallyDrop;

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Error};

use crate::command::Command;

/// What the words say, if the narrow tree can tell: `top`, which has no commands, and one command with what each of them has.
pub(super) fn matched(
    top: clap::Command,
    each: Arg,
    words: &[OsString],
) -> Option<Result<ArgMatches, Error>> {
    // Never dropped: taking it apart takes time, and is of use to nobody.
    let mut tree = ManuallyDrop::new(tree(top, each, words));
    match tree.try_get_matches_from_mut(words) {
        Ok(matches) if matches.subcommand().is_some() => Some(Ok(matches)),
        Err(error) if error.kind() == ErrorKind::DisplayVersion => Some(Err(error)),
        _ => None,
    }
}

/// The tree with the first command that is named. The word may as well be the value of an option; then the command that
/// follows is not in the tree, which will not understand it.
fn tree(top: clap::Command, each: Arg, words: &[OsString]) -> clap::Command {
    let mut names = words.iter().skip(1).filter_map(|word| word.to_str());
    let command = names.find_map(Command::alone);
    top.subcommands(command.map(|command| command.arg(each)))
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::super::{Cli, named, plain, server, top};
    use super::*;

    fn matched(words: &[OsString]) -> Option<Result<ArgMatches, Error>> {
        super::matched(top(), server(), words)
    }

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    /// All that the program takes from a line.
    fn told(matches: &ArgMatches) -> String {
        let cli = Cli::from_arg_matches(matches).unwrap();
        format!("{cli:?} {:?}", named(matches).collect::<Vec<_>>())
    }

    #[test]
    fn it_understands_what_the_whole_tree_understands_and_in_the_same_way() {
        for line in [
            "mccas gets k",
            "mccas gets k -s a -s b --hash ketama --json",
            "mccas -s a --hash=ketama gets k -s b",
            "mccas --timeout 2s --timeout 3s gets k --timeout 4s",
            "mccas gets cas gets -- -x --version",
            "mccas cas k v --token 1 --token 2 -q",
            "mccas incr-cas k --by -4 --min 0 -qq",
            "mccas update k --chomp -- gets -V --help",
            "mccas lock k --slots 3 -- cas",
            "mccas watch k --json",
            "mccas check --wait 30s -q",
            "mccas man gets",
            "mccas completions bash",
        ] {
            let words = words(line);
            let narrow = matched(&words).unwrap_or_else(|| panic!("not understood: {line}"));
            let whole = plain().try_get_matches_from(&words).unwrap();
            assert_eq!(told(&narrow.unwrap()), told(&whole), "{line}");
        }
    }

    #[test]
    fn what_it_cannot_tell_is_left_to_the_whole_tree() {
        for line in [
            "mccas",
            "mccas --json",
            "mccas -s cas gets k",
            "mccas --help",
            "mccas gets -h",
            "mccas help gets",
            "mccas get k",
            "mccas gets",
            "mccas gets k --nonsense",
            "mccas nonsense gets k",
            "mccas cas k v --token x",
        ] {
            assert!(matched(&words(line)).is_none(), "{line}");
        }
    }

    #[test]
    fn the_version_needs_no_command() {
        for line in ["mccas --version", "mccas -V", "mccas gets k -V"] {
            let error = matched(&words(line)).unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DisplayVersion, "{line}");
        }
    }

    #[test]
    fn each_command_has_the_same_arguments_alone() {
        let whole = plain();
        for command in whole.get_subcommands() {
            let alone = tree(
                top(),
                server(),
                &["mccas".into(), command.get_name().into()],
            );
            let alone = alone.find_subcommand(command.get_name()).unwrap();
            let arguments = |command: &clap::Command| {
                let all = command
                    .get_arguments()
                    .map(|argument| format!("{argument:?}"));
                all.collect::<Vec<_>>()
            };
            assert_eq!(arguments(alone), arguments(command));
            let groups =
                |command: &clap::Command| format!("{:?}", command.get_groups().collect::<Vec<_>>());
            assert_eq!(groups(alone), groups(command));
        }
    }
}
