#!/bin/sh
# A herd file that is reached by links, which are switched while the herd runs, as deployments do: the processes stay the
# same herd's. usage: test_links.sh DEPLOY BUILD
set -u

script=$(readlink -f "$1")/herd
build=$(readlink -f "$2")
herdctl=$build/bin/herdctl
folder=$(mktemp -d)
failures=0
checks=0

clean_up() {
    for file in "$folder"/*/herd.cfg; do
        "$script" --config "$file" --build "$build" down >/dev/null 2>&1
    done
    [ -n "${bystander:-}" ] && kill "$bystander" 2>/dev/null
    rm -rf "$folder"
}
trap clean_up EXIT
cd "$folder" || exit 1

fail() {
    failures=$((failures + 1))
    printf 'FAILED: %s\n' "$*"
    tail -n 8 out
}

# expect STATUS PATTERN COMMAND...: its exit status, and a line that it prints
expect() {
    status=$1 pattern=$2
    shift 2
    checks=$((checks + 1))
    "$@" >out 2>&1 </dev/null
    found=$?
    [ "$found" -eq "$status" ] || fail "$*: exit status $found, not $status"
    grep -qe "$pattern" out || fail "$*: nothing like $pattern"
}

# holds COMMAND...: it succeeds
holds() {
    checks=$((checks + 1))
    "$@" || fail "$*"
}

herd() { # FILE COMMAND...
    file=$1
    shift
    "$script" --config "$file" --build "$build" "$@"
}

pid_of() { cut -d ' ' -f 1 "$1"; }
ended() { ! grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"; }

# Ports of the test's own: of the kernel's choice they would not stay free.
port=$((10000 + $$ % 5000))

# release FOLDER MAX_CLIENTS
release() {
    mkdir -p "$1"
    cat >"$1/herd.cfg" <<EOF
herd
    name = "test"
    max_clients = "$2"
    places
        provider = "none"
members
    One
        clients = "tcp://127.0.0.1:$port"
        bus = "tcp://127.0.0.1:$((port + 5000))"
EOF
}
release r1 1000
release r2 2000
mkdir etc

# The file is a link: what the herd keeps is beside the link, and stays there.
ln -s ../r1/herd.cfg etc/herd.cfg
expect 0 'One: front-end serves' herd etc/herd.cfg up
holds [ -S etc/run/One.requests ]
holds [ ! -e r1/run ]
node=$(pid_of etc/run/One.node.pid)
ln -sfn ../r2/herd.cfg etc/herd.cfg
expect 0 'One.* up ' "$herdctl" --config etc/herd.cfg status
expect 0 '^One .* up '"$node" herd "$folder/etc/herd.cfg" status
expect 0 'max_clients is 2000 now' "$herdctl" --config etc/herd.cfg reload
ln -sfn ../r1/herd.cfg etc/herd.cfg
kill -HUP "$node"
tries=0
until grep -q 'max_clients is 1000 now' etc/log/One.node.log || [ "$tries" -gt 200 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
holds grep -q 'max_clients is 1000 now' etc/log/One.node.log
# However it is spelt
expect 0 "runs already (pid $node)" herd ./etc//herd.cfg up
(cd etc && expect 0 "runs already (pid $node)" herd herd.cfg up && [ "$failures" -eq 0 ]) || failures=$((failures + 1))
ln -s etc etc2
expect 0 "runs already (pid $node)" herd etc2/herd.cfg up
rm -f etc/run/One.*.pid # as with a folder of sockets that was put aside
expect 0 "runs already (pid $node)" herd etc/herd.cfg up
expect 0 'One: front-end ended, node ended' herd etc2/herd.cfg down
holds ended "$node"

# The folder is a link. Each release has its own run folder then: the processes are found all the same.
ln -s r1 current
expect 0 'One: front-end serves' herd current/herd.cfg up
node=$(pid_of r1/run/One.node.pid)
front_end=$(pid_of r1/run/One.frontend.pid)
ln -sfn r2 current
# The node makes its socket anew in the new folder.
tries=0
until "$herdctl" --config current/herd.cfg status >/dev/null 2>&1 || [ "$tries" -gt 200 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
expect 0 'One.* up .* '"$node" "$herdctl" --config current/herd.cfg status
expect 0 'One: front-end ended, node ended' herd current/herd.cfg down
holds ended "$node"
holds ended "$front_end"
expect 0 'One: front-end serves' herd current/herd.cfg up
holds [ -f r2/run/One.node.pid ]
expect 0 'One: front-end ended, node ended' herd current/herd.cfg down

# What it did not start it does not end, though the command line is the same.
"$build/bin/herd-node" --config "$folder/current/herd.cfg" One >node.out 2>&1 &
bystander=$!
tries=0
until "$herdctl" --config current/herd.cfg ping --count 1 >/dev/null 2>&1 || [ "$tries" -gt 200 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
expect 0 "did not start answers on (pid $bystander)" herd current/herd.cfg down
holds kill -0 "$bystander"

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
