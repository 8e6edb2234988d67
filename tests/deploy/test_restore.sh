#!/bin/bash
# Copies of journals that nodes write, and members and a herd that are restored from them by the commands of
# docs/operations.md. usage: test_restore.sh DEPLOY BUILD [ROUNDS]
set -u

deploy=$(readlink -f "$1")
build=$(readlink -f "$2")
rounds=${3:-3}
manual=$(readlink -f "$(dirname "$0")/../../docs/operations.md")
folder=$(mktemp -d)
export HERD_CONFIG=$folder/herd.cfg
PATH=$build/bin:$PATH
failures=0
checks=0
feeder=

herd() { "$deploy/herd" --build "$build" "$@"; }

clean_up() {
    stop_feeding
    herd down >/dev/null 2>&1
    mountpoint -q "$folder/small" && umount "$folder/small"
    if [ "$failures" -eq 0 ]; then rm -rf "$folder"; else echo "the files of this run are kept in $folder"; fi
}

fail() {
    failures=$((failures + 1))
    printf 'FAILED: %s\n' "$*"
    tail -n 12 out err 2>/dev/null
}

# expect STATUS PATTERN COMMAND...: its exit status, and a line on stdout or stderr
expect() {
    local status=$1 pattern=$2 found
    shift 2
    checks=$((checks + 1))
    "$@" >out 2>err </dev/null
    found=$?
    [ "$found" -eq "$status" ] || fail "$*: exit status $found, not $status"
    cat out err | grep -qe "$pattern" || fail "$*: nothing like $pattern"
}

# holds COMMAND...: it succeeds
holds() {
    checks=$((checks + 1))
    "$@" || fail "$*"
}

# waits_for COMMAND...: it succeeds within 30 seconds
waits_for() {
    local end=$((SECONDS + 30))
    checks=$((checks + 1))
    until "$@"; do
        if [ "$SECONDS" -ge "$end" ]; then
            fail "waiting for: $*"
            return 1
        fi
        sleep 0.02
    done
}

declare -A clients
ask() { nc -N 127.0.0.1 "${clients[$1]}"; }
pid_of() { cut -d ' ' -f 1 "run/$1.node.pid"; }
kill_node() {
    local process
    process=$(pid_of "$1")
    kill -9 "$process"
    while kill -0 "$process" 2>/dev/null; do sleep 0.01; done
}

# Updates of a hundred clients, again and again, until stop_feeding.
start_feeding() {
    (
        for ((i = 1; ; i++)); do
            for ((k = 1; k <= 100; k++)); do printf 'IAMAT load%d +34.068930-118.445127 %d\n' "$k" "$i"; done
        done | exec nc 127.0.0.1 "${clients[$1]}" >/dev/null 2>&1
    ) 2>/dev/null &
    feeder=$!
}
stop_feeding() {
    [ -z "$feeder" ] || pkill -P "$feeder" 2>/dev/null
    feeder=
}

# All members have one digest, that of 10th field.
agrees() {
    herdctl status --plain >states 2>/dev/null &&
        [ "$(cut -f 10 states | sort -u | wc -l)" -eq 1 ] && ! cut -f 10 states | grep -qx -e -
}

# Of every client asked for, all members say the same.
answers() {
    local member
    for member in One Two Three; do
        for k in 1 50 100; do printf 'WHATSAT load%d 0 0\nWHATSAT fixed%d 0 0\n' "$k" "$k"; done |
            ask "$member" | grep '^AT\|^?' >"answers.$member"
    done
    [ "$(wc -l <answers.One)" -eq 6 ] && ! grep -q '^?' answers.One && cmp -s answers.One answers.Two &&
        cmp -s answers.One answers.Three
}

is_unknown() { [ "$(printf 'WHATSAT %s 0 0\n' "$2" | ask "$1")" = "? WHATSAT $2 0 0" ]; }
is_known() { printf 'WHATSAT %s 0 0\n' "$2" | ask "$1" | grep -q '^AT '; }
is_on_disk() { [ "$(herdctl journal status --plain "$1" | cut -f 3,4)" = "on	0.000" ]; }

