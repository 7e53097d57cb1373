# shellcheck shell=bash
# The project's own files, for the checks of the tree; for sourcing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# own_files: their names, one a line, with nothing that is built, installed or kept by a run.
own_files() {
    find . \( -path ./.git -o -path ./build -o -path ./.run -o -name node_modules -o -name data \) -prune \
        -o -type f -printf '%P\n' | sort
}

# need <program>: skips the test where it is not installed; etc/setup --tests installs it.
need() {
    command -v "$1" >/dev/null && return
    echo "skipped: $1 is not installed"
    exit 77
}
