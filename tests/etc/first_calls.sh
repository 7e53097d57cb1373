#!/bin/bash
# The first calls of README.md, run as printed there against a server that etc/up has just started, and the document
# of the API as that server gives it. Called by etc/up as its command; only the folder differs from the text.
set -euo pipefail
root=$(realpath -- "$(dirname "${BASH_SOURCE[0]}")/../..")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$root"

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
# The end of the road: the binding in Redis names the upstream model.
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
