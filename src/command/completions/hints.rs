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

/// The shells, and where the line that completes mccas belongs.
const SHELLS: [Word; 5] = [
    ("bash", "for ~/.bashrc"),
    ("elvish", "for ~/.config/elvish/rc.elv"),
    ("fish", "for ~/.config/fish/config.fish"),
    ("powershell", "for its profile"),
    ("zsh", "for ~/.zshrc, after compinit"),
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
    // Each command has the global options already, as far as they mean something there.
    tree.mut_args(|argument| hinted("", argument, &commands).global(false))
        .mut_subcommands(|command| {
            let name = command.get_name().to_string();
            without_hidden(command).mut_args(|argument| hinted(&name, argument, &commands))
        })
}

/// The command without what its help does not show: the generators would offer that as well.
fn without_hidden(command: Command) -> Command {
    if !command.get_arguments().any(Arg::is_hide_set) {
        return command;
    }
    // Nothing can be taken out of a command, so it is made anew.
    let shown = command
        .get_arguments()
        .filter(|option| !option.is_hide_set());
    let name: &'static str = command.get_name().to_string().leak();
    let anew = Command::new(name).args(shown);
    match command.get_about() {
        Some(about) => anew.about(about.clone()),
        None => anew,
    }
}

fn hinted(command: &str, argument: Arg, commands: &[PossibleValue]) -> Arg {
    if (command, argument.get_id().as_str()) == ("completions", "shell") {
        return argument.value_parser(explained(&SHELLS));
    }
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
        Some((_, words)) => argument.value_parser(explained(words)),
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

/// Words with what they mean beside them.
fn explained(words: &[Word]) -> PossibleValuesParser {
    let words = words.iter();
    PossibleValuesParser::new(words.map(|(word, meaning)| PossibleValue::new(*word).help(*meaning)))
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use clap_complete::Shell;

    use super::*;

    #[test]
    fn each_shell_is_explained() {
        let shells = Shell::value_variants().iter();
        let shells: Vec<String> = shells.map(ToString::to_string).collect();
        assert_eq!(shells, SHELLS.map(|(name, _)| name));
    }

    #[test]
    fn what_the_help_hides_is_not_offered() {
        let server = Arg::new("server").long("server").global(true);
        let local = Command::new("man")
            .about("Pages")
            .arg(Arg::new("help").long("help"))
            .arg(server.clone().hide(true));
        let gets = Command::new("gets").arg(server.clone());
        let tree = Command::new("mccas").arg(server).subcommands([local, gets]);
        let mut tree = with_hints(tree.disable_help_flag(true));
        tree.build();
        let options = |name: &str| -> Vec<String> {
            let command = tree.find_subcommand(name).expect("a command");
            let options = command.get_opts();
            options.map(|option| option.get_id().to_string()).collect()
        };
        assert_eq!(options("man"), ["help"]);
        assert_eq!(options("gets"), ["server"]);
        let about = tree.find_subcommand("man").and_then(Command::get_about);
        assert_eq!(about.map(ToString::to_string).as_deref(), Some("Pages"));
    }
}
