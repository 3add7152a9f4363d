#!/usr/bin/env bash
# Puts a recent memcached (>= 1.6.27, which knows the meta flag E) at target/modern-memcached/memcached.
#
# Debian 12 ships 1.6.18. So that the tests run on a recent server too, the one of Debian 13 is
# fetched from the mirror that this machine uses anyway, with the libraries it needs, and unpacked
# below target/. apt does the fetching and checks the signatures as always, but with lists, state
# and cache of its own: nothing on the machine changes, and no root is needed.
#
# A memcached that is installed and recent is used as it is.
# MCCAS_TEST_MODERN_MEMCACHED=/path/to/memcached names one to use instead: then nothing is done.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

readonly WANTED=1.6.27
readonly SUITE=trixie
readonly HOME_DIR="$PWD/target/modern-memcached"
readonly SERVER="$HOME_DIR/memcached"
readonly ROOT="$HOME_DIR/root"
readonly APT="$HOME_DIR/apt"

# Whether the server named answers with a version that is recent enough.
is_recent() {
  local version
  version=$("$1" -V 2>/dev/null | sed -n 's/^memcached \([0-9.]*\).*/\1/p') || return 1
  [ -n "$version" ] && [ "$(printf '%s\n' "$WANTED" "$version" | sort -V | head -n 1)" = "$WANTED" ]
}

# Writes the server's script in one step, so that a half-written one is never run.
write_server() {
  printf '#!/bin/sh\nexec %s "$@"\n' "$1" >"$SERVER.new"
  chmod +x "$SERVER.new"
  mv "$SERVER.new" "$SERVER"
}

# Prints the address of the Debian archive that this machine installs from: the first entry, in
# either format of apt's source lists, that carries the running release itself (not its updates).
machine_mirror() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -n 's/^deb  *\(\[[^]]*\]  *\)\{0,1\}//p' |
    awk -v suite="$codename" '$2 == suite && $1 ~ /^https?:/ { print $1; exit }'
  cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk -v RS= -v suite="$codename" '
    {
      uri = ""; found = 0; off = 0
      for (n = split($0, lines, "\n"); n > 0; n--) {
        count = split(lines[n], words, /[ \t]+/)
        for (i = 2; i <= count; i++) {
          if (words[1] == "URIs:" && uri == "" && words[i] ~ /^https?:/) uri = words[i]
          if (words[1] == "Suites:" && words[i] == suite) found = 1
          if (words[1] == "Enabled:" && words[i] == "no") off = 1
        }
      }
      if (found && !off && uri != "") { print uri; exit }
    }'
}

# Sets up an apt that sees Debian 13 only and believes that nothing is installed.
prepare_apt() {
  local mirror=$1 signed_by=""
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  # Without the archive's own keyring apt falls back on the keys that the machine trusts.
  [ ! -r "$keyring" ] || signed_by="[signed-by=$keyring] "
  mkdir -p "$APT/lists/partial" "$APT/cache/archives/partial" "$APT/etc"
  : >"$APT/status"
  echo "deb $signed_by$mirror $SUITE main" >"$APT/etc/sources.list"
  # Hooks of the machine (container images delete caches in them) have no business here.
  cat >"$APT/apt.conf" <<CONF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Default-Release;
Dir::State "$APT";
Dir::State::lists "$APT/lists";
Dir::State::status "$APT/status";
Dir::State::extended_states "$APT/extended_states";
Dir::Cache "$APT/cache";
Dir::Etc::SourceList "$APT/etc/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Acquire::Languages "none";
Acquire::PDiffs "false";
Acquire::Retries "3";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
APT::Sandbox::User "$(id -un)";
APT::Update::Error-Mode "any";
Debug::NoLocking "true";
CONF
}

private_apt() {
  local tool=$1
  shift
  "$tool" -c "$APT/apt.conf" -q "$@"
}

# Prints the packages to fetch: the server, the libraries it names, and what those need in turn.
# The rest of its dependencies (perl, adduser and so on) is for its set-up as a service.
needed_packages() {
  local libraries
  libraries=$(private_apt apt-cache depends --no-recommends --no-suggests memcached |
    sed -n 's/^ *Depends: \(lib[^ ]*\|zlib[^ ]*\)$/\1/p' | grep -v -- '-perl$')
  echo memcached
  # shellcheck disable=SC2086 # one word per library
  private_apt apt-get install --simulate --no-install-recommends $libraries |
    sed -n 's/^Inst \([^ ]*\) .*/\1/p'
}

# Downloads the packages and unpacks them below $ROOT.
fetch_packages() {
  local packages deb
  packages=$(needed_packages) && [ "$packages" != memcached ] || return 1
  rm -rf "$ROOT" "$APT/debs"
  mkdir -p "$ROOT" "$APT/debs"
  # shellcheck disable=SC2086 # one word per package
  (cd "$APT/debs" && retry private_apt apt-get download $packages) || return 1
  for deb in "$APT/debs"/*.deb; do
    dpkg-deb -x "$deb" "$ROOT" || return 1
  done
}

# Writes the server that runs what was unpacked through its own loader: the machine's C library may
# be too old for it.
write_unpacked_server() {
  local loader libraries
  loader=$(find "$ROOT/usr/lib" "$ROOT/lib" -name 'ld-linux*.so.*' -type f 2>/dev/null | head -n 1)
  [ -n "$loader" ] || return 1
  libraries=$(dirname "$loader")
  ! "$loader" --library-path "$libraries" --list "$ROOT/usr/bin/memcached" | grep 'not found' >&2 || return 1
  write_server "'$loader' --library-path '$libraries' '$ROOT/usr/bin/memcached'"
}

fetch_from_debian() {
  local mirror
  have apt-get && have dpkg-deb || return 1
  # Either kind of list may be absent, which is no fault: what counts is whether a line came out.
  mirror=$(machine_mirror | head -n 1 || true)
  [ -n "$mirror" ] || return 1
  echo "Fetching the memcached of Debian $SUITE ..."
  prepare_apt "$mirror"
  if ! { retry private_apt apt-get update && fetch_packages && write_unpacked_server; } >"$APT/log" 2>&1; then
    tail -n 5 "$APT/log" >&2
    return 1
  fi
  # What was downloaded is not needed any more; the lists alone are 60 MB.
  rm -rf "$APT"
}

if [ -n "${MCCAS_TEST_MODERN_MEMCACHED:-}" ]; then
  is_recent "$MCCAS_TEST_MODERN_MEMCACHED" ||
    die "MCCAS_TEST_MODERN_MEMCACHED=$MCCAS_TEST_MODERN_MEMCACHED is not a memcached of version $WANTED or later"
  exit 0
fi
! is_recent "$SERVER" || exit 0

mkdir -p "$HOME_DIR"
installed=$(command -v memcached || true)
if [ -n "$installed" ] && is_recent "$installed"; then
  write_server "'$installed'"
elif ! { fetch_from_debian && is_recent "$SERVER"; }; then
  die "the tests need memcached >= $WANTED, and Debian's could not be fetched here: install one, or name it by MCCAS_TEST_MODERN_MEMCACHED"
fi
