#!/usr/bin/env bash
# Installs what the tests need and this machine lacks: memcached, pymemcache (a foreign client), the
# shells that read the completion files or run the recipes of README.md, jq, make and man, which examples name, openssl, which makes a
# certificate for the tests of tls://, and tmux, script and vi, in which the tests press TAB and edit. Does nothing, quickly, when all are
# there.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

scripts/install-memcached.sh
scripts/install-pymemcache.sh

missing=()
for program in bash dash zsh fish jq make openssl tmux; do
  have "$program" || missing+=("$program")
done
# The packages of these have other names, also where they are not there yet.
if ! have man; then missing+=(man-db); fi
if ! have script; then
  if have apt-get; then missing+=(bsdutils); else missing+=(util-linux); fi
fi
if ! have vi; then
  if have apt-get; then missing+=(vim-tiny); else missing+=(vim); fi
fi
[ "${#missing[@]}" -gt 0 ] || exit 0

echo "Installing ${missing[*]} ..."
install_packages "${missing[@]}" || die "${missing[*]} could not be installed: please install by hand"
