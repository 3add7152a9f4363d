//! The draft of the meta commands that 1.5.19 to 1.5.22 know: all flags in one word, what they take in the words behind it, and
//! an answer in the same order.

use super::dialect::Treatment;
use super::request::Request;

const TOO_MANY: &str = "CLIENT_ERROR incorrect number of tokens supplied\r\n";
const UNKNOWN: &str = "CLIENT_ERROR invalid or duplicate flag\r\n";

/// Without flags a read shows these.
const DEFAULT: &str = "sftv";
/// The flags of a read and of a delete, and those that take a word.
const OF_READS: &str = "sftvcukqOCDNTR";
const OF_DELETES: &str = "ITCOqk";
const WITH_WORDS: &str = "OCDNTR";

pub(super) fn treat(request: &Request) -> Treatment {
    let words = request.words.iter().map(String::as_str);
    match words.collect::<Vec<_>>()[..] {
        ["mn", ..] | ["me"] => Treatment::Say("EN\r\n".into()),
        ["mg"] | ["ma", ..] => Treatment::Say("ERROR\r\n".into()),
        ["mg", key] => read(key, DEFAULT, &[]),
        ["mg", key, flags, ref words @ ..] => read(key, flags, words),
        ["md", key] => delete(key, "", &[]),
        ["md", key, flags, ref words @ ..] => delete(key, flags, words),
        ["ms", ..] => Treatment::Say(UNKNOWN.into()),
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

/// The flags as they are written today, each with its word, or what is wrong with them.
fn spelled(flags: &str, known: &str, words: &[&str]) -> Result<Vec<String>, &'static str> {
    if !flags.chars().all(|flag| known.contains(flag)) {
        return Err(UNKNOWN);
    }
    let takes_word = |flag: char| WITH_WORDS.contains(flag);
    if flags.chars().filter(|flag| takes_word(*flag)).count() != words.len() {
        return Err(TOO_MANY);
    }
    let mut words = words.iter();
    let spelled = flags.chars().map(|flag| {
        let word = if takes_word(flag) { words.next() } else { None };
        format!("{flag}{}", word.unwrap_or(&""))
    });
    Ok(spelled.collect())
}

fn read(key: &str, flags: &str, words: &[&str]) -> Treatment {
    let spelled = match spelled(flags, OF_READS, words) {
        Ok(spelled) => spelled,
        Err(error) => return Treatment::Say(error.into()),
    };
    // A read compares no token.
    let spelled = spelled.iter().filter(|flag| !flag.starts_with('C'));
    let spelled: Vec<String> = spelled.map(|flag| format!(" {flag}")).collect();
    let flags = flags.to_string();
    Treatment::translate(format!("mg {key}{}\r\n", spelled.concat()), move |answer| {
        in_the_drafts_words(&answer, &flags)
    })
}

/// `VA 2 c1 t99 O5 W X` and the value have become `VA WXctO 1 99 5`, the value, `EN`.
fn in_the_drafts_words(answer: &[u8], flags: &str) -> Vec<u8> {
    if answer.starts_with(b"EN") {
        return b"EN\r\n".to_vec();
    }
    if !answer.starts_with(b"HD") && !answer.starts_with(b"VA") {
        return answer.to_vec();
    }
    let end = answer.iter().position(|byte| *byte == b'\n');
    let line = end.map_or(0, |end| end + 1);
    let head = String::from_utf8_lossy(&answer[..line]);
    let code = if head.starts_with("VA") { 2 } else { 1 };
    let words = head.split_ascii_whitespace().skip(code);
    let (mut states, values): (Vec<&str>, Vec<&str>) =
        words.partition(|word| ["W", "X", "Z"].contains(word));
    states.sort_unstable();
    let values: Vec<String> = values
        .iter()
        .filter(|word| word.len() > 1)
        .map(|word| format!(" {}", &word[1..]))
        .collect();
    let head = format!("VA {}{flags}{}\r\n", states.concat(), values.concat());
    [head.as_bytes(), &answer[line..], b"EN\r\n"].concat()
}

fn delete(key: &str, flags: &str, words: &[&str]) -> Treatment {
    let spelled = match spelled(flags, OF_DELETES, words) {
        Ok(spelled) => spelled,
        Err(error) => return Treatment::Say(error.into()),
    };
    let opaque = spelled.iter().find_map(|flag| flag.strip_prefix('O'));
    let shown = opaque.map_or_else(|| flags.to_string(), |opaque| format!("{flags} {opaque}"));
    let spelled: Vec<String> = spelled.iter().map(|flag| format!(" {flag}")).collect();
    Treatment::translate(format!("md {key}{}\r\n", spelled.concat()), move |answer| {
        let code = match answer.get(..2) {
            Some(b"HD") => "DE",
            Some(b"EX") => "EX",
            Some(b"NF") => "NF",
            _ => return answer,
        };
        format!("{code} {shown}\r\n").into_bytes()
    })
}
