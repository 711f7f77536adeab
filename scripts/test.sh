#!/usr/bin/env bash
# From a bare checkout to pytest's last line. Arguments go to pytest.
source "$(dirname "$0")/lib.sh"
scripts/install-debian.sh tests
scripts/lint.sh
# One process more than cores (at most four): the last stands back and takes what the others leave of them.
cores=$(nproc)
status=0
.venv/bin/python -m pytest -n $(((cores < 4 ? cores : 4) + 1)) "$@" || status=$?
[ "$status" -eq 1 ] || exit "$status"
# Real browsers, servers and cameras share two cores: what failed in company has to fail alone, too, to be a fault.
echo "These failed beside others; each once more, alone:"
exec .venv/bin/python -m pytest -n 0 --last-failed --last-failed-no-failures none "$@"
