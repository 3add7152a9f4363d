//! Items and events as text for people.

use std::fmt::Write as _;

use super::Paint;
use super::columns::{space, widths};
use super::event::Event;
use crate::cas::shown::{Shown, quoted};
use crate::cas::{Item, Key, Token, Ttl};

/// The head lines of several items; `for_people` they are aligned with each other, and the time left is as people write it.
pub(crate) fn heads(items: &[(&Key, &Item)], paint: Paint, for_people: bool) -> Vec<String> {
    let rows: Vec<[String; 5]> = items
        .iter()
        .map(|(key, item)| fields(key, item, for_people))
        .collect();
    let widths = if for_people { widths(&rows) } else { [0; 5] };
    rows.iter()
        .zip(items)
        .map(|([key, token, ttl, flags, size], (_, item))| {
            let fill = |text: &str, column: usize| space(text, widths[column]);
            let mut line = format!("{}{}", paint.key(key), fill(key, 0));
            for (label, text, column) in [("token", token, 1), ("ttl", ttl, 2), ("flags", flags, 3)]
            {
                let shown = if column == 1 {
                    paint.token(text)
                } else {
                    text.clone()
                };
                line += &format!("  {} {shown}{}", paint.label(label), fill(text, column));
            }
            line += &format!("  {}{size} {}", fill(size, 4), paint.label("B"));
            if let Some(word) = item.freshness.word() {
                line += &format!("  {}", paint.warning(word));
            }
            line
        })
        .collect()
}

/// Each key and its server, aligned with each other if `aligned`.
pub(crate) fn located(keys: &[(&Key, &str)], paint: Paint, aligned: bool) -> Vec<String> {
    let rows: Vec<[String; 1]> = keys.iter().map(|(key, _)| [key.to_string()]).collect();
    let [width] = if aligned { widths(&rows) } else { [0] };
    let line = |([key], (_, server)): (&[String; 1], &(&Key, &str))| {
        format!("{}{}  {server}", paint.key(key), space(key, width))
    };
    rows.iter().zip(keys).map(line).collect()
}

/// The head line of one item, not aligned with others.
pub(crate) fn head(key: &Key, item: &Item, paint: Paint, for_people: bool) -> String {
    if paint != Paint::NONE || for_people || item.freshness.word().is_some() {
        return heads(&[(key, item)], paint, for_people).concat();
    }
    // The same by fewer steps: a list of keys has very many of them.
    let mut line = String::with_capacity(96);
    let (token, ttl) = (item.token, ttl(item.ttl, false));
    let _ = write!(line, "{key}  token {token}  ttl {ttl}");
    let _ = write!(line, "  flags {}  {} B", item.flags, item.size);
    line
}

