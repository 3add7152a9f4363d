#!/usr/bin/env bash
# Lays side by side in the binary what a short run calls: writes scripts/start.ld, which build.rs hands to the linker.
# Worth a run when much of a start or of a read has changed; a list that has become old costs time, and nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/packaging.sh

clean_up() {
  end_server
  rm -rf "$folder"
}

# What a run calls, into a file of its own: after the first one, only what that did not call is added.
trace() {
  valgrind --tool=callgrind --demangle=no --callgrind-out-file="$folder/$1" "$BUILT" "${@:2}" >/dev/null 2>"$folder/log" ||
    die "mccas ${*:2} failed: $(cat "$folder/log")"
}

scripts/install-memcached.sh
have valgrind || install_packages valgrind
folder=$(mktemp -d)
trap clean_up EXIT
link_for_release
CARGO_PROFILE_RELEASE_STRIP=false cargo rustc --release --locked --bin mccas --target "$TARGET" -- -C link-arg="-Wl,-Map=$folder/map,--no-demangle"
is_static "$BUILT" || die "this needs a static C library"
start_server "$folder" -m 64 -t 2
export MCCAS_SERVER="127.0.0.1:$port"
"$BUILT" cas my_key 41 --token absent >/dev/null
trace 1 gets my_key
trace 2 --version
trace 3 incr-cas my_key
trace 4 gets --json my_key
trace 5 gets --token-only my_key
trace 6 cas my_key 5 --token "$("$BUILT" gets --token-only my_key)"
python3 scripts/order_functions.py "$folder/map" "$folder"/[1-6] >"$folder/start.ld"
mv "$folder/start.ld" scripts/start.ld
