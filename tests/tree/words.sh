#!/bin/bash
# The source tree contains no path of a particular machine or home folder, no merge conflict, no notes to come back to
# and no credential.
source "$(dirname "${BASH_SOURCE[0]}")/files.sh"

mapfile -t files < <(own_files | grep -vE '^(tests/tree/words\.sh|etc/package-lock\.json)$')
failed=0

# refuse <what it is> <extended regular expression>
refuse() {
    local found
    if found=$(grep -nIE -- "$2" "${files[@]}"); then
        printf '%s:\n%s\n' "$1" "$found"
        failed=1
    fi
}

refuse "paths of one machine" '(^|[^A-Za-z0-9_./-])/(work|root|workspace)/'
refuse "paths of a home folder" '(^|[^A-Za-z0-9_./-])/(home|Users)/[a-z]'
refuse "conflict markers" '^(<<<<<<<|>>>>>>>) '
refuse "notes to come back to" '\b(TODO|FIXME|XXX)\b'
refuse "private keys" '-----BEGIN [A-Z ]*PRIVATE KEY-----'
refuse "keys of cloud providers" '\b(AKIA[0-9A-Z]{16}|ghp_[0-9A-Za-z]{36})\b'

lock_hosts=$(grep -oE '"resolved": "[a-z]+://[^/"]*' etc/package-lock.json | sort -u)
if [[ $lock_hosts != '"resolved": "https://registry.npmjs.org' ]]; then
    printf 'etc/package-lock.json names other hosts than registry.npmjs.org:\n%s\n' "$lock_hosts"
    failed=1
fi
exit "$failed"
