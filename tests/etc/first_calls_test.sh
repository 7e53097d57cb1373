#!/bin/bash
# first_calls_test.sh <build folder>: runs etc/up with that build, a new state and first_calls.sh as its command.
set -euo pipefail
build=$(realpath -- "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
run=$(mktemp -d /tmp/ezapi-first-calls.XXXXXX)
chmod 755 "$run" # the user postgres needs access
trap 'rm -rf "$run"' EXIT
status=0
etc/up --build "$build" --run-dir "$run" -- tests/etc/first_calls.sh || status=$?
if [[ $status -ne 0 && -e $run/ezapi.log ]]; then
    tail -n 40 "$run/ezapi.log"
fi
exit "$status"
