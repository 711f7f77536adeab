#!/usr/bin/env bash
# The figures of weak lines, a minute of real Chromium for each: one line a row.
source "$(dirname "$0")/lib.sh"
scripts/install-debian.sh tests
scripts/setup-python.sh requirements-dev.lock
scripts/setup-ui.sh
exec .venv/bin/python -m pytest -q -s -n 0 -m weak tests/media/test_browser_weak.py tests/ui/test_ladder.py "$@"
