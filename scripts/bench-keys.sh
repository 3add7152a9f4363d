#!/usr/bin/env bash
# Measures many keys side by side in one run, and writes that section of docs/benchmarks.md:
# `gets --keys-from -` against `xargs -n1000 memccat` and a minimal pipelined reader (benches/pipelined_reader.rs),
# `incr-cas --keys-from -` against one process per key by `xargs -P2`, and twice at a time on the same keys.
#
# BENCH_KEYS=1000000 keys are read, BENCH_COUNTERS=100000 counted, and BENCH_PROCESSES=5000 processes counted by.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

readonly RESULTS="$PWD/target/bench"

clean_up() {
  end_server
  rm -rf "$folder"
}

scripts/install-memcached.sh
have memccat || install_packages libmemcached-tools || die "libmemcached-tools could not be installed: please install by hand"
cargo build --release --locked --quiet
mkdir -p "$RESULTS"
rustc --edition 2024 -C opt-level=3 -o "$RESULTS/pipelined_reader" benches/pipelined_reader.rs
folder=$(mktemp -d)
trap clean_up EXIT
start_server "$folder" -m 1024 -t 2

python3 scripts/bench_keys.py "127.0.0.1:$port" "${CARGO_TARGET_DIR:-$PWD/target}/release/mccas" \
  "$RESULTS/pipelined_reader" "$folder" "${BENCH_KEYS:-1000000}" "${BENCH_COUNTERS:-100000}" \
  "${BENCH_PROCESSES:-5000}" >"$RESULTS/keys.json"
python3 scripts/bench_report.py --keys "$RESULTS" docs/benchmarks.md
