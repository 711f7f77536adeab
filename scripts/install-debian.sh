#!/usr/bin/env bash
# Installs the Debian packages that are missing: install-debian.sh venv|speakers|tests|bench
#   venv      what python3 -m venv needs
#   speakers  the MQTT broker of the demo's loudspeakers, and the voice of telephone calls
#   tests     the browser, its Chinese fonts and the servers that the tests start for themselves
#   bench     what the media bench compares with, what builds and isolates its generator, and the warnings' servers
# Does nothing, and needs no rights, where everything is there already.
source "$(dirname "$0")/lib.sh"
# Debian keeps servers in sbin, which is not on every user's PATH.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
POLICY=/usr/sbin/policy-rc.d
APT=(apt-get -qq -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0)

exists() { compgen -G "$1" >/dev/null; }

missing_packages() {
  case $1 in
    venv) "${PYTHON:-python3}" -c 'import ensurepip' 2>/dev/null || echo python3-venv ;;
    speakers)
      have mosquitto || echo mosquitto
      have espeak-ng || echo espeak-ng
      ;;
    tests)
      have chromium || echo chromium
      have chromium-headless-shell || echo chromium-headless-shell
      have firefox-esr || echo firefox-esr
      # Playwright brings a Node of its own that needs it.
      exists '/usr/lib/*/libatomic.so.1*' || echo libatomic1
      exists '/usr/share/fonts/*/noto/NotoSansCJK*' || echo fonts-noto-cjk
      exists '/usr/lib/postgresql/*/bin/initdb' || echo postgresql
      exists '/usr/share/postgresql/*/extension/postgis.control' || echo postgis-extension
      have rabbitmq-server || echo rabbitmq-server
      have redis-server || echo redis-server
      have mosquitto || echo mosquitto
      have espeak-ng || echo espeak-ng
      have sipp || echo sip-tester
      have turnserver || echo coturn
      have haproxy || echo haproxy
      have ip || echo iproute2
      have nsenter || echo util-linux
      have tinyproxy || echo tinyproxy-bin
      have postfix || echo postfix
      have curl || echo curl
      # An encoder of another make: GStreamer's webrtcbin, what it sends with, and how Debian's Python finds it.
      exists '/usr/lib/*/gstreamer-1.0/libgstwebrtc.so' || echo gstreamer1.0-plugins-bad
      exists '/usr/lib/*/gstreamer-1.0/libgstvpx.so' || echo gstreamer1.0-plugins-good
      exists '/usr/lib/*/gstreamer-1.0/libgstopus.so' || echo gstreamer1.0-plugins-base
      exists '/usr/lib/*/gstreamer-1.0/libgstnice.so' || echo gstreamer1.0-nice
      exists '/usr/lib/*/girepository-1.0/GstWebRTC-1.0.typelib' || echo gir1.2-gst-plugins-bad-1.0
      exists '/usr/lib/python3/dist-packages/gi/overrides/Gst.py' || echo python3-gst-1.0
      ;;
    bench)
      exists '/usr/lib/postgresql/*/bin/initdb' || echo postgresql
      have rabbitmq-server || echo rabbitmq-server
      have janus || echo janus
      have cc || have gcc || have clang || printf '%s\n' gcc libc6-dev
      have ip || echo iproute2
      have unshare || echo util-linux
      ;;
    *) fail "install-debian.sh knows venv, speakers, tests and bench, not '$1'." ;;
  esac
}

# The extension's package carries the server's major version: the installed one, else the one Debian prefers.
postgis_package() {
  local major
  major=$(for folder in /usr/lib/postgresql/*/; do basename "$folder"; done | grep -xE '[0-9]+' | sort -n | tail -n 1) || true
  [ -n "$major" ] || major=$(apt-cache depends postgresql | grep -oE 'postgresql-[0-9]+' | head -n 1 | cut -d- -f2)
  echo "postgresql-$major-postgis-3"
}

root_rights() {
  if [ "$(id -u)" -eq 0 ]; then
    AS_ROOT=(env DEBIAN_FRONTEND=noninteractive)
  elif have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    AS_ROOT=(sudo env DEBIAN_FRONTEND=noninteractive)
  else
    return 1
  fi
}

# While a policy-rc.d says 101 nothing is started at installation; one that is already there is left alone.
hold_services() {
  [ -e "$POLICY" ] && return
  trap '"${AS_ROOT[@]}" rm -f "$POLICY"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' | "${AS_ROOT[@]}" tee "$POLICY" >/dev/null
  "${AS_ROOT[@]}" chmod 755 "$POLICY"
}

# The lists have a lock of their own, on which apt-get update does not wait.
update_lists() {
  for _ in 1 2 3 4 5 6; do
    "${AS_ROOT[@]}" "${APT[@]}" update && return
    sleep 5
  done
  fail "The package lists could not be read: look at the network and /etc/apt/sources.list, then try again."
}

# A package's own script enables its service for the next boot; we only want the program.
disable_services() {
  have systemctl || return 0
  local name
  for name in "$@"; do
    "${AS_ROOT[@]}" systemctl disable --quiet "$name" 2>/dev/null || true # chromium and fonts have none
  done
}

main() {
  local wanted name
  mapfile -t wanted < <(missing_packages "$1")
  [ ${#wanted[@]} -eq 0 ] && return
  have apt-get || fail "Missing: ${wanted[*]}. This is not a Debian system: install them with its own package manager."
  root_rights || fail "Missing: ${wanted[*]}. Install them with 'sudo apt-get install ${wanted[*]}' or run this as root."
  say "Installing ${wanted[*]} …"
  hold_services
  update_lists
  local names=()
  for name in "${wanted[@]}"; do
    if [ "$name" = postgis-extension ]; then name=$(postgis_package); fi
    names+=("$name")
  done
  wanted=("${names[@]}")
  stage "Debian packages" "${AS_ROOT[@]}" "${APT[@]}" install --yes --no-install-recommends "${wanted[@]}" ||
    fail "apt-get could not install ${wanted[*]}: its message is above."
  mapfile -t names < <(missing_packages "$1")
  [ ${#names[@]} -eq 0 ] || fail "Still missing after the installation: ${names[*]}."
  # The Erlang port mapper comes with the message broker.
  disable_services "${wanted[@]}" epmd
}

main "${1:?which set: venv, speakers, tests or bench}"
