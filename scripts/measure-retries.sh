#!/usr/bin/env bash
# Measures the rules of waiting side by side on a private memcached: threads that never pause, and 1,000 processes at once.
#
# Usage: scripts/measure-retries.sh [MCCAS [SECONDS]]     (target/release/mccas; 5 seconds for each row)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

mccas=${1:-target/release/mccas}
seconds=${2:-5}
scripts/install-memcached.sh
have jq || install_packages jq || die "jq could not be installed: please install it by hand"
[ -x "$mccas" ] || cargo build --release --locked --quiet

clean_up() {
  end_server
  rm -rf "$folder"
}

folder=$(mktemp -d)
trap clean_up EXIT
start_server "$folder" -c 4096
SERVER="127.0.0.1:$port"

echo "| workers | strategy | incr/s | attempts | p50 | p99 | max | fairness | exhausted | lost |"
echo "|---|---|---|---|---|---|---|---|---|---|"
for workers in 1 2 8 32 128 512; do
  "$mccas" -s "$SERVER" --json bench --workers "$workers" --for "${seconds}s" --strategy guide,doubling,cas |
    jq -r 'def ms: . / 10 | round / 100 | "\(.) ms";
      "| \(.workers) | `\(.strategy)` | \(.increments_per_second | round) | \(.attempts_per_increment * 100 | round / 100) | " +
      "\(.p50_us | ms) | \(.p99_us | ms) | \(.max_us | ms) | \(.fairness * 100 | round / 100) | \(.exhausted // 0) | \(.lost_updates) |"'
done

echo
echo "1,000 processes at once, one increment each (xargs -P 1000):"
"$mccas" -s "$SERVER" -q cas crowd 0 --token absent >/dev/null
began=$(date +%s%N)
status=0
seq 1000 | xargs -P 1000 -I{} "$mccas" -s "$SERVER" incr-cas crowd >/dev/null || status=$?
took=$((($(date +%s%N) - began) / 1000000))
echo "value $("$mccas" -s "$SERVER" gets --raw crowd) after $took ms, xargs ended with $status"
