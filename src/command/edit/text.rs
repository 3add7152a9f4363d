//! What an edit means, as pure text.

use similar::TextMerge;

/// What both sides of a conflict are called in the text.
const NOW: &str = "as it is now";
const YOURS: &str = "your edit";

/// The value that the edited text stands for. Editors end a text with a line feed: where the value had none, one that stands at
/// the end is the editor's.
pub(super) fn meant(before: &[u8], mut edited: Vec<u8>) -> Vec<u8> {
    if !before.ends_with(b"\n") && edited.ends_with(b"\n") {
        edited.pop();
    }
    edited
}

/// Whether the value can be edited as text.
pub(super) fn is_text(value: &[u8]) -> bool {
    str::from_utf8(value).is_ok_and(|text| !text.contains('\0'))
}

/// The text in which the change from `base` to `now` and the one to `yours` are brought together; where they touch the same
/// lines, both stand in it between marks. `None` if one of them is no text.
pub(super) fn merged(base: &[u8], now: &[u8], yours: &[u8]) -> Option<String> {
    let [base, now, yours] = [base, now, yours].map(|value| str::from_utf8(value).ok());
    let mut merge = TextMerge::from_lines(base?, now?, yours?);
    merge.labels("", NOW, YOURS);
    Some(merge.to_string())
}

/// Whether marks of [`merged`] are left.
pub(super) fn has_marks(text: &[u8]) -> bool {
    let marks = [format!("<<<<<<< {NOW}"), format!(">>>>>>> {YOURS}")];
    let mut lines = text.split(|&byte| byte == b'\n');
    lines.any(|line| marks.iter().any(|mark| line == mark.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_feed_that_an_editor_adds_is_not_part_of_the_value() {
        assert_eq!(meant(b"a", b"b\n".to_vec()), b"b");
        assert_eq!(meant(b"a", b"b\n\n".to_vec()), b"b\n");
        assert_eq!(meant(b"a\n", b"b\n".to_vec()), b"b\n");
        assert_eq!(meant(b"a\n", b"b".to_vec()), b"b");
        assert_eq!(meant(b"", b"\n".to_vec()), b"");
        assert_eq!(meant(b"", b"".to_vec()), b"");
    }

    #[test]
    fn text_is_utf8_without_zero_bytes() {
        assert!(is_text("grün\n\u{1b}".as_bytes()) && is_text(b""));
        assert!(!is_text(b"\xff") && !is_text(b"a\0b"));
    }

    #[test]
    fn changes_of_different_lines_are_brought_together() {
        let merged = merged(b"1\n2\n3\n", b"1\n2\nthree\n", b"one\n2\n3\n").unwrap();
        assert_eq!(merged, "one\n2\nthree\n");
        assert!(!has_marks(merged.as_bytes()));
    }

    #[test]
    fn changes_of_the_same_line_stand_both_between_marks() {
        let merged = merged(b"1\n2\n", b"now\n2\n", b"mine\n2\n").unwrap();
        assert_eq!(
            merged,
            "<<<<<<< as it is now\nnow\n=======\nmine\n>>>>>>> your edit\n2\n"
        );
        assert!(has_marks(merged.as_bytes()));
        assert!(!has_marks(b"<<<<<<< something else\n"));
        // Also without a line feed at the end.
        let merged = super::merged(b"old", b"now", b"mine").unwrap();
        assert!(has_marks(merged.as_bytes()), "{merged}");
    }

    #[test]
    fn what_is_no_text_is_not_merged() {
        assert_eq!(merged(b"a", b"\xff", b"b"), None);
    }
}
