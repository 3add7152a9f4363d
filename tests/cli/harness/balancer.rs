//! One address with another server behind each connection, as behind a balancer, a name that moves, or a fail-over; what the
//! servers say of their process is rewritten, as processes in containers do not differ in it.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use crate::harness::sockets::{Accepted, Acceptor};

/// What becomes of the `STAT pid` line that a server sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pid {
    /// It is 1, as in every container.
    One,
    /// It is left out, as by a proxy.
    Hidden,
}

/// A balancer on a port that the system picks.
pub(crate) struct Balancer {
    acceptor: Acceptor,
}

impl Balancer {
    /// Leads the n-th connection to the n-th of these addresses, and all that follow to the last one.
    pub(crate) fn to(addresses: Vec<String>, pid: Pid) -> Self {
        let acceptor = Acceptor::start("127.0.0.1:0", move |accepted| {
            let address = addresses.get(accepted.index).or(addresses.last());
            if let Ok(server) = TcpStream::connect(address.expect("an address")) {
                relay(accepted, server, pid);
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

/// Carries bytes both ways until either side ends.
fn relay(accepted: Accepted, server: TcpStream, pid: Pid) {
    let _ = server.set_nodelay(true);
    let server = accepted.registry.add(server);
    let client = accepted.stream;
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ = std::io::copy(&mut &*client, &mut &*server);
            let _ = server.shutdown(Shutdown::Write);
        });
        let _ = replies(&server, &client, pid);
        let _ = client.shutdown(Shutdown::Both);
    });
}

fn replies(server: &TcpStream, client: &TcpStream, pid: Pid) -> std::io::Result<()> {
    let (mut server, mut client) = (BufReader::new(server), client);
    let mut line = Vec::new();
    while server.read_until(b'\n', &mut line)? > 0 {
        if !line.starts_with(b"STAT pid ") {
            client.write_all(&line)?;
        } else if pid == Pid::One {
            client.write_all(b"STAT pid 1\r\n")?;
        }
        line.clear();
    }
    Ok(())
}
