#!/usr/bin/env bash
# Puts pymemcache, a client of another language, into target/pymemcache/: the tests of contention let it
# write beside mccas; and prometheus_client, which reads what mccas writes for Prometheus. Nothing else on the
# machine changes. Does nothing, quickly, when they are there.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

readonly VENV=target/pymemcache
readonly VERSION=4.0.0 PROMETHEUS_VERSION=0.23.1

installed() {
  "$VENV/bin/python" -c "
import importlib.metadata, pymemcache
assert pymemcache.__version__ == '$VERSION'
assert importlib.metadata.version('prometheus_client') == '$PROMETHEUS_VERSION'" 2>/dev/null
}

! installed || exit 0

have python3 || install_packages python3 || die "the tests need python3: please install it by hand"
echo "Installing pymemcache $VERSION and prometheus_client $PROMETHEUS_VERSION into $VENV ..."
mkdir -p target
python3 -m venv --clear "$VENV" 2>/dev/null ||
  { install_packages python3-venv && python3 -m venv --clear "$VENV"; } ||
  die "python3 cannot make a virtual environment here: please install python3-venv by hand"
retry "$VENV/bin/pip" install --quiet --disable-pip-version-check "pymemcache==$VERSION" "prometheus_client==$PROMETHEUS_VERSION" && installed ||
  die "pymemcache $VERSION and prometheus_client $PROMETHEUS_VERSION could not be installed from PyPI: is the package index reachable (pip config)?"
