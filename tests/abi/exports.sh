#!/bin/bash
# Every built plugin exports exactly one symbol, needs no library of the host, and is not world-writable.
# Usage: exports.sh <folder of the plugins>
set -euo pipefail

shopt -s nullglob
plugins=("$1"/*.so)
if ((${#plugins[@]} == 0)); then
    echo "skipped: no plugin is built in $1"
    exit 77
fi

failed=0
refuse() {
    echo "$1"
    failed=1
}

for plugin in "${plugins[@]}"; do
    name=$(basename "$plugin")
    symbols=$(nm -D --defined-only "$plugin" | awk '{print $NF}' | sort | paste -sd ' ')
    [[ $symbols == ezapi_plugin_v1 ]] || refuse "$name exports '$symbols', expected ezapi_plugin_v1 alone"
    needed=$(readelf -d "$plugin" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | paste -sd ' ')
    if grep -qE 'libezapi|pistache|hiredis|libpq\.|PocoData|spdlog|prometheus' <<<"$needed"; then
        refuse "$name needs a library that belongs to the host: $needed"
    fi
    if readelf -d "$plugin" | grep -qE '\((RPATH|TEXTREL)\)'; then
        refuse "$name has a fixed library path or relocations in its text"
    fi
done
echo "${#plugins[@]} plugins judged"
exit "$failed"
