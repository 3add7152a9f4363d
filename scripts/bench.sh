#!/usr/bin/env bash
# Measures everything side by side in one run and writes docs/benchmarks.md:
# whole processes against the guide's Python script, memccat and nc (and mc, where it is installed), linked dynamically and
# statically, and against programs that do next to nothing; and the loop itself by `mccas bench`.
#
# BENCH_SECONDS=3 is the time of each measurement of the loop, BENCH_RUNS=300 the number of processes.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/packaging.sh

readonly SECONDS_EACH="${BENCH_SECONDS:-3}" RUNS="${BENCH_RUNS:-300}"
readonly RESULTS="$PWD/target/bench"
readonly BIN="$RESULTS/bin"
readonly PYTHON="$PWD/target/guide-venv/bin/python"

install_tools() {
  local missing=()
  have hyperfine || missing+=(hyperfine)
  have memccat || missing+=(libmemcached-tools)
  have nc || missing+=(netcat-openbsd)
  have python3 || missing+=(python3 python3-venv)
  [ "${#missing[@]}" -eq 0 ] || install_packages "${missing[@]}" ||
    die "${missing[*]} could not be installed: please install by hand"
  "$PYTHON" -c 'import pymemcache' 2>/dev/null && return 0
  python3 -m venv "$(dirname "$(dirname "$PYTHON")")" && retry "$PYTHON" -m pip install -q pymemcache ||
    die "pymemcache could not be installed into target/guide-venv"
}

# Programs that do next to nothing, linked in both ways.
build_minimal() {
  local name
  for name in ask_and_exit connect_and_exit empty; do
    rustc --edition 2024 -C opt-level=3 -C strip=symbols -o "$RESULTS/$name" "benches/$name.rs"
    # shellcheck disable=SC2086 # several words
    rustc --edition 2024 -C opt-level=3 -C strip=symbols $STATIC --target "$TARGET" -o "$RESULTS/$name.static" "benches/$name.rs"
  done
}

# Puts all of them where they run, as an installation does. What a linker has just written is kept by the kernel in single pages,
# and starts up to a fifth slower than a copy of it.
install_programs() {
  local program
  mkdir -p "$BIN"
  install -m 755 "$BUILD/release/mccas" "$BIN/mccas"
  install -m 755 "$BUILT" "$BIN/mccas.static"
  for program in "$RESULTS"/{ask_and_exit,connect_and_exit,empty}{,.static}; do
    install -m 755 "$program" "$BIN/"
  done
}

clean_up() {
  end_server
  rm -rf "$folder"
}

whole_processes() {
  local -a named=(
    -n "mccas gets" "mccas gets my_key"
    -n "mccas gets, static" "mccas.static gets my_key"
    -n "mccas incr-cas" "mccas incr-cas my_key"
    -n "connect, ask and exit" "ask_and_exit 127.0.0.1:$port my_key"
    -n "connect, ask and exit, static" "ask_and_exit.static 127.0.0.1:$port my_key"
    -n "connect and exit" "connect_and_exit 127.0.0.1:$port"
    -n "connect and exit, static" "connect_and_exit.static 127.0.0.1:$port"
    -n "mccas --version" "mccas --version"
    -n "mccas --version, static" "mccas.static --version"
    -n "empty program" "empty"
    -n "empty program, static" "empty.static"
    -n "memccat" "memccat --servers=127.0.0.1:$port my_key"
    -n "nc -z" "nc -z 127.0.0.1 $port"
    -n "guide.py" "$PYTHON scripts/guide.py 127.0.0.1 $port my_key"
  )
  # mc of mtop has no gets; its get is the nearest.
  ! have mc || ! mc --help 2>&1 | grep -q -i memcached || named+=(-n "mc get" "mc --host 127.0.0.1:$port get my_key")
  hyperfine -N --warmup 20 --runs "$RUNS" --style none --export-json "$RESULTS/processes.json" "${named[@]}" >/dev/null
}

scripts/install-memcached.sh
install_tools
cargo build --release --locked --quiet
ensure_small "$BUILD/release/mccas"
build_for_release
mkdir -p "$RESULTS"
build_minimal
install_programs
folder=$(mktemp -d)
trap clean_up EXIT
start_server "$folder" -m 64 -t 2
export PATH="$BIN:$PATH" MCCAS_SERVER="127.0.0.1:$port"
mccas cas my_key 41 --token absent >/dev/null

echo "Whole processes, $RUNS each ..."
whole_processes
echo "The loop, $SECONDS_EACH s each ..."
mccas bench --workers 1,2,8,32,128 --for "${SECONDS_EACH}s" --json >"$RESULTS/loop.jsonl"
python3 scripts/bench_report.py "$RESULTS" "$(command -v mccas)" "$("${MCCAS_TEST_MEMCACHED:-memcached}" -V)" \
  >docs/benchmarks.md
cat docs/benchmarks.md
