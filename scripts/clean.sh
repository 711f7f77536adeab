#!/usr/bin/env bash
# Removes everything the other scripts made; data/ holds people's work and stays.
source "$(dirname "$0")/lib.sh"
rm -rf .venv web/static web/ui/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache bench/results bench/mediasoup build ./*.egg-info media/compiled/*.so
find . -name __pycache__ -type d -prune -exec rm -rf {} +
