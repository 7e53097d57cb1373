#!/bin/bash
# Runs the first calls of README.md as printed there against a server that etc/up has just started, checks the API
# document of that server, and tests an installation of the same build. Called by etc/up as its command; only the folder
# differs from the text.
set -euo pipefail
root=$(realpath -- "$(dirname "${BASH_SOURCE[0]}")/../..")
folder=$(mktemp -d)
cd "$root"
program=first_calls
# shellcheck source=etc/lib/services.sh
source etc/lib/services.sh
trap 'stop_started; rm -rf "$folder"' EXIT

awk '/^## / { here = $0 == "## First calls" } here && /^```/ { inside = !inside; next } here && inside' README.md |
    sed -e "s,\.run/env,$EZ_ENV_FILE," >"$folder/calls"
grep -q "$EZ_ENV_FILE" "$folder/calls"
unset EZ_URL EZ_TOKEN_FILE REDIS_PORT

echo "== first calls"
bash -euo pipefail "$folder/calls" >"$folder/answers" 2>&1 || {
    cat "$folder/answers"
    exit 1
}
cat "$folder/answers"
# The final result: the binding in Redis names the upstream model.
grep -q '"upstreams"' "$folder/answers"
grep -q 'gpt-4.1-mini' "$folder/answers"

echo "== what else the file of the environment offers"
# shellcheck source=/dev/null
source "$EZ_ENV_FILE"
ezapi sync --check
ezapi migrate --status >"$folder/migrations"

echo "== document of the API"
curl -fsS --noproxy '*' "$EZ_URL/swagger/" >"$folder/page"
grep -qi swagger "$folder/page"
curl -fsS --noproxy '*' "$EZ_URL/swagger/openapi.json" >"$folder/openapi.json"
status=0
tests/tree/openapi_lint.sh "$folder/openapi.json" || status=$?
[[ $status -eq 0 || $status -eq 77 ]]

echo "== an installation"
cmake --install "$(dirname "$(command -v ezapi)")" --prefix "$folder/prefix" >/dev/null
cd "$folder"
start_process installed TERM 40 installed.log env -u EZ_CONFIG_FILE -u EZ_PLUGIN_DIRS -u EZ_MIGRATIONS_DIR -u EZ_SWAGGER_DIR \
    EZ_API_PORT=0 prefix/bin/ezapi serve
# The server takes a free port and writes it to its log.
ready() {
    port=$(sed -En 's,.* serves http://[^ ]*:([0-9]+) .*,\1,p' installed.log)
    [[ -n $port ]] && curl -fs --noproxy '*' -o /dev/null "http://127.0.0.1:$port/health/ready"
}
within 60 ready || {
    cat installed.log
    exit 1
}
running() { curl -fsS --noproxy '*' "$1/health" | jq -e '.checks.plugins | select(.failed == []) | .running'; }
expected=$(running "$EZ_URL")
found=$(running "http://127.0.0.1:$port")
[[ $found -eq $expected ]]
curl -fsS --noproxy '*' -o /dev/null "http://127.0.0.1:$port/swagger/swagger-ui-bundle.js"
test -e prefix/include/ezapi/plugin.hpp
