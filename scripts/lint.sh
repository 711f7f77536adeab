#!/usr/bin/env bash
# Everything that judges the sources without running the product; all findings are shown before it fails.
source "$(dirname "$0")/lib.sh"
BIN=.venv/bin
UI=(npm --prefix web/ui run --silent)

python_side() {
  local failed=0
  stage "ruff check" $BIN/ruff check . || failed=1
  stage "ruff format" $BIN/ruff format --check . || failed=1
  stage "import rules" $BIN/lint-imports || failed=1
  # The tests' modules are compiled, their assertions rewritten: else each process of the run would do so for itself.
  stage "tests are found" $BIN/python -m pytest -n 0 --collect-only -q || failed=1
  stage "mypy" $BIN/mypy || failed=1
  return $failed
}

ui_side() {
  local failed=0
  stage "front end types" "${UI[@]}" check || failed=1
  stage "front end tests" "${UI[@]}" test || failed=1
  stage "pages" scripts/setup-ui.sh || failed=1
  return $failed
}

scripts/setup-ui.sh packages &
packages=$!
scripts/setup-python.sh requirements-dev.lock
wait "$packages"
# The longest stage goes beside the others of its side: each keeps one core busy and waits for files.
stage "front end lint" "${UI[@]}" lint &
lint=$!
ui_side &
ui=$!
failed=0
python_side || failed=1
wait "$ui" || failed=1
wait "$lint" || failed=1
[ "$failed" -eq 0 ] || fail "The checks above failed; the tests were not run."
