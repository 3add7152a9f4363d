# Programs of other Debian releases, unpacked below a folder; sourced, not run, after lib.sh.
# shellcheck shell=bash
#
# apt does the fetching and checks the signatures as always, but with lists, state and cache of its
# own: nothing on the machine changes, and no root is needed. A program is unpacked with the libraries
# that it needs and runs through its own loader, as the machine's C library may be too old for it.

# Where apt keeps what it needs meanwhile, a folder for each release. The lists alone are 60 MB each.
readonly APT_HOME="$PWD/target/apt"

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

# Sets up an apt that sees one release only and believes that nothing is installed.
prepare_apt() {
  local suite=$1 mirror=$2 apt="$APT_HOME/$1" signed_by=""
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  # Without the archive's own keyring apt falls back on the keys that the machine trusts.
  [ ! -r "$keyring" ] || signed_by="[signed-by=$keyring] "
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/etc"
  : >"$apt/status"
  echo "deb $signed_by$mirror $suite main" >"$apt/etc/sources.list"
  # Hooks of the machine (container images delete caches in them) have no business here. What has
  # moved to Debian's archive of old releases stays signed, but its date is not renewed.
  cat >"$apt/apt.conf" <<CONF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Default-Release;
Dir::State "$apt";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::State::extended_states "$apt/extended_states";
Dir::Cache "$apt/cache";
Dir::Etc::SourceList "$apt/etc/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Acquire::Languages "none";
Acquire::PDiffs "false";
Acquire::Retries "3";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
Acquire::Check-Valid-Until "$([ "$mirror" = "$OLD_RELEASES" ] && echo false || echo true)";
APT::Sandbox::User "$(id -un)";
APT::Update::Error-Mode "any";
Debug::NoLocking "true";
CONF
}

# Where Debian keeps the releases that its mirrors have dropped.
readonly OLD_RELEASES=http://archive.debian.org/debian

private_apt() {
  local suite=$1 tool=$2
  shift 2
  "$tool" -c "$APT_HOME/$suite/apt.conf" -q "$@"
}

# Fetches the list of a release's packages, once.
list_packages() {
  local suite=$1 mirror
  [ ! -e "$APT_HOME/$suite/listed" ] || return 0
  # Either kind of source list may be absent, which is no fault: what counts is whether a line came out.
  mirror=$(machine_mirror | head -n 1 || true)
  [ -n "$mirror" ] || return 1
  for mirror in "$mirror" "$OLD_RELEASES"; do
    prepare_apt "$suite" "$mirror"
    if retry private_apt "$suite" apt-get update; then
      : >"$APT_HOME/$suite/listed"
      return 0
    fi
  done
  return 1
}

# Prints the packages to fetch: the one named, the libraries it names, and what those need in turn.
# The rest of its dependencies (perl, adduser and so on) is for its set-up as a service.
needed_packages() {
  local suite=$1 package=$2 libraries
  libraries=$(private_apt "$suite" apt-cache depends --no-recommends --no-suggests "$package" |
    sed -n 's/^ *Depends: \(lib[^ ]*\|zlib[^ ]*\)$/\1/p' | grep -v -- '-perl$')
  echo "$package"
  # shellcheck disable=SC2086 # one word per library
  private_apt "$suite" apt-get install --simulate --no-install-recommends $libraries |
    sed -n 's/^Inst \([^ ]*\) .*/\1/p'
}

# Downloads a package with its libraries and unpacks them below $home/root.
unpack_package() {
  local suite=$1 package=$2 home=$3 packages deb debs="$APT_HOME/$1/debs"
  packages=$(needed_packages "$suite" "$package") && [ "$packages" != "$package" ] || return 1
  rm -rf "$home/root" "$debs"
  mkdir -p "$home/root" "$debs"
  # shellcheck disable=SC2086 # one word per package
  (cd "$debs" && retry private_apt "$suite" apt-get download $packages) || return 1
  for deb in "$debs"/*.deb; do
    dpkg-deb -x "$deb" "$home/root" || return 1
  done
}

# Writes a script that runs `$2` as `$1`, in one step: a half-written one is never run.
write_script() {
  printf '#!/bin/sh\nexec %s "$@"\n' "$2" >"$1.new"
  chmod +x "$1.new"
  mv "$1.new" "$1"
}

# Writes $home/$program, which runs what was unpacked through its own loader.
write_unpacked() {
  local home=$1 program=$2 loader libraries binary
  loader=$(find "$home/root/usr/lib" "$home/root/lib" -name 'ld-linux*.so.*' 2>/dev/null | head -n 1)
  binary=$(find "$home/root/usr/bin" "$home/root/usr/sbin" -name "$program" -type f 2>/dev/null | head -n 1)
  [ -n "$loader" ] && [ -n "$binary" ] || return 1
  # Before Debian 12 some libraries lie below /lib and some below /usr/lib.
  libraries=$(find "$home/root/lib" "$home/root/usr/lib" -name '*.so.*' -printf '%h\n' 2>/dev/null | sort -u | paste -sd :)
  ! "$loader" --library-path "$libraries" --list "$binary" | grep 'not found' >&2 || return 1
  write_script "$home/$program" "'$loader' --library-path '$libraries' '$binary'"
}

# Puts a program of a release at $home/$program; says what went wrong if it cannot.
fetch_program() {
  local suite=$1 package=$2 program=$3 home=$4
  have apt-get && have dpkg-deb || return 1
  mkdir -p "$home" "$APT_HOME/$suite"
  echo "Fetching the $package of Debian $suite ..."
  if ! { list_packages "$suite" && unpack_package "$suite" "$package" "$home" && write_unpacked "$home" "$program"; } \
    >"$APT_HOME/$suite/log" 2>&1; then
    tail -n 5 "$APT_HOME/$suite/log" >&2
    return 1
  fi
}
