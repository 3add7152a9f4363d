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
use super::timed::{Timed, arrived, left};
use super::tls::Channel;

/// An open connection; each read and write is bounded by the deadline that comes with it.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<Channel>),
}

/// Opens a connection to `address` within `timeout`, name look-up and TLS handshake included.
pub(super) fn dial(address: &Address, access: &Access, timeout: Duration) -> io::Result<Stream> {
    let deadline = Instant::now() + timeout;
    match address {
        Address::Tcp { host, port } => tcp(host, *port, deadline).map(Stream::Tcp),
        Address::Unix(path) => unix(path, timeout).map(Stream::Unix),
        Address::Tls { host, port } => {
            // Certificates first: reading them is slow, and no connection should wait for that.
            let beginning = access.tls().begin(host)?;
            let channel = beginning.handshake(tcp(host, *port, deadline)?, deadline)?;
            Ok(Stream::Tls(Box::new(channel)))
        }
    }
}

fn tcp(host: &str, port: u16, deadline: Instant) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let addresses = resolve(host, port, deadline)?;
    for (tried, address) in addresses.iter().enumerate() {
        // One that accepts nothing must leave time for those behind it.
        let share = left(deadline)? / u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        match TcpStream::connect_timeout(address, share) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
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
