//! Colour as a value: decided once per stream, used by meaning.

use std::env;

use colored::{Color, Colorize, Styles};

/// When the user wants colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum When {
    /// On a terminal that can show it, unless the environment says otherwise.
    #[default]
    Auto,
    Always,
    Never,
}

/// The colours of one stream, or their absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paint(bool);

impl Paint {
    /// No colours.
    pub(crate) const NONE: Paint = Paint(false);

    /// Decides for a stream; `terminal` says whether it is one.
    pub(crate) fn decide(when: When, terminal: bool) -> Paint {
        let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let forced = set("CLICOLOR_FORCE")
            && env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let paint = Paint(enabled(when, set("NO_COLOR"), forced, terminal && !dumb));
        if paint.0 {
            // The crate would ask stdout alone whether to colour; whether to is decided here, so it shall always.
            colored::control::set_override(true);
        }
        paint
    }

    pub(crate) fn program(self, text: &str) -> String {
        self.style(text, None, Styles::Dimmed)
    }

    pub(crate) fn key(self, text: &str) -> String {
        self.style(text, None, Styles::Bold)
    }

    pub(crate) fn token(self, text: &str) -> String {
        self.style(text, Some(Color::Cyan), Styles::Clear)
    }

    pub(crate) fn label(self, text: &str) -> String {
        self.style(text, None, Styles::Dimmed)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.style(text, Some(Color::Green), Styles::Clear)
    }

    pub(crate) fn warning(self, text: &str) -> String {
        self.style(text, Some(Color::Yellow), Styles::Clear)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.style(text, Some(Color::Red), Styles::Clear)
    }

    fn style(self, text: &str, color: Option<Color>, style: Styles) -> String {
        if !self.0 {
            return text.into();
        }
        let painted = match color {
            Some(color) => text.color(color),
            None => text.normal(),
        };
        match style {
            Styles::Bold => painted.bold(),
            Styles::Dimmed => painted.dimmed(),
            _ => painted,
        }
        .to_string()
    }
}

/// The option decides; then `NO_COLOR` (no-color.org), then `CLICOLOR_FORCE` (bixense.com/clicolors), then the stream.
fn enabled(when: When, no_color: bool, forced: bool, capable: bool) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => !no_color && (forced || capable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_beats_the_environment_and_the_environment_the_stream() {
        assert!(enabled(When::Always, true, false, false));
        assert!(!enabled(When::Never, false, true, true));
        assert!(!enabled(When::Auto, true, true, true));
        assert!(enabled(When::Auto, false, true, false));
        assert!(enabled(When::Auto, false, false, true));
        assert!(!enabled(When::Auto, false, false, false));
    }
}
