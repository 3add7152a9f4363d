//! The least that a `gets` can do: connects to the address that it is given, asks for the key, prints what comes, and exits.
//! `scripts/bench.sh` compares with it: the rest of a `gets` is what mccas itself takes.

use std::io::{Read, Write};

fn main() {
    let mut words = std::env::args().skip(1);
    let address = words.next().expect("an address");
    let key = words.next().expect("a key");
    let mut socket = std::net::TcpStream::connect(address).expect("a server");
    socket
        .write_all(format!("mg {key} v c t f\r\n").as_bytes())
        .expect("a connection");
    let mut answer = [0; 4096];
    let length = socket.read(&mut answer).expect("an answer");
    std::io::stdout()
        .write_all(&answer[..length])
        .expect("a stdout");
}
