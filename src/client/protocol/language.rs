//! The dialects that memcached has had.
//!
//! Which one a server speaks is recognised by its answer to the first question, never by its version: what answers may be a
//! proxy, which tells another's version or none (protocol.md 13).

/// What a server understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// Meta commands whose misses are marked too: memcached 1.6.18 and newer.
    Meta,
    /// Meta commands whose misses are a bare `EN`: 1.6.10 to 1.6.17.
    BareMiss,
    /// Meta commands that say `OK` for `HD`: 1.6.0 to 1.6.9.
    FirstMeta,
    /// The draft of the meta commands, with all flags in one word: 1.5.19 to 1.5.22.
    Draft,
    /// No meta commands: memcached up to 1.5.18, and other servers.
    Classic,
    /// The same behind a proxy that hangs up over every command it does not know, `stats` among them: twemproxy, mcrouter.
    Relay,
}

impl Language {
    /// Who refuses a read by meta command in these words.
    pub(super) fn of_refusal(text: &str) -> Option<Language> {
        match text {
            // Of all flags that are sent only the b of a base64 key has not always been there.
            "invalid flag" => Some(Language::FirstMeta),
            "incorrect number of tokens supplied" => Some(Language::Draft),
            "ERROR" => Some(Language::Classic),
            _ => None,
        }
    }

    /// What kind of server this seems to be, for messages: nothing to speak of if it is an ordinary one.
    pub(crate) fn peer(self) -> Option<&'static str> {
        match self {
            Language::Meta => None,
            Language::BareMiss => Some("memcached 1.6.10 to 1.6.17"),
            Language::FirstMeta => Some("memcached 1.6.0 to 1.6.9"),
            Language::Draft => Some("memcached 1.5.19 to 1.5.22"),
            Language::Classic => {
                Some("memcached 1.5.18 or older, or another server without meta commands")
            }
            Language::Relay => Some("a proxy such as twemproxy or mcrouter"),
        }
    }
}
