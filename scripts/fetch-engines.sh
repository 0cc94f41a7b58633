#!/bin/sh
# Unpacks the other Debian release's restic and pgBackRest beside the system's own, so that one machine can test two
# versions of each: .cache/engines/trixie on bookworm, .cache/engines/bookworm on trixie. Nothing outside that folder
# changes: apt works in a private directory, and the packages are unpacked, never installed. Bookworm's compose is the first
# version; there the second one, trixie's, goes to .cache/compose, a configuration folder of docker.
set -eu
export LC_ALL=C

fail() {
  echo "fetch-engines: $*" >&2
  exit 1
}

for program in apt-get apt-config dpkg-deb dpkg-query ldd; do
  command -v "$program" >/dev/null || fail "$program is missing: this needs Debian's apt and dpkg"
done
[ -r /etc/os-release ] || fail 'this machine does not say which release it runs: /etc/os-release is missing'
own=$(. /etc/os-release && echo "${VERSION_CODENAME:-unknown}")
case $own in
  bookworm) other=trixie ;;
  trixie) other=bookworm ;;
  *) fail "this knows Debian bookworm and trixie, not '$own'" ;;
esac

root=$(cd "$(dirname "$0")/.." && pwd)
engines=$root/.cache/engines
target=$engines/$other
compose=$root/.cache/compose/cli-plugins
has_compose() {
  [ "$own" != bookworm ] || [ -x "$compose/docker-compose" ]
}

# One line for each engine, or a failure when one of them does not run.
versions() {
  restic_line=$("$1/usr/bin/restic" version 2>/dev/null) || return 1
  pgbackrest_line=$("$1/usr/bin/pgbackrest" version 2>/dev/null) || return 1
  restic_version=${restic_line#restic }
  echo "restic ${restic_version%% *}"
  echo "pgbackrest ${pgbackrest_line#pgBackRest }"
}

if has_compose && found=$(versions "$target"); then
  echo "$other: there already:" $found
  exit 0
fi

mkdir -p "$engines" || fail "$engines cannot be written by this user"
work=$(mktemp -d "$engines/.fetch-XXXXXX") || fail "$engines cannot be written by this user"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM

keyring=
for candidate in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp; do
  if [ -z "$keyring" ] && [ -r "$candidate" ]; then keyring=$candidate; fi
done
[ -n "$keyring" ] || fail "Debian's archive keys are missing: apt-get install debian-archive-keyring"

# The mirror that this machine's apt takes its own release from. Without downloaded lists apt knows only what the
# sources say, and there the release may go by its suite.
own_mirror() {
  apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    sed -n "s/^Debian $own main //p" | head -n 1
}
configured_mirror() {
  apt-get indextargets --no-release-info --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    sed -n "s/^\($own\|stable\|oldstable\) main //p" | head -n 1
}
mirror=$(own_mirror)
[ -n "$mirror" ] || mirror=$(configured_mirror)
[ -n "$mirror" ] || fail "this machine's apt names no Debian mirror for $own"

# A configuration read instead of the machine's: only how it reaches a mirror (proxy, time limits, passwords) is carried
# over, because its hooks and pins are meant for its own packages.
apt=$work/apt
mkdir -p "$apt/etc/apt" "$apt/lists/partial" "$apt/cache/archives/partial"
# From here on inside, so that no name in the lists below holds a space.
cd "$work"
mkdir debs unpacked
: >"$apt/status"
eval "$(apt-config shell passwords Dir::Etc::netrc/f password_parts Dir::Etc::netrcparts/d)"
apt-config dump | grep '^Acquire::' | grep -v '^Acquire::\(IndexTargets\|Languages\|Changelogs\)' >"$apt/apt.conf" || true
cat >>"$apt/apt.conf" <<CONFIGURATION
Acquire::Languages "none";
Dir::Etc "$apt/etc/apt/";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::netrc "${passwords:-/dev/null}";
Dir::Etc::netrcparts "${password_parts:-/dev/null}";
Dir::State "$apt/";
Dir::State::lists "$apt/lists/";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache/";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
CONFIGURATION

private_apt() {
  APT_CONFIG=$apt/apt.conf apt-get -qq "$@"
}
add_release() {
  echo "deb [signed-by=$keyring] $mirror $1 main" >>"$apt/sources.list"
  private_apt update || fail "the package list of $1 could not be read (see above); an outdated debian-archive-keyring may not know its keys"
}
# Downloads package $1 of release $2 into debs.
download() {
  (cd debs && private_apt download "$1/$2")
}

add_release "$other"
for package in restic pgbackrest; do
  download "$package" "$other" || fail "$package of $other could not be downloaded"
done
for archive in debs/*.deb; do
  dpkg-deb -x "$archive" unpacked || fail "$archive could not be unpacked"
done

if ! has_compose; then
  download docker-compose "$other" || fail "docker-compose of $other could not be downloaded"
  dpkg-deb -x debs/docker-compose_*.deb compose || fail 'docker-compose could not be unpacked'
  rm debs/docker-compose_*.deb
  mkdir -p "$compose"
  mv compose/usr/libexec/docker/cli-plugins/docker-compose "$compose/"
fi

# What the dynamic linker misses. The libraries come from this machine's own release: they have to suit its libc.
missing_libraries() {
  for engine in restic pgbackrest; do
    LD_LIBRARY_PATH=$libraries ldd "unpacked/usr/bin/$engine" 2>/dev/null || true
  done | sed -n 's/^[[:space:]]*\([^ ]*\) => not found.*/\1/p' | sort -u
}
is_installed() {
  case " $(dpkg-query -W -f '${db:Status-Status} ' "$1" 2>/dev/null)" in *' installed '*) return 0 ;; esac
  return 1
}
# The libraries that package file $1 depends on, by name, without versions and alternatives.
library_dependencies() {
  dpkg-deb -f "$1" Depends | tr ',' '\n' | sed 's/|.*//; s/(.*//; s/:any//; s/[[:space:]]//g' | grep '^\(lib\|zlib\)' || true
}

