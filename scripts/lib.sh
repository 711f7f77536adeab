# Sourced by the other scripts: strict mode, the project's root, plain messages, stamps and parallel stages.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Compiled modules are kept, the system's own too: dozens of processes start from them, each 3 s of CPU sooner.
unset PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX="$PWD/.venv/pycache"

say() { printf '%s\n' "$*"; }

# One sentence that names the trouble and its remedy, then out.
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# SHA-256 over the names and contents of everything under the given files and folders.
digest_of() {
  find "$@" -name node_modules -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

# A stamp file holds the digest of what a step was last done for.
is_stamped() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }
stamp() { printf '%s\n' "$2" >"$1"; }

# stage NAME COMMAND…: run quietly; one line when it passes, its whole output when it fails.
stage() {
  local name=$1 log seconds=$SECONDS status=0
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  if [ "$status" -eq 0 ]; then
    say "ok    $name ($((SECONDS - seconds)) s)"
  else
    say "FAIL  $name: $*"
    cat "$log"
  fi
  rm -f "$log"
  return "$status"
}
