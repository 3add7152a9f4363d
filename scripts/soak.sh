#!/usr/bin/env bash
# A long run in bad weather: eight writers increment one counter while connections are killed at random and the server is
# restarted once; at the end every acknowledged increment must be accounted for. Once on the installed memcached, and at
# the same time on a recent one, where half of the writers use --exactly-once. The run itself is tests/alone/soak.rs.
#
# SOAK_MINUTES=1 scripts/soak.sh takes one minute instead of ten.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-memcached.sh
scripts/fetch-test-servers.sh
export SOAK_MINUTES=${SOAK_MINUTES:-10}
exec cargo test --locked --test alone -- --nocapture --test-threads 2 soak::
