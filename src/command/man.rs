//! `mccas man`: prints the manual page of the program or of a subcommand, made of the same words as its `--help`.

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::{Context, Subcommand, UsageError};
use crate::exit::Exit;

/// What the environment says, on every page alike.
const ENVIRONMENT: [(&str, &str); 13] = [
    (
        "MCCAS_SERVER",
        "The server or servers, where --server is not given.",
    ),
    (
        "MEMCACHED_SERVERS",
        "The same, where that is not set either.",
    ),
    (
        "MCCAS_HASH",
        "Which of several servers holds a key, where --hash is not given.",
    ),
    (
        "MCCAS_TIMEOUT",
        "The bound on connecting and on each exchange, where --timeout is not given.",
    ),
    (
        "MCCAS_MAX_RETRIES",
        "The retries of incr-cas and update, where --max-retries is not given.",
    ),
    (
        "MCCAS_NAMESERVER",
        "The name server, or several, that is asked about dnssrv+NAME in place of those in /etc/resolv.conf: IP, IP:PORT or [V6]:PORT.",
    ),
    (
        "NO_COLOR",
        "If it is set and not empty, nothing is coloured.",
    ),
    (
        "CLICOLOR_FORCE",
        "If it is set to something else than 0, everything is coloured, also on a pipe.",
    ),
    (
        "SSL_CERT_FILE",
        "The certificates to trust, instead of the system's.",
    ),
    (
        "MCCAS_TLS_CA, MCCAS_TLS_CERT, MCCAS_TLS_KEY, MCCAS_TLS_SERVER_NAME",
        "The same as --tls-ca, --tls-cert, --tls-key and --tls-server-name, where these are not given.",
    ),
    (
        "MCCAS_TLS_INSECURE",
        "If it is 1, the same as --tls-insecure.",
    ),
    (
        "MCCAS_USERNAME",
        "The user name, where --username is not given.",
    ),
    (
        "MCCAS_PASSWORD",
        "The password, where --password-file is not given. It is sent only to a server that asks for it.",
    ),
];

/// Print the manual page of mccas or of one of its commands
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mccas man | man -l -                                    read it
  mccas man update | man -l -
  mccas man > ~/.local/share/man/man1/mccas.1             for man mccas
  mccas man gets > ~/.local/share/man/man1/mccas-gets.1   for man mccas-gets")]
pub(crate) struct Args {
    /// The command; without it the page of mccas itself
    command: Option<String>,
}

impl Subcommand for Args {
    fn asks_servers(&self) -> bool {
        false
    }

    fn run(&self, context: &mut Context) -> anyhow::Result<Exit> {
        // On its own page an option of all commands is just an option.
        let mut tree = (context.tree)()
            .mut_args(|argument| argument.help_heading(None::<&str>))
            .disable_help_subcommand(true);
        // Only a built tree knows the global options of its subcommands.
        tree.build();
        let page = match &self.command {
            None => page(&tree, &tree),
            Some(name) => match tree.find_subcommand(name) {
                Some(command) => page(&tree, command),
                None => return Err(unknown(name, &tree).into()),
            },
        };
        context.out.bytes(&page?)?;
        Ok(Exit::Done)
    }
}

fn unknown(name: &str, tree: &clap::Command) -> UsageError {
    let names: Vec<&str> = tree
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    UsageError::new(format!(
        "there is no command {name:?}; there are {}",
        names.join(", ")
    ))
}

/// The page of a command, as troff.
fn page(tree: &clap::Command, command: &clap::Command) -> anyhow::Result<Vec<u8>> {
    let man = Man::new(command.clone())
        .source(format!("mccas {}", env!("CARGO_PKG_VERSION")))
        .manual("mccas manual");
    let after = command.get_after_long_help().map(ToString::to_string);
    let words = Words::of(&after.unwrap_or_default());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut rest = Roff::new();
    notes(&mut rest, &words.notes);
    exit_status(&mut rest, &words.status);
    environment(&mut rest);
    examples(&mut rest, &words.examples);
    see_also(&mut rest, tree, command);
    rest.to_writer(&mut page)?;
    Ok(page)
}

