#!/bin/bash
# Every client reads what every other wrote; against a broker of our own, or against BOOTSTRAP_SERVERS.
set -euo pipefail
cd "$(dirname "$0")"
command -v kcat >/dev/null || { echo "kcat is not installed (Debian: apt-get install kcat)" >&2; exit 1; }
for client in kafkajs platformatic; do
  pushd "../$client" >/dev/null
  . ../lib/install.sh
  popd >/dev/null
done
node scenarios.js "$@"
