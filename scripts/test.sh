#!/usr/bin/env bash
# Every check of this repository, in the order of what fails fastest.
#
# MCCAS_TEST_MEMCACHED=/path/to/memcached runs the suite on that server.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/lib.sh

step() {
  printf '\n==> %s\n' "$*"
  "$@"
}

# What the tests need comes over the network while the compiler works, which needs none of it.
{ scripts/install-test-deps.sh && scripts/fetch-test-servers.sh && scripts/install-browser.sh; } &
readonly NEEDED=$!

step cargo fmt --check
step cargo clippy --all-targets --locked -- -D warnings
RUSTDOCFLAGS="-D warnings" step cargo doc --no-deps --document-private-items --locked
step cargo test --locked --no-run

wait "$NEEDED" || die "the tests lack what could not be installed; the reason stands above"

# Whatever the tests start inherits this. Their own shells that end what a test left behind get a moment to do so.
export STARTED_BY_MCCAS_TESTS="$$-$(date +%s)"
# One thread more than there are cores: tests wait about half of their time.
RUST_TEST_THREADS=${RUST_TEST_THREADS:-$(($(nproc 2>/dev/null || echo 2) + 1))}
export RUST_TEST_THREADS
# A job in the background of a script ignores Ctrl-C, and so would all that the tests start and send it to.
heeding=()
if env --default-signal=INT true 2>/dev/null; then
  heeding=(env --default-signal=INT,QUIT,HUP)
fi
status=0
step "${heeding[@]}" cargo test --locked || status=$?
scripts/fetch-test-servers.sh --missing >&2
readonly MARK="STARTED_BY_MCCAS_TESTS=$STARTED_BY_MCCAS_TESTS"
export -n STARTED_BY_MCCAS_TESTS
for _ in $(seq 50); do
  left=$(grep -lF "$MARK" /proc/[0-9]*/environ 2>/dev/null || true)
  [ -n "$left" ] || exit "$status"
  sleep 0.1
done
echo "Left running by the tests:" >&2
for environ in $left; do
  pid=${environ#/proc/}
  ps -o pid=,ppid=,args= -p "${pid%/environ}" >&2 || true
done
die "what is listed above has outlived the tests that started it"
