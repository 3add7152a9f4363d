//! Opening a connection within a time limit: TCP, unix socket or TLS.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, SockAddr, SockRef, Socket, Type};

use super::access::Access;
use super::address::Address;
use super::host::Host;
use super::timed::{Timed, arrived, left};
use super::tls::Channel;
use crate::check::Handshake;

/// An open connection; each read and write is bounded by the deadline that comes with it.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<Channel>),
}

/// A stream that is connected, and what its handshake took: the round trip to a machine whose kernel answers it, however
/// busy the server is. A local socket has none.
pub(super) struct Dialled<S> {
    pub(super) stream: S,
    pub(super) round_trip: Option<Duration>,
}

impl<S> Dialled<S> {
    fn map<T>(self, into: impl FnOnce(S) -> T) -> Dialled<T> {
        let Dialled { stream, round_trip } = self;
        let stream = into(stream);
        Dialled { stream, round_trip }
    }
}

/// Opens a connection to `address` within `timeout`, name look-up and TLS handshake included.
pub(super) fn dial(
    address: &Address,
    access: &Access,
    timeout: Duration,
) -> io::Result<Dialled<Stream>> {
    let deadline = Instant::now() + timeout;
    match address {
        Address::Tcp { host, port } => Ok(tcp(host, *port, deadline)?.map(Stream::Tcp)),
        Address::Unix(path) => Ok(Dialled {
            stream: Stream::Unix(unix(path, timeout)?),
            round_trip: None,
        }),
        Address::Tls { host, port } => {
            // Certificates first: reading them is slow, and no connection should wait for that.
            let beginning = access.tls().begin(host)?;
            let Dialled { stream, round_trip } = tcp(host, *port, deadline)?;
            let channel = beginning.handshake(stream, deadline)?;
            Ok(Dialled {
                stream: Stream::Tls(Box::new(channel)),
                round_trip,
            })
        }
    }
}

pub(super) fn tcp(host: &Host, port: u16, deadline: Instant) -> io::Result<Dialled<TcpStream>> {
    let addresses = match host.pinned() {
        Some(address) => vec![address],
        None => resolve(host, port, deadline)?,
    };
    let (dialled, address) = first_of(&addresses, deadline)?;
    // On another thread another address may have been first: then that one counts.
    if host.pin(address, &addresses) != address {
        return tcp(host, port, deadline);
    }
    dialled.stream.set_nodelay(true)?;
    Ok(dialled)
}

