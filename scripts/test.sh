#!/usr/bin/env bash
# From a bare checkout to pytest's last line. Arguments go to pytest.
source "$(dirname "$0")/lib.sh"
scripts/install-debian.sh tests
scripts/lint.sh
status=0
.venv/bin/python -m pytest -n auto --maxprocesses 4 "$@" || status=$?
[ "$status" -eq 1 ] || exit "$status"
# Real browsers, servers and cameras share two cores: what failed in company has to fail alone, too, to be a fault.
echo "These failed beside others; each once more, alone:"
exec .venv/bin/python -m pytest -n 0 --last-failed --last-failed-no-failures none "$@"
