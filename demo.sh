#!/usr/bin/env bash
# Builds hb and runs its tests of the example module: shows race reports. Races are what it is for, so their exit status is not a failure here.
set -eu
cd "$(dirname "$0")"
PATH="$(./setup.sh):$PATH"
export PATH
cargo build --release --quiet -p hb
hb="${CARGO_TARGET_DIR:-$PWD/target}/release/hb"
cd examples
"$hb" test ./... || echo "(hb found races, as it should: see above. examples/README.md says where.)"
