# shellcheck shell=bash
# Lists the files of the project for the checks of the source tree; to be sourced.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# own_files: prints the names of the project's files, one per line, without build results, installed files and data of
# runs.
own_files() {
    find . \( -path ./.git -o -path ./build -o -path ./.run -o -name node_modules -o -name data \) -prune \
        -o -type f -printf '%P\n' | sort
}

# need <program>: skips the test when the program is not installed; etc/setup --tests installs it.
need() {
    command -v "$1" >/dev/null && return
    echo "skipped: $1 is not installed"
    exit 77
}
