//! Opening a connection within a time limit: TCP, unix socket or TLS.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::{RecvFlags, recv};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};

use super::access::Access;
use super::address::Address;

/// An open connection; each read and write is bounded by the deadline that comes with it.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<ClientConnection>, TcpStream),
}

/// Opens a connection to `address` within `timeout`, name look-up and TLS handshake included.
pub(super) fn dial(address: &Address, _access: &Access, timeout: Duration) -> io::Result<Stream> {
    let deadline = Instant::now() + timeout;
    match address {
        Address::Tcp { host, port } => tcp(host, *port, deadline).map(Stream::Tcp),
        Address::Unix(path) => unix(path, timeout).map(Stream::Unix),
        Address::Tls { host, port } => {
            // Certificates first: reading them is slow, and no connection should wait for that.
            let client = tls_client(host)?;
            handshake(client, tcp(host, *port, deadline)?, deadline)
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

fn tls_client(host: &str) -> io::Result<ClientConnection> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(io::Error::other(
            "no root certificates found; name a file of them in SSL_CERT_FILE",
        ));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_string()).map_err(io::Error::other)?;
    ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)
}

fn handshake(
    mut client: ClientConnection,
    stream: TcpStream,
    deadline: Instant,
) -> io::Result<Stream> {
    while client.is_handshaking() {
        client.complete_io(&mut Timed {
            stream: &stream,
            deadline,
        })?;
    }
    Ok(Stream::Tls(Box::new(client), stream))
}

/// The time left until `deadline`, or the error that it has passed (a socket timeout of zero would mean "for ever").
fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(io::ErrorKind::TimedOut.into())
    } else {
        Ok(left)
    }
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
            Stream::Tls(client, stream) => {
                rustls::Stream::new(client.as_mut(), &mut Timed { stream, deadline }).read(into)
            }
        }
    }

    /// Reads what has come already, without waiting: `None` if nothing has; 0 is the end of the stream.
    pub(super) fn read_arrived(&mut self, into: &mut [u8]) -> io::Result<Option<usize>> {
        let read = match self {
            Stream::Tcp(stream) => arrived(stream, into),
            Stream::Unix(stream) => arrived(stream, into),
            Stream::Tls(client, stream) => {
                // What came may be nothing to read: a TLS server sends session tickets at any time.
                match client.read_tls(&mut Arrived(stream)) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    other => other.map(|_| ())?,
                }
                client.process_new_packets().map_err(io::Error::other)?;
                client.reader().read(into)
            }
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
            Stream::Tls(client, stream) => {
                rustls::Stream::new(client.as_mut(), &mut Timed { stream, deadline }).write(bytes)
            }
        }
    }

    /// Hands everything written to the kernel.
    pub(super) fn flush(&mut self, deadline: Instant) -> io::Result<()> {
        match self {
            Stream::Tcp(_) | Stream::Unix(_) => Ok(()),
            Stream::Tls(client, stream) => {
                rustls::Stream::new(client.as_mut(), &mut Timed { stream, deadline }).flush()
            }
        }
    }

    /// Closes with a reset, so that what still waits in our kernel is not delivered after we gave up on it.
    pub(super) fn abort(self) {
        if let Stream::Tcp(stream) | Stream::Tls(_, stream) = self {
            // Without it the connection closes in the ordinary way, which is only less tidy.
            let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        }
    }
}

fn arrived(socket: impl AsFd, into: &mut [u8]) -> io::Result<usize> {
    Ok(recv(socket, into, RecvFlags::DONTWAIT)?.0)
}

/// A TCP stream that is read without waiting.
struct Arrived<'a>(&'a TcpStream);

impl Read for Arrived<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        arrived(self.0, into)
    }
}

/// A TCP stream whose every read and write ends at the deadline, however many of them TLS makes.
struct Timed<'a> {
    stream: &'a TcpStream,
    deadline: Instant,
}

impl Read for Timed<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(left(self.deadline)?))?;
        self.stream.read(into)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(left(self.deadline)?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
