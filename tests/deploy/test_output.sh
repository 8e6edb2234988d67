#!/bin/sh
# What programs do when their output cannot be written: /dev/full, a closed stdout, a small disk.
# usage: test_output.sh HERDCTL PROGRAM...   (PROGRAM: others; the first one is herd-node)
set -u

herdctl=$(readlink -f "$1")
shift
node=$(readlink -f "$1")
script=$(readlink -f "$(dirname "$0")/../../deploy/herd")
folder=$(mktemp -d)
node_pid=
finish() {
    [ -z "$node_pid" ] || { kill "$node_pid" && wait "$node_pid"; } 2>/dev/null
    rm -rf "$folder"
}
trap finish EXIT
failures=0
checks=0

fail() {
    failures=$((failures + 1))
    printf 'FAILED: %s\n' "$*"
    cat "$folder/err"
}

# refused WHERE WORDS PROGRAM ARGUMENT...: exits 1 and says so
refused() {
    where=$1 words=$2 name=$(basename "$3")
    shift 2
    checks=$((checks + 1))
    if [ "$where" = closed ]; then
        "$@" >&- 2>"$folder/err" </dev/null
    else
        "$@" >"$where" 2>"$folder/err" </dev/null
    fi
    found=$?
    [ "$found" -eq 1 ] || fail "$* > $where: exit status $found"
    grep -qF "$name: cannot write its output: $words" "$folder/err" || fail "$* > $where says"
}

full='No space left on device'
bad='' # the reason is that of whatever has the number 1
for program in "$herdctl" "$@"; do
    for option in --help --version; do
        refused /dev/full "$full" "$program" "$option"
        refused closed "$bad" "$program" "$option"
    done
done

# A member that runs, so that commands would exit 0
cd "$folder" || exit 1
port=$((10000 + $$ % 5000))
cat >herd.cfg <<CFG
herd
    name = "test"
    run_dir = "$folder/run"
    log_dir = "$folder/log"
    data_dir = "$folder/data"
    journal = "yes"
    keys = "keys"
members
    One
        clients = "tcp://127.0.0.1:$port"
        bus = "tcp://127.0.0.1:$((port + 5000))"
        tap = "tcp://127.0.0.1:$((port + 10000))"
        neighbours = ""
CFG
# keys are made, though the list of them is lost
refused /dev/full "$full" "$herdctl" keygen One
[ -s keys/member/One.cert_secret ] || fail 'no key'
"$herdctl" keygen --role operator anna >/dev/null 2>err || fail 'keygen'
"$node" --config herd.cfg One 2>node.err &
node_pid=$!
tries=0
until "$herdctl" ping --count 1 >/dev/null 2>err; do
    tries=$((tries + 1))
    [ "$tries" -lt 20 ] || { fail 'the node does not answer' && cat node.err && exit 1; }
done

# The script that starts a herd
export PATH="${herdctl%/*}:$PATH"
for arguments in --help '--config herd.cfg status'; do
    checks=$((checks + 1))
    # shellcheck disable=SC2086
    "$script" $arguments >/dev/full 2>err && fail "herd $arguments: exit status 0"
done

row='1\tPlace\tPlace\t\t34.0\t-118.4\tP\tXXX\tUS\t\tCA\t\t\t\t0\t\t\t\t\n'
# shellcheck disable=SC2059 # the tabs are meant
printf "$row" >dump.txt
: >none
printf '2026-03-01T12:00:00.250Z <       A/frontend B x\n' >lines
"$herdctl" places import dump.txt places >/dev/null 2>err || fail 'places import'
while read -r command; do
    # shellcheck disable=SC2086 # a command and its arguments
    refused /dev/full "$full" "$herdctl" $command
    # shellcheck disable=SC2086
    refused closed "$bad" "$herdctl" $command
done <<'COMMANDS'
help
version
traffic lines
--json version
check
members
status --plain
--json status
top --count 1
--json top --count 3 --interval 0.01
ping --count 1
--json ping --count 1
where kiwi
--json where kiwi
metrics
log-level info
reload
--json reload
journal export --format csv -
journal import none
export --format csv
places info places
places import dump.txt places
status --help
COMMANDS

# A file that cannot be written is not there, nor a part of it
if mkdir small && mount -t tmpfs -o size=16k tmpfs small 2>/dev/null; then
    sed 's/keys = .*/keys = "small\/keys"/' herd.cfg >small.cfg
    mkdir -p small/keys/operator
    # all of its 16 KiB
    while head -c 4096 /dev/zero >>small/filling 2>/dev/null; do :; done
    for arguments in '--config small.cfg keygen --role operator bert' 'places import dump.txt small/places' \
        'export small/map.geojson'; do
        checks=$((checks + 1))
        # shellcheck disable=SC2086
        "$herdctl" $arguments >out 2>err && fail "$arguments: exit status 0"
        grep -q "cannot be written: $full" err || fail "$arguments says"
        [ "$(find small -type f | wc -l)" -eq 1 ] || fail "$arguments leaves $(find small -type f)"
    done
    umount small
else
    echo 'skipped: a small disk, which root may make'
fi

printf '%s of %s checks failed\n' "$failures" "$checks"
[ "$failures" -eq 0 ]
