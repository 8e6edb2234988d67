#!/bin/sh
# What herdctl says of members that it cannot ask: files, keys, permissions, a slow round.
# usage: test_reasons.sh HERDCTL HERD_NODE
set -u

herdctl=$(readlink -f "$1")
node=$(readlink -f "$2")
folder=$(mktemp -d)
pids=
finish() {
    for pid in $pids; do
        kill -CONT "$pid"
        kill "$pid"
        wait "$pid"
    done 2>/dev/null
    rm -rf "$folder"
}
trap finish EXIT
cd "$folder" || exit 1
chmod 755 .
failures=0
checks=0

fail() {
    failures=$((failures + 1))
    printf 'FAILED: %s\n' "$*"
    tail -n 5 out err
}

# expect STATUS PATTERN COMMAND...: its exit status, and a line of stdout or stderr
expect() {
    status=$1 pattern=$2
    shift 2
    checks=$((checks + 1))
    "$@" >out 2>err </dev/null
    found=$?
    [ "$found" -eq "$status" ] || fail "$*: exit status $found, not $status"
    cat out err | grep -qe "$pattern" || fail "$*: nothing like $pattern"
}

# wait_for COMMAND...: until it succeeds, 20 s at most
wait_for() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || return 1
        sleep 0.1
    done
}

start() { # CONFIG
    "$node" --config "$1" One 2>>node.err &
    pids="$pids $!"
    node_pid=$!
    wait_for "$herdctl" --config "$1" ping --count 1 || { fail "$1: no answer" && cat node.err && exit 1; }
}

port=$((10000 + $$ % 5000))
member() { # NAME HOST-OF-REQUESTS NUMBER
    printf '    %s\n        clients = "tcp://127.0.0.1:%s"\n' "$1" $((port + 1))
    printf '        bus = "tcp://%s:%s"\n        tap = "tcp://%s:%s"\n' "$2" $((port + 5000)) "$2" $((port + 10000))
    [ -z "$3" ] || printf '        requests = "tcp://%s:%s"\n' "$2" "$3"
    printf '        neighbours = ""\n'
}
head_of() { # KEYS
    printf 'herd\n    name = "test"\n    run_dir = "%s/run"\n    log_dir = "%s/log"\n%s' "$folder" "$folder" "$1"
    printf 'members\n'
}
open='    security = "none"
'
{ head_of "$open" && member One 0.0.0.0 "$port"; } >open.cfg
{ head_of '' && member One 127.0.0.1 ''; } >local.cfg
{ head_of '    keys = "keys"
' && member One 127.0.0.1 ''; } >keys.cfg
# 200 members, which are one node: each has an address of its own to reach it at
{
    head_of "$open"
    for i in $(seq 200); do
        member "M$i" "127.0.1.$i" "$port" | sed "s/clients = .*/clients = \"tcp:\/\/127.0.1.$i:$((port + 1))\"/"
    done
} >many.cfg

# Fewer files than members: what is lacking is said, nothing ends by a signal
lacking='200 members take [0-9]* open files, and 64 are allowed'
for command in status health 'top --count 1' 'ping --count 1' metrics tap 'where kiwi' reload; do
    wanted=1
    [ "$command" != health ] || wanted=2
    # shellcheck disable=SC2016,SC2086 # the inner shell's
    expect "$wanted" "$lacking" sh -c 'ulimit -n 64 && exec "$@"' sh "$herdctl" --config many.cfg $command
done

# A slow round: in the next one all members are there again
start open.cfg
"$herdctl" --config many.cfg --json top --interval 0.1 >rounds 2>err &
top_pid=$!
pids="$pids $top_pid"
rounds_of() { # UP: a round in which that many members are up
    [ "$(tail -n 1 rounds | grep -o '"up": *true' | wc -l)" -eq "$1" ]
}
checks=$((checks + 3))
wait_for rounds_of 200 || fail 'top: not all members are up'
kill -STOP "$node_pid"
wait_for rounds_of 0 || fail 'top: a node that stands still is up'
# Each round is later than its interval now: a signal ends it all the same
expect 124 '' timeout -k 20 2 "$herdctl" --config many.cfg --json top --interval 0.1
kill -CONT "$node_pid"
wait_for rounds_of 200 || fail 'top: not all members are up after a slow round'
kill "$top_pid"
wait "$top_pid"
kill "$node_pid"
wait "$node_pid"

# The operator's key is refused
"$herdctl" --config keys.cfg keygen One >/dev/null
"$herdctl" --config keys.cfg keygen --role operator anna >/dev/null
start keys.cfg
mv keys/operator/anna.cert gone
kill -HUP "$node_pid"
refused='One cannot be asked: our key is refused'
# shellcheck disable=SC2016 # the inner shell's
wait_for sh -c '"$1" --config keys.cfg health | grep -q refused' sh "$herdctl" || fail 'the key is not refused'
expect 2 "^unusable: $refused\$" "$herdctl" --config keys.cfg health
expect 1 "^$refused\\.\$" "$herdctl" --config keys.cfg status
expect 1 '^One  *unknown' "$herdctl" --config keys.cfg status
expect 1 '^One	unknown	' "$herdctl" --config keys.cfg status --plain
expect 1 '"problem": "our key is refused"' "$herdctl" --config keys.cfg --json status
for command in 'ping --count 1' 'log-level info' reload 'forget kiwi' 'where kiwi' metrics; do
    # shellcheck disable=SC2086
    expect 1 "^herdctl: $refused\$" "$herdctl" --config keys.cfg $command
done
kill "$node_pid"
wait "$node_pid"

# The Unix socket is not for us
start local.cfg
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
if [ "$(id -u)" -eq 0 ] && as_nobody "$herdctl" --version >/dev/null 2>&1; then
    expect 2 "^unusable: One cannot be asked: .*/run/One.requests: Permission denied\$" \
        as_nobody "$herdctl" --config local.cfg health
    expect 1 "^herdctl: One cannot be asked: .*/run/One.requests: Permission denied\$" \
        as_nobody "$herdctl" --config local.cfg ping --count 1
else
    echo 'skipped: another user, which root may be'
fi

printf '%s of %s checks failed\n' "$failures" "$checks"
[ "$failures" -eq 0 ]
