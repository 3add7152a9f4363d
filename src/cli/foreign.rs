//! The commands of memcached and of other tools that mccas does not have, and what does here what they do there.

/// A line to type, and what it does.
type Line = (&'static str, &'static str);

/// Words, why there is no such command, and what there is instead.
const ANSWERS: &[(&[&str], &str, &[Line])] = &[
    (
        &["set", "put", "store", "replace"],
        "it stores nothing unconditionally, as that is how updates get lost",
        &[
            (
                "mccas cas KEY VALUE --token absent",
                "if the key does not exist",
            ),
            (
                "mccas cas KEY VALUE --token TOKEN",
                "if nobody wrote since (TOKEN from mccas gets)",
            ),
            (
                "mccas cas KEY VALUE --expect OLD",
                "if the value now stored is OLD",
            ),
            (
                "mccas update KEY -- CMD",
                "whatever is there, edited by a command",
            ),
        ],
    ),
    (
        &["add", "create"],
        "to store only if the key does not exist is a case of cas",
        &[(
            "mccas cas KEY VALUE --token absent",
            "exit 3 if it exists already",
        )],
    ),
    (
        &["append", "prepend"],
        "that is an edit",
        &[(
            "mccas update KEY --shell 'cat; echo more'",
            "what it prints is the new value",
        )],
    ),
    (
        &["touch", "gat", "gats", "expire"],
        "that is a swap of the value for itself, with another expiry",
        &[("mccas update KEY --always --ttl 1h -- cat", "")],
    ),
    (
        &["del", "rm", "remove", "unset"],
        "delete does it, and takes only what you have seen",
        &[
            (
                "mccas delete KEY --token TOKEN",
                "if nobody wrote since (TOKEN from mccas gets)",
            ),
            (
                "mccas delete KEY --expect VALUE",
                "if the value now stored is this one",
            ),
        ],
    ),
    (
        &["decr", "decrement", "dec"],
        "incr-cas adds negative numbers, too",
        &[
            ("mccas incr-cas KEY --by -1", "may go below zero"),
            (
                "mccas incr-cas KEY --by -1 --min 0",
                "stops at 0, as memcached's decr does (exit 8)",
            ),
        ],
    ),
    (
        &["increment", "inc"],
        "it is called incr-cas",
        &[("mccas incr-cas KEY --by N", "adds N; 1 without --by")],
    ),
    (
        &["ls", "list", "keys", "dump", "scan"],
        "memcached has no list of its keys to look into",
        &[
            (
                "mccas contention",
                "the keys that are written now, and by whom",
            ),
            (
                "mccas gets KEY...",
                "what is stored under keys that you know",
            ),
            (
                "printf 'lru_crawler metadump all\\r\\n' | nc -w 1 HOST PORT",
                "memcached's own dump, for debugging",
            ),
        ],
    ),
    (
        &["stats", "stat", "info", "top"],
        "the server's counters are not its subject",
        &[
            (
                "mccas contention",
                "which keys are fought over, and by whom",
            ),
            ("mccas bench", "what swaps cost on this server"),
            (
                "printf 'stats\\r\\nquit\\r\\n' | nc HOST PORT",
                "memcached's own counters",
            ),
        ],
    ),
    (
        &["version"],
        "there are two versions",
        &[
            ("mccas --version", "that of mccas"),
            (
                "printf 'version\\r\\nquit\\r\\n' | nc HOST PORT",
                "that of the server",
            ),
        ],
    ),
    (
        &["ping", "health", "status"],
        "check does it, and says where the way ends",
        &[(
            "mccas check",
            "exit 0: all is well; --wait 30s: until it is up",
        )],
    ),
    (
        &["flush_all", "flush", "clear"],
        "it writes nothing but what it has read",
        &[(
            "printf 'flush_all\\r\\nquit\\r\\n' | nc HOST PORT",
            "memcached's own: all keys are gone",
        )],
    ),
    (
        &["mg", "ms", "md", "ma", "me", "mn"],
        "it speaks memcached's meta commands itself",
        &[
            ("mccas gets KEY", "mg"),
            ("mccas cas KEY VALUE --token TOKEN", "ms"),
            ("mccas incr-cas KEY", "ma, as a loop of swaps"),
            ("mccas delete KEY --token TOKEN", "md"),
        ],
    ),
];

/// What to say of a word that is no command of mccas, but one elsewhere; it stands behind "mccas has no 'WORD': ".
pub(super) fn answer(word: &str) -> Option<String> {
    let (_, why, instead) = ANSWERS.iter().find(|(words, ..)| words.contains(&word))?;
    Some(format!("{why}\n\n{}", aligned(instead)))
}

/// Lines of a command and what it does.
fn aligned(lines: &[Line]) -> String {
    let width = lines.iter().map(|(command, _)| command.len()).max();
    let width = width.unwrap_or_default();
    let lines = lines.iter().map(|(command, meaning)| {
        let line = format!("  {command:<width$}  {meaning}");
        format!("{}\n", line.trim_end())
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_other_tools_have_an_answer() {
        for word in [
            "set", "add", "del", "decr", "ls", "stats", "keys", "version", "ping",
        ] {
            let answer = answer(word).unwrap_or_default();
            assert!(answer.contains("\n  mccas "), "{word}: {answer}");
        }
        assert_eq!(answer("gets"), None);
        assert_eq!(answer(""), None);
    }
}
