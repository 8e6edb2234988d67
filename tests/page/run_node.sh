#!/bin/bash
# usage: run_node.sh PROGRAM [ARGUMENT...], or run_node.sh --test FOLDER: all its *.test.mjs
# Skipped where node is not here, or is older than what the tests need.
set -u
node=$(command -v node) || { echo "skipped: node is not here"; exit 77; }
version=$("$node" --version)
[[ $version =~ ^v([0-9]+)\. && ${BASH_REMATCH[1]} -ge 18 ]] || { echo "skipped: node 18 is needed"; exit 77; }
if [ "$1" = --test ]; then
    exec "$node" --test "$2"/*.test.mjs
fi
exec "$node" "$@"
