//! A TLS connection over a TCP stream; each read and write is bounded by the deadline that comes with it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Instant;

use rustls::pki_types::UnixTime;
use rustls::{ClientConnection, ProtocolVersion};

use super::super::timed::{Arrived, Timed};
use super::cause::Advice;
use super::certificate::Certificate;
use crate::check::Handshake;

/// An open TLS connection.
pub(in crate::client) struct Channel {
    client: ClientConnection,
    stream: TcpStream,
    advice: Arc<Advice>,
}

impl Channel {
    pub(super) fn new(client: ClientConnection, stream: TcpStream, advice: Arc<Advice>) -> Channel {
        Channel {
            client,
            stream,
            advice,
        }
    }

    /// Whether there is an address at its other end, and which.
    pub(in crate::client) fn peer(&self) -> Option<SocketAddr> {
        self.stream.peer_addr().ok()
    }

    /// What the handshake agreed on, and whose certificate the server has shown.
    pub(in crate::client) fn agreed(&self) -> Handshake {
        let version = match self.client.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
            Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
            _ => "TLS",
        };
        let shown = self.client.peer_certificates().and_then(<[_]>::first);
        let certificate = shown.and_then(|der| Certificate::read(der));
        let now = UnixTime::now().as_secs();
        let days_left = certificate.as_ref().map(|certificate| {
            let seconds = certificate.not_after.as_secs();
            i64::try_from(seconds.saturating_sub(now) / 86_400).unwrap_or(i64::MAX)
        });
        Handshake {
            version: version.into(),
            subject: certificate.and_then(|certificate| certificate.common_name),
            days_left,
        }
    }

    pub(super) fn handshake(&mut self, deadline: Instant) -> io::Result<()> {
        while self.client.is_handshaking() {
            let mut stream = Timed {
                stream: &self.stream,
                deadline,
            };
            let done = self.client.complete_io(&mut stream);
            done.map_err(|error| self.advice.of_handshake(error))?;
        }
        Ok(())
    }

    /// Does something over TLS.
    fn over<T>(
        &mut self,
        deadline: Instant,
        act: impl FnOnce(&mut rustls::Stream<ClientConnection, Timed>) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut stream = Timed {
            stream: &self.stream,
            deadline,
        };
        let done = act(&mut rustls::Stream::new(&mut self.client, &mut stream));
        done.map_err(|error| self.advice.of(error))
    }

    /// The same for what is written: if it does not arrive, the server may have said why.
    fn send<T>(
        &mut self,
        deadline: Instant,
        act: impl FnOnce(&mut rustls::Stream<ClientConnection, Timed>) -> io::Result<T>,
    ) -> io::Result<T> {
        self.over(deadline, act).map_err(|error| {
            use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
            if !matches!(
                error.kind(),
                BrokenPipe | ConnectionAborted | ConnectionReset
            ) {
                return error;
            }
            let _ = self.client.read_tls(&mut Arrived(&self.stream));
            match self.client.process_new_packets() {
                Err(cause) => self
                    .advice
                    .of(io::Error::new(io::ErrorKind::InvalidData, cause)),
                Ok(_) => error,
            }
        })
    }

    pub(in crate::client) fn read(
        &mut self,
        into: &mut [u8],
        deadline: Instant,
    ) -> io::Result<usize> {
        self.over(deadline, |stream| stream.read(into))
    }

    /// Reads what has come already, without waiting; the error `WouldBlock` if nothing has.
    pub(in crate::client) fn read_arrived(&mut self, into: &mut [u8]) -> io::Result<usize> {
        // What came may be nothing to read: a TLS server sends session tickets at any time.
        match self.client.read_tls(&mut Arrived(&self.stream)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            other => other.map(|_| ())?,
        }
        self.client.process_new_packets().map_err(|cause| {
            self.advice
                .of(io::Error::new(io::ErrorKind::InvalidData, cause))
        })?;
        self.client.reader().read(into)
    }

    pub(in crate::client) fn write(
        &mut self,
        bytes: &[u8],
        deadline: Instant,
    ) -> io::Result<usize> {
        self.send(deadline, |stream| stream.write(bytes))
    }

    pub(in crate::client) fn flush(&mut self, deadline: Instant) -> io::Result<()> {
        self.send(deadline, |stream| stream.flush())
    }

    /// Our own end.
    pub(in crate::client) fn local_address(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    /// The stream below, for who gives up on the connection.
    pub(in crate::client) fn into_stream(self) -> TcpStream {
        self.stream
    }
}
