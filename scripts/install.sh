#!/usr/bin/env bash
# Installs the program, its manual pages and its completions below PREFIX (/usr/local), or takes them away.
#
#   scripts/install.sh [install | uninstall]
#
# DESTDIR stands before every path, as packagers want it. BINARY=/path/to/mccas is installed in place of what
# `make build` builds.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

readonly BUILT="${CARGO_TARGET_DIR:-target}/release/mccas"

# Root by sudo has no Rust as a rule, and where it has, it would leave files of root's in our target folder.
built_binary() {
  if have cargo && [ -z "${SUDO_USER:-}" ]; then
    cargo build --release --locked >&2
  elif [ ! -x "$BUILT" ]; then
    die "there is no $BUILT yet: run make build first, as the user who has Rust, then this again"
  fi
  echo "$BUILT"
}

# One line for each file: its mode, where it comes from, where it goes below the prefix. The one list for both ways.
files() {
  local page
  printf '%s\t%s\t%s\n' 755 "$1" bin/mccas
  for page in man/*.1; do
    printf '%s\t%s\t%s\n' 644 "$page" "share/man/man1/${page##*/}"
  done
  printf '%s\t%s\t%s\n' \
    644 completions/mccas.bash share/bash-completion/completions/mccas \
    644 completions/_mccas share/zsh/site-functions/_mccas \
    644 completions/mccas.fish share/fish/vendor_completions.d/mccas.fish
}

# Runs a command that writes below the prefix; its own message, then what to do.
writing() {
  "$@" || die "cannot write to $root: use sudo, or another place, such as PREFIX=~/.local"
}

put() {
  local mode source target
  while IFS=$'\t' read -r mode source target; do
    writing install -d -m 755 "$root/${target%/*}"
    # Beside it first: a program that runs cannot be written over, and half of one is never seen.
    writing install -m "$mode" "$source" "$root/$target.new"
    writing mv -f "$root/$target.new" "$root/$target"
  done
  echo "Installed $root/bin/mccas, its manual pages and completions"
}

take_away() {
  local target
  while IFS=$'\t' read -r _ _ target; do
    writing rm -f "$root/$target"
  done
  echo "Removed $root/bin/mccas, its manual pages and completions"
}

prefix=${PREFIX:-/usr/local}
# Not every shell expands this in an argument of make.
case $prefix in
  \~/*) prefix="$HOME/${prefix#\~/}" ;;
esac
case $prefix in
  /*) ;;
  *) die "PREFIX=$prefix is not a whole path: say for instance PREFIX=$PWD/$prefix" ;;
esac
readonly root="${DESTDIR:-}${prefix%/}"

case ${1:-install} in
  install)
    binary=${BINARY:-$(built_binary)}
    files "$binary" | put
    ;;
  uninstall) files - | take_away ;;
  *) die "what is ${1@Q}? say install or uninstall" ;;
esac
