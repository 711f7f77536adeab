#!/usr/bin/env bash
# Installs the front end's packages and builds its pages into web/static, each only when something changed.
#   setup-ui.sh packages   only the packages
#   setup-ui.sh            packages and pages
source "$(dirname "$0")/lib.sh"
UI=web/ui

check_node() {
  have node && have npm || fail "Node.js 20 or newer with npm is needed and was not found: install it from your distribution or nodejs.org."
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' ||
    fail "Node.js 20 or newer is needed, here is $(node --version): install a newer one from your distribution or nodejs.org."
}

packages() {
  local wanted
  wanted=$(digest_of "$UI/package.json" "$UI/package-lock.json" "$UI/.npmrc")
  is_stamped "$UI/node_modules/.stamp" "$wanted" && return
  check_node
  say "Installing the front end's packages …"
  npm --prefix "$UI" ci --loglevel error --no-audit --no-fund ||
    fail "The front end's packages could not be installed: look at npm's message above (network, proxy or registry)."
  stamp "$UI/node_modules/.stamp" "$wanted"
}

pages() {
  local wanted
  wanted=$(digest_of "$UI")
  is_stamped web/static/.stamp "$wanted" && return
  check_node
  say "Building the pages …"
  npm --prefix "$UI" run --silent build
  stamp web/static/.stamp "$wanted"
}

packages
[ "${1:-pages}" = packages ] || pages
