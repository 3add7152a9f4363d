//! A relay to a real server that says a line too many: before a question, or before or behind an answer.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::harness::server::Memcached;
use crate::harness::sockets::{Accepted, Acceptor};

/// Where the line comes that nobody asked for. Answers count from 1 on each connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// As soon as the connection is open.
    AtOnce,
    /// In one piece with the answer, before it.
    Before(usize),
    /// The same, and for a while it is all that comes: the server has not even got the question.
    Instead(usize),
    /// In one piece with the answer, behind it.
    Behind(usize),
}

/// How long a line that stands alone is all there is.
const ALONE: Duration = Duration::from_millis(20);

/// A relay on a port that the system picks.
pub(crate) struct Chatter {
    acceptor: Acceptor,
}

impl Chatter {
    /// Leads to `server` and says `line` on the first connection, in this place.
    pub(crate) fn to(server: &Memcached, line: &[u8], place: Place) -> Self {
        let (server, line) = (server.clone(), line.to_vec());
        let acceptor = Acceptor::start("127.0.0.1:0", move |accepted| {
            let server = server.dial().expect("the server");
            let line = if accepted.index == 0 { &line[..] } else { b"" };
            // Either side may go when it likes.
            let _ = relay(&accepted, server, line, place);
            let _ = accepted.stream.shutdown(std::net::Shutdown::Both);
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

fn relay(accepted: &Accepted, server: TcpStream, line: &[u8], place: Place) -> std::io::Result<()> {
    let mut client = &*accepted.stream;
    let server = accepted.registry.add(server);
    if place == Place::AtOnce {
        client.write_all(line)?;
    }
    let mut question = vec![0; 64 * 1024];
    for number in 1.. {
        let length = client.read(&mut question)?;
        if length == 0 {
            break;
        }
        if place == Place::Instead(number) {
            client.write_all(line)?;
            std::thread::sleep(ALONE);
        }
        let mut answer = Vec::new();
        if place == Place::Before(number) {
            answer.extend(line);
        }
        answer.extend(ask(&server, &question[..length])?);
        if place == Place::Behind(number) {
            answer.extend(line);
        }
        client.write_all(&answer)?;
    }
    Ok(())
}

/// The whole answer to a question: a no-op behind it shows where it ends.
fn ask(mut server: &TcpStream, question: &[u8]) -> std::io::Result<Vec<u8>> {
    server.write_all(&[question, b"mn\r\n"].concat())?;
    let mut answer = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let length = server.read(&mut chunk)?;
        answer.extend(&chunk[..length]);
        if let Some(whole) = answer.strip_suffix(b"MN\r\n") {
            return Ok(whole.to_vec());
        }
        if length == 0 {
            return Ok(answer);
        }
    }
}
