#!/usr/bin/env bash
# Runs the tests of the engine against the model. `./test.sh all` runs every crate's tests.
set -eu
cd "$(dirname "$0")"
PATH="$(./setup.sh):$PATH"
export PATH
go version
if [ "${1:-}" = all ]; then exec cargo test --workspace; fi
cargo test -p hb-detector -p hb-model -p hb-conformance
