#!/usr/bin/env bash
# Installs mccas in each way that docs/install.md names, tries it on a memcached, and takes it away again.
#
#   scripts/test-packages.sh [install | cargo | deb | wheel | image ...]     all of them without a word
#
# Nothing outside a temporary folder is changed: the Debian package goes into a root of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/packaging.sh

folder=$(mktemp -d)
passed=0
smokes=0
skipped=()

clean_up() {
  end_server
  rm -rf "$folder"
}
trap clean_up EXIT

equals() {
  [ "$2" = "$3" ] || die "$1 printed ${2@Q}, not ${3@Q}"
}

# Tries a program, given as the words that run it: what it is, a host name to look up, a swap, a loss, a count.
smoke() {
  local key token code=0
  smokes=$((smokes + 1))
  key="smoke:$smokes"
  equals "$1" "$("$@" --version)" "mccas $VERSION"
  token=$("$@" cas "$key" 1 --token absent)
  equals "$1" "$("$@" incr-cas "$key" --by 41)" 42
  "$@" cas "$key" 0 --token "$token" -q >/dev/null || code=$?
  equals "$1" "exit code $code" "exit code 3"
  equals "$1" "$("$@" gets --raw "$key")" 42
  code=0
  "$@" --server no-such-host.invalid gets "$key" -qq >/dev/null || code=$?
  equals "$1" "exit code $code" "exit code 5"
}

# Fails unless a folder holds nothing but folders.
is_empty() {
  local left
  left=$(find "$1" ! -type d)
  [ -z "$left" ] || die "left behind: $left"
}

linked_as_it_should() {
  [ -z "$linked_statically" ] || is_static "$1" || die "$1 is linked dynamically, and could be statically"
}

# The files that a page of the manual and a shell need, below a folder.
complete_below() {
  local page
  for page in man/*.1; do
    [ -n "$(find "$1" -path "*/share/man/man1/${page##*/}*")" ] || die "there is no manual page ${page##*/}"
  done
  for file in bash-completion/completions/mccas _mccas mccas.fish; do
    [ -n "$(find "$1" -path "*/share/*$file" -size +0)" ] || die "there is no completion $file"
  done
}

test_install() {
  local root="$folder/install"
  make --no-print-directory install DESTDIR="$root" PREFIX=/opt/mccas BINARY="$BUILT" >/dev/null
  smoke "$root/opt/mccas/bin/mccas"
  complete_below "$root/opt/mccas"
  make --no-print-directory uninstall DESTDIR="$root" PREFIX=/opt/mccas >/dev/null
  is_empty "$root"
}

test_cargo() {
  local root="$folder/cargo"
  cargo install --quiet --path . --locked --target "$TARGET" --root "$root" 2>/dev/null
  smoke "$root/bin/mccas"
  cargo uninstall --quiet --root "$root" mccas
  [ ! -e "$root/bin/mccas" ] || die "cargo uninstall has left mccas behind"
}

# Really installed, by dpkg, into a root of its own, with a database of its own.
test_deb() {
  local root="$folder/deb" deb
  have dpkg || { skip deb "there is no dpkg here"; return; }
  scripts/package.sh deb >/dev/null
  deb=$(ls "$PACKAGES"/mccas_"$VERSION"*.deb)
  [ -z "$linked_statically" ] || equals "$deb" "$(dpkg-deb --field "$deb" Depends)" ""
  mkdir -p "$root/var/lib/dpkg/"{info,updates}
  touch "$root/var/lib/dpkg/"{status,available}
  own_dpkg "$root" --install "$deb"
  smoke "$root/usr/bin/mccas"
  linked_as_it_should "$root/usr/bin/mccas"
  complete_below "$root/usr"
  [ -s "$root/usr/share/doc/mccas/copyright" ] || die "$deb has no copyright file"
  own_dpkg "$root" --purge mccas
  rm -r "$root/var/lib/dpkg" "$root/var/log" 2>/dev/null || true
  is_empty "$root"
}

# It asks for root even where it needs none. What it depends on is not in the new root: only then is that no matter.
own_dpkg() {
  local -a as=() force=()
  [ "$(id -u)" -eq 0 ] || as=(fakeroot)
  [ -n "$linked_statically" ] || force=(--force-depends)
  "${as[@]}" dpkg --root "$1" --force-not-root --force-script-chrootless "${force[@]}" --log=/dev/null "${@:2}" >/dev/null
}

# From the sources, as a stranger does it; only the finished binary is there already.
test_wheel() {
  local wheel names
  fresh_venv "$folder/venv"
  MATURIN_PEP517_ARGS="--target $TARGET" \
    "$folder/venv/bin/pip" wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$folder/wheel" .
  scripts/package.sh wheel >/dev/null
  for wheel in "$folder/wheel"/mccas-*.whl "$PACKAGES"/mccas-"$VERSION"-*.whl; do
    names=$(python3 -m zipfile --list "$wheel" | awk 'NR > 1 { print $1 }' | grep -v '\.dist-info/' || true)
    equals "$wheel" "$names" "mccas-$VERSION.data/scripts/mccas"
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-index --force-reinstall "$wheel"
    smoke "$folder/venv/bin/mccas"
    linked_as_it_should "$folder/venv/bin/mccas"
  done
  "$folder/venv/bin/pip" uninstall --quiet --yes mccas
  [ ! -e "$folder/venv/bin/mccas" ] || die "pip uninstall has left mccas behind"
}

# What is in the image, and that it runs where nothing else is: in its own root, as its own user.
test_image() {
  local image="$PACKAGES/mccas-$VERSION-image.tar" container mount names
  have buildah || install_packages buildah || true
  have buildah || { skip image "there is no buildah here"; return; }
  own_buildah info >/dev/null 2>&1 || { skip image "buildah does not run here: $(own_buildah info 2>&1 | tail -n 1)"; return; }
  [ -n "$linked_statically" ] || { skip image "there is no static binary"; return; }
  [ "$(id -u)" -eq 0 ] || { skip image "only root can change into its root"; return; }
  scripts/package.sh image >/dev/null
  container=$(own_buildah from --quiet "docker-archive:$image")
  mount=$(own_buildah mount "$container")
  names=$(cd "$mount" && find . -type f)
  equals "$image" "$names" ./mccas
  equals "$image" "$(own_buildah inspect --type image --format '{{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.User}}' "mccas:$VERSION")" \
    "[/mccas] 65534:65534"
  # The files that every engine puts there.
  mkdir -p "$mount/etc"
  cp /etc/hosts /etc/resolv.conf "$mount/etc/"
  smoke chroot --userspec=65534:65534 "$mount" /mccas
  own_buildah rm "$container" >/dev/null
}

skip() {
  skipped+=("$1: $2")
}

linked_statically=""
! can_link_static || linked_statically=yes

[ "$#" -gt 0 ] || set -- install cargo deb wheel image
scripts/install-memcached.sh
build_for_release
linked_as_it_should "$BUILT"
ensure_small "$BUILT"
start_server "$folder" -m 16 -t 2
export MCCAS_SERVER="localhost:$port" # mccas is to find it by a name.
for way in "$@"; do
  case $way in
    install | cargo | deb | wheel | image) ;;
    *) die "what is ${way@Q}? say install, cargo, deb, wheel or image" ;;
  esac
  before=${#skipped[@]}
  "test_$way"
  [ "${#skipped[@]}" -gt "$before" ] || { passed=$((passed + 1)) && echo "ok: $way"; }
done
for reason in "${skipped[@]}"; do
  echo "NOT TESTED: $reason"
done
echo "$passed passed, 0 failed, ${#skipped[@]} skipped"
