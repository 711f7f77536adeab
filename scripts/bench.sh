#!/usr/bin/env bash
# Arguments: which benches (media alerts gis board), and what each is told: make bench ARGS="media --quick".
source "$(dirname "$0")/lib.sh"
scripts/install-debian.sh bench || say "Going on without what is missing: the media bench says what it could not measure."
scripts/setup-python.sh requirements-dev.lock
exec .venv/bin/python scripts/bench.py "$@"
