//! What is said to somebody whose command line cannot be understood: what they seem to have meant, and how that is written.

use std::ffi::{OsStr, OsString};

use clap::builder::{PossibleValue, StyledStr};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

use super::foreign;
use crate::cas::shown::Shown;

/// A better answer than `error` to `words`, of which the first is the name of the program.
pub(super) fn answer(mut error: Error, words: &[OsString], tree: &Command) -> Error {
    match error.kind() {
        ErrorKind::InvalidSubcommand => no_such_command(&error, words, tree),
        ErrorKind::UnknownArgument => {
            if let Some(refused) = as_value(&error, words, tree) {
                return refused;
            }
            unexpected(&mut error, words, tree);
            error
        }
        ErrorKind::MissingSubcommand => Error::raw(
            ErrorKind::MissingSubcommand,
            format!("a command is missing\n\nCommands:\n{}", commands(tree)),
        )
        .with_cmd(tree),
        ErrorKind::ArgumentConflict => {
            // clap shows by dots that -q may stand there twice, and calls it so in the message as well.
            if let Some(ContextValue::String(name)) = error.get(ContextKind::PriorArg)
                && name.starts_with("--")
            {
                let name = name.trim_end_matches("...").to_string();
                error.insert(ContextKind::PriorArg, ContextValue::String(name));
            }
            error
        }
        ErrorKind::MissingRequiredArgument => {
            if let Some(tip) = command_of(words, tree).and_then(|command| missing(&error, command))
            {
                suggest(&mut error, tip);
            }
            error
        }
        _ => error,
    }
}

fn no_such_command(error: &Error, words: &[OsString], tree: &Command) -> Error {
    let name = text_of(error, ContextKind::InvalidSubcommand);
    let shown = Shown(name.as_bytes());
    let message = if let Some(taken) = taken_as_value(&name, words, tree) {
        taken
    } else if let Some(known) = foreign::answer(&name) {
        format!("mccas has no '{shown}': {known}")
    } else {
        let near = match error.get(ContextKind::SuggestedSubcommand) {
            Some(ContextValue::Strings(names)) => names
                .iter()
                .find(|name| is_visible(name, tree))
                .map(|name| format!("; did you mean '{name}'?"))
                .unwrap_or_default(),
            _ => String::new(),
        };
        format!(
            "there is no command '{shown}'{near}\n\nCommands:\n{}",
            commands(tree)
        )
    };
    Error::raw(ErrorKind::InvalidSubcommand, message).with_cmd(tree)
}

fn is_visible(name: &str, tree: &Command) -> bool {
    tree.find_subcommand(name)
        .is_some_and(|command| command.get_name() == name)
}

/// The commands, each with what it is for.
fn commands(tree: &Command) -> String {
    let lines = tree.get_subcommands().map(|command| {
        let about = command.get_about().map(ToString::to_string);
        format!(
            "  {:<12} {}\n",
            command.get_name(),
            about.unwrap_or_default()
        )
    });
    lines.collect()
}

/// `mccas --color gets jobs`: the option took the command for its value, and what follows for the command.
fn taken_as_value(name: &str, words: &[OsString], tree: &Command) -> Option<String> {
    let at = words.iter().position(|word| word == name)?;
    let (option, taken) = (words.get(at.checked_sub(2)?)?, &words[at - 1]);
    let taken = taken.to_str()?;
    tree.find_subcommand(taken)?;
    let option = option.to_str()?;
    let argument = tree.get_arguments().find(|argument| {
        let long = argument.get_long().map(|long| format!("--{long}"));
        let short = argument.get_short().map(|short| format!("-{short}"));
        long.as_deref() == Some(option) || short.as_deref() == Some(option)
    })?;
    if !argument.get_action().takes_values() {
        return None;
    }
    let values = argument.get_possible_values();
    let names: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
    let how = match (names.split_last(), argument.get_value_names()) {
        (Some((last, first)), _) => format!("{} or {last}", first.join(", ")),
        (None, Some([name, ..])) => name.to_string(),
        _ => "a value".into(),
    };
    Some(format!(
        "{option} takes a value, and '{taken}' was taken for it; give {option} {how} and then the command\n"
    ))
}

