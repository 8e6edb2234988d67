#!/bin/sh
# usage: test_units.sh DEPLOY BIN: the systemd units in DEPLOY, for the programs in BIN.
set -u

if ! command -v systemd-analyze >/dev/null; then
    echo 'skipped: no systemd-analyze'
    exit 77
fi
deploy=$1 bin=$2 failures=0
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

# verify FILE...: what systemd says of the units; those that are installed name /usr/bin
verify() {
    systemd-analyze verify --man=no "$@" >"$folder/said" 2>&1 && [ ! -s "$folder/said" ]
}

fail() {
    failures=$((failures + 1))
    echo "FAILED: $*"
    cat "$folder/said"
}

for unit in herd-node@.service herd-frontend@.service herd-single@.service herd-web@.service herd-exporter.service; do
    sed "s#/usr/bin/herd#$bin/herd#" "$deploy/systemd/$unit" >"$folder/$unit"
    verify "$folder/$unit" || fail "$unit"
    # The check sees what is wrong.
    { cat "$folder/$unit" && echo 'NoSuchKey=yes'; } >"$folder/wrong@.service"
    verify "$folder/wrong@.service" && fail "$unit: a wrong line is not seen"
    rm "$folder/wrong@.service"
    for line in User=herd StartLimitIntervalSec=0 Restart=on-failure NoNewPrivileges=yes ProtectSystem=strict \
        'SystemCallFilter=prlimit64 setrlimit sched_setscheduler'; do
        grep -qxF "$line" "$deploy/systemd/$unit" || fail "$unit: no line $line"
    done
done
# Logs of each are opened anew when they are rotated.
for unit in "$deploy"/systemd/*@.service; do
    unit=${unit##*/}
    grep -qF "'${unit%.service}*.service'" "$deploy/logrotate" || fail "$unit: logrotate does not know it"
done
# Node and front-end share the folder of the sockets: neither may take it away when it ends.
for unit in herd-node@.service herd-frontend@.service herd-single@.service herd-web@.service; do
    grep -qxF RuntimeDirectoryPreserve=yes "$deploy/systemd/$unit" || fail "$unit: its folder of sockets goes"
done

[ "$failures" -eq 0 ] && echo 'units: all is well'
exit $((failures > 0))
