#!/usr/bin/env bash
# Every check of this repository, in the order of what fails fastest.
#
# MCCAS_TEST_MEMCACHED=/path/to/memcached runs the suite on that server.
set -euo pipefail
cd "$(dirname "$0")/.."

step() {
  printf '\n==> %s\n' "$*"
  "$@"
}

scripts/install-test-deps.sh
scripts/fetch-modern-memcached.sh

step cargo fmt --check
step cargo clippy --all-targets --locked -- -D warnings
RUSTDOCFLAGS="-D warnings" step cargo doc --no-deps --document-private-items --locked
step cargo test --locked
