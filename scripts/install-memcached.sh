#!/usr/bin/env bash
# Installs memcached if this machine has none. Starts nothing.
#
# MCCAS_TEST_MEMCACHED=/path/to/memcached names a server to use instead: then nothing is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

if [ -n "${MCCAS_TEST_MEMCACHED:-}" ]; then
  [ -x "$MCCAS_TEST_MEMCACHED" ] || die "MCCAS_TEST_MEMCACHED=$MCCAS_TEST_MEMCACHED is not an executable file"
  exit 0
fi
have memcached && exit 0

echo "Installing memcached ..."
install_packages memcached || die "memcached could not be installed: please install it by hand"
have memcached || die "memcached is installed but not on the PATH: name it by MCCAS_TEST_MEMCACHED"
