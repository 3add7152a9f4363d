//! The least that a client can do: connects to the address that it is given, and exits. `scripts/bench.sh` compares with it.

fn main() {
    let address = std::env::args().nth(1).expect("an address");
    std::net::TcpStream::connect(address).expect("a server");
}
