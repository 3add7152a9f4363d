//! How the help looks: one place for the whole tree, whatever options its commands have.
//!
//! The tree that parses does without it, as nobody sees it; only what is shown is made of the shaped one.

use std::ffi::OsStr;

use clap::builder::StyledStr;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Arg, ArgAction, Command, Id};

/// The heading of what every command takes.
const GLOBAL: &str = "Global options";

/// Commands that ask no server, where the global options mean nothing.
const LOCAL: [&str; 2] = ["completions", "man"];

/// Lines that somebody else's terminal will wrap once more are worse than short ones.
const WIDEST: usize = 100;

/// A summary is for a terminal of 80 columns.
const SUMMARY_WIDTH: usize = 78;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default())
    .error(AnsiColor::Red.on_default().bold())
    .valid(AnsiColor::Green.on_default())
    .invalid(AnsiColor::Yellow.on_default());

/// The tree as it is shown.
pub(super) fn shaped(tree: Command) -> Command {
    // All that stands before the command may stand behind it as well.
    let globals: Vec<Arg> = tree
        .get_arguments()
        .cloned()
        .chain([help(), version()])
        .map(|argument| argument.help_heading(GLOBAL))
        .collect();
    let mut tree = tree
        .styles(STYLES)
        .max_term_width(WIDEST)
        .help_template("{about-with-newline}{usage-heading} {usage}\n\n{all-args}{after-help}")
        .disable_help_flag(true)
        .disable_version_flag(true);
    for global in &globals {
        tree = with(tree, global.clone().hide_short_help(true));
    }
    let tree = tree.mut_subcommands(|command| with_globals(command, &globals));
    with_ends(tree, "mccas", &globals)
}

/// The command with this argument, in place of its own of that name.
fn with(command: Command, argument: Arg) -> Command {
    let id = argument.get_id().clone();
    if command.get_arguments().any(|own| *own.get_id() == id) {
        command.mut_arg(id, |_| argument)
    } else {
        command.arg(argument)
    }
}

fn help() -> Arg {
    Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help("Print help; -h: a summary")
}

fn version() -> Arg {
    Arg::new("version")
        .short('V')
        .long("version")
        .action(ArgAction::Version)
        .help("Print the version")
}

/// A subcommand: what it requires, then its own options, then the global ones.
fn with_globals(command: Command, globals: &[Arg]) -> Command {
    let local = LOCAL.contains(&command.get_name());
    let name = format!("mccas {}", command.get_name());
    let mut command = command;
    for global in globals {
        let global = global.clone();
        let global = match global.get_id().as_str() {
            // Here they are the only options.
            "help" if local => global.help_heading(None::<&str>),
            _ if local => global.hide(true),
            _ => global.hide_short_help(true),
        };
        command = with(command, global);
    }
    let command = required_first(command);
    with_ends(command, &name, if local { &[] } else { globals })
}

/// Orders the options: as they are declared, but what the command cannot do without on top.
fn required_first(command: Command) -> Command {
    let is_required = |argument: &Arg| {
        argument.is_required_set()
            || command.get_groups().any(|group| {
                group.is_required_set() && group.get_args().any(|id| id == argument.get_id())
            })
    };
    let arguments = command.get_arguments();
    let (required, others): (Vec<_>, Vec<_>) =
        arguments.partition(|argument| is_required(argument));
    let order: Vec<Id> = [required, others]
        .concat()
        .into_iter()
        .map(|argument| argument.get_id().clone())
        .collect();
    let column = column(&command);
    command.mut_args(|argument| {
        if argument.get_help_heading().is_some() || argument.is_hide_set() {
            return argument;
        }
        let place = order.iter().position(|id| id == argument.get_id());
        // A key says all by its name.
        let evident = argument.is_positional() && argument.get_id().as_str().starts_with("key");
        let hidden = argument.is_hide_short_help_set() || evident;
        summed_up(argument, column)
            .display_order(place.unwrap_or_default())
            .hide_short_help(hidden)
    })
}

/// Where the words about the options begin.
fn column(command: &Command) -> usize {
    let shown = command.get_arguments().filter(|argument| {
        !argument.is_positional() && !argument.is_hide_set() && !argument.is_hide_short_help_set()
    });
    let widths = shown.map(|argument| {
        let long = argument.get_long().unwrap_or_default();
        let names = argument.get_value_names().unwrap_or_default();
        let names = names.iter().map(|name| " <>".len() + name.len());
        "      --".len() + long.len() + names.sum::<usize>() + "  ".len()
    });
    widths.max().unwrap_or_default()
}

/// Cuts what `-h` says of an option to one line, at the end of a clause; `--help` says all.
fn summed_up(argument: Arg, column: usize) -> Arg {
    let Some(help) = argument.get_help().map(ToString::to_string) else {
        return argument;
    };
    let default = argument.get_default_values().join(OsStr::new(","));
    let after = match default.len() {
        0 => 0,
        _ if argument.is_hide_default_value_set() => 0,
        length => " [default: ]".len() + length,
    };
    let short = shortened(&help, (SUMMARY_WIDTH + 2).saturating_sub(column + after));
    if argument.is_positional() || short == help {
        return argument;
    }
    let whole = argument.get_long_help().cloned();
    let short = short.to_string();
    argument
        .help(short)
        .long_help(whole.unwrap_or_else(|| help.into()))
}

