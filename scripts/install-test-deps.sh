#!/usr/bin/env bash
# Installs what the tests need and this machine lacks: memcached, pymemcache, and the shells that read the
# completion files. Does nothing, quickly, when all are there.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

scripts/install-memcached.sh
scripts/install-pymemcache.sh

missing=()
for shell in bash zsh fish; do
  have "$shell" || missing+=("$shell")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

echo "Installing ${missing[*]} ..."
install_packages "${missing[@]}" || die "${missing[*]} could not be installed: please install by hand"
