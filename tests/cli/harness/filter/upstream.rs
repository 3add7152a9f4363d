//! The real server behind a filter: one request, and all that it answers.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

/// Tells the end of an answer, also where there is none.
const BARRIER: &[u8] = b"mn\r\n";
const BEHIND: &[u8] = b"MN\r\n";

/// A connection to the server.
pub(super) struct Upstream {
    answers: BufReader<Shared>,
}

/// A handle on the socket: whoever ends all connections has another one.
struct Shared(Arc<TcpStream>);

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

impl Upstream {
    pub(super) fn new(stream: Arc<TcpStream>) -> Self {
        Self {
            answers: BufReader::new(Shared(stream)),
        }
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.answers.get_ref().0
    }

    /// Sends a request without waiting for its answer.
    pub(super) fn tell(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream().write_all(request)
    }

    /// The next line that comes.
    pub(super) fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        match self.answers.read_until(b'\n', &mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line),
        }
    }

    /// Sends a request and returns all that it is answered with.
    pub(super) fn ask(&mut self, request: &[u8]) -> io::Result<Vec<u8>> {
        if request == BARRIER {
            return Ok([self.ask(b"")?, BEHIND.to_vec()].concat());
        }
        self.tell(&[request, BARRIER].concat())?;
        let mut answer = Vec::new();
        loop {
            let begun = answer.len();
            if self.answers.read_until(b'\n', &mut answer)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if &answer[begun..] == BEHIND {
                answer.truncate(begun);
                return Ok(answer);
            }
            // A value may hold anything, also what looks like the end.
            if let Some(length) = value_length(&answer[begun..]) {
                let length = length + b"\r\n".len() as u64;
                (&mut self.answers).take(length).read_to_end(&mut answer)?;
            }
        }
    }
}

/// The length of the value behind this line of an answer, if there is one.
fn value_length(line: &[u8]) -> Option<u64> {
    let line = str::from_utf8(line).ok()?;
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    match words[..] {
        ["VA", length, ..] | ["VALUE", _, _, length, ..] => length.parse().ok(),
        _ => None,
    }
}
