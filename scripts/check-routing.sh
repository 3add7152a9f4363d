#!/usr/bin/env bash
# Compares the servers that mccas chooses with what the clients themselves choose, for 10,000 random keys. The clients are
# installed into target/routing/, except libmemcached and Dalli, which come with the machine's packages.
#
# ROUTING_KEYS=N takes another number of keys; ROUTING_SEED=N repeats a run. With --write FILE the choices are written to
# FILE and nothing is compared: that is how tests/data/routing/clients.json was made.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

readonly HOME_OF_CLIENTS=target/routing
readonly PYTHON_CLIENTS=(pymemcache==4.0.0 python-memcached==1.62 pylibmc==1.6.3)
readonly NODE_CLIENTS=(memcached@2.2.2 memjs@1.3.2)

install_packaged() {
  local missing=()
  have cc || missing+=(gcc libc6-dev)
  [ -e /usr/include/libmemcached/memcached.h ] || missing+=(libmemcached-dev)
  have ruby || missing+=(ruby)
  ruby -e 'require "dalli"' 2>/dev/null || missing+=(ruby-dalli)
  have node && have npm || missing+=(nodejs npm)
  [ "${#missing[@]}" -eq 0 ] || install_packages "${missing[@]}" ||
    die "${missing[*]} could not be installed: please install by hand"
}

install_python_clients() {
  local venv=$HOME_OF_CLIENTS/python
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv" ||
    die "python3 cannot make a virtual environment here: please install python3-venv by hand"
  retry "$venv/bin/pip" install --quiet --disable-pip-version-check "${PYTHON_CLIENTS[@]}" ||
    die "${PYTHON_CLIENTS[*]} could not be installed from PyPI"
}

install_node_clients() {
  mkdir -p "$HOME_OF_CLIENTS/node"
  cp scripts/routing/*.js "$HOME_OF_CLIENTS/node/"
  retry npm install --silent --no-fund --no-audit --prefix "$HOME_OF_CLIENTS/node" "${NODE_CLIENTS[@]}" ||
    die "${NODE_CLIENTS[*]} could not be installed from npm"
}

scripts/install-memcached.sh
mkdir -p "$HOME_OF_CLIENTS"
install_packaged
install_python_clients
install_node_clients
cc -O1 -Wall -Wextra -o "$HOME_OF_CLIENTS/libmemcached" scripts/routing/libmemcached.c -lmemcached

choices=$PWD/$HOME_OF_CLIENTS/choices.json
[ "${1:-}" != --write ] || choices=$(realpath "${2:?--write needs a file}")
"$HOME_OF_CLIENTS/python/bin/python" scripts/routing/choices.py "$HOME_OF_CLIENTS" >"$choices"
[ "${1:-}" != --write ] || exit 0
MCCAS_ROUTING_CHOICES=$choices exec cargo test --locked --bin mccas -- --nocapture the_clients_themselves
