#!/usr/bin/env bash
# From a bare checkout to pytest's last line. Arguments go to pytest.
source "$(dirname "$0")/lib.sh"
scripts/install-debian.sh tests
scripts/lint.sh
exec .venv/bin/python -m pytest -n auto --maxprocesses 4 --dist loadgroup "$@"
