//! How other releases word what the real server answers to a meta command.

/// Replaces the code of an answer, `HD` as a rule, and leaves the rest.
pub(super) fn coded(answer: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    match answer.strip_prefix(from.as_bytes()) {
        Some(rest) => [to.as_bytes(), rest].concat(),
        None => answer,
    }
}

/// A miss says nothing of what was asked.
pub(super) fn bare_miss(answer: Vec<u8>) -> Vec<u8> {
    if answer.starts_with(b"EN") {
        b"EN\r\n".to_vec()
    } else {
        answer
    }
}

/// A second space stands between the code and what follows, even if nothing does.
pub(super) fn spaced(answer: Vec<u8>, codes: &[&str]) -> Vec<u8> {
    for code in codes {
        if let Some(rest) = answer.strip_prefix(code.as_bytes()) {
            return [code.as_bytes(), b" ", rest].concat();
        }
    }
    answer
}

/// The token that was sent, in place of none.
pub(super) fn echoed(answer: Vec<u8>, token: Option<&str>) -> Vec<u8> {
    let lost = answer.starts_with(b"EX") || answer.starts_with(b"NF");
    match token {
        Some(token) if lost => String::from_utf8_lossy(&answer)
            .replace(" c0", &format!(" c{token}"))
            .into_bytes(),
        _ => answer,
    }
}
