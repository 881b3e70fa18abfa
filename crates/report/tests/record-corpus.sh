#!/bin/sh
# Records the racy corpus anew with the hb given: `record-corpus.sh HB [NAME...]`. Then `INSTA_UPDATE=always cargo test -p hb-report --test
# corpus` blesses the explanations, which are to be read. Paths of this machine and what tells one run from another are taken out.
set -eu
hb=$(realpath "$1")
shift
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../../corpus"
corpus=$PWD
goroot=$(go env GOROOT)
out=$(mktemp)
trap 'rm -f "$out"' EXIT
[ $# -gt 0 ] || set -- $(ls racy)
for name; do
    if ls "$corpus/racy/$name"/*_test.go >/dev/null 2>&1; then words="test -count=1"; else words=run; fi
    cd "$corpus/racy/$name"
    # Some races take a lucky schedule: the first run that shows one counts.
    for attempt in 1 2 3 4 5; do
        "$hb" -q --live none --format raw --output "$out" $words . >/dev/null 2>&1 || true
        if grep -q '"t":"race"' "$out"; then break; fi
    done
    grep -q '"t":"race"' "$out" || { echo "$name: no race seen" >&2; continue; }
    sed -e "s|$corpus/|/corpus/|g" -e "s|$goroot/|/go/|g" -e 's|"exe":"[^"]*/|"exe":"|' "$out" >"$here/corpus/$name.jsonl"
done