# The commands of the manual, with this test's member, copy and folder, and the script in the place of systemd.
systemctl() {
    local member=${2#herd-node@}
    case $1 in
    stop) herd down "$member" ;;
    start) herd up "$member" ;;
    esac
}
# restore MEMBER COPY
restore() {
    # shellcheck disable=SC2034 # the commands use them
    local commands member=$1 copy=$2 data=$folder/data
    commands=$(sed -n '/^    member=.* copy=.* data=/,/^$/p' "$manual" | tail -n +2)
    [ "$(wc -l <<<"$commands")" -eq 6 ] || fail "the manual has other commands: $commands"
    rm -rf "$data/$member.before"
    checks=$((checks + 1))
    (set -e && eval "$commands") >out 2>err || fail "restoring $member"
}

if ! command -v nc >/dev/null; then
    echo 'skipped: no nc'
    exit 77
fi
trap clean_up EXIT
cd "$folder" || exit 1
port=$((10000 + $$ % 4000))
{
    printf 'herd\n    name = "test"\n    journal = "yes"\n    journal_interval = "20"\n    traffic = "no"\n'
    printf '    places\n        provider = "none"\nmembers\n'
    for member in One Two Three; do
        clients[$member]=$((port++))
        printf '    %s\n        clients = "tcp://127.0.0.1:%d"\n        bus = "tcp://127.0.0.1:%d"\n' "$member" \
            "${clients[$member]}" $((port + 5000))
        printf '        neighbours = "%s"\n' "$(printf '%s\n' One Two Three | grep -vx "$member" | xargs)"
    done
} >herd.cfg
expect 0 'Three: front-end serves' herd up
for ((k = 1; k <= 100; k++)); do printf 'IAMAT fixed%d +1-1 1\nIAMAT load%d +2-2 0.5\n' "$k" "$k"; done | ask One >/dev/null
head -c 1600000 /dev/urandom | od -An -v -tx1 -w80 | tr -d ' ' | awk '{print "IAMAT " $1 " +3-3 1"}' | ask Two >/dev/null
waits_for agrees
waits_for is_on_disk Two

# A copy of what is being written is whole; what is written is not checked; what is there is not replaced.
start_feeding Two
expect 0 '^copy: journal of member Two, up to ' herdctl journal copy copy Two
expect 0 'pages and checksums are right' herdctl journal check copy
holds [ "$(stat -c '%a %U' copy copy/data.mdb | xargs)" = "700 $(id -un) 600 $(id -un)" ]
holds [ "$(ls copy)" = data.mdb ]
expect 1 'data/Two: a node writes it: have a copy of it checked' herdctl journal check data/Two
expect 1 '^herdctl: copy is there already' herdctl journal copy copy Two
ln -s nowhere dangling
expect 1 '^herdctl: dangling is there already' herdctl journal copy dangling Two
ln -s copy link
expect 0 'journal of:   member Two of herd test' herdctl journal check link/
expect 0 '^first: journal of member One, ' herdctl journal copy first
if [ "$(id -u)" -eq 0 ] && mkdir small && mount -t tmpfs -o size=1m none small 2>/dev/null; then
    expect 1 '^herdctl: small/copy cannot be written: No space left on device' herdctl journal copy small/copy Two
    holds [ -z "$(ls -A small)" ]
fi
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    chmod 755 . data && chmod 1777 .
    nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups "$build/bin/herdctl")
    if "${nobody[@]}" version >out 2>&1; then
        expect 1 "^herdctl: cannot read $folder/data/Two/data.mdb: Permission denied" "${nobody[@]}" journal check "$folder/data/Two"
        expect 1 '^herdctl: cannot read .*data/Two/data.mdb: Permission denied' "${nobody[@]}" journal copy foreign Two
        holds [ ! -e foreign ]
    fi
fi

