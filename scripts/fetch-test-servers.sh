#!/usr/bin/env bash
# Puts the servers that the tests run on beside the installed one below target/:
#
#   modern-memcached/memcached   >= 1.6.27, which knows the meta flag E. Without it nothing is tested.
#   oldest-memcached/memcached   1.6.9, which speaks the meta commands as they began (Debian 11, RHEL 9)
#   newest-memcached/memcached   the newest that Debian has
#   twemproxy/nutcracker         a proxy in front of several servers, which knows the classic commands only
#
# A Debian release has one memcached, and the machine's is one of them; the others are fetched from the
# mirror that this machine uses anyway and unpacked (debian.sh). Those that are there already stay.
#
# Where one of the last three cannot be had, a stand-in inside the tests takes its place, and this
# script says so; the next run tries again.
#
# With --missing nothing is fetched, and it only says so.
#
# MCCAS_TEST_MODERN_MEMCACHED=/path/to/memcached names a recent one to use.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/debian.sh

readonly RECENT=1.6.27
readonly OLD=1.6.9

# Prints the version of a memcached, or of a twemproxy.
version_of() {
  "$1" -V 2>&1 | sed -n 's/^memcached \([0-9.]*\).*/\1/p; s/^This is nutcracker-\([0-9.]*\).*/\1/p' || true
}

# Whether the server named has a version that is recent enough.
is_recent() {
  local version
  version=$(version_of "$1")
  [ -n "$version" ] && [ "$(printf '%s\n' "$RECENT" "$version" | sort -V | head -n 1)" = "$RECENT" ]
}

is_old() {
  [ "$(version_of "$1")" = "$OLD" ]
}

is_twemproxy() {
  [ -n "$(version_of "$1")" ]
}

# What the tests cannot do without.
modern() {
  local server=target/modern-memcached/memcached installed
  if [ -n "${MCCAS_TEST_MODERN_MEMCACHED:-}" ]; then
    is_recent "$MCCAS_TEST_MODERN_MEMCACHED" ||
      die "MCCAS_TEST_MODERN_MEMCACHED=$MCCAS_TEST_MODERN_MEMCACHED is not a memcached of version $RECENT or later"
    return 0
  fi
  ! is_recent "$server" || return 0
  mkdir -p "${server%/*}"
  installed=$(command -v memcached || true)
  if [ -n "$installed" ] && is_recent "$installed"; then
    write_script "$server" "'$installed'"
  elif ! { fetch_program trixie memcached memcached "$PWD/${server%/*}" && is_recent "$server"; }; then
    die "the tests need memcached >= $RECENT, and Debian's could not be fetched here: install one, or name it by MCCAS_TEST_MODERN_MEMCACHED"
  fi
}

# A program that a stand-in can take the place of: whether it is the right one, where it is to be, what stands in.
optional() {
  local is_right=$1 suite=$2 package=$3 path=$4 stand_in=$5
  local home="$PWD/${path%/*}"
  if ! "$is_right" "$path"; then
    rm -f "$path"
    if ! { fetch_program "$suite" "$package" "${path##*/}" "$home" && "$is_right" "$path"; }; then
      rm -rf "$path" "$home/root"
      mkdir -p "$home"
      echo "the $package of Debian $suite could not be fetched: $stand_in" >"$home/absent"
    fi
  fi
  [ ! -x "$path" ] || rm -f "$home/absent"
}

# One process for each release: they wait for the network most of the time.
modern_and_twemproxy() {
  modern
  optional is_twemproxy trixie nutcracker target/twemproxy/nutcracker \
    "the tests use a filter that answers as twemproxy does"
}
oldest() {
  optional is_old bullseye memcached target/oldest-memcached/memcached \
    "the tests use a filter that answers as memcached $OLD does, in front of the installed one"
}
newest() {
  optional is_recent sid memcached target/newest-memcached/memcached \
    "the tests use the one of Debian 13 in its place"
}

# Prints a line for each stand-in.
missing() {
  cat target/{oldest-memcached,newest-memcached,twemproxy}/absent 2>/dev/null | sed 's/^/NOTE: /' || true
}

if [ "${1:-}" = --missing ]; then
  missing
  exit 0
fi

jobs=()
for job in modern_and_twemproxy oldest newest; do
  "$job" &
  jobs+=("$!")
done
status=0
for job in "${jobs[@]}"; do
  wait "$job" || status=1
done
rm -rf "$APT_HOME"
missing >&2
exit "$status"
