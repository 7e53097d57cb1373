#!/bin/bash
# README.md, the sample configuration and the sources name the same variables: every documented variable is used.
source "$(dirname "${BASH_SOURCE[0]}")/files.sh"

in_readme=$(grep -oE '^\| .EZ_[A-Z_]+. \|' README.md | grep -oE 'EZ_[A-Z_]+' | sort -u)
in_sample=$(grep -oE '\[EZ_[A-Z_]+\]' etc/ezapi.yaml | tr -d '[]' | sort -u)
in_sources=$(grep -rhoE '"EZ_[A-Z_]+"' host plugins --include='*.cpp' --include='*.hpp' | tr -d '"' | sort -u)
failed=0

# within <what> <variables> <where> <variables>: checks that the first variables are among the second.
within() {
    local lacking
    lacking=$(comm -23 <(echo "$2") <(echo "$4"))
    [[ -z $2 || -n $lacking ]] || return 0
    printf '%s, and not in %s:\n%s\n' "$1" "$3" "${lacking:-(found none at all)}"
    failed=1
}
within "in README.md" "$in_readme" etc/ezapi.yaml "$in_sample"
within "in etc/ezapi.yaml" "$in_sample" "the sources" "$in_sources"
exit "$failed"
