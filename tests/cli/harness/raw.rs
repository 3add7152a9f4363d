//! A bare socket from a chosen address of this machine, one line at a time.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};

use crate::harness::server::Memcached;

/// A connection.
pub(crate) struct Raw {
    stream: TcpStream,
    answers: BufReader<TcpStream>,
}

impl Raw {
    /// To `server` from the address `host`.
    #[track_caller]
    pub(crate) fn new(server: &Memcached, host: &str) -> Raw {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let from: SocketAddr = format!("{host}:0").parse().expect("an address");
        socket
            .bind(&from.into())
            .expect("an address of this machine");
        let to: SocketAddr = server.address().parse().expect("an address");
        socket.connect(&to.into()).expect("a connection");
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true).expect("a socket");
        let answers = BufReader::new(stream.try_clone().expect("a socket"));
        Raw { stream, answers }
    }

    /// How the server names this connection.
    pub(crate) fn address(&self) -> String {
        self.stream.local_addr().expect("an address").to_string()
    }

    /// Sends it in one write.
    #[track_caller]
    pub(crate) fn send(&mut self, request: &str) {
        let sent = self.stream.write_all(request.as_bytes());
        sent.expect("a server that reads");
    }

    /// The next line without its end.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer");
        line.trim_end().to_string()
    }
}
