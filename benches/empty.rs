//! Nothing: what starting and ending a Rust program takes. `scripts/bench.sh` compares with it.

fn main() {}
