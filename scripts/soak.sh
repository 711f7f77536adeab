#!/usr/bin/env bash
# The long tests that `make test` leaves out, one at a time.
source "$(dirname "$0")/lib.sh"
scripts/install-debian.sh tests
scripts/setup-python.sh requirements-dev.lock
scripts/setup-ui.sh
exec .venv/bin/python -m pytest -m soak --timeout 7200 "$@"
