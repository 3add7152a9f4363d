# Shared by the scripts beside it; sourced, not run.
# shellcheck shell=bash

# Ends the script with one sentence for people on stderr.
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

have() {
  command -v "$1" >/dev/null 2>&1
}

# Runs a command as root: as we are, or through sudo.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif have sudo; then
    sudo "$@"
  else
    die "installing packages needs root: run this as root, or install sudo"
  fi
}

# Runs a command up to three times: package mirrors have bad moments.
retry() {
  local attempt
  for attempt in 1 2 3; do
    "$@" && return 0
    [ "$attempt" -eq 3 ] || sleep "$attempt"
  done
  return 1
}

# Installs packages by name with the machine's own package manager.
install_packages() {
  if have apt-get; then
    apt_install "$@"
  elif have dnf; then
    as_root dnf install -y -q "$@"
  elif have brew; then
    brew install --quiet "$@"
  else
    die "no apt-get, dnf or brew here: please install $* by hand"
  fi
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq -y "$@" >/dev/null
}

# Debian starts a daemon as soon as its package is installed; the tests start servers of their own.
# RUNLEVEL=1 (single user) keeps invoke-rc.d from starting one. Where systemd runs, it is systemd
# that starts it, hence the mask for as long as the installation takes.
apt_install() {
  local masked="" status=0
  as_root true # Here its message can be seen; below it would be lost with apt's.
  if [ -d /run/systemd/system ] && ! have memcached; then
    as_root systemctl mask --runtime --quiet memcached.service && masked=yes
  fi
  # The second try is for package lists that are absent (container images) or out of date.
  apt_get install --no-install-recommends "$@" 2>/dev/null ||
    { retry apt_get update && retry apt_get install --no-install-recommends "$@"; } || status=$?
  [ -z "$masked" ] || as_root systemctl unmask --runtime --quiet memcached.service || true
  return "$status"
}

# The private server of this script, if it has one, and its port.
server="" port=""

# Starts a private memcached on a port of 127.0.0.1 that it picks itself, and waits for it: start_server FOLDER [OPTION...].
# MCCAS_TEST_MEMCACHED names another one than the installed one. The script's trap on EXIT is to call end_server.
start_server() {
  local ports="$1/ports"
  local -a options=(-l 127.0.0.1 -p -1 -U 0 "${@:2}")
  [ "$(id -u)" -ne 0 ] || options+=(-u root)
  rm -f "$ports"
  MEMCACHED_PORT_FILENAME="$ports" "${MCCAS_TEST_MEMCACHED:-memcached}" "${options[@]}" &
  server=$!
  for _ in $(seq 200); do
    [ ! -s "$ports" ] && kill -0 "$server" 2>/dev/null || break
    sleep 0.05
  done
  port=$(sed -n 's/^TCP INET: //p' "$ports" 2>/dev/null | head -n 1 || true)
  [ -n "$port" ] || die "memcached did not start"
}

# Ends it by the id of its process, and nothing else.
end_server() {
  [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
  server=""
}
