//! A name server on a port of its own, whose every answer the test writes: by UDP and by TCP, right or wrong.

use std::io::{Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use crate::harness::sockets::{Acceptor, locked};

const HEADER: usize = 12;
const RESPONSE: [u8; 2] = [0x81, 0x80]; // An answer; recursion was wanted and is to be had.
const TRUNCATED: u8 = 0x02;
const SRV: u16 = 33;
const CNAME: u16 = 5;

/// How a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Udp,
    Tcp,
}

/// A question as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) by: By,
    pub(crate) name: String,
    bytes: Vec<u8>,
}

impl Asked {
    fn read(by: By, bytes: &[u8]) -> Self {
        let mut labels = Vec::new();
        let mut rest = &bytes[HEADER..];
        while rest[0] != 0 {
            let (label, tail) = rest[1..].split_at(usize::from(rest[0]));
            labels.push(String::from_utf8_lossy(label).into_owned());
            rest = tail;
        }
        assert_eq!(rest, [0, 0, 33, 0, 1], "one question, SRV, IN");
        Self {
            by,
            name: labels.join("."),
            bytes: bytes.to_vec(),
        }
    }

    /// An answer without records.
    pub(crate) fn answer(&self) -> Answer {
        let mut bytes = self.bytes.clone();
        bytes[2..4].copy_from_slice(&RESPONSE);
        Answer::of(bytes)
    }

    /// An answer that names these servers.
    pub(crate) fn servers(&self, servers: &[(&str, u16)]) -> Answer {
        let answer = self.answer();
        servers
            .iter()
            .fold(answer, |answer, &(host, port)| answer.srv(0, host, port))
    }
}

/// An answer, to be changed further.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    bytes: Vec<u8>,
    /// How many bytes of it and of its length go out by TCP before the connection is closed.
    cut: Option<usize>,
}

impl Answer {
    /// These bytes, whatever they are.
    pub(crate) fn of(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            cut: None,
        }
    }

    /// By TCP only so many bytes, and the end of the connection.
    pub(crate) fn cut(mut self, length: usize) -> Self {
        self.cut = Some(length);
        self
    }

    /// 3 is that there is no such name, 2 that the server could not tell.
    pub(crate) fn code(mut self, code: u8) -> Self {
        self.bytes[3] |= code;
        self
    }

    pub(crate) fn truncated(mut self) -> Self {
        self.bytes[2] |= TRUNCATED;
        self
    }

    pub(crate) fn other_id(mut self) -> Self {
        self.bytes[0] ^= 0xff;
        self
    }

    /// As if another name had been asked for.
    pub(crate) fn other_question(mut self) -> Self {
        self.bytes[HEADER + 1] ^= 1;
        self
    }

    pub(crate) fn srv(self, priority: u16, host: &str, port: u16) -> Self {
        let mut data = Vec::new();
        for number in [priority, 0, port] {
            data.extend(number.to_be_bytes());
        }
        data.extend(encoded(host));
        self.record(&[0xc0, 12], SRV, &data)
    }

    /// The name asked for is another name of `host`, whose server is `target`.
    pub(crate) fn alias(self, host: &str, target: (&str, u16)) -> Self {
        let mut data = vec![0; 4];
        data.extend(target.1.to_be_bytes());
        data.extend(encoded(target.0));
        self.record(&[0xc0, 12], CNAME, &encoded(host))
            .record(&encoded(host), SRV, &data)
    }

    /// A record whose name only points at itself.
    pub(crate) fn circle(self) -> Self {
        let here = u8::try_from(self.bytes.len()).expect("a short answer");
        self.record(&[0xc0, here], SRV, &[0, 0, 0, 0, 0, 1, 0xc0, here])
    }

    fn record(mut self, owner: &[u8], kind: u16, data: &[u8]) -> Self {
        let count = u16::from_be_bytes([self.bytes[6], self.bytes[7]]) + 1;
        self.bytes[6..8].copy_from_slice(&count.to_be_bytes());
        self.bytes.extend(owner);
        self.bytes.extend(kind.to_be_bytes());
        self.bytes.extend([0, 1, 0, 0, 0, 60]);
        let length = u16::try_from(data.len()).expect("a short record");
        self.bytes.extend(length.to_be_bytes());
        self.bytes.extend(data);
        self
    }
}

