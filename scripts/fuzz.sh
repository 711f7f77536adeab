#!/usr/bin/env bash
# The fuzzers of `make test` with ten million packets each (warnings: fifty thousand messages) instead of a hundred thousand, and with other dice every time.
source "$(dirname "$0")/lib.sh"
scripts/install-debian.sh tests
scripts/setup-python.sh requirements-dev.lock
export FENGSUI_FUZZ="${FENGSUI_FUZZ:-10000000}" FENGSUI_FUZZ_SEED="${FENGSUI_FUZZ_SEED:-$(date +%s)}"
echo "FENGSUI_FUZZ=$FENGSUI_FUZZ FENGSUI_FUZZ_SEED=$FENGSUI_FUZZ_SEED plays the same again."
exec .venv/bin/python -m pytest -m fuzz -n auto --maxprocesses 4 --timeout 0 tests/media tests/alerts "$@"
