#!/bin/sh
# herd-sim as a program: equal seeds give equal runs, others do not; a wrong command line ends it.
# usage: test_program.sh HERD_SIM
set -u

sim=$1
failures=0

fail() {
    printf 'failed: %s\n' "$*"
    failures=$((failures + 1))
}

# expect STATUS ARGUMENTS...: its exit status.
expect() {
    wanted=$1
    shift
    "$sim" "$@" >/dev/null 2>&1
    got=$?
    [ "$got" -eq "$wanted" ] || fail "herd-sim $* exits with $got, not $wanted"
}

one=$("$sim" --seed 7 --seeds 3 --seconds 20)
[ "$one" = "$("$sim" --seed 7 --seeds 3 --seconds 20)" ] || fail 'a seed gave two runs'
[ "$one" != "$("$sim" --seed 8 --seeds 3 --seconds 20)" ] || fail 'two seeds gave one run'

# told ARGUMENTS... -- LINE: prints a line that begins so.
told() {
    arguments=
    while [ "$1" != -- ]; do
        arguments="$arguments $1"
        shift
    done
    # shellcheck disable=SC2086 # words, none with a space
    "$sim" $arguments 2>/dev/null | grep -q "^$2" || fail "herd-sim$arguments does not say: $2"
}

expect 0 --help
expect 0 --version
expect 0 --members 1 --seconds 2
expect 0 --members 2 --faults crash,slow --graph line --updates 1 --clients 1 --seconds 2
expect 0 --members 4 --faults disk,links,newcomer,rot,forget,expiry --updates 9 --seconds 9
expect 0 --members 3 --faults none --graph line --latency 20 --seconds 5
expect 2 --members 0
expect 2 --members 1025
expect 2 --graph heap
expect 2 --faults crash,,slow
expect 2 --faults rain
expect 2 --seconds 1
expect 2 --updates -1
expect 2 --latency 0
expect 2 --latency 1001
expect 2 --scenario rain
expect 2 --missed 0
expect 2 --unknown
expect 2 5

# Each update crosses each link of a tree once, and no faster than light.
told --members 5 --graph line --faults none --latency 20 --clients 2000 -- 'duplicates      0,'
told --members 5 --graph line --faults none --latency 20 -- 'spread          0.[3-6]'
# A member is sent what it missed; if no checkpoint counts, also what shares a leaf with that.
told --scenario missed --missed 10 --clients 5000 -- 'records         10 received, 1.00 '
told --scenario restored --missed 10 --clients 5000 -- 'records         1[0-9] received'
told --scenario newcomer --clients 5000 -- 'records         5000 received, 1.00 '
told --scenario missed --missed 10 --clients 5000 --members 5 --graph ring -- 'level           after 0.'

[ "$failures" -eq 0 ]
