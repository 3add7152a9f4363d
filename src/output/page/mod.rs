//! Pages for a browser: each is one file that needs nothing else, readable in light and dark, on a phone, on paper and to a
//! screen reader.

pub(crate) mod chart;

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// How all pages look.
const STYLE: &str = include_str!("style.css");

/// A whole page. The title is text, and so is all that `html!` is given elsewhere: it escapes by itself.
pub(crate) fn document(title: &str, version: &str, content: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // Nothing is fetched and nothing runs, whatever the text in it says.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                meta name="color-scheme" content="light dark";
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main { (content) }
                footer { p { "Written by mccas " (version) ". This page is one file: it can be mailed and printed." } }
            }
        }
    };
    page.into_string()
}

/// A table that can be scrolled sideways where there is little room, also by keys.
pub(crate) fn table(caption: &str, heads: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @if let Some((first, others)) = row.split_first() {
                                th scope="row" { (first) }
                                @for cell in others { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A share as a bar, and as a number.
pub(crate) fn bar(share: f64) -> Markup {
    let percent = share * 100.0;
    html! {
        span.bar aria-hidden="true" { span style=(format!("width:{percent:.1}%")) {} }
        " " (format!("{percent:.0}%"))
    }
}

/// A number as people read it: 12,400.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share as people read it.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or("-".into(), |share| format!("{:.1}%", share * 100.0))
}

/// A command that can be copied.
pub(crate) fn command(text: &str) -> Markup {
    html! { pre tabindex="0" { code { (text) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_from_the_right() {
        let all = [0, 12, 123, 1234, 12_400, 1_234_567].map(grouped);
        assert_eq!(all, ["0", "12", "123", "1,234", "12,400", "1,234,567"]);
    }

    #[test]
    fn text_is_text_wherever_it_stands() {
        let hostile = "</title><script>alert(1)</script>\"'&";
        let rows = [vec![html! { (hostile) }]];
        let page = document(hostile, hostile, &table(hostile, &[hostile], &rows));
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;"));
    }
}
