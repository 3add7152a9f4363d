//! Keys from a file or stdin (`--keys-from`), as many as there are: what has come is passed on, and nothing is kept.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cas::Key;
use crate::cas::key::KeyError;
use crate::command::Context;
use crate::command::opened::{self, NotOpen};
use crate::command::stdin;
use crate::exit::Exit;
use crate::output::report::{Report, Status};

/// How much is read at a time. A longer line is no key.
const ROOM: usize = 128 * 1024;

/// The options of a command that takes many keys; flattened into its arguments.
#[derive(Debug, Default, clap::Args)]
pub(in crate::command) struct KeysFrom {
    /// Take the keys from a file, one on each line, or from stdin (-)
    ///
    /// They are read as they come and asked for many at a time, whatever their number; the outcomes come in their order, one for
    /// each. A line that is no key (empty, or too long) is told with its number, and the others go on. The exit code is that of
    /// the worst outcome, and a last line on stderr sums up. For the writer of a named pipe it waits as long as --timeout says.
    #[arg(long, value_name = "FILE|-", value_hint = clap::ValueHint::FilePath)]
    keys_from: Option<PathBuf>,

    /// The keys in --keys-from end with NUL instead of a newline, so that they may hold any other byte
    #[arg(short = '0', long, requires = "keys_from", conflicts_with = "keys")]
    null: bool,
}

impl KeysFrom {
    /// The list, if the user gave one. An exit code if the list did not come in time, which has been told.
    pub(in crate::command) fn open(
        &self,
        context: &mut Context,
    ) -> anyhow::Result<Result<Option<KeyList>, Exit>> {
        let Some(path) = &self.keys_from else {
            return Ok(Ok(None));
        };
        let end = if self.null { 0 } else { b'\n' };
        if path == Path::new("-") {
            let stdin = stdin::open().context("cannot read stdin")?;
            return Ok(Ok(Some(KeyList::new(Box::new(stdin), end))));
        }
        match opened::open(path, context.settings.timeout, "the keys") {
            Ok(file) => Ok(Ok(Some(KeyList::new(Box::new(file), end)))),
            Err(NotOpen::Failed(error)) => Err(error),
            Err(NotOpen::NoWriter(message)) => {
                let exit = Exit::NotInTime;
                if context.out.json() {
                    let report = Report {
                        error: Some(message.clone()),
                        ..Report::of(Status::NotInTime)
                    };
                    context.out.object(&report)?;
                }
                context.out.aside(exit, &message)?;
                Ok(Err(exit))
            }
        }
    }
}

/// A key of the list, or why what stands there is none.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::command) struct Listed {
    /// Counted from 1.
    pub(in crate::command) line: u64,
    pub(in crate::command) key: Result<Key, NoKey>,
    /// Whether the list seems to have the line ends of Windows, as its first line shows; never where keys end with NUL.
    pub(in crate::command) crlf: bool,
}

/// Why a line is no key.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::command) enum NoKey {
    Unfit(KeyError),
    /// It has at least so many bytes.
    Endless(usize),
}

impl std::fmt::Display for NoKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoKey::Unfit(error) => error.fmt(f),
            NoKey::Endless(bytes) => write!(
                f,
                "the key is more than {bytes} bytes long; memcached takes at most {}",
                crate::cas::key::MAX_WIRE_BYTES
            ),
        }
    }
}

/// The keys of a file or stream, one by one.
pub(in crate::command) struct KeyList {
    source: Box<dyn Read>,
    /// What each key ends with; the last one may lack it.
    end: u8,
    inbox: Vec<u8>,
    line: u64,
    /// Whether the line that is being read is too long to be kept.
    endless: bool,
    exhausted: bool,
}

impl KeyList {
    fn new(source: Box<dyn Read>, end: u8) -> KeyList {
        KeyList {
            source,
            end,
            inbox: Vec::new(),
            line: 0,
            endless: false,
            exhausted: false,
        }
    }

    /// The keys that have come: at least one, unless there are no more.
    pub(in crate::command) fn next(&mut self) -> anyhow::Result<Vec<Listed>> {
        while !self.exhausted {
            self.fill().context("cannot read the keys")?;
            let listed = self.take_complete();
            if !listed.is_empty() {
                return Ok(listed);
            }
        }
        Ok(Vec::new())
    }

