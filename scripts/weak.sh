#!/usr/bin/env bash
# What takes a calm machine, in real Chromium and of a headless box: the figures of weak lines, a minute each, and how soon the first picture comes.
source "$(dirname "$0")/lib.sh"
scripts/install-debian.sh tests
scripts/setup-python.sh requirements-dev.lock
scripts/setup-ui.sh
exec .venv/bin/python -m pytest -q -s -n 0 -m weak tests/media/test_browser_weak.py tests/media/test_browser_thin.py tests/media/test_browser_slow.py tests/media/test_browser_far.py tests/ui/test_ladder.py tests/ui/test_first_frame.py tests/web/test_thin_box.py "$@"
