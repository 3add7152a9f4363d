//! Which characters a terminal can show, as far as the environment says: bars of blocks, or of plain ASCII.

use std::env;
use std::sync::OnceLock;

/// What bars are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Glyphs {
    Blocks,
    /// Under the POSIX locale, in which nothing else is a character.
    Ascii,
}

impl Glyphs {
    /// Those of this process.
    pub(crate) fn here() -> Glyphs {
        static HERE: OnceLock<Glyphs> = OnceLock::new();
        *HERE.get_or_init(|| {
            let value = |name| env::var(name).unwrap_or_default();
            Glyphs::of(["LC_ALL", "LC_CTYPE", "LANG"].map(value))
        })
    }

    /// The first variable that says anything decides (POSIX, 8.2). Where none does, blocks: most containers set none, and
    /// their terminals show them.
    fn of(locale: [String; 3]) -> Glyphs {
        let named = locale.into_iter().find(|value| !value.is_empty());
        match named.as_deref() {
            Some("C" | "POSIX") => Glyphs::Ascii,
            _ => Glyphs::Blocks,
        }
    }

    /// From empty to full, in eight steps.
    pub(crate) fn heights(self) -> [char; 8] {
        match self {
            Glyphs::Blocks => ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
            Glyphs::Ascii => ['_', '.', ':', '-', '=', '+', '*', '#'],
        }
    }

    /// Nothing at all, where something could be.
    pub(crate) fn none(self) -> char {
        match self {
            Glyphs::Blocks => '·',
            Glyphs::Ascii => ' ',
        }
    }

    /// A bar of so many eighths of a character.
    pub(crate) fn bar(self, eighths: usize) -> String {
        const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
        match self {
            Glyphs::Blocks => "█".repeat(eighths / 8) + EIGHTHS[eighths % 8],
            Glyphs::Ascii => "#".repeat((eighths + 4) / 8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_posix_locale_has_ascii_only() {
        let of =
            |all: &str, ctype: &str, lang: &str| Glyphs::of([all, ctype, lang].map(String::from));
        assert_eq!(of("", "", ""), Glyphs::Blocks);
        assert_eq!(of("", "", "C"), Glyphs::Ascii);
        assert_eq!(of("", "", "POSIX"), Glyphs::Ascii);
        assert_eq!(of("C.UTF-8", "", "C"), Glyphs::Blocks);
        assert_eq!(of("", "C", "en_GB.UTF-8"), Glyphs::Ascii);
    }

    #[test]
    fn a_bar_ends_in_eighths_or_is_rounded() {
        assert_eq!(Glyphs::Blocks.bar(0), "");
        assert_eq!(Glyphs::Blocks.bar(20), "██▌");
        assert_eq!(Glyphs::Ascii.bar(20), "###");
        assert_eq!(Glyphs::Ascii.bar(3), "");
    }
}
