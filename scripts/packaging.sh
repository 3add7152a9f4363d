# How release artefacts are built, and with which tools; sourced, not run, after lib.sh.
# shellcheck shell=bash

readonly CARGO_DEB_VERSION=3.8.0 MATURIN_VERSION=1.16.0

readonly BUILD="${CARGO_TARGET_DIR:-$PWD/target}"
readonly PACKAGES="$BUILD/packages"
readonly CARGO_DEB="$BUILD/cargo-deb/bin/cargo-deb" MATURIN_HOME="$BUILD/maturin"

# Named even though it is this machine's own: with a target given, flags do not reach build scripts and macros,
# which cannot be linked statically.
TARGET="${MCCAS_BUILD_TARGET:-$(rustc -vV | sed -n 's/^host: //p')}"
VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
readonly TARGET VERSION BUILT="$BUILD/$TARGET/release/mccas"

# At a fixed address, as else the program would have to write some 4,000 addresses into 20 pages before it begins: a tenth of the
# time of a gets. What a random address of its code makes harder, memory safety rules out; stack and heap keep theirs.
readonly STATIC="-C target-feature=+crt-static -C relocation-model=static"

# Whether a program can be linked statically here: tried, as where the static C library lies differs.
can_link_static() {
  local folder status=0
  folder=$(mktemp -d)
  # shellcheck disable=SC2086 # several words
  echo 'fn main() { println!("{:?}", std::net::TcpStream::connect("localhost:1").is_ok()); }' |
    rustc --target "$TARGET" $STATIC -o "$folder/probe" - >/dev/null 2>&1 || status=1
  rm -r "$folder"
  return "$status"
}

# Whether a program needs no loader, hence no library.
is_static() {
  ! LC_ALL=C readelf --program-headers --wide "$1" | grep -q INTERP
}

# Fails where the program has grown beyond what it is said to take: 4.5 MB, and 5.5 MB with the C library in it.
ensure_small() {
  local size most=4500000
  ! is_static "$1" || most=5500000
  size=$(wc -c <"$1")
  [ "$size" -lt "$most" ] || die "$1 has $size bytes, and should stay below $most: what has it got that is not worth it?"
}

# Sets for cargo, and for whatever calls it, how release artefacts are linked.
link_for_release() {
  case $TARGET in
    *-linux-*) ;;
    *) return 0 ;;
  esac
  # A script that calls another has done it already; cargo takes the same flag twice for other flags, and builds all anew.
  if [[ " ${RUSTFLAGS:-} " == *" $STATIC "* ]]; then
    return 0
  fi
  if can_link_static; then
    export RUSTFLAGS="${RUSTFLAGS:+$RUSTFLAGS }$STATIC"
  else
    echo "No static C library for $TARGET here (Debian: libc6-dev, Fedora: glibc-static): linking dynamically" >&2
  fi
}

build_for_release() {
  link_for_release
  cargo build --release --locked --target "$TARGET"
}

# Builds cargo-deb once. Unoptimised: it packs 4 MB now and then.
cargo_deb_tool() {
  [ "$("$CARGO_DEB" --version 2>/dev/null)" = "$CARGO_DEB_VERSION" ] && return 0
  echo "Installing cargo-deb $CARGO_DEB_VERSION into ${CARGO_DEB%/bin/*} ..."
  # Its own flags, not those of our binary.
  retry env -u RUSTFLAGS cargo install --quiet --locked --debug --root "${CARGO_DEB%/bin/*}" "cargo-deb@$CARGO_DEB_VERSION" ||
    die "cargo-deb $CARGO_DEB_VERSION could not be installed from crates.io"
}

# Puts maturin into an environment of its own, once, and that on the path.
maturin_tool() {
  export PATH="$MATURIN_HOME/bin:$PATH"
  [ "$("$MATURIN_HOME/bin/maturin" --version 2>/dev/null)" = "maturin $MATURIN_VERSION" ] && return 0
  echo "Installing maturin $MATURIN_VERSION into $MATURIN_HOME ..."
  fresh_venv "$MATURIN_HOME"
  retry "$MATURIN_HOME/bin/pip" install --quiet --disable-pip-version-check "maturin==$MATURIN_VERSION" ||
    die "maturin $MATURIN_VERSION could not be installed from PyPI: is the package index reachable (pip config)?"
}

fresh_venv() {
  have python3 || install_packages python3 || die "this needs python3: please install it by hand"
  python3 -m venv --clear "$1" 2>/dev/null ||
    { install_packages python3-venv && python3 -m venv --clear "$1"; } ||
    die "python3 cannot make a virtual environment here: please install python3-venv by hand"
}

# buildah with a store of its own, which works without mounts of a special kind: nothing of the user's is touched.
own_buildah() {
  buildah --root "$BUILD/buildah/store" --runroot "$BUILD/buildah/run" --storage-driver vfs "$@"
}
