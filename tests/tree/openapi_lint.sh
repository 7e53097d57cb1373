#!/bin/bash
# openapi_lint.sh <document>: the linter finds no error in an OpenAPI document.
document=$(realpath -- "$1")
source "$(dirname "${BASH_SOURCE[0]}")/files.sh"
redocly=$PWD/etc/node_modules/.bin/redocly
need "$redocly"
REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true timeout 120 "$redocly" lint \
    --config tests/tree/redocly.yaml "$document"
