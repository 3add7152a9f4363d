#!/usr/bin/env bash
# Installs what the tests of pages need: Chromium, Node.js, and into target/browser/ what drives the browser (playwright-core) and
# what looks for barriers (axe-core). Nothing else on the machine changes. Does nothing, quickly, when they are there.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

readonly FOLDER=target/browser
readonly PLAYWRIGHT_VERSION=1.65.1 AXE_VERSION=4.14.1

version() {
  sed -n 's/^ *"version": "\(.*\)",*$/\1/p' "$FOLDER/node_modules/$1/package.json" 2>/dev/null
}

missing=()
have node && have npm || missing+=(nodejs npm)
have chromium || have chromium-browser || have google-chrome || missing+=(chromium)
if [ "${#missing[@]}" -gt 0 ]; then
  echo "Installing ${missing[*]} ..."
  install_packages "${missing[@]}" || die "${missing[*]} could not be installed: please install by hand"
fi

[ "$(version playwright-core)" != "$PLAYWRIGHT_VERSION" ] || [ "$(version axe-core)" != "$AXE_VERSION" ] || exit 0
echo "Installing playwright-core $PLAYWRIGHT_VERSION and axe-core $AXE_VERSION into $FOLDER ..."
mkdir -p "$FOLDER"
retry npm install --prefix "$FOLDER" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
  "playwright-core@$PLAYWRIGHT_VERSION" "axe-core@$AXE_VERSION" >/dev/null ||
  die "playwright-core and axe-core could not be installed by npm: is its registry reachable (npm config get registry)?"
