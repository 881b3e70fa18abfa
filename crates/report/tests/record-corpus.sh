#!/bin/sh
# Records the racy corpus anew with the hb given: `record-corpus.sh HB [NAME...]`; the second set with SET=unseen before it. Then `INSTA_UPDATE=always cargo test -p hb-report --test
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
set=${SET:-racy}
into=$here/corpus
[ "$set" = racy ] || into=$here/$set
mkdir -p "$into"
[ $# -gt 0 ] || set -- $(ls "$set")
for name; do
    if ls "$corpus/$set/$name"/*_test.go >/dev/null 2>&1; then words="test -count=1"; else words=run; fi
    cd "$corpus/$set/$name"
    # Some races take a lucky schedule: the first run that shows one counts.
    for attempt in 1 2 3 4 5; do
        "$hb" -q --live none --format raw --output "$out" $words . >/dev/null 2>&1 || true
        if grep -q '"t":"race"' "$out"; then break; fi
    done
    grep -q '"t":"race"' "$out" || { echo "$name: no race seen" >&2; continue; }
    sed -e "s|$corpus/|/corpus/|g" -e "s|$goroot/|/go/|g" -e 's|"exe":"[^"]*/|"exe":"|' "$out" >"$into/$name.jsonl"
done