fn encoded(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        bytes.push(u8::try_from(label.len()).expect("a short label"));
        bytes.extend(label.bytes());
    }
    bytes.push(0);
    bytes
}

type Script = Arc<dyn Fn(&Asked) -> Vec<Answer> + Send + Sync>;

/// The server. Dropping it ends it, and passes on what panicked in it.
pub(crate) struct NameServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    _tcp: Acceptor,
}

impl NameServer {
    /// Answers each question with what `script` makes of it: any number of datagrams, or of messages on a connection.
    pub(crate) fn start(
        script: impl Fn(&Asked) -> Vec<Answer> + Send + Sync + 'static,
    ) -> NameServer {
        let (script, asked): (Script, Arc<Mutex<Vec<Asked>>>) = (Arc::new(script), Arc::default());
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind("127.0.0.1:0").expect("a port of its own");
            let address = udp.local_addr().expect("an address").to_string();
            // The same number may be taken by somebody's TCP.
            if let Ok(tcp) = Acceptor::start(&address, {
                let (script, asked) = (Arc::clone(&script), Arc::clone(&asked));
                move |accepted| serve_tcp(&accepted.stream, &script, &asked)
            }) {
                break (udp, tcp);
            }
        };
        let ending = Arc::<AtomicBool>::default();
        let address = udp.local_addr().expect("an address");
        let thread = thread::spawn({
            let (asked, ending) = (Arc::clone(&asked), Arc::clone(&ending));
            move || serve_udp(&udp, &script, &asked, &ending)
        });
        NameServer {
            address,
            asked,
            ending,
            thread: Some(thread),
            _tcp: tcp,
        }
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// The names that were asked for so far, and how.
    pub(crate) fn asked(&self) -> Vec<(By, String)> {
        let asked = locked(&self.asked);
        asked.iter().map(|one| (one.by, one.name.clone())).collect()
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        let wake = UdpSocket::bind("127.0.0.1:0").and_then(|it| it.send_to(b"", self.address));
        let ended = self.thread.take().expect("a thread").join();
        if !thread::panicking() {
            wake.expect("a datagram to end it");
            ended.expect("no panic in the name server");
        }
    }
}

fn serve_udp(udp: &UdpSocket, script: &Script, log: &Mutex<Vec<Asked>>, ending: &AtomicBool) {
    let mut buffer = [0; 512];
    while let Ok((length, from)) = udp.recv_from(&mut buffer) {
        if ending.load(Ordering::SeqCst) {
            return;
        }
        let asked = Asked::read(By::Udp, &buffer[..length]);
        locked(log).push(asked.clone());
        for Answer { bytes, .. } in script(&asked) {
            // Whoever asked may have had enough.
            let _ = udp.send_to(&bytes, from);
        }
    }
}

fn serve_tcp(mut stream: &std::net::TcpStream, script: &Script, log: &Mutex<Vec<Asked>>) {
    let mut length = [0; 2];
    while stream.read_exact(&mut length).is_ok() {
        let mut question = vec![0; u16::from_be_bytes(length).into()];
        if stream.read_exact(&mut question).is_err() {
            return;
        }
        let asked = Asked::read(By::Tcp, &question);
        locked(log).push(asked.clone());
        for Answer { bytes, cut } in script(&asked) {
            let length = u16::try_from(bytes.len()).expect("an answer that fits");
            let sent = [&length.to_be_bytes()[..], &bytes].concat();
            let _ = stream.write_all(&sent[..cut.unwrap_or(sent.len())]);
            if cut.is_some() {
                return;
            }
        }
    }
}
