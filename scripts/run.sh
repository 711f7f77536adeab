#!/usr/bin/env bash
# From a bare checkout to a running demo county; everything after the set-up is `fengsui serve`.
source "$(dirname "$0")/lib.sh"
scripts/setup-python.sh requirements.lock
scripts/setup-ui.sh
scripts/install-debian.sh speakers || say "Going on without an MQTT broker: the demo's loudspeakers will stay silent."
exec .venv/bin/fengsui serve --demo "$@"