triplet=$(ldd /bin/sh | sed -n 's|.*/lib/\([^/ ]*-linux-[^/ ]*\)/libc\.so.*|\1|p' | head -n 1)
libraries=$work/unpacked/usr/lib/$triplet
if [ -n "$(missing_libraries)" ]; then
  add_release "$own"
  visited=' '
  waiting=$(echo debs/*.deb)
  while [ -n "$waiting" ] && [ -n "$(missing_libraries)" ]; do
    next=
    for archive in $waiting; do
      for dependency in $(library_dependencies "$archive"); do
        # The same library is called libfoo1 in bookworm and libfoo1t64 in trixie where its time type changed.
        plain=${dependency%t64}
        case $visited in *" $plain "*) continue ;; esac
        visited="$visited$plain "
        if is_installed "$plain" || is_installed "${plain}t64"; then continue; fi
        rm -f debs/"$plain"_*.deb debs/"${plain}t64"_*.deb
        download "$plain" "$own" 2>/dev/null || download "${plain}t64" "$own" 2>/dev/null || continue
        for fetched in debs/"$plain"_*.deb debs/"${plain}t64"_*.deb; do
          [ -e "$fetched" ] || continue
          dpkg-deb -x "$fetched" unpacked
          next="$next $fetched"
        done
      done
    done
    waiting=$next
    # Packages of bookworm may still unpack to /lib, which is /usr/lib on a machine but a folder of its own here.
    if [ -d unpacked/lib ]; then
      mkdir -p unpacked/usr/lib
      cp -a unpacked/lib/. unpacked/usr/lib/
      rm -rf unpacked/lib
    fi
  done
  missing=$(missing_libraries)
  [ -z "$missing" ] || fail "the engines of $other need libraries that this machine lacks and $own does not have:" $missing
  # The engines have to find the libraries without their caller's help.
  mkdir -p unpacked/usr/libexec
  for engine in restic pgbackrest; do
    mv "unpacked/usr/bin/$engine" "unpacked/usr/libexec/$engine"
    cat >"unpacked/usr/bin/$engine" <<WRAPPER
#!/bin/sh
usr=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")
export LD_LIBRARY_PATH="\$usr/lib/$triplet\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
exec "\$usr/libexec/$engine" "\$@"
WRAPPER
    chmod 755 "unpacked/usr/bin/$engine"
  done
fi

for engine in restic pgbackrest; do
  "unpacked/usr/bin/$engine" version >/dev/null || fail "$engine of $other does not run on $own (see above)"
done
rm -rf "$target"
mv unpacked "$target"
versions "$target"
