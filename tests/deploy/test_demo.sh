#!/bin/sh
# Clients that move on the map (deploy/demo), on a herd of two, one in one process. usage: test_demo.sh DEPLOY BUILD
set -u

deploy=$(readlink -f "$1")
build=$(readlink -f "$2")
folder=$(mktemp -d)
failures=0
checks=0
demo_pid=

herd() { "$deploy/herd" --config herd.cfg --build "$build" "$@"; }
herdctl() { "$build/bin/herdctl" --config herd.cfg "$@"; }
demo() { "$deploy/demo" --config herd.cfg --build "$build" --clients 5 --seed 7 "$@"; }

clean_up() {
    [ -z "$demo_pid" ] || kill "$demo_pid" 2>/dev/null
    herd down >/dev/null 2>&1
    cd / && rm -rf "$folder"
}
trap clean_up EXIT
cd "$folder" || exit 1
command -v curl >/dev/null || { echo 'curl is not here' && exit 77; }

# Ports of the test's own: of the kernel's choice they would not stay free.
port=$((10000 + $$ % 4000))
cat >herd.cfg <<CFG
herd
    name = "test"
    traffic = "yes"
members
    One
        clients = "tcp://127.0.0.1:$port"
        bus = "tcp://127.0.0.1:$((port + 4000))"
        single = "yes"
        neighbours = "Two"
    Two
        clients = "tcp://127.0.0.1:$((port + 12000))"
        bus = "tcp://127.0.0.1:$((port + 16000))"
        web = "http://127.0.0.1:$((port + 8000))"
        neighbours = "One"
CFG
web=http://127.0.0.1:$((port + 8000))

fail() {
    failures=$((failures + 1))
    printf 'FAILED: %s\n' "$*"
    cat out
}
# holds WHAT COMMAND...: it succeeds
holds() {
    what=$1
    shift
    checks=$((checks + 1))
    "$@" || fail "$what"
}
# becomes WHAT COMMAND...: it succeeds before long
becomes() {
    what=$1 tries=0
    shift
    checks=$((checks + 1))
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || { fail "$what" && return; }
        sleep 0.05
    done
}
refused() { # WORDS ARGUMENT...
    words=$1
    shift
    demo "$@" >out 2>&1
    [ $? -eq 2 ] && grep -q "$words" out
}
position() { curl -s -m 10 "$web/v1/clients/$1" | sed 's/.*"position":"\([^"]*\)".*/\1/'; }
is_on_map() { curl -sf -m 10 -o /dev/null "$web/v1/clients/$1"; }
moved() { [ "$(position "$1")" != "$2" ]; }
is_said() { grep -q "$1" out; }
has_clients() { [ "$(herdctl export | grep -c '"client":"demo-00[0-4]"')" -eq "$1" ]; }
none_is_up() { ! herd status 2>/dev/null | grep -q ' up '; }
# The first places of the first client, as its front-end logged them.
ways() { sed -n 's/.*AT One [^ ]* demo-000 \([^ ]*\) .*/\1/p' log/One.frontend.log | head -n 3; }
has_ways() { [ "$(ways | wc -l)" -eq 3 ]; }

holds 'a number that is none is refused' refused 'from 1 to 1000' --clients 1001
holds 'a place that is none is refused' refused 'LAT,LON' --around here
holds 'an option that is none is refused' refused 'unknown argument' --fast

# Where nothing ran, nothing runs afterwards.
holds 'it ends by itself' demo --duration 1 >out 2>&1
holds 'it names the map' grep -q "$web/#7/34.07/-118.44" out
holds 'the herd has ended' none_is_up
holds 'the places were logged' has_ways
first=$(ways)
rm -r log

# What ran runs on, without the clients.
herd up >out 2>&1 || fail 'the herd does not start'
# What a shell starts in the background has SIGINT ignored.
env --default-signal=INT "$deploy/demo" --config herd.cfg --build "$build" --clients 5 --seed 7 >out 2>&1 &
demo_pid=$!
becomes 'it says where the map is' is_said "$web"
becomes 'a client is there' is_on_map demo-001
was=$(position demo-001)
becomes 'it moves' moved demo-001 "$was"
becomes 'all are there' has_clients 5
# It goes on when a front-end was killed and is there again.
kill -9 "$(cut -d ' ' -f 1 run/Two.frontend.pid)"
herd up >/dev/null 2>&1
was=$(position demo-001)
becomes 'it moves again' moved demo-001 "$was"
becomes 'the places were logged again' has_ways
kill -INT "$demo_pid"
holds 'it ends with status 0' wait "$demo_pid"
demo_pid=
is_said 'not all' && fail 'clients are left'
holds 'the herd runs' herd status >/dev/null
becomes 'the clients are forgotten' has_clients 0
holds 'the ways are those of the seed' [ "$(ways)" = "$first" ]

printf '%s of %s checks failed\n' "$failures" "$checks"
[ "$failures" -eq 0 ]
