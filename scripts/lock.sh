#!/usr/bin/env bash
# Rewrites the lock files from pyproject.toml; versions already locked stay unless given: lock.sh --upgrade
source "$(dirname "$0")/lib.sh"
have uv || fail "uv is needed to rewrite the lock files (pip install uv); make run and make test do without."
COMPILE=(uv pip compile --quiet --universal --python-version 3.11 --generate-hashes
  --no-emit-index-url --no-emit-find-links --no-annotate --no-header pyproject.toml "$@")

"${COMPILE[@]}" --output-file requirements.lock
"${COMPILE[@]}" --constraints requirements.lock --group dev --output-file requirements-dev.lock
npm --prefix web/ui install --package-lock-only --silent --no-audit --no-fund
