#!/bin/sh
# Runs the unit tests as on a machine that was started a minute ago: nothing may depend on how long this one has been up. Takes
# what vitest takes, such as the path of one file. Needs root, for a time namespace (unshare(1)).
set -eu
cd "$(dirname "$0")/.."
read -r uptime _ < /proc/uptime
exec unshare --time --fork --boottime "$((60 - ${uptime%.*}))" npx vitest run --project unit "$@"
