#!/usr/bin/env bash
# Installs what the tests need and this machine lacks: memcached, pymemcache (a foreign client), the
# shells that read the completion files or run the recipes of README.md, jq for one of these, tmux, in which the tests press TAB, and
# openssl, which makes a certificate for the tests of tls://. Does nothing, quickly, when all are there.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

scripts/install-memcached.sh
scripts/install-pymemcache.sh

missing=()
for program in bash dash zsh fish jq openssl tmux; do
  have "$program" || missing+=("$program")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

echo "Installing ${missing[*]} ..."
install_packages "${missing[@]}" || die "${missing[*]} could not be installed: please install by hand"
