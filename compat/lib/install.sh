# Installs the pinned packages of the current folder once. lz4 is the only one that compiles; without a compiler the
# scenarios that need it are skipped by name.
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  if [ -d node_modules/lz4 ] && command -v cc >/dev/null && command -v make >/dev/null; then
    npm rebuild lz4 --loglevel=error || echo "# lz4 did not compile"
  fi
fi
