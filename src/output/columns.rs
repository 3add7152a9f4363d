//! Texts one below the other: as wide as a terminal shows them, filled up or cut.

use unicode_width::UnicodeWidthStr;

/// At which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// How many columns of a terminal a text takes: a letter of Chinese takes two, a combining accent none.
pub(crate) fn display_width(text: &str) -> usize {
    text.width()
}

/// The width of the widest of some texts.
pub(crate) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>) -> usize {
    texts.into_iter().map(display_width).max().unwrap_or(0)
}

/// The width of each column of a table.
pub(crate) fn widths<const N: usize>(rows: &[[String; N]]) -> [usize; N] {
    std::array::from_fn(|column| widest(rows.iter().map(|row| row[column].as_str())))
}

/// The space that a text leaves in a column.
pub(crate) fn space(text: &str, room: usize) -> String {
    " ".repeat(room.saturating_sub(display_width(text)))
}

/// The text, filled up to the width of its column.
pub(crate) fn filled(text: &str, room: usize, side: Side) -> String {
    let space = space(text, room);
    match side {
        Side::Left => format!("{text}{space}"),
        Side::Right => format!("{space}{text}"),
    }
}

/// The text, or as much of it as there is room for.
pub(crate) fn cut(text: &str, room: usize) -> String {
    if display_width(text) <= room {
        return text.into();
    }
    let mut kept = String::new();
    for character in text.chars() {
        kept.push(character);
        // Measured as a whole: what a character adds depends on those before it.
        if display_width(&kept) >= room {
            kept.pop();
            break;
        }
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_wide_as_it_is_shown() {
        for (text, columns) in [
            ("", 0),
            ("grün", 4),
            ("gru\u{308}n", 4),
            ("鍵", 2),
            ("▁█·", 3),
        ] {
            assert_eq!(display_width(text), columns, "{text}");
        }
        assert_eq!(widest(["a", "鍵鍵", "abc"]), 4);
        assert_eq!(widest([]), 0);
    }

    #[test]
    fn texts_are_filled_up_at_either_side() {
        assert_eq!(filled("ab", 4, Side::Left), "ab  ");
        assert_eq!(filled("ab", 4, Side::Right), "  ab");
        assert_eq!(filled("鍵", 4, Side::Left), "鍵  ");
        assert_eq!(filled("abcde", 4, Side::Right), "abcde");
        // More than the 65,535 columns that the standard library can fill.
        assert_eq!(filled("x", 70_000, Side::Right).len(), 70_000);
    }

    #[test]
    fn a_table_has_a_width_per_column() {
        let row = |cells: [&str; 2]| cells.map(String::from);
        assert_eq!(widths(&[row(["a", "bcd"]), row(["鍵", ""])]), [2, 3]);
        assert_eq!(widths::<2>(&[]), [0, 0]);
    }

    #[test]
    fn what_has_no_room_is_cut_and_never_too_wide() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("鍵鍵鍵", 4), "鍵…");
        for room in 1..8 {
            assert!(
                display_width(&cut("a鍵b\u{301}鍵c", room)) <= room,
                "{room}"
            );
        }
    }
}
