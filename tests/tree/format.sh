#!/bin/bash
# Every C and C++ source is formatted according to .clang-format, by the release of clang-format in Debian 12.
source "$(dirname "${BASH_SOURCE[0]}")/files.sh"
need clang-format
version=$(clang-format --version | grep -oE 'version [0-9]+' | cut -d ' ' -f 2)
if [[ $version != 14 ]]; then
    echo "skipped: clang-format is $version, and 14 judges"
    exit 77
fi

mapfile -t sources < <(own_files | grep -E '^(host|sdk|plugins|tests)/.*\.(h|hpp|c|cpp)$')
[[ ${#sources[@]} -gt 0 ]]
if ! faults=$(clang-format --dry-run --Werror "${sources[@]}" 2>&1); then
    mapfile -t failed < <(grep -oE '^[^:]+' <<<"$faults" | grep -Fxf <(printf '%s\n' "${sources[@]}") | sort -u)
    echo "not formatted, cure: clang-format -i ${failed[*]}"
    exit 1
fi
