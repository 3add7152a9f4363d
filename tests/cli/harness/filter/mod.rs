//! Dialects that no package has: in front of a real memcached, a filter that understands and answers as other servers do.
//!
//! A whole request is taken at a time, with its value, in the order in which they come. The filter answers it by itself, or has
//! the real server answer it and says that in its own words. What it says was compared with builds of the releases named.

mod answers; // How other releases word an answer.
mod dialect; // What each of them understands.
mod draft; // The first form of the meta commands.
mod request; // Whole requests, cut out of what came.
mod upstream; // The real server behind.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

pub(crate) use self::dialect::Dialect;
use self::dialect::Treatment;
use self::request::Request;
use self::upstream::Upstream;
use crate::harness::server::Memcached;
use crate::harness::sockets::{Accepted, Acceptor, locked};

/// A server of another kind on a port that the system picks. Dropping it ends all connections.
pub(crate) struct Filter {
    acceptor: Acceptor,
}

impl Filter {
    /// A filter that speaks this dialect, in front of this server.
    pub(crate) fn before(server: &Memcached, dialect: Dialect) -> Self {
        let server = server.clone();
        let ports = Arc::new(Ports::default());
        let acceptor = Acceptor::start("127.0.0.1:0", move |accepted| {
            // A connection that breaks is over: there is nobody to tell.
            if let Ok(upstream) = server.dial() {
                ports.note(&upstream, &accepted.stream);
                let _ = Link::new(dialect, accepted, upstream, Arc::clone(&ports)).serve();
            }
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

/// One connection.
struct Link {
    dialect: Dialect,
    accepted: Accepted,
    upstream: Upstream,
    ports: Arc<Ports>,
}

/// Whether a connection goes on.
#[derive(PartialEq, Eq)]
enum Then {
    GoOn,
    Close,
    /// From here on the server speaks by itself.
    Stream,
}

impl Link {
    fn new(dialect: Dialect, accepted: Accepted, upstream: TcpStream, ports: Arc<Ports>) -> Self {
        let upstream = Upstream::new(accepted.registry.add(upstream));
        Self {
            dialect,
            accepted,
            upstream,
            ports,
        }
    }

    /// Answers what comes until the client is gone, or the dialect closes the connection.
    fn serve(mut self) -> io::Result<()> {
        let (mut pending, mut chunk) = (Vec::new(), vec![0; 64 * 1024]);
        loop {
            let count = (&*self.accepted.stream).read(&mut chunk)?;
            if count == 0 {
                return Ok(());
            }
            pending.extend_from_slice(&chunk[..count]);
            let (answers, then) = self.answer_all(&mut pending)?;
            (&*self.accepted.stream).write_all(&answers)?;
            match then {
                Then::GoOn => {}
                Then::Close => return self.close(),
                Then::Stream => {
                    self.stream();
                    return Ok(());
                }
            }
        }
    }

    /// Answers every request that is there whole, as a real server does: what is sent in one write is answered in one.
    fn answer_all(&mut self, pending: &mut Vec<u8>) -> io::Result<(Vec<u8>, Then)> {
        let (mut answers, mut begun) = (Vec::new(), 0);
        let mut then = Then::GoOn;
        while then == Then::GoOn {
            let takes_value = |words: &[&str]| self.dialect.takes_value(words);
            let Some((request, length)) = Request::first_of(&pending[begun..], takes_value) else {
                break;
            };
            begun += length;
            then = self.answer(&request, &mut answers)?;
        }
        pending.drain(..begun);
        Ok((answers, then))
    }

    fn answer(&mut self, request: &Request, answers: &mut Vec<u8>) -> io::Result<Then> {
        match self.dialect.treat(request) {
            Treatment::Pass if request.command() == "stats" => {
                let answer = self.upstream.ask(&request.bytes)?;
                for line in answer.split_inclusive(|byte| *byte == b'\n') {
                    answers.extend(self.ports.in_line(line));
                }
            }
            Treatment::Pass => answers.extend(self.upstream.ask(&request.bytes)?),
            Treatment::Say(text) => answers.extend(text.into_bytes()),
            Treatment::Translate { ask, word } => {
                let answer = self.upstream.ask(&ask)?;
                answers.extend(word(answer));
            }
            Treatment::Close => return Ok(Then::Close),
            Treatment::Abandon => {
                answers.clear();
                return Ok(Then::Close);
            }
            Treatment::Stream => {
                self.upstream.tell(&request.bytes)?;
                return Ok(Then::Stream);
            }
        }
        Ok(Then::GoOn)
    }

    /// Ends the connection in order. What else the client has sent is read: else it would get a reset.
    fn close(self) -> io::Result<()> {
        let client = &*self.accepted.stream;
        client.shutdown(Shutdown::Write)?;
        io::copy(&mut &*client, &mut io::sink()).map(drop)
    }

    /// Carries bytes both ways until either side ends.
    fn stream(mut self) {
        let client = Arc::clone(&self.accepted.stream);
        let Ok(server) = self.upstream.stream().try_clone() else {
            return;
        };
        thread::scope(|scope| {
            scope.spawn(|| {
                let _ = io::copy(&mut &*client, &mut &server);
                let _ = server.shutdown(Shutdown::Both);
            });
            while let Ok(line) = self.upstream.line() {
                let line = self.ports.in_line(&line);
                if (&*client).write_all(&line).is_err() {
                    break;
                }
            }
            let _ = client.shutdown(Shutdown::Both);
        });
    }
}

/// The ports of the clients, by those that the server sees: who looks for itself in the log, or in the list of connections,
/// must find itself.
#[derive(Default)]
struct Ports {
    of_clients: Mutex<HashMap<u16, u16>>,
}

impl Ports {
    fn note(&self, upstream: &TcpStream, client: &TcpStream) {
        if let (Ok(seen), Ok(real)) = (upstream.local_addr(), client.peer_addr()) {
            locked(&self.of_clients).insert(seen.port(), real.port());
        }
    }

    /// `rport=N` and `tcp:127.0.0.1:N` as the client would have them.
    fn in_line(&self, line: &[u8]) -> Vec<u8> {
        const NAMES: [&str; 2] = ["rport=", ":addr tcp:127.0.0.1:"];
        let Ok(text) = str::from_utf8(line) else {
            return line.to_vec();
        };
        let port = NAMES.iter().find_map(|name| {
            let begin = text.find(name)? + name.len();
            let digits = text[begin..].bytes().take_while(u8::is_ascii_digit).count();
            Some(begin..begin + digits)
        });
        let real = port.clone().and_then(|port| {
            let seen: u16 = text[port].parse().ok()?;
            locked(&self.of_clients).get(&seen).copied()
        });
        match (port, real) {
            (Some(port), Some(real)) => [&text[..port.start], &real.to_string(), &text[port.end..]]
                .concat()
                .into_bytes(),
            _ => line.to_vec(),
        }
    }
}
