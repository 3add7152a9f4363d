//! `mccas gets --all-servers`: who holds a key, and whether those who do hold the same.

use super::{Context, connect};
use crate::cas::{Item, Key, StoreError};
use crate::client::everywhere::Shelf;
use crate::exit::Exit;
use crate::output::report::{Report, Status};
use crate::output::text::{self, Held};

pub(super) fn run(keys: &[Key], context: &mut Context) -> anyhow::Result<Exit> {
    let shelves = connect::look_everywhere(context.settings, keys);
    if context.out.json() {
        objects(keys, &shelves, context)?;
    } else {
        lines(keys, &shelves, context)?;
    }
    remarks(keys, &shelves, context);
    let failures = shelves
        .iter()
        .flat_map(|shelf| &shelf.held)
        .filter_map(|held| held.as_ref().err());
    let exits = (0..keys.len()).map(|at| match holders(at, &shelves).next() {
        Some(_) => Exit::Done,
        None => Exit::Missing,
    });
    let worst = failures
        .map(Exit::of)
        .chain(exits)
        .max_by_key(|exit| exit.code());
    Ok(worst.unwrap_or(Exit::Done))
}

/// What the servers hold under a key.
fn holders(at: usize, shelves: &[Shelf]) -> impl Iterator<Item = &Item> {
    shelves
        .iter()
        .filter_map(move |shelf| shelf.held[at].as_ref().ok()?.as_ref())
}

/// Whether the servers that hold a key hold different values or flags; `None` if it is not on several.
fn differs(at: usize, shelves: &[Shelf]) -> Option<bool> {
    let mut holders = holders(at, shelves);
    let first = holders.next()?;
    let mut others = holders.peekable();
    others.peek()?;
    Some(others.any(|other| (&other.value, other.flags) != (&first.value, first.flags)))
}

/// An object per key and server.
fn objects(keys: &[Key], shelves: &[Shelf], context: &mut Context) -> anyhow::Result<()> {
    for (at, key) in keys.iter().enumerate() {
        let differs = differs(at, shelves);
        for shelf in shelves {
            let report = match &shelf.held[at] {
                Ok(Some(item)) => Report {
                    differs,
                    ..Report::of(Status::Found).item(item.clone())
                },
                Ok(None) => Report::of(Status::Missing),
                Err(error) => Report {
                    error: Some(error.to_string()),
                    ..Report::of(Status::of(error))
                },
            };
            let server = Some(shelf.server.clone());
            context.out.object(&Report {
                server,
                ..report.key(key)
            })?;
        }
    }
    Ok(())
}

/// A line per key and server.
fn lines(keys: &[Key], shelves: &[Shelf], context: &mut Context) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        for shelf in shelves {
            let held = match &shelf.held[at] {
                Ok(Some(item)) => Held::Item(item),
                Ok(None) => Held::Nothing,
                Err(error) => Held::Unknown(Exit::of(error).name()),
            };
            rows.push((key, shelf.server.as_str(), held));
        }
    }
    for line in text::held(&rows, context.out.paint(), context.out.terminal()) {
        context.out.line(&line)?;
    }
    Ok(())
}

/// What people want to know of it all: who is down, what is nowhere, and what is not the same everywhere.
fn remarks(keys: &[Key], shelves: &[Shelf], context: &mut Context) {
    for shelf in shelves {
        let mut told: Vec<&StoreError> = Vec::new();
        for error in shelf.held.iter().filter_map(|held| held.as_ref().err()) {
            if !told.contains(&error) {
                context.out.outcome(Exit::of(error), &error.to_string());
                told.push(error);
            }
        }
    }
    for (at, key) in keys.iter().enumerate() {
        let count = holders(at, shelves).count();
        let answers = shelves.iter().filter(|shelf| shelf.held[at].is_ok());
        match (count, answers.count()) {
            (0, 0) => {}
            (0, answered) => context.out.message(&format!(
                "{key} is on none of the {answered} servers that answered"
            )),
            _ if differs(at, shelves) == Some(true) => context.out.message(&format!(
                "{key} is not the same on the {count} servers that hold it"
            )),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::testing::item;

    fn shelves(held: impl IntoIterator<Item = Option<Item>>) -> Vec<Shelf> {
        let shelf = |item| Shelf {
            server: String::new(),
            held: vec![Ok(item)],
        };
        held.into_iter().map(shelf).collect()
    }

    #[test]
    fn values_and_flags_differ_and_tokens_do_not_count() {
        let differs = |held: &[Option<Item>]| differs(0, &shelves(held.iter().cloned()));
        let (one, same, other) = (item("v", 1), item("v", 2), item("w", 3));
        let flagged = Item {
            flags: 1,
            ..one.clone()
        };
        assert_eq!(
            differs(&[Some(one.clone()), None, Some(same.clone())]),
            Some(false)
        );
        assert_eq!(
            differs(&[Some(one.clone()), Some(same), Some(other)]),
            Some(true)
        );
        assert_eq!(differs(&[Some(one.clone()), Some(flagged)]), Some(true));
        assert_eq!(differs(&[Some(one), None]), None);
        assert_eq!(differs(&[None, None]), None);
    }
}
