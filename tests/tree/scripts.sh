#!/bin/bash
# Every shell script parses and passes shellcheck.
source "$(dirname "${BASH_SOURCE[0]}")/files.sh"

# Starts no process, because there are many files.
is_script() {
    [[ $1 == *.sh ]] && return
    local first=
    IFS= read -r -n 40 first <"$1" || true
    [[ $first =~ ^#!/(usr/)?bin/(env )?(ba|da)?sh ]]
}

scripts=()
while read -r file; do
    if is_script "$file"; then scripts+=("$file"); fi
done < <(own_files)
[[ ${#scripts[@]} -gt 0 ]]
for script in "${scripts[@]}"; do
    bash -n "$script"
done
need shellcheck
shellcheck --external-sources --source-path=SCRIPTDIR "${scripts[@]}"
