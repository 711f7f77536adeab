#!/usr/bin/env bash
# Workers, broker and database are ended at random moments under load: nobody lost, every double explained.
# Arguments are those of `fengsui drill kill`: make drill ARGS="--kills 50".
source "$(dirname "$0")/lib.sh"
scripts/setup-python.sh requirements-dev.lock
scripts/install-debian.sh bench || say "Going on without what is missing: without PostgreSQL and RabbitMQ the drill uses SQLite and files."
exec .venv/bin/fengsui drill kill "$@"
