#!/usr/bin/env bash
# Runs the tests.
set -eu
cd "$(dirname "$0")"
PATH="$(./setup.sh):$PATH"
export PATH
go version
cargo test --workspace
