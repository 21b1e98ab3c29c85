#!/bin/bash
# Runs kcat's scenarios against a broker of our own (node ../../bin/odradek.js), or against BOOTSTRAP_SERVERS.
set -euo pipefail
cd "$(dirname "$0")"
command -v kcat >/dev/null || { echo "kcat is not installed (Debian: apt-get install kcat)" >&2; exit 1; }
echo "# $(kcat -V | grep Version)"
node scenarios.js "$@"
if [ $# -eq 0 ]; then node sasl.js; fi
