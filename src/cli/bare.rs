//! A line without global options, as most of those in scripts are: for it not even these are built. To clap each of them is an
//! argument of two commands, with a default to fill in, and all of them together were half of what a `gets` did by itself.
//!
//! Where nothing but keys follows, no tree is built at all: even the arguments of one command were ten pages of memory, a tenth
//! of what a `gets` takes.
//!
//! Like the narrow tree, this one decides nothing: what it does not understand is left to the others.

use std::ffi::{OsStr, OsString};
use std::mem::ManuallyDrop;
use std::os::unix::ffi::OsStrExt as _;

use clap::{Arg, ArgAction, FromArgMatches};

use crate::cas::Key;
use crate::command::Command;

/// The one that is known here, as arguments of `gets` name it.
const JSON: &str = "json";

/// The others, and what else only a larger tree can answer.
const NOT_HERE: [&str; 17] = [
    "color",
    "discover",
    "hash",
    "help",
    "max-value",
    "password-file",
    "quiet",
    "server",
    "timeout",
    "tls-ca",
    "tls-cert",
    "tls-insecure",
    "tls-key",
    "tls-server-name",
    "username",
    "verbose",
    "version",
];

/// The command that the words say, and whether they ask for JSON, if the first one is a command and no other could be another
/// global option. `top` is the program without arguments.
pub(super) fn parsed(top: clap::Command, words: &[OsString]) -> Option<(Command, bool)> {
    let (name, rest) = words.get(1..)?.split_first()?;
    let name = name.to_str()?;
    if let Some(understood) = keys_only(name, rest) {
        return Some(understood);
    }
    if rest.iter().any(|word| is_for_others(word)) {
        return None;
    }
    // Never dropped: it is built once, and to take it apart would be a tenth of what a `gets` does by itself.
    let mut tree = ManuallyDrop::new(tree(top, Command::alone(name)?));
    let mut matches = tree.try_get_matches_from_mut(words).ok()?;
    let json = matches.subcommand_matches(name)?.get_flag(JSON);
    let command = Command::from_arg_matches_mut(&mut matches).ok()?;
    Some((command, json))
}

/// What the words behind a command say, if they are keys and perhaps `--json`.
fn keys_only(name: &str, words: &[OsString]) -> Option<(Command, bool)> {
    let (mut keys, mut json) = (Vec::with_capacity(words.len()), false);
    for word in words {
        match word.as_bytes() {
            b"--json" => json = true,
            [b'-', ..] => return None,
            key => keys.push(Key::new(key).ok()?),
        }
    }
    if keys.is_empty() {
        return None;
    }
    Some((Command::of_keys(name, keys)?, json))
}

fn tree(top: clap::Command, command: clap::Command) -> clap::Command {
    let json = Arg::new(JSON).long(JSON).action(ArgAction::SetTrue);
    top.disable_help_flag(true)
        .disable_help_subcommand(true)
        .subcommand(command.arg(json))
}

/// Whether a word could be an option that is not known here. It may as well be a value: then it is understood elsewhere.
fn is_for_others(word: &OsStr) -> bool {
    let word = word.as_encoded_bytes();
    let Some(long) = word.strip_prefix(b"--") else {
        return word.len() > 1 && word.starts_with(b"-");
    };
    let name = long.split(|&byte| byte == b'=').next().unwrap_or(long);
    NOT_HERE.iter().any(|other| other.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use clap::Args;

    use super::super::{Cli, Global, bare, name_alone, named, plain, server};
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
            "mccas gets --raw k",
            "mccas gets cas gets",
            "mccas gets -- k --nonsense",
            "mccas gets --keys-from -",
            "mccas gets --keys-from=list",
            "mccas cas k v --token 1 --token 2",
            "mccas cas k --token absent --ttl 1h --json --flags 3",
            "mccas incr-cas k --by 4 --min 0",
            "mccas update k --chomp -- gets k",
            "mccas edit k",
            "mccas delete k --expect --nonsense",
            "mccas lock k --slots 3 -- cas",
            "mccas watch k --json",
            "mccas check --wait 30s",
            "mccas contention --json",
            "mccas bench",
            "mccas locate k",
            "mccas man gets",
            "mccas completions bash",
        ] {
            let words = words(line);
            let bare = bare(&words).unwrap_or_else(|| panic!("not understood: {line}"));
            let whole = plain().try_get_matches_from(&words).unwrap();
            assert_eq!(named(&whole).count(), 0, "{line}");
            let whole = Cli::from_arg_matches(&whole).unwrap();
            assert_eq!(format!("{bare:?}"), format!("{whole:?}"), "{line}");
        }
    }

    #[test]
    fn what_it_cannot_tell_is_left_to_the_larger_trees() {
        for line in [
            "mccas",
            "mccas gets",
            "mccas --json gets k",
            "mccas get k",
            "mccas help gets",
            "mccas gets k --help",
            "mccas gets k -h",
            "mccas gets k --version",
            "mccas gets k -q",
            "mccas gets k -s h:1",
            "mccas gets k --server=h:1",
            "mccas gets k --color never",
            "mccas gets --raw --json k",
            "mccas gets k --nonsense",
            "mccas cas k v --token x",
            "mccas delete k --expect --timeout",
            "mccas update k -- cmd --verbose",
        ] {
            assert!(bare(&words(line)).is_none(), "{line}");
        }
    }

    #[test]
    fn what_is_more_than_keys_needs_a_tree() {
        let understood = |line: &str| {
            let words = words(line);
            keys_only(words[1].to_str().unwrap(), &words[2..]).is_some()
        };
        for line in [
            "mccas gets k",
            "mccas gets --json k",
            "mccas incr-cas a help k=1",
        ] {
            assert!(understood(line), "{line}");
        }
        let long = format!("mccas gets {}", "k".repeat(251));
        for line in [
            "mccas gets",
            "mccas gets --json",
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
            assert!(!understood(line), "{line}");
        }
    }

    #[test]
    fn every_global_option_is_known_to_be_one() {
        let tree = Global::augment_args(name_alone());
        let mut all: Vec<String> = tree
            .arg(server())
            .get_arguments()
            .flat_map(|option| {
                let aliases = option.get_all_aliases().unwrap_or_default();
                let names = option.get_long().into_iter().chain(aliases);
                names.map(String::from).collect::<Vec<_>>()
            })
            .chain(["help".to_string(), "version".to_string()])
            .filter(|name| name != JSON)
            .collect();
        all.sort_unstable();
        assert_eq!(all, NOT_HERE);
    }
}
