//! What the generators of the scripts leave to be wished for: files are offered where none can stand, and options first.

use std::fmt::Write as _;

use clap::Command;

/// For bash: nothing where nothing is known, commands first and options only after a -, and the command of `update`.
pub(super) fn bash(script: &str) -> String {
    let mut lines = Vec::new();
    for line in script.lines() {
        let indent = &line[..line.len() - line.trim_start().len()];
        match line.trim_start() {
            // Files, which the shell would offer by itself as well (below).
            "COMPREPLY=($(compgen -f \"${cur}\"))" if !after_filenames(&lines) => {
                lines.push(format!("{indent}COMPREPLY=()"));
            }
            "COMPREPLY=(\"${cur}\")" => lines.push(format!("{indent}COMPREPLY=()")),
            test if test.starts_with("if [[ ${cur} == -* || ${COMP_CWORD} -eq ") => {
                lines.push(format!("{indent}if [[ ${{cur}} == -* ]] ; then"));
            }
            "COMPREPLY=( $(compgen -W \"${opts}\" -- \"${cur}\") )" if indent.len() == 12 => {
                let words = "compgen -W \"${opts}\" -X '-*' -- \"${cur}\"";
                lines.push(format!("{indent}COMPREPLY=( $({words}) )"));
            }
            "case \"${cmd}\" in" => {
                lines.extend(BEHIND_DASHES.lines().map(String::from));
                lines.push(line.into());
            }
            _ => lines.push(line.replace(" -o bashdefault -o default mccas", " mccas")),
        }
    }
    lines.join("\n") + "\n"
}

/// Behind -- stand keys and values, of which nothing is known, or the command of `update`.
const BEHIND_DASHES: &str = r#"    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ "${COMP_WORDS[i]}" == -- ]]; then
            if [[ "${cmd}" == mccas__subcmd__update && $((i + 1)) -eq COMP_CWORD ]]; then
                COMPREPLY=( $(compgen -c -- "${cur}") )
            elif [[ "${cmd}" == mccas__subcmd__update ]]; then
                compopt -o default
            fi
            return 0
        fi
    done
"#;

/// Whether the lines before prepare for the names of files.
fn after_filenames(lines: &[String]) -> bool {
    lines
        .last()
        .is_some_and(|line| line.trim_start().starts_with("IFS="))
}

/// For zsh: an argument of which nothing is known is no reason to put nothing in, and `update` runs a command behind --.
pub(super) fn zsh(script: &str) -> String {
    let mut lines = Vec::new();
    for line in script.lines() {
        let is_positional = line.starts_with("':") || line.starts_with("'*:");
        let line = match line.strip_suffix(":' \\") {
            // An empty action would show a message, and a single match would wait behind it.
            // With two colons behind *, the words of an option (--fallback) are not offered once a key stands before it.
            Some(start) if is_positional => {
                format!("{}:( )' \\", start.replacen("'*::", "'*:", 1))
            }
            _ => line.replace(":_cmdambivalent'", ":_mccas_command'"),
        };
        lines.push(line);
    }
    lines.join("\n").replacen(
        "autoload -U is-at-least\n",
        "autoload -U is-at-least\n\n_mccas_command() {\n    \
         local at=${words[(i)--]}\n    (( at < CURRENT )) || return 1\n    \
         shift at words\n    (( CURRENT -= at ))\n    _normal\n}\n",
        1,
    ) + "\n"
}

/// For fish: no files but where one is asked for, the words of arguments, and a line that is not whole yet.
pub(super) fn fish(script: &str, tree: &Command) -> String {
    // Of `mccas --color` it says that it lacks a value; what would be offered otherwise is just that.
    let script = script.replacen(
        "2>/dev/null\n    or return\n",
        "2>/dev/null\n    or return 0\n",
        1,
    );
    // The word that is looked for is always there: it is the command itself.
    let script = script.replace(" man help\" -f -a", " man\" -f -a");
    let mut all = format!("{script}complete -c mccas -f\n");
    for command in tree.get_subcommands() {
        let name = command.get_name();
        for argument in command.get_positionals() {
            for word in argument.get_possible_values() {
                let help = word.get_help().map(ToString::to_string).unwrap_or_default();
                let _ = writeln!(
                    all,
                    "complete -c mccas -n \"__fish_mccas_using_subcommand {name}\" -f -a {} -d '{}'",
                    word.get_name(),
                    help.replace('\\', "\\\\").replace('\'', "\\'")
                );
            }
        }
    }
    all + "complete -c mccas -n \"__fish_mccas_using_subcommand update; and contains -- -- (commandline -opc)\" -F -a \
           \"(__fish_complete_command)\"\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bash_offers_files_only_where_a_file_can_stand() {
        let script = "    COMPREPLY=($(compgen -f \"${cur}\"))\n    IFS=$'\\n'\n    COMPREPLY=($(compgen -f \"${cur}\"))\n";
        let expected =
            "    COMPREPLY=()\n    IFS=$'\\n'\n    COMPREPLY=($(compgen -f \"${cur}\"))\n";
        assert_eq!(bash(script), expected);
        assert_eq!(
            bash("complete -F _mccas -o nosort -o bashdefault -o default mccas\n"),
            "complete -F _mccas -o nosort mccas\n"
        );
    }
}
