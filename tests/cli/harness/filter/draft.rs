//! The draft of the meta commands that 1.5.19 to 1.5.22 know: all flags in one word, the values in the same order.

use super::dialect::Treatment;
use super::request::Request;

const TOO_MANY: &str = "CLIENT_ERROR incorrect number of tokens supplied\r\n";
const UNKNOWN: &str = "CLIENT_ERROR invalid or duplicate flag\r\n";

/// Without flags a read shows these.
const DEFAULT: &str = "sftv";

pub(super) fn treat(request: &Request) -> Treatment {
    let words = request.words.iter().map(String::as_str);
    match words.collect::<Vec<_>>()[..] {
        ["mn", ..] | ["me"] => Treatment::Say("EN\r\n".into()),
        ["mg"] | ["ma", ..] => Treatment::Say("ERROR\r\n".into()),
        ["mg", key] => read(key, DEFAULT, &[]),
        ["mg", key, flags, ref more @ ..] => read(key, flags, more),
        ["md", key] => delete(key, ""),
        ["md", key, "I"] => delete(key, "I"),
        ["md", _, "I", ..] => Treatment::Say(TOO_MANY.into()),
        ["md" | "ms", ..] => Treatment::Say(UNKNOWN.into()),
        ["me", key, ..] => Treatment::translate(format!("me {key}\r\n"), |answer| {
            let end: &[u8] = if answer.starts_with(b"ME") {
                b"EN\r\n"
            } else {
                b""
            };
            [&answer, end].concat()
        }),
        _ => Treatment::Pass,
    }
}

/// Flags that want a word of their own, in an order that no client of today keeps.
const WITH_WORDS: &str = "OCDNTR";
const SHOWN: &str = "sftvcu";

fn read(key: &str, flags: &str, more: &[&str]) -> Treatment {
    let known = |flag| SHOWN.contains(flag) || WITH_WORDS.contains(flag) || flag == 'k';
    if !flags.chars().all(known) {
        return Treatment::Say(UNKNOWN.into());
    }
    if !more.is_empty() || !flags.chars().all(|flag| SHOWN.contains(flag)) {
        return Treatment::Say(TOO_MANY.into());
    }
    let shown: Vec<String> = flags.chars().map(|flag| format!(" {flag}")).collect();
    let flags = flags.to_string();
    Treatment::translate(format!("mg {key}{}\r\n", shown.concat()), move |answer| {
        in_the_drafts_words(&answer, &flags)
    })
}

/// `VA 2 c1 t99` and the value have become `VA vct 1 99`, the value, `EN`.
fn in_the_drafts_words(answer: &[u8], flags: &str) -> Vec<u8> {
    if !answer.starts_with(b"HD") && !answer.starts_with(b"VA") {
        return answer.to_vec();
    }
    let line = answer
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    let head = String::from_utf8_lossy(&answer[..line]);
    let values: Vec<String> = head
        .split_ascii_whitespace()
        .skip(if head.starts_with("VA") { 2 } else { 1 })
        .filter(|word| word.len() > 1)
        .map(|word| format!(" {}", &word[1..]))
        .collect();
    let head = format!("VA {flags}{}\r\n", values.concat());
    [head.as_bytes(), &answer[line..], b"EN\r\n"].concat()
}

fn delete(key: &str, flags: &str) -> Treatment {
    let shown = flags.to_string();
    Treatment::translate(format!("md {key} {flags}\r\n"), move |answer| {
        let code = if answer.starts_with(b"HD") {
            "DE"
        } else {
            "NF"
        };
        format!("{code} {shown}\r\n").into_bytes()
    })
}