# A copy that is ended by a signal leaves nothing; it is stopped in its midst, else it might be through.
ended=0
for ((try = 0; try < 20 && ended == 0; try++)); do
    rm -rf ended
    herdctl journal copy ended Two >out 2>err &
    copying=$!
    while kill -0 "$copying" 2>/dev/null && [ -z "$(compgen -G 'ended.*')" ]; do :; done
    kill -STOP "$copying" && kill -TERM "$copying" && kill -CONT "$copying"
    wait "$copying" 2>/dev/null
    found=$?
    if [ "$found" -eq 143 ]; then
        ended=1
        holds grep -q '^herdctl: ended cannot be written: ended by a signal' err
        holds [ ! -e ended ]
    elif [ "$found" -ne 0 ]; then
        fail "a copy with a signal: exit status $found"
    fi
    holds [ -z "$(compgen -G 'ended.*')" ]
done
holds [ "$ended" -eq 1 ]

# Nodes and copies that are killed: a copy is whole or is not there, and whatever is refused is so by a sentence.
for ((round = 1; round <= rounds; round++)); do
    herdctl journal copy "round$round" Two >out 2>err &
    copying=$!
    herdctl journal check data/Two >out.check 2>err.check &
    checking=$!
    [ $((round % 2)) -eq 0 ] || while kill -0 "$copying" 2>/dev/null && [ -z "$(compgen -G "round$round*")" ]; do :; done
    if [ $((round % 4)) -eq 3 ]; then kill -9 "$copying"; else kill_node Two; fi
    wait "$copying" 2>/dev/null
    found=$?
    if [ "$found" -eq 0 ]; then
        expect 0 'checksums are right' herdctl journal check "round$round"
    elif [ "$found" -ne 1 ] && [ "$found" -ne 137 ]; then
        fail "a copy beside a kill: exit status $found"
    else
        holds [ ! -e "round$round" ]
    fi
    wait "$checking"
    holds [ $? -le 1 ]
    expect 0 . herd up Two
    rm -rf "round$round"*
    stop_feeding
    start_feeding Two
done
stop_feeding

# One member is lost, after a copy that is old: it has all, and what was forgotten stays so.
waits_for agrees
expect 0 . herdctl forget fixed7 One
printf 'IAMAT fixed50 +5-5 9\n' | ask One >/dev/null
kill_node Two
rm -rf data/Two && mkdir data/Two
restore Two "$folder/copy"
waits_for agrees
waits_for answers
holds grep -q '+5-5' answers.Two
waits_for is_unknown Two fixed7
expect 0 'Two  *on ' herdctl journal status Two

# A member that is stopped can be checked and copied.
expect 0 . herd down Two
expect 0 'checksums are right' herdctl journal check data/Two
expect 0 '^stopped: journal of member Two' herdctl journal copy stopped Two
expect 0 . herd up Two

# All is lost but the copy of one: the herd is what it was then, and who was forgotten since is known again.
for member in One Two Three; do kill_node "$member"; done
herd down >/dev/null 2>&1
rm -rf data && mkdir -p data/Two
restore Two "$folder/copy"
expect 0 . herd up
waits_for agrees
waits_for answers
holds is_known One fixed7
holds grep -q '+1-1' answers.Three
expect 0 . herdctl forget fixed7
waits_for is_unknown Three fixed7

# The copy of another member is refused, and a copy that is damaged is not restored.
expect 0 . herd down One
rm -rf data/One
cp -a copy data/One
expect 1 . env HERD_SERVE_LIMIT_S=2 "$deploy/herd" --build "$build" up One
holds grep -q 'it is the journal of member Two of herd test' log/One.node.log
dd if=/dev/zero of=copy/data.mdb bs=4096 seek=20 count=10 conv=notrunc 2>/dev/null
expect 1 '^herdctl: copy is damaged: ' herdctl journal check copy

# A file that is damaged under its node ends the copy, and nothing else.
kill -STOP "$(pid_of Three)"
pages=$(($(stat -c %s data/Three/data.mdb) / 4096))
dd if=/dev/urandom of=data/Three/data.mdb bs=4096 seek=3 count=$((pages - 3)) conv=notrunc 2>/dev/null
expect 1 'Three cannot be read: \|Three is damaged: ' herdctl journal copy garbled Three
truncate -s 20000 data/Three/data.mdb
expect 1 'Three cannot be read: .*data.mdb is cut off' herdctl journal copy garbled Three
holds [ -z "$(compgen -G 'garbled*')" ]
kill_node Three

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
