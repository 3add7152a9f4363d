#!/usr/bin/env bash
# A hot key, and how it is found: three kinds of writers fight over one key on a private memcached, and
# mccas contention names them.
#
# scripts/demo-contention.sh            the report after a few seconds, also as a page (target/contention.html), then the cure and the report again
# scripts/demo-contention.sh page       makes docs/contention.html of the same fight, and its picture (needs scripts/install-browser.sh)
# scripts/demo-contention.sh picture    draws docs/contention.svg from the live view of the same fight (needs tmux)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

readonly SECONDS_OF_FIGHT=6
readonly KEY=stock:4711

work=$(mktemp -d)
writers=()

# Ends what this script started, and nothing else.
clean_up() {
  stop_writers
  end_server
  rm -rf "$work"
}
trap clean_up EXIT

# A worker written in Python that reads, thinks for a moment and swaps; it keeps its connection.
start_python_worker() {
  python3 - "$MCCAS_SERVER" "$1" "$2" "$3" <<'PY' &
import socket, sys, time
address, key, think, rest = sys.argv[1], sys.argv[2].encode(), float(sys.argv[3]), float(sys.argv[4])
host, port = address.rsplit(":", 1)
connection = socket.create_connection((host, int(port)))
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
answers = connection.makefile("rb")
while True:
    connection.sendall(b"gets %s\r\n" % key)
    _, _, flags, size, token = answers.readline().split()
    value = answers.read(int(size) + 2)[:-2]
    answers.readline()
    time.sleep(think)
    new = b"%d" % (int(value) + 1)
    connection.sendall(b"cas %s %s 0 %d %s\r\n%s\r\n" % (key, flags, len(new), token, new))
    answers.readline()
    time.sleep(rest)
PY
  writers+=($!)
}

# A shell script that increments with mccas, each time anew.
start_shell_worker() {
  while "$mccas" -q incr-cas "$1" >/dev/null; do sleep 0.02; done &
  writers+=($!)
}

# Two patient workers on the hot key, one that thinks long between reading and swapping, a shell loop,
# and others that write keys of their own.
start_writers() {
  for key in "$KEY" visits:home visits:cart session:17; do
    "$mccas" -q cas "$key" 0 --token absent --quiet >/dev/null || true
  done
  start_python_worker "$KEY" 0.001 0.004
  start_python_worker "$KEY" 0.001 0.006
  start_python_worker "$KEY" 0.020 0
  start_shell_worker "$KEY"
  start_python_worker visits:home 0.001 0.008
  start_python_worker visits:home 0.001 0.010
  start_python_worker visits:cart 0.001 0.020
  start_python_worker session:17 0.001 0.030
}

stop_writers() {
  local pid
  for pid in "${writers[@]}"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  writers=()
}

show() {
  printf '\n\033[1m$ %s\033[0m\n' "$*"
  "$mccas" "${@:2}" || printf '(exit code %d)\n' $?
}

demo() {
  start_writers
  echo "Who fights over which key?"
  mkdir -p target
  show mccas contention --for "${SECONDS_OF_FIGHT}s" --top 3 --html target/contention.html
  echo "The same as a page to read and to send around: target/contention.html"
  echo
  echo "As a check for cron and CI:"
  show mccas contention --for 2s --fail-above 0.2 --top 1
  echo
  echo "What happens to the hot key, store by store:"
  show mccas watch --log "$KEY" --count 3
  stop_writers
  echo
  echo "The cure here: let the server add (it needs no swap, so nobody can lose)."
  for _ in 1 2 3 4; do
    while printf 'incr %s 1\r\nquit\r\n' "$KEY" >"/dev/tcp/${MCCAS_SERVER%:*}/${MCCAS_SERVER#*:}"; do
      sleep 0.01
    done &
    writers+=($!)
  done
  show mccas contention --for 2s --fail-above 0.2 --top 3
}

picture() {
  local socket="$work/tmux" width=132 height=16
  have tmux || die "tmux is needed to draw the picture: please install it"
  start_writers
  tmux -S "$socket" -f /dev/null new-session -d -x "$width" -y "$height" \
    "MCCAS_SERVER=$MCCAS_SERVER TERM=xterm-256color $mccas contention --for 60s"
  sleep 14
  tmux -S "$socket" capture-pane -e -p >"$work/picture"
  tmux -S "$socket" send-keys q
  mkdir -p docs
  scripts/terminal-picture.py "$width" "mccas contention" <"$work/picture" >docs/contention.svg
  echo "docs/contention.svg is drawn"
}

# The fight as others will see it: more writers come later, and all go before the end.
page() {
  start_writers
  (sleep 10 && start_shell_worker "$KEY" && start_shell_worker "$KEY" && sleep 12; stop_writers) &
  writers+=($!)
  "$mccas" contention --for 30s --html docs/contention.html --no-live
  node tests/browser.mjs target/browser "$(command -v chromium)" docs/contention.html "$work/page" >/dev/null
  cp "$work/page-1280-light-top.png" docs/contention-page.png
  echo "docs/contention.html and docs/contention-page.png are made"
}

scripts/install-memcached.sh
have python3 || die "the writers of this demo are written in Python: please install python3"
mccas=${MCCAS_BIN:-}
if [ -z "$mccas" ]; then
  cargo build --release --locked --quiet
  mccas=${CARGO_TARGET_DIR:-$PWD/target}/release/mccas
fi
start_server "$work" -m 16
export MCCAS_SERVER="127.0.0.1:$port"
case "${1:-demo}" in
  demo) demo ;;
  picture) picture ;;
  page) page ;;
  *) die "usage: demo-contention.sh [picture|page]" ;;
esac
