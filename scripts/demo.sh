#!/usr/bin/env bash
# Shows mccas at work on a memcached of its own, on a socket in a temporary folder: nothing that
# runs on this machine is touched, and nothing is left behind.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

readonly BINARIES="${CARGO_TARGET_DIR:-$PWD/target}/release"

# Shows a command as a user types it, runs exactly that text, and leaves an empty line.
run() {
  printf '%s$ %s%s\n' "$bold" "$1" "$plain"
  bash -c "$1"
  echo
}

say() {
  printf '# %s\n' "$*"
}

# Whatever ended the demo.
clean_up() {
  end_server
  rm -rf "$folder"
}

start_on_socket() {
  local -a options=(-s "$folder/m.sock" -m 16 -t 2)
  [ "$(id -u)" -ne 0 ] || options+=(-u root)
  "${MCCAS_TEST_MEMCACHED:-memcached}" "${options[@]}" &
  server=$!
  # It is up when a missing key is missing (exit 4); before that it is unreachable (exit 5).
  local attempt code
  for attempt in $(seq 100); do
    code=0
    mccas -qq gets my_key >/dev/null || code=$?
    [ "$code" -ne 4 ] || return 0
    sleep 0.05
  done
  die "memcached did not start in $attempt attempts (the last gets ended with exit code $code)"
}

bold="" plain=""
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\033[1m' plain=$'\033[0m'
fi

have cargo || die "cargo is missing: install Rust first, see https://rustup.rs"
scripts/install-memcached.sh
echo "Building mccas (a minute, the first time) ..." >&2
cargo build --release --locked --quiet

folder=$(mktemp -d)
trap clean_up EXIT
export PATH="$BINARIES:$PATH" MCCAS_SERVER="$folder/m.sock"
start_on_socket

say "A private memcached runs at \$MCCAS_SERVER. A key is created, if it does not exist:"
run "mccas cas my_key 41 --token absent"

say "Read, add one, swap: the new value alone, or the whole story as JSON."
run "mccas incr-cas my_key"
run "mccas incr-cas my_key --json"

say "Eight processes at once, 50 increments each: exactly 400 more."
before=$(mccas gets --raw my_key)
# shellcheck disable=SC2016 # to be expanded where it runs
run 'for worker in 1 2 3 4 5 6 7 8; do
    (for i in $(seq 50); do mccas incr-cas my_key --quiet >/dev/null; done) &
  done; wait'
run "mccas gets my_key"

after=$(mccas gets --raw my_key)
[ "$after" -eq "$((before + 400))" ] || die "$before plus 400 became $after"
say "$before + 400 = $after: no increment was lost."
