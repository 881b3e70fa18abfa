#!/usr/bin/env bash
# Runs the tests of every crate.
set -eu
cd "$(dirname "$0")"
PATH="$(./setup.sh):$PATH"
export PATH
go version
cargo test --workspace
