#!/bin/sh
# Installs what the demo, the tests or the benchmark need and this machine lacks, from Debian's packages and npm, and
# builds Holdfast. Safe to run again: what is there already stays as it is.
#
#   sh scripts/setup.sh [demo|demo-s3|test|bench]
set -eu
cd "$(dirname "$0")/.."
purpose=${1:-demo}

engines='restic pgbackrest postgresql util-linux'
s3_server='ceph-mon ceph-osd radosgw openssl'
case $purpose in
  demo) packages=$engines ;;
  demo-s3) packages="$engines $s3_server" ;;
  test) packages="$engines $s3_server attr busybox-static dbus debian-archive-keyring docker-compose docker.io faketime git podman systemd systemd-container" ;;
  bench) packages="$engines borgmatic borgbackup" ;;
  *)
    echo "setup: unknown purpose '$purpose': demo, demo-s3, test or bench" >&2
    exit 2
    ;;
esac

# From Debian 13 on the client of Docker is a package of its own.
if [ "$purpose" = test ] && [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" != bookworm ]; then
  packages="$packages docker-cli"
fi

is_installed() {
  case " $(dpkg-query -W -f '${db:Status-Status} ' "$1" 2>/dev/null)" in *' installed '*) return 0 ;; esac
  return 1
}
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

command -v dpkg-query >/dev/null || { echo 'setup: this needs Debian 12 or 13, or a relative of theirs' >&2; exit 1; }
command -v node >/dev/null || { echo 'setup: this needs Node.js 20.19 or later and npm: apt-get install nodejs npm' >&2; exit 1; }

missing=
for package in $packages; do
  is_installed "$package" || missing="$missing $package"
done
if [ -n "$missing" ]; then
  echo "setup: installing$missing"
  log=$(mktemp)
  # Debian makes and starts a cluster called main when PostgreSQL is installed. Nobody asked for one here.
  quiet_cluster=/etc/postgresql-common/createcluster.d/holdfast-setup.conf
  cleanup() {
    rm -f "$log"
    if [ -e "$quiet_cluster" ]; then as_root rm -f "$quiet_cluster"; fi
  }
  trap cleanup EXIT
  trap 'exit 130' HUP INT TERM
  export DEBIAN_FRONTEND=noninteractive
  apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >>"$log" 2>&1 || {
      cat "$log" >&2
      echo "setup: apt-get $1 failed (see above)" >&2
      exit 1
    }
  }
  apt_get update
  as_root mkdir -p "$(dirname "$quiet_cluster")"
  echo 'create_main_cluster = false' | as_root tee "$quiet_cluster" >/dev/null
  # Word splitting is wanted: package names.
  # shellcheck disable=SC2086
  apt_get install --yes --no-install-recommends $missing
fi

# node_modules is current when npm's own record in it is as new as the lock file.
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  echo 'setup: installing npm packages'
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi
if [ "$purpose" = test ]; then sh scripts/fetch-engines.sh; fi
node scripts/build.mjs
