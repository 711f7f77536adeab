#!/usr/bin/env bash
# Makes .venv with exactly what a lock file says: setup-python.sh requirements.lock|requirements-dev.lock
# Then builds the media node's compiled step where there is a C compiler; a line says so where there is none.
source "$(dirname "$0")/lib.sh"
LOCK=${1:?which lock file}

find_python() {
  local name
  for name in "${PYTHON:-python3}" python3.11 python3.12 python3.13; do
    have "$name" && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$name" && return
  done
  fail "Python 3.11 or newer is needed and was not found: install it (Debian 12: apt-get install python3 python3-venv)."
}

# A moved or half-made environment is made again; its scripts carry absolute paths.
make_environment() {
  PYTHON=$(find_python)
  export PYTHON
  scripts/install-debian.sh venv
  rm -rf .venv
  "$PYTHON" -m venv .venv
  stamp .venv/made-in "$PWD"
}

# The packages lie at the root, so a path entry and a two-line launcher are the whole installation.
install_project() {
  .venv/bin/python - <<'PYTHON'
import pathlib, sysconfig

root = pathlib.Path.cwd()
(pathlib.Path(sysconfig.get_path("purelib")) / "fengsui.pth").write_text(f"{root}\n")
launcher = pathlib.Path(sysconfig.get_path("scripts")) / "fengsui"
launcher.write_text(f"#!{root}/.venv/bin/python\nimport sys\nfrom web.cli import main\nsys.exit(main())\n")
launcher.chmod(0o755)
PYTHON
}

environment_is_here() {
  [ "$(head -n 1 .venv/made-in 2>/dev/null)" = "$PWD" ] && .venv/bin/python -c '' 2>/dev/null
}

install_packages() {
  local wanted
  wanted="$PWD $(digest_of "$LOCK" scripts/setup-python.sh)"
  is_stamped ".venv/$LOCK.stamp" "$wanted" && return
  environment_is_here || make_environment
  say "Installing the Python packages of $LOCK …"
  .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r "$LOCK" ||
    fail "The Python packages could not be installed: look at pip's message above (network, proxy or package index)."
  install_project
  stamp ".venv/$LOCK.stamp" "$wanted"
}

install_packages
.venv/bin/python -m media.compiled.build
