#!/usr/bin/env bash
# Runs the tests of every crate.
set -eu
cd "$(dirname "$0")"
PATH="$(./setup.sh):$PATH"
export PATH
go version
# JUnit's XML is checked against its schema by xmllint or, where there is none, by lxml (PyPI, pinned).
if ! command -v xmllint >/dev/null 2>&1; then
    tools="$PWD/target/tools"
    if [ ! -d "$tools/lxml" ]; then
        python3 -m pip install --quiet --root-user-action ignore --target "$tools" lxml==6.1.3 || echo "test: neither xmllint nor lxml: JUnit's schema is not checked" >&2
    fi
    export HB_TEST_LXML="$tools"
fi
# The edits to files of Go are checked on each release that is known; without a network the tests say which are not.
HB_TEST_TOOLCHAINS="$(./setup.sh all | paste -sd :)" || echo "test: not every known Go could be fetched" >&2
export HB_TEST_TOOLCHAINS
cargo test --workspace
# The benchmarks in short, so that they cannot rot; their figures mean nothing here.
cargo xtask bench --hb "${CARGO_TARGET_DIR:-target}/debug/hb" --short --only own,memory,goroutines,exit,scale,churn --output "${CARGO_TARGET_DIR:-target}/bench-short.md"
