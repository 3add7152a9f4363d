//! What a comment or a page cites exists: sections and rules of docs/protocol.md, and the page itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The page that is cited by number.
const PAGE: &str = "protocol.md";

/// What a citation names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// `2.8`, as its heading has it.
    Section(String),
    Rule(String),
}

#[test]
fn every_citation_names_a_section_or_a_rule_that_exists() {
    let places = places(&read(&root().join("docs").join(PAGE)));
    let mut found = 0;
    let mut wrong = Vec::new();
    for file in files(&["src", "tests", "docs"]) {
        for (line, citation) in citations(&read(&file)) {
            found += 1;
            if let Some(fault) = fault(&citation, &places) {
                wrong.push(format!("{}:{line}: {fault}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        found >= 30,
        "only {found} citations found: is the scanner blind?"
    );
}

#[test]
fn every_page_that_is_named_is_in_the_repository() {
    let mut pages = BTreeSet::new();
    for file in files(&["src", "tests", "docs"]) {
        for page in words_ending_with(&read(&file), ".md") {
            let name = page.rsplit('/').next().unwrap_or_default();
            let here = ["", "docs", "scripts"].map(|folder| root().join(folder).join(name));
            assert!(
                here.iter().any(|path| path.exists()),
                "{} names {page}, which a reader does not have",
                file.display()
            );
            pages.insert(name.to_string());
        }
    }
    assert!(pages.contains(PAGE), "{pages:?}");
}

#[test]
fn a_made_up_citation_is_found() {
    let places = places("## 2. Swaps\n### 2.8 Expiry\n- **Rule 12.** Look first.\n");
    let faults = |text: &str| -> Vec<String> {
        let citations = citations(text).into_iter();
        citations.filter_map(|(_, c)| fault(&c, &places)).collect()
    };
    let page = PAGE;
    for right in [
        format!("({page} 2.8)"),
        format!("({page} 2)."),
        format!("see {page} 2.8, rule 12"),
        format!("({page} rule 12): 2.5 million"),
        format!("{page} 2.8: 3 of 4"),
        format!("{page}, as a whole"),
        format!("/// ... ({page}\n    /// rule 12)"),
    ] {
        assert_eq!(faults(&right), [""; 0], "{right}");
    }
    for (wrong, count) in [
        (format!("({page} 2.9)"), 1),
        (format!("({page} 3)"), 1),
        (format!("({page} 2.8, rule 13)"), 1),
        (format!("({page} rules 12 and 13)"), 1),
        (format!("({page} rules 1, 2 and 3)"), 3),
        (format!("//! ({page}\n//! 7.7)"), 1),
        (format!("[{page}]({page}) 2.9"), 1),
        (format!("by {} 12", "rule"), 1),
    ] {
        assert_eq!(faults(&wrong).len(), count, "{wrong}: {:?}", faults(&wrong));
    }
}

/// The sections and rules that a page has.
fn places(page: &str) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix('#') {
            let heading = heading.trim_start_matches('#').trim_start();
            let number = heading.split(' ').next().unwrap_or_default();
            if number.starts_with(|c: char| c.is_ascii_digit()) {
                places.insert(Place::Section(number.trim_end_matches('.').to_string()));
            }
        }
        if let Some((number, _)) = line
            .strip_prefix("- **Rule ")
            .and_then(|r| r.split_once(".**"))
        {
            places.insert(Place::Rule(number.to_string()));
        }
    }
    places
}

/// A citation: `protocol.md 2.8`, `protocol.md rules 12 and 13`; `None` is a rule of a page that is not named.
type Citation = Option<Place>;

/// What is wrong with a citation.
fn fault(citation: &Citation, places: &BTreeSet<Place>) -> Option<String> {
    match citation {
        None => Some(format!("a rule of which page? Write: {PAGE} rule N")),
        Some(place) if !places.contains(place) => {
            Some(format!("{PAGE} has no such place: {place:?}"))
        }
        Some(_) => None,
    }
}

/// All citations of a text, with the number of the line that they begin in.
fn citations(text: &str) -> Vec<(usize, Citation)> {
    let words: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .flat_map(|(number, line)| line.split_whitespace().map(move |word| (number + 1, word)))
        .filter(|(_, word)| !["//", "///", "//!"].contains(word))
        .collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&(line, word)) = words.get(at) {
        at += 1;
        let linked = word.starts_with('[') && word.trim_end_matches(')').ends_with(PAGE);
        if linked || word.ends_with(PAGE) {
            let places;
            (places, at) = places_cited(&words, at);
            found.extend(places.into_iter().map(|place| (line, Some(place))));
        } else if is_rule(word) && words.get(at).and_then(|(_, w)| number(w)).is_some() {
            found.push((line, None));
        }
    }
    found
}

/// The places named from this word on, and where the text goes on behind them.
fn places_cited(words: &[(usize, &str)], mut at: usize) -> (Vec<Place>, usize) {
    let mut places = Vec::new();
    let mut of_rules = false;
    while let Some(&(_, word)) = words.get(at) {
        if is_rule(word) {
            of_rules = true;
        } else if let Some(number) = number(word) {
            places.push(if of_rules {
                Place::Rule(number.to_string())
            } else {
                Place::Section(number.to_string())
            });
            // "2.8: 3 of 4", "2.8). 2 more": what follows is no part of it.
            if word.ends_with([':', ';', ')', '.']) || word.contains(')') {
                return (places, at + 1);
            }
        } else if word != "and" {
            break;
        }
        at += 1;
    }
    (places, at)
}

fn is_rule(word: &str) -> bool {
    let word = word.trim_start_matches('(');
    ["rule", "rules"].contains(&word)
}

/// `12` of `12),`; nothing of `2.5x` or of a word.
fn number(word: &str) -> Option<&str> {
    let number = word.trim_end_matches([')', ',', '.', ':', ';', '?']);
    let parts: Vec<&str> = number.split('.').collect();
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (parts.len() <= 2 && parts.iter().all(digits)).then_some(number)
}

/// File names with this ending, without what surrounds them.
fn words_ending_with<'a>(text: &'a str, ending: &str) -> Vec<&'a str> {
    let in_name = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    text.split(|c| !in_name(c))
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.ends_with(ending) && word.len() > ending.len())
        .collect()
}

/// Sources and pages in these folders, but for the page itself and for this file, which makes up citations.
fn files(folders: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs" || e == "md") {
                files.push(path);
            }
        }
    }
    let own = [Path::new("docs").join(PAGE), file!().into()];
    files.retain(|file| !own.iter().any(|own| file.ends_with(own)));
    files
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).expect("a text file")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
