#!/bin/sh
# herd-sim as a program: equal seeds give equal runs, others do not; what is wrong on its command line ends it.
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

expect 0 --help
expect 0 --version
expect 0 --members 1 --seconds 2
expect 0 --members 2 --faults crash,slow --graph line --updates 1 --clients 1 --seconds 2
expect 2 --members 0
expect 2 --members 1025
expect 2 --graph heap
expect 2 --faults crash,,slow
expect 2 --faults rain
expect 2 --seconds 1
expect 2 --updates -1
expect 2 --unknown
expect 2 5

[ "$failures" -eq 0 ]
