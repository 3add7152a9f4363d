//! A peer that answers as a memcached does, up to one question: from there on it floods.

pub(crate) mod floods;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::harness::sockets::{Accepted, Acceptor};

/// How much of a flood is written at a time, at least.
const PIECE: usize = 64 * 1024;
/// Between two bytes of what drips.
const PAUSE: Duration = Duration::from_millis(20);

/// What floods, and from when on.
#[derive(Clone)]
pub(crate) struct Flood {
    pub(crate) name: &'static str,
    /// The beginning of the question that is answered by the flood; an empty one does not wait for any.
    pub(crate) at: &'static str,
    /// What the flood begins with.
    pub(crate) first: Vec<u8>,
    /// The part of this number, from 0 on without end.
    pub(crate) part: fn(u64) -> Vec<u8>,
    /// Whether it is no flood at all: byte by byte, with a pause after each.
    pub(crate) drips: bool,
}

/// A flooding peer on a port that the system picks.
pub(crate) struct Hostile {
    acceptor: Acceptor,
}

impl Hostile {
    /// Floods every connection.
    pub(crate) fn start(flood: Flood) -> Self {
        let acceptor = Acceptor::start("127.0.0.1:0", move |accepted| {
            // Whoever has had enough hangs up.
            let _ = serve(&accepted, &flood);
        });
        Self {
            acceptor: acceptor.expect("a port of its own"),
        }
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn address(&self) -> String {
        self.acceptor.address().to_string()
    }
}

fn serve(accepted: &Accepted, flood: &Flood) -> std::io::Result<()> {
    let mut client = &*accepted.stream;
    let mut questions = BufReader::new(client);
    while !flood.at.is_empty() {
        let mut question = Vec::new();
        if questions.read_until(b'\n', &mut question)? == 0 {
            return Ok(());
        }
        let question = String::from_utf8_lossy(&question);
        if question.starts_with(flood.at) {
            break;
        }
        client.write_all(&answer(question.trim_end()))?;
    }
    client.write_all(&flood.first)?;
    if flood.drips {
        return drip(client, flood);
    }
    let mut number = 0;
    loop {
        let mut piece = Vec::new();
        while piece.len() < PIECE {
            piece.extend((flood.part)(number));
            number += 1;
        }
        client.write_all(&piece)?;
    }
}

fn drip(mut client: &TcpStream, flood: &Flood) -> std::io::Result<()> {
    for byte in (0..).flat_map(flood.part) {
        client.write_all(&[byte])?;
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// What a memcached answers that has the number 41 under every key. A data block is no question and gets no answer.
fn answer(question: &str) -> Vec<u8> {
    let words: Vec<_> = question.split(' ').collect();
    let opaque = words.iter().find(|word| word.starts_with('O'));
    let opaque = opaque.map_or(String::new(), |opaque| format!(" {opaque}"));
    let item = format!("c5 t-1 f0 s2{opaque}");
    match words[..] {
        ["mg", _, ..] if words.contains(&"v") => format!("VA 2 {item}\r\n41\r\n"),
        ["mg", ..] => format!("HD {item}\r\n"),
        ["me", key, ..] => {
            format!("ME {key} exp=-1 la=0 cas=5 fetch=yes cls=1 size=67\r\n")
        }
        ["ms" | "md", ..] => format!("HD c6{opaque}\r\n"),
        ["mn"] => "MN\r\n".into(),
        ["gets", key] => format!("VALUE {key} 0 2 5\r\n41\r\nEND\r\n"),
        ["cas" | "add", ..] => "STORED\r\n".into(),
        ["stats"] => "STAT pid 1\r\nSTAT uptime 9\r\nSTAT time 1795404287\r\n\
                      STAT cas_hits 1\r\nSTAT cas_badval 1\r\nSTAT cas_misses 1\r\nEND\r\n"
            .into(),
        ["stats", "settings"] => {
            "STAT item_size_max 1048576\r\nSTAT cas_enabled yes\r\nEND\r\n".into()
        }
        ["stats", ..] => "END\r\n".into(),
        ["watch", ..] => "OK\r\n".into(),
        _ => String::new(),
    }
    .into_bytes()
}