/// `--token -1`: clap takes a value that begins with - for an option; as the value of its option it gets that one's answer.
fn as_value(error: &Error, words: &[OsString], tree: &Command) -> Option<Error> {
    let (at, word) = position(error, words)?;
    let option = words.get(at.checked_sub(1)?)?.to_str()?;
    let is_number = word
        .strip_prefix('-')?
        .starts_with(|c: char| c.is_ascii_digit());
    if !is_number || !option.starts_with("--") || option.contains('=') {
        return None;
    }
    let mut joined = words.to_vec();
    joined.splice(at - 1..=at, [format!("{option}={word}").into()]);
    let refused = tree.clone().try_get_matches_from(joined).err()?;
    // A switch takes no value at all: then that is not what was meant.
    (refused.kind() == ErrorKind::ValueValidation).then_some(refused)
}

/// The word that clap did not expect: of one like -15 it names only the beginning.
fn position<'a>(error: &Error, words: &'a [OsString]) -> Option<(usize, &'a str)> {
    let named = text_of(error, ContextKind::InvalidArg);
    let whole = words.iter().position(|word| *word == *named);
    let begins = |word: &OsString| word.to_str().is_some_and(|word| word.starts_with(&named));
    let at = whole.or_else(|| words.iter().skip(1).position(begins).map(|at| at + 1))?;
    Some((at, words[at].to_str()?))
}

fn unexpected(error: &mut Error, words: &[OsString], tree: &Command) {
    let word = position(error, words).map_or_else(
        || text_of(error, ContextKind::InvalidArg),
        |(_, word)| word.to_string(),
    );
    let Some(command) = command_of(words, tree) else {
        return;
    };
    let name = command.get_name();
    let shown = Shown(word.as_bytes()).to_string();
    error.insert(ContextKind::InvalidArg, ContextValue::String(word.clone()));
    let is_number = word.parse::<i128>().is_ok();
    let tip = match name {
        "incr-cas" if is_number => {
            format!("how much to add goes by --by: mccas incr-cas KEY --by {shown}")
        }
        "update" if !word.starts_with('-') => {
            format!("the command goes behind --: mccas update KEY -- {shown} ...")
        }
        _ if error.get(ContextKind::SuggestedArg).is_some() => {
            error.remove(ContextKind::Suggested);
            return;
        }
        "watch" | "gets" | "cas" if word.starts_with('-') => {
            let what = if name == "cas" { "a value" } else { "a key" };
            format!("{what} that begins with - goes last, behind --: mccas {name} ... -- {shown}")
        }
        "cas" => {
            "a value of several words needs quotes: mccas cas KEY 'VALUE' --token TOKEN".into()
        }
        _ => {
            error.remove(ContextKind::Suggested);
            return;
        }
    };
    suggest(error, tip);
}

/// What to give instead of what is missing.
fn missing(error: &Error, command: &Command) -> Option<String> {
    let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let lacks = |word: &str| missing.iter().any(|argument| argument.contains(word));
    Some(match command.get_name() {
        "cas" if lacks("--token") => {
            "say what is to be replaced: --token TOKEN (from mccas gets), --expect VALUE, or --token absent to create the key"
        }
        "delete" if lacks("--token") => {
            "say what is to be deleted: --token TOKEN (from mccas gets), or --expect VALUE"
        }
        "update" if lacks("CMD") => {
            "the command goes behind --: mccas update KEY -- tr a-z A-Z; a line for the shell: --shell 'LINE'"
        }
        _ => return None,
    }
    .into())
}

/// The command that the words call.
fn command_of<'a>(words: &[OsString], tree: &'a Command) -> Option<&'a Command> {
    let names = words.iter().skip(1).map(OsString::as_os_str);
    names
        .filter_map(OsStr::to_str)
        .find_map(|word| tree.find_subcommand(word))
}

fn suggest(error: &mut Error, tip: impl Into<String>) {
    let tip = StyledStr::from(tip.into());
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
}

fn text_of(error: &Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    }
}