/// A connection to the first address that accepts one.
fn first_of(
    addresses: &[SocketAddr],
    deadline: Instant,
) -> io::Result<(Dialled<TcpStream>, SocketAddr)> {
    let mut last = nowhere();
    for (tried, &address) in addresses.iter().enumerate() {
        // One that accepts nothing must leave time for those behind it.
        let share = left(deadline)? / u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        let asked = Instant::now();
        match TcpStream::connect_timeout(&address, share) {
            Ok(stream) => {
                let round_trip = Some(asked.elapsed());
                return Ok((Dialled { stream, round_trip }, address));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The addresses behind a server's name, where it has several; those of the machine itself count as one.
pub(super) fn several(address: &Address, timeout: Duration) -> Vec<SocketAddr> {
    apart(addresses(address, timeout).unwrap_or_default())
}

/// All addresses of a host, in an order of their own: a look-up gives them in another one each time.
pub(super) fn addresses(address: &Address, timeout: Duration) -> io::Result<Vec<SocketAddr>> {
    let (Address::Tcp { host, port } | Address::Tls { host, port }) = address else {
        return Ok(Vec::new());
    };
    let mut addresses = resolve(host, *port, Instant::now() + timeout)?;
    if addresses.is_empty() {
        return Err(nowhere());
    }
    addresses.sort_unstable();
    addresses.dedup();
    Ok(addresses)
}

fn nowhere() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the name has no address")
}

fn apart(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    if addresses.len() < 2 || addresses.iter().all(|address| address.ip().is_loopback()) {
        return Vec::new();
    }
    addresses
}

/// The addresses of a host. A literal address needs no look-up; a look-up has no time limit of its own, hence a thread.
fn resolve(host: &str, port: u16, deadline: Instant) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let host = host.to_string();
    thread::spawn(move || {
        // When the time is up, nobody waits for the answer.
        let _ = sender.send((host.as_str(), port).to_socket_addrs().map(Vec::from_iter));
    });
    receiver
        .recv_timeout(left(deadline)?)
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the name look-up took too long"))?
        .map_err(|error| io::Error::new(error.kind(), lookup_cause(&error)))
}

/// "failed to lookup address information: Name or service not known" without its first half.
fn lookup_cause(error: &io::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(": ")
        .map_or(text.clone(), |(_, cause)| cause.to_lowercase())
}

fn unix(path: &Path, timeout: Duration) -> io::Result<UnixStream> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // connect waits for room in a full backlog; the send timeout bounds that as well.
    socket.set_write_timeout(Some(timeout))?;
    socket.connect(&SockAddr::unix(path)?)?;
    Ok(UnixStream::from(std::os::fd::OwnedFd::from(socket)))
}

impl Stream {
    /// Where it leads; `None` where that has no address.
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        match self {
            Stream::Tcp(stream) => stream.peer_addr().ok(),
            Stream::Tls(channel) => channel.peer(),
            Stream::Unix(_) => None,
        }
    }

    /// What the encryption was agreed on; `None` where there is none.
    pub(super) fn handshake(&self) -> Option<Handshake> {
        match self {
            Stream::Tls(channel) => Some(channel.agreed()),
            Stream::Tcp(_) | Stream::Unix(_) => None,
        }
    }

    /// Reads what has come, waiting until `deadline` for the first byte; 0 is the end of the stream.
    pub(super) fn read(&mut self, into: &mut [u8], deadline: Instant) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => Timed { stream, deadline }.read(into),
            Stream::Unix(stream) => {
                stream.set_read_timeout(Some(left(deadline)?))?;
                stream.read(into)
            }
            Stream::Tls(channel) => channel.read(into, deadline),
        }
    }

    /// Reads what has come already, without waiting: `None` if nothing has; 0 is the end of the stream.
    pub(super) fn read_arrived(&mut self, into: &mut [u8]) -> io::Result<Option<usize>> {
        let read = match self {
            Stream::Tcp(stream) => arrived(stream, into),
            Stream::Unix(stream) => arrived(stream, into),
            Stream::Tls(channel) => channel.read_arrived(into),
        };
        match read {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            other => other.map(Some),
        }
    }

    /// Writes a part of `bytes`, and says how much of it.
    pub(super) fn write(&mut self, bytes: &[u8], deadline: Instant) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => Timed { stream, deadline }.write(bytes),
            Stream::Unix(stream) => {
                stream.set_write_timeout(Some(left(deadline)?))?;
                stream.write(bytes)
            }
            Stream::Tls(channel) => channel.write(bytes, deadline),
        }
    }

    /// Hands everything written to the kernel.
    pub(super) fn flush(&mut self, deadline: Instant) -> io::Result<()> {
        match self {
            Stream::Tcp(_) | Stream::Unix(_) => Ok(()),
            Stream::Tls(channel) => channel.flush(deadline),
        }
    }

    /// Closes with a reset, so that what still waits in our kernel is not delivered after we gave up on it.
    pub(super) fn abort(self) {
        let stream = match self {
            Stream::Tcp(stream) => stream,
            Stream::Tls(channel) => channel.into_stream(),
            Stream::Unix(_) => return,
        };
        // Without it the connection closes in the ordinary way, which is only less tidy.
        let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    }

    /// Our own end, where it has an address.
    pub(super) fn local_address(&self) -> Option<SocketAddr> {
        match self {
            Stream::Tcp(stream) => stream.local_addr().ok(),
            Stream::Tls(channel) => channel.local_address().ok(),
            Stream::Unix(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn parsed(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    #[test]
    fn several_addresses_are_several_servers_unless_they_are_the_machine_itself() {
        let two = parsed(&["10.0.0.1:1", "10.0.0.2:1"]);
        assert_eq!(apart(two.clone()), two);
        for one in [&["10.0.0.1:1"][..], &["127.0.0.1:1", "[::1]:1"], &[]] {
            assert_eq!(apart(parsed(one)), []);
        }
    }

    #[test]
    fn the_first_address_that_accepts_is_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let there = listener.local_addr().unwrap();
        let nobody: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let (_, taken) = first_of(&[nobody, there], soon()).unwrap();
        assert_eq!(taken, there);
        assert!(first_of(&[nobody], soon()).is_err());
        assert!(first_of(&[], soon()).is_err());
    }

    #[test]
    fn a_name_at_one_of_its_addresses_goes_nowhere_else() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let there = listener.local_addr().unwrap();
        let host = Host::from("no.such.host.invalid");
        assert!(tcp(&host.at(there), 1, soon()).is_ok());
        assert!(
            tcp(
                &host.at("127.0.0.1:1".parse().unwrap()),
                there.port(),
                soon()
            )
            .is_err()
        );
    }
}
