//! Asking name servers, one after the other and each within its share of the time.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use super::name_servers::NameService;
use super::srv::{Answer, Query, Target};
use crate::cas::store::{Failure, Fault};
use crate::client::plain::plain;
use crate::client::timed::{Timed, left};

/// How often each name server is asked: what goes by UDP may get lost.
const ROUNDS: usize = 2;

/// The longest answer.
const LONGEST: usize = 65_535;

/// The way to another name server, for messages.
const OTHER: &str = "another name server goes by MCCAS_NAMESERVER";

/// The servers of the service `name`, found out within `timeout`.
pub(super) fn targets(
    service: &NameService,
    name: &str,
    timeout: Duration,
) -> Result<Vec<Target>, Failure> {
    let deadline = Instant::now() + timeout;
    let candidates = service.candidates(name);
    let mut told = None;
    for candidate in &candidates {
        // A search domain may make it too long for a name.
        let Some(query) = Query::new(candidate, fastrand::u16(..)) else {
            continue;
        };
        let (server, answer) = ask(&service.servers, &query, deadline)
            .map_err(|(fault, why)| failure(fault, name, &format!("{why}; {OTHER}")))?;
        match answer {
            Answer::Targets(targets) if !targets.is_empty() => return Ok(targets),
            Answer::NotOffered => {
                let why = format!("{server} says that nobody offers {candidate} (its target is .)");
                return Err(failure(Fault::Dial, name, &why));
            }
            // A name that is known tells more than those that are not.
            Answer::Targets(_) => {
                told = Some(format!(
                    "{server} has no SRV record of {candidate}; all addresses of a host go by dns+HOST:PORT"
                ));
            }
            _ => {
                told.get_or_insert_with(|| unknown(server, &candidates));
            }
        }
    }
    let why = told.unwrap_or_else(|| "it is too long for a name".into());
    Err(failure(Fault::Dial, name, &why))
}

fn unknown(server: SocketAddr, candidates: &[String]) -> String {
    format!(
        "{server} knows no such name (NXDOMAIN): {}; {OTHER}",
        candidates.join(", ")
    )
}

fn failure(fault: Fault, name: &str, why: &str) -> Failure {
    Failure {
        fault,
        message: format!("cannot find the servers of {name}: {why}"),
    }
}

/// The first answer that settles the question, and who gave it; else what went wrong last.
fn ask(
    servers: &[SocketAddr],
    query: &Query,
    deadline: Instant,
) -> Result<(SocketAddr, Answer), (Fault, String)> {
    let began = Instant::now();
    let mut last = (Fault::Silent, "there was no time left to ask".to_string());
    let tries = ROUNDS * servers.len();
    // Kept for the next round: what answers the first question may come after the second one.
    let mut sockets: Vec<Option<UdpSocket>> = servers.iter().map(|_| None).collect();
    let turns = (0..servers.len()).cycle().take(tries);
    for (tried, place) in turns.enumerate() {
        let server = servers[place];
        let Ok(left) = left(deadline) else { break };
        // One that says nothing must leave time for those behind it.
        let share = left / u32::try_from(tries - tried).unwrap_or(u32::MAX);
        last = match exchange(server, &mut sockets[place], query, Instant::now() + share) {
            Ok(Answer::Failed(code)) => {
                (Fault::Silent, format!("{server} could not tell ({code})"))
            }
            Ok(answer) => return Ok((server, answer)),
            Err(error) => explain(server, &error, began),
        };
    }
    Err(last)
}

fn explain(server: SocketAddr, error: &io::Error, began: Instant) -> (Fault, String) {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            let waited = humantime::format_duration(Duration::from_millis(
                u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            ));
            (
                Fault::Silent,
                format!("no answer from {server} within {waited}"),
            )
        }
        io::ErrorKind::UnexpectedEof | io::ErrorKind::WriteZero => {
            let what = "closed the connection before its answer was whole";
            (Fault::Cut, format!("{server} {what}"))
        }
        io::ErrorKind::InvalidData => (Fault::Silent, format!("{server} {error}")),
        _ => (Fault::Dial, format!("{server}: {}", plain(error))),
    }
}

fn exchange(
    server: SocketAddr,
    socket: &mut Option<UdpSocket>,
    query: &Query,
    deadline: Instant,
) -> io::Result<Answer> {
    let socket = match socket.take() {
        Some(open) => socket.insert(open),
        None => socket.insert(socket_to(server)?),
    };
    match by_udp(socket, query, deadline)? {
        Answer::TooLong => by_tcp(server, query, deadline),
        answer => Ok(answer),
    }
}

fn socket_to(server: SocketAddr) -> io::Result<UdpSocket> {
    let anywhere = match server.ip() {
        IpAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
    };
    let socket = UdpSocket::bind((anywhere, 0))?;
    // Connected, the kernel lets through nothing that comes from elsewhere.
    socket.connect(server)?;
    Ok(socket)
}

fn by_udp(socket: &UdpSocket, query: &Query, deadline: Instant) -> io::Result<Answer> {
    socket.send(query.bytes())?;
    let mut buffer = vec![0; LONGEST];
    let mut strange = false;
    loop {
        let received = left(deadline)
            .and_then(|left| socket.set_read_timeout(Some(left)))
            .and_then(|()| socket.recv(&mut buffer));
        match received {
            // What nobody asked for may be anybody's: the answer may still come.
            Ok(length) => match query.answer(&buffer[..length]) {
                Some(answer) => return Ok(answer),
                None => strange = true,
            },
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) if strange => return Err(stray()),
            Err(error) => return Err(error),
        }
    }
}

/// An answer that is too long for a datagram.
fn by_tcp(server: SocketAddr, query: &Query, deadline: Instant) -> io::Result<Answer> {
    let stream = TcpStream::connect_timeout(&server, left(deadline)?)?;
    let mut stream = Timed {
        stream: &stream,
        deadline,
    };
    let length = u16::try_from(query.bytes().len()).map_err(|_| stray())?;
    stream.write_all(&[&length.to_be_bytes(), query.bytes()].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut answer)?;
    match query.answer(&answer) {
        None | Some(Answer::TooLong) => Err(stray()),
        Some(answer) => Ok(answer),
    }
}

fn stray() -> io::Error {
    let what = "did not answer what it was asked (is it a name server?)";
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_wrong_is_said_in_plain_words() {
        let server = "127.0.0.1:53".parse().unwrap();
        let told = |kind: io::ErrorKind| explain(server, &kind.into(), Instant::now()).1;
        for kind in [io::ErrorKind::UnexpectedEof, io::ErrorKind::WriteZero] {
            assert_eq!(
                told(kind),
                "127.0.0.1:53 closed the connection before its answer was whole"
            );
        }
        assert!(told(io::ErrorKind::TimedOut).starts_with("no answer from 127.0.0.1:53 within "));
        let refused = told(io::ErrorKind::ConnectionRefused);
        assert_eq!(refused, "127.0.0.1:53: connection refused");
    }
}