/// The most clauses that fit; all of them if not even the first one does.
fn shortened(text: &str, room: usize) -> &str {
    if text.len() <= room {
        return text;
    }
    // Where else the value comes from.
    let text = text.split(" [").next().unwrap_or_default();
    if text.len() <= room {
        return text;
    }
    let end = |marks: &[&str]| {
        let ends = marks.iter().flat_map(|mark| text.match_indices(mark));
        ends.map(|(at, _)| at).filter(|&at| at <= room).max()
    };
    // A comma may stand in the middle of a list.
    let end = end(&["; ", ": ", " ("]).or_else(|| end(&[", "]));
    end.map_or(text, |at| &text[..at])
}

/// The last lines of `--help`, and those of `-h`, which is a summary.
fn with_ends(command: Command, name: &str, globals: &[Arg]) -> Command {
    let text = command.get_after_help().map(ToString::to_string);
    let header = STYLES.get_header();
    let summary = if globals.is_empty() {
        format!("More, and examples: {name} --help")
    } else {
        let more = format!("(more on all, and examples: {name} --help)");
        let listed = listed(GLOBAL.len() + 1, globals, more);
        format!("{header}{GLOBAL}:{header:#}{listed}")
    };
    command
        .after_help(StyledStr::from(summary))
        .after_long_help(StyledStr::from(flowing(&text.unwrap_or_default())))
}

/// The names of options, and what follows them, in lines of a summary of which the first has `used` characters already.
fn listed(used: usize, options: &[Arg], more: String) -> String {
    // Everybody knows the one for the version.
    let shown = options
        .iter()
        .filter(|option| !option.is_hide_set() && option.get_id() != "version");
    // What is asked for first.
    let (server, others): (Vec<_>, Vec<_>) = shown.partition(|option| option.get_id() == "server");
    let mut names: Vec<String> = Vec::new();
    for option in server.into_iter().chain(others) {
        let Some(long) = option.get_long() else {
            continue;
        };
        let name = match option.get_short() {
            Some(short) => format!("-{short}/--{long}"),
            // A family of its own.
            None if long.starts_with("tls-") => "--tls-...".into(),
            None => format!("--{long}"),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.push(more);
    let mut lines = String::new();
    let mut width = used;
    for name in names {
        if width + name.len() + 2 > SUMMARY_WIDTH {
            lines += "\n";
            width = 0;
        }
        lines += &format!("  {name}");
        width += name.len() + 2;
    }
    lines
}

/// Text whose paragraphs are as wide as the terminal wants, while examples and tables stay as they are.
fn flowing(text: &str) -> String {
    let header = STYLES.get_header();
    let blocks = text.trim_end().split("\n\n").map(|block| {
        if let Some((heading, lines)) = block.split_once(":\n")
            && lines.starts_with("  ")
        {
            let lines: Vec<String> = lines.lines().map(hanging).collect();
            return format!("{header}{heading}:{header:#}\n{}", lines.join("\n"));
        }
        let mut lines = String::new();
        for line in block.lines() {
            if !lines.is_empty() {
                // A sentence about the exit codes begins a line of its own.
                lines.push(if line.starts_with("Exit code") {
                    '\n'
                } else {
                    ' '
                });
            }
            lines += line;
        }
        lines
    });
    blocks.collect::<Vec<_>>().join("\n\n")
}

/// A line of an example or a table; the remark at its end, if it is too long, goes on below where it began.
fn hanging(line: &str) -> String {
    let body = line.trim_start();
    let remark = body
        .rfind("  ")
        .map_or(0, |gap| line.len() - body.len() + gap + 2);
    if line.len() <= SUMMARY_WIDTH || remark == 0 {
        return line.to_string();
    }
    let mut lines = vec![line[..remark].to_string()];
    for word in line[remark..].split(' ') {
        let last = lines.last_mut().expect("one line at least");
        if last.len() + word.len() > SUMMARY_WIDTH && !last.trim_start().is_empty() {
            lines.push(format!("{}{word} ", " ".repeat(remark)));
        } else {
            *last += &format!("{word} ");
        }
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_that_is_too_long_goes_on_below_itself() {
        let line = format!("  mccas gets k    {}", "word ".repeat(20).trim_end());
        let lines = hanging(&line);
        assert_eq!(lines.lines().count(), 2);
        for line in lines.lines() {
            assert!(line.len() <= SUMMARY_WIDTH, "{line}");
            assert_eq!(line.find("word"), Some(18), "{line}");
        }
        let command = format!("  {}", "x".repeat(100));
        assert_eq!(hanging(&command), command);
        assert_eq!(hanging("  a  b"), "  a  b");
    }

    #[test]
    fn a_help_is_cut_at_the_end_of_a_clause() {
        let help = "Stop after this time; exit 9, as it says [env: X]";
        assert_eq!(shortened(help, 80), help);
        let all = "Stop after this time; exit 9, as it says";
        assert_eq!(shortened(help, 45), all);
        assert_eq!(shortened(help, 30), "Stop after this time");
        assert_eq!(shortened("Stop, or not at all", 10), "Stop");
        assert_eq!(shortened(help, 10), all);
    }

    #[test]
    fn paragraphs_flow_and_examples_stay() {
        let text = flowing("One\ntwo.\nExit code 1 if\nso.\n\nExamples:\n  a\n  b\n");
        let plain = StyledStr::from(text).to_string();
        assert_eq!(plain, "One two.\nExit code 1 if so.\n\nExamples:\n  a\n  b");
    }
}
