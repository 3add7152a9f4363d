//! What may stand where, as far as a shell can offer it: words that are known, files, commands, or nothing.

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, Command, ValueHint};

/// A word, and what it means.
type Word = (&'static str, &'static str);

/// What an argument takes besides what cannot be offered (a key, a number, a time).
const WORDS: [(&str, &[Word]); 3] = [
    (
        "ttl",
        &[
            ("keep", "the moment of expiry stays"),
            ("never", "no expiry"),
        ],
    ),
    ("flags", &[("keep", "the flags stay")]),
    ("token", &[("absent", "only if the key does not exist")]),
];

/// The tree with a hint at every argument, for the generators.
pub(super) fn with_hints(tree: Command) -> Command {
    let commands: Vec<PossibleValue> = tree
        .get_subcommands()
        .map(|command| {
            // A dozen short words of a program that is about to end.
            let name: &'static str = command.get_name().to_string().leak();
            let word = PossibleValue::new(name);
            match command.get_about() {
                Some(about) => word.help(about.clone()),
                None => word,
            }
        })
        .collect();
    tree.mut_args(|argument| hinted("", argument, &commands))
        .mut_subcommands(|command| {
            let name = command.get_name().to_string();
            command.mut_args(|argument| hinted(&name, argument, &commands))
        })
}

fn hinted(command: &str, argument: Arg, commands: &[PossibleValue]) -> Arg {
    if !argument.get_action().takes_values()
        || !argument.get_possible_values().is_empty()
        || argument.get_value_hint() != ValueHint::Unknown
    {
        return argument;
    }
    let id = argument.get_id().clone();
    let id = id.as_str();
    if (command, id) == ("man", "command") {
        return argument.value_parser(PossibleValuesParser::new(commands.to_vec()));
    }
    let words = WORDS.iter().find(|(of, _)| *of == id);
    // The token of a delete is always one that was seen.
    match words.filter(|_| (command, id) != ("delete", "token")) {
        Some((_, words)) => {
            let words = words.iter();
            argument.value_parser(PossibleValuesParser::new(
                words.map(|(word, meaning)| PossibleValue::new(*word).help(*meaning)),
            ))
        }
        None => argument.value_hint(match (command, id) {
            ("update", "command") => ValueHint::CommandWithArguments,
            (_, "exec" | "shell") => ValueHint::CommandString,
            ("contention", "prometheus") => ValueHint::FilePath,
            (_, id) if id.starts_with("export") => ValueHint::FilePath,
            (_, id) if id.ends_with("file") || id.ends_with("from") => ValueHint::FilePath,
            _ => ValueHint::Other,
        }),
    }
}
