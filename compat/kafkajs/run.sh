#!/bin/bash
# Runs kafkajs' scenarios against a broker of our own (node ../../bin/odradek.js), or against BOOTSTRAP_SERVERS.
set -euo pipefail
cd "$(dirname "$0")"
. ../lib/install.sh
node scenarios.js "$@"
if [ $# -eq 0 ]; then node sasl.js; fi
