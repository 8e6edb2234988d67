#!/bin/sh
# usage: test_logrotate.sh DEPLOY: the rotation of logs in DEPLOY, as logrotate sees it.
set -u

if ! command -v logrotate >/dev/null; then
    echo 'skipped: no logrotate'
    exit 77
fi
deploy=$1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

# check FILE: whether logrotate takes it
check() {
    chmod 600 "$1"
    logrotate --debug --state "$folder/state" "$1" >"$folder/said" 2>&1
}

sed "s#/var/log/herd#$folder#; /^    su /d" "$deploy/logrotate" >"$folder/good"
if ! check "$folder/good"; then
    echo 'FAILED: logrotate'
    cat "$folder/said"
    exit 1
fi
# The check sees what is wrong.
sed 's/^    rotate .*/    rotate many/' "$folder/good" >"$folder/wrong"
if check "$folder/wrong"; then
    echo 'FAILED: a wrong line is not seen'
    exit 1
fi
echo 'logrotate: all is well'