    /// Reads what has come; waits for at least one byte.
    fn fill(&mut self) -> io::Result<()> {
        let kept = self.inbox.len();
        self.inbox.resize(ROOM, 0);
        let read = loop {
            match self.source.read(&mut self.inbox[kept..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.inbox.truncate(kept + *read.as_ref().unwrap_or(&0));
        self.exhausted = read? == 0;
        Ok(())
    }

    /// Takes the lines that are there whole, and at the end what is left.
    fn take_complete(&mut self) -> Vec<Listed> {
        let mut listed = Vec::new();
        let mut start = 0;
        let inbox = std::mem::take(&mut self.inbox);
        while let Some(length) = inbox[start..].iter().position(|&byte| byte == self.end) {
            listed.push(self.listed(&inbox[start..start + length]));
            start += length + 1;
        }
        let rest = &inbox[start..];
        if self.exhausted && (self.endless || !rest.is_empty()) {
            listed.push(self.listed(rest));
        } else if rest.len() == ROOM {
            self.endless = true;
        } else {
            self.inbox = rest.to_vec();
        }
        listed
    }

    fn listed(&mut self, line: &[u8]) -> Listed {
        self.line += 1;
        let key = if std::mem::take(&mut self.endless) {
            Err(NoKey::Endless(ROOM))
        } else {
            Key::new(line).map_err(NoKey::Unfit)
        };
        Listed {
            line: self.line,
            key,
            crlf: self.line == 1 && self.end == b'\n' && line.ends_with(b"\r"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its pieces one by one, as a slow writer does.
    struct Pieces(Vec<Vec<u8>>);

    impl Read for Pieces {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Some(piece) = self.0.first_mut() else {
                return Ok(0);
            };
            let taken = piece.len().min(into.len());
            into[..taken].copy_from_slice(&piece[..taken]);
            piece.drain(..taken);
            if piece.is_empty() {
                self.0.remove(0);
            }
            Ok(taken)
        }
    }

    /// The lists that come of these pieces: a key as its text, what is none as `-`, each with its line.
    fn lists(pieces: &[&[u8]], end: u8) -> Vec<Vec<String>> {
        let pieces = Pieces(pieces.iter().map(|piece| piece.to_vec()).collect());
        let mut list = KeyList::new(Box::new(pieces), end);
        let mut lists = Vec::new();
        loop {
            let listed = list.next().unwrap();
            if listed.is_empty() {
                return lists;
            }
            let shown = |listed: &Listed| match &listed.key {
                Ok(key) => format!("{}:{key}", listed.line),
                Err(_) => format!("{}:-", listed.line),
            };
            lists.push(listed.iter().map(shown).collect());
        }
    }

    #[test]
    fn what_has_come_is_passed_on_and_a_broken_line_waits_for_its_rest() {
        assert_eq!(
            lists(&[b"a\nb\nc", b"d\n", b"e"], b'\n'),
            [vec!["1:a", "2:b"], vec!["3:cd"], vec!["4:e"]]
        );
        assert_eq!(lists(&[b"a"], b'\n'), [["1:a"]]);
        assert!(lists(&[], b'\n').is_empty());
    }

    #[test]
    fn a_line_that_is_no_key_keeps_its_number() {
        let long = [b"k".repeat(251), b"\nb\n".to_vec()].concat();
        assert_eq!(
            lists(&[b"a\n\n", &long], b'\n'),
            [vec!["1:a", "2:-"], vec!["3:-", "4:b"]]
        );
    }

    #[test]
    fn keys_that_end_with_nul_may_hold_newlines() {
        assert_eq!(lists(&[b"a\nb\0c\0"], 0), [["1:a\\nb", "2:c"]]);
    }

    #[test]
    fn a_first_line_that_ends_as_on_windows_keeps_its_bytes_and_is_noticed() {
        let noticed = |pieces: &[&[u8]], end: u8| -> Vec<(Vec<u8>, bool)> {
            let pieces = Pieces(pieces.iter().map(|piece| piece.to_vec()).collect());
            let mut list = KeyList::new(Box::new(pieces), end);
            let lists = std::iter::from_fn(|| Some(list.next().unwrap()));
            let lists = lists.take_while(|listed| !listed.is_empty());
            let seen = |listed: Listed| (listed.key.unwrap().as_bytes().to_vec(), listed.crlf);
            lists.flatten().map(seen).collect()
        };
        let (a, b) = (b"a\r".to_vec(), b"b\r".to_vec());
        let windows = [(a.clone(), true), (b.clone(), false)];
        assert_eq!(noticed(&[b"a\r\nb\r\n"], b'\n'), windows);
        assert_eq!(noticed(&[b"a", b"\r", b"\nb\r"], b'\n'), windows);
        assert_eq!(noticed(&[b"a\r"], b'\n'), [(a.clone(), true)]);
        assert_eq!(noticed(&[b"a\r\0b\r"], 0), [(a, false), (b.clone(), false)]);
        assert_eq!(noticed(&[b"a\nb\r"], b'\n')[1], (b, false));
    }

    #[test]
    fn a_line_without_end_takes_no_room_and_is_one_bad_key() {
        let flood = vec![b'x'; ROOM];
        let pieces: Vec<&[u8]> = vec![b"a\n", &flood, &flood, &flood, b"x\nb\n", &flood, &flood];
        let lists = lists(&pieces, b'\n').concat();
        assert_eq!(lists, ["1:a", "2:-", "3:b", "4:-"]);
    }
}