/// What a server has under a key.
#[derive(Clone, Copy)]
pub(crate) enum Held<'a> {
    Item(&'a Item),
    Nothing,
    /// It did not tell; the word for why.
    Unknown(&'a str),
}

/// What each server has under each key; `for_people` aligned with each other, and the values cut.
pub(crate) fn held(rows: &[(&Key, &str, Held)], paint: Paint, for_people: bool) -> Vec<String> {
    let names: Vec<[String; 2]> = rows
        .iter()
        .map(|(key, server, _)| [key.to_string(), (*server).to_string()])
        .collect();
    let widths = if for_people { widths(&names) } else { [0; 2] };
    let line = |([key, server], (_, _, held)): (&[String; 2], &(&Key, &str, Held))| {
        let what = match held {
            Held::Item(item) => event_item(item, paint, for_people),
            Held::Nothing => paint.label("missing"),
            Held::Unknown(why) => paint.bad(why),
        };
        let (after_key, after_server) = (space(key, widths[0]), space(server, widths[1]));
        format!(
            "{}{after_key}  {server}{after_server}  {what}",
            paint.key(key)
        )
    };
    names.iter().zip(rows).map(line).collect()
}

fn fields(key: &Key, item: &Item, for_people: bool) -> [String; 5] {
    [
        key.to_string(),
        item.token.to_string(),
        ttl(item.ttl, for_people),
        item.flags.to_string(),
        item.size.to_string(),
    ]
}

/// Time left: as people write it, or for a program in seconds, which need no arithmetic there. `--ttl` takes both.
fn ttl(ttl: Ttl, for_people: bool) -> String {
    match ttl {
        Ttl::Never => "never".into(),
        Ttl::Seconds(left) if for_people => duration(left),
        Ttl::Seconds(left) => format!("{left}s"),
        Ttl::Unknown => "unknown".into(),
    }
}

/// Seconds as they are typed: 45m10s, 40d.
pub(super) fn duration(seconds: u64) -> String {
    if seconds == 0 {
        return "0s".into();
    }
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let mut text = String::new();
    for (number, unit) in parts.iter().filter(|(number, _)| *number > 0) {
        text += &format!("{number}{unit}");
    }
    text
}

/// A value for a terminal: on one line, control bytes escaped.
pub(crate) fn escaped(value: &[u8]) -> String {
    Shown(value).to_string()
}

/// The name of an event, in its colour.
pub(crate) fn event(event: Event, paint: Paint) -> String {
    let name = event.name();
    match event {
        Event::Present | Event::Absent => paint.label(name),
        Event::Changed | Event::Created | Event::Reachable => paint.good(name),
        Event::Touched | Event::NotStored => paint.warning(name),
        Event::Deleted
        | Event::Lost
        | Event::Missing
        | Event::Unreachable
        | Event::Refused
        | Event::NoCas
        | Event::Unsuitable
        | Event::NotInTime => paint.bad(name),
    }
}

/// Who wrote, and how.
pub(crate) fn writer(client: &str, command: &str, paint: Paint) -> String {
    format!(
        "{} {} {}",
        paint.label("by"),
        escaped(client.as_bytes()),
        paint.label(&format!("({})", escaped(command.as_bytes())))
    )
}

/// What is known of an item, on the rest of an event's line; `for_people` the value is cut to its beginning.
pub(crate) fn event_item(item: &Item, paint: Paint, for_people: bool) -> String {
    let state = item
        .freshness
        .word()
        .map(|word| format!("  {}", paint.warning(word)))
        .unwrap_or_default();
    let value = if for_people {
        quoted(&item.value)
    } else {
        format!("\"{}\"", escaped(&item.value))
    };
    format!(
        "{} {}  {} {}  {} {}  {} {}{state}  {value}",
        paint.label("token"),
        paint.token(&item.token.to_string()),
        paint.label("ttl"),
        ttl(item.ttl, for_people),
        paint.label("flags"),
        item.flags,
        item.size,
        paint.label("B"),
    )
}

/// Token and time left, where the value did not change.
pub(crate) fn event_meta(token: Token, left: Ttl, paint: Paint, for_people: bool) -> String {
    format!(
        "{} {}  {} {}",
        paint.label("token"),
        paint.token(&token.to_string()),
        paint.label("ttl"),
        ttl(left, for_people)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::Freshness;
    use crate::cas::testing::item;

    #[test]
    fn the_time_left_is_written_as_people_type_it() {
        for (seconds, text) in [
            (0, "0s"),
            (52, "52s"),
            (60, "1m"),
            (2710, "45m10s"),
            (3600, "1h"),
            (3_456_000, "40d"),
            (90_061, "1d1h1m1s"),
            (86_401, "1d1s"),
        ] {
            assert_eq!(ttl(Ttl::Seconds(seconds), true), text);
            assert_eq!(ttl(Ttl::Seconds(seconds), false), format!("{seconds}s"));
        }
        for for_people in [true, false] {
            assert_eq!(ttl(Ttl::Never, for_people), "never");
            assert_eq!(ttl(Ttl::Unknown, for_people), "unknown");
        }
    }

    #[test]
    fn a_head_by_itself_is_the_head_among_others() {
        let plain = item("value", 7);
        let expiring = Item {
            ttl: Ttl::Seconds(52),
            flags: 9,
            ..plain.clone()
        };
        let stale = Item {
            freshness: Freshness::Stale { won: false },
            ..plain.clone()
        };
        let key = Key::new("a b\n\u{e4}").unwrap();
        for item in [plain, expiring, stale] {
            for for_people in [true, false] {
                let among = heads(&[(&key, &item)], Paint::NONE, for_people).concat();
                assert_eq!(head(&key, &item, Paint::NONE, for_people), among);
            }
        }
    }
}
