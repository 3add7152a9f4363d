//! The least that a pipelined reader must do, for comparison with `mccas gets --keys-from -` (`make bench-keys`).
//!
//! Usage: pipelined_reader HOST:PORT < KEYS. One look at each item, two windows under way, each answer's head and value on stdout;
//! no checks, no messages, no second look at anything.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::net::TcpStream;

const WINDOW: usize = 30 * 1024;

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_default();
    if !address.contains(':') {
        // Run by `cargo bench` without a server.
        return Ok(());
    }
    let mut socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let mut answers = BufReader::with_capacity(64 * 1024, socket.try_clone()?);
    let mut keys = BufReader::with_capacity(64 * 1024, io::stdin().lock());
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    let (mut line, mut value) = (Vec::new(), Vec::new());
    let (mut before, mut more) = (0, true);
    while more || before > 0 {
        let (mut request, mut asked) = (Vec::with_capacity(WINDOW + 300), 0);
        while more && request.len() < WINDOW {
            line.clear();
            more = keys.read_until(b'\n', &mut line)? > 0;
            if more {
                request.extend_from_slice(b"mg ");
                request.extend_from_slice(line.trim_ascii_end());
                request.extend_from_slice(b" v c t f\r\n");
                asked += 1;
            }
        }
        socket.write_all(&request)?;
        for _ in 0..before {
            line.clear();
            answers.read_until(b'\n', &mut line)?;
            out.write_all(&line)?;
            if let Some(head) = line.strip_prefix(b"VA ") {
                let length: usize = std::str::from_utf8(head)
                    .ok()
                    .and_then(|head| head.split(' ').next()?.parse().ok())
                    .ok_or(io::ErrorKind::InvalidData)?;
                value.resize(length + 2, 0);
                answers.read_exact(&mut value)?;
                out.write_all(&value)?;
            }
        }
        before = asked;
    }
    out.flush()
}
