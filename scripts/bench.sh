#!/usr/bin/env bash
source "$(dirname "$0")/lib.sh"
scripts/setup-python.sh requirements-dev.lock
exec .venv/bin/python scripts/bench.py "$@"
