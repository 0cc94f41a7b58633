#!/bin/sh
# The demonstration from a fresh clone: installs what it needs, then runs `holdfast demo` with the given options.
set -eu
cd "$(dirname "$0")/.."
case " $* " in
  *' --s3 '*) sh scripts/setup.sh demo-s3 ;;
  *) sh scripts/setup.sh demo ;;
esac
exec node dist/holdfast.js demo "$@"
