#!/usr/bin/env bash
# Builds the release artefacts into target/packages/: a Debian package, a wheel, a container image.
#
#   scripts/package.sh [deb | wheel | image ...]     all of them without a word
#
# Each holds the same binary, linked statically where this machine has the static C library. The tools are put
# below target/ and pinned there; of the image, only buildah is the machine's own.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/packaging.sh

make_deb() {
  cargo_deb_tool
  "$CARGO_DEB" deb --no-build --target "$TARGET" --locked --output "$PACKAGES/" >/dev/null
}

# With a tag of its platform that the package index takes: maturin looks at what the binary needs.
make_wheel() {
  maturin_tool
  maturin build --quiet --release --locked --target "$TARGET" --out "$PACKAGES"
}

# In the form that both docker load and podman load take.
make_image() {
  local image="$PACKAGES/mccas-$VERSION-image.tar" context="$PACKAGES/image"
  is_static "$BUILT" || { left_out "an image without libraries needs a static binary"; return; }
  have buildah || { left_out "there is no buildah here: install it, for instance by apt-get install buildah"; return; }
  rm -rf "$context" "$image"
  install -D -m 755 "$BUILT" "$context/mccas"
  own_buildah build --quiet --tag "mccas:$VERSION" --file Containerfile \
    --label "org.opencontainers.image.version=$VERSION" \
    --label "org.opencontainers.image.licenses=MIT OR Apache-2.0" \
    "$context" >/dev/null
  own_buildah push --quiet "mccas:$VERSION" "docker-archive:$image:mccas:$VERSION"
  rm -r "$context"
}

left_out() {
  echo "No image: $*" >&2
}

[ "$#" -gt 0 ] || set -- deb wheel image
mkdir -p "$PACKAGES"
build_for_release
for kind in "$@"; do
  case $kind in
    deb | wheel | image) "make_$kind" ;;
    *) die "what is ${kind@Q}? say deb, wheel or image" ;;
  esac
done
echo "In $PACKAGES:"
(cd "$PACKAGES" && find . -maxdepth 1 -type f -printf '  %f\t%s bytes\n' | sort)