/// What stands at the end of a `--help`, sorted by the section of the page where it belongs.
#[derive(Debug, Default, PartialEq, Eq)]
struct Words {
    examples: Vec<String>,
    status: Vec<String>,
    /// Paragraphs of lines.
    notes: Vec<Vec<String>>,
}

impl Words {
    fn of(after_help: &str) -> Words {
        let mut words = Words::default();
        for block in after_help.split("\n\n") {
            let lines: Vec<String> = block.trim_end().lines().map(Into::into).collect();
            match lines.first().map(String::as_str) {
                Some("Examples:") => words.examples.extend_from_slice(&lines[1..]),
                // The table stands on every page.
                Some("Exit codes:") => {}
                _ => words.paragraph(&lines),
            }
        }
        words
    }

    fn paragraph(&mut self, lines: &[String]) {
        let is_status = |line: &String| line.starts_with("Exit code");
        let at = lines.iter().position(is_status).unwrap_or(lines.len());
        let (notes, status) = lines.split_at(at);
        self.status.extend_from_slice(status);
        if !notes.is_empty() {
            self.notes.push(notes.to_vec());
        }
    }
}

fn notes(roff: &mut Roff, notes: &[Vec<String>]) {
    if notes.is_empty() {
        return;
    }
    roff.control("SH", ["NOTES"]);
    for (number, paragraph) in notes.iter().enumerate() {
        if number > 0 {
            roff.control("PP", []);
        }
        text(roff, paragraph);
    }
}

fn exit_status(roff: &mut Roff, status: &[String]) {
    roff.control("SH", ["EXIT STATUS"]);
    if !status.is_empty() {
        text(roff, status);
    }
    for (exit, name, meaning) in Exit::ALL {
        let code = exit.code().to_string();
        item(roff, &code, &format!("{name}: {meaning}"));
    }
    item(roff, "128+n", "ended by signal n");
}

fn environment(roff: &mut Roff) {
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in ENVIRONMENT {
        item(roff, name, meaning);
    }
}

fn examples(roff: &mut Roff, lines: &[String]) {
    roff.control("SH", ["EXAMPLES"]);
    // As they stand, line by line.
    roff.control("nf", []);
    text(roff, lines);
    roff.control("fi", []);
}

fn see_also(roff: &mut Roff, tree: &clap::Command, command: &clap::Command) {
    roff.control("SH", ["SEE ALSO"]);
    let name = |of: &clap::Command| {
        of.get_display_name()
            .unwrap_or_else(|| of.get_name())
            .to_string()
    };
    let this = name(command);
    let pages = std::iter::once(tree)
        .chain(tree.get_subcommands())
        .map(name);
    let mut line = Vec::new();
    for page in pages
        .filter(|page| *page != this)
        .chain(["memcached".into()])
    {
        if !line.is_empty() {
            line.push(roman(", "));
        }
        line.push(bold(page));
        line.push(roman("(1)"));
    }
    roff.text(line);
}

/// A word and what it means.
fn item(roff: &mut Roff, word: &str, meaning: &str) {
    roff.control("TP", []);
    roff.text([bold(word)]);
    roff.text([roman(meaning)]);
}

fn text(roff: &mut Roff, lines: &[String]) {
    for line in lines {
        roff.text([roman(line.as_str())]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_help_is_sorted_into_sections() {
        let words = Words::of(
            "Events: a,\nb.\n\nExamples:\n  one\n  two\n\nA note.\nExit code 1 if so.\n\nExit codes: 0 done,\n3 not.",
        );
        let expected = Words {
            examples: vec!["  one".into(), "  two".into()],
            status: vec![
                "Exit code 1 if so.".into(),
                "Exit codes: 0 done,".into(),
                "3 not.".into(),
            ],
            notes: vec![
                vec!["Events: a,".into(), "b.".into()],
                vec!["A note.".into()],
            ],
        };
        assert_eq!(words, expected);
        assert_eq!(Words::of("Exit codes:\n  0  done\n"), Words::default());
    }
}
