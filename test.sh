#!/usr/bin/env bash
# Runs the tests of every crate.
set -eu
cd "$(dirname "$0")"
PATH="$(./setup.sh):$PATH"
export PATH
go version
cargo test --workspace
# The benchmarks in short, so that they cannot rot; their figures mean nothing here.
cargo xtask bench --hb "${CARGO_TARGET_DIR:-target}/debug/hb" --short --only own,memory,goroutines,exit,scale,churn --output "${CARGO_TARGET_DIR:-target}/bench-short.md"
