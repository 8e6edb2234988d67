#!/bin/sh
# The script deploy/herd against programs that are stand-ins: what it starts, waits for, ends, and leaves alone.
# usage: test_herd.sh HERD_SCRIPT HERDCTL
#
# A stand-in serves by keeping a file RUN/NAME.KIND.serves, as the node and front-end serve by answering. Files
# in $folder/faults choose how it fails: NAME.KIND holds "dies", "deaf" (never serves) or "stubborn" (ignores SIGTERM).
set -u

script=$1
folder=$(mktemp -d)
failures=0
checks=0

clean_up() {
    HERD_SERVE_LIMIT_S=1 herd down >/dev/null 2>&1
    [ -n "${bystander:-}" ] && kill "$bystander" 2>/dev/null
    rm -rf "$folder"
}
trap clean_up EXIT

mkdir -p "$folder/build/bin" "$folder/faults"
ln -s "$(readlink -f "$2")" "$folder/build/bin/herdctl.real"

cat >"$folder/herd.cfg" <<'EOF'
herd
    name = "test"
members
    One
        clients = "tcp://127.0.0.1:11490 tcp://[::1]:11495"
        bus = "tcp://127.0.0.1:11590"
        neighbours = "Two"
    Two
        clients = "tcp://127.0.0.1:11491"
        bus = "tcp://127.0.0.1:11591"
        neighbours = "One"
EOF

cat >"$folder/build/bin/herd-node" <<'EOF'
#!/bin/sh
kind=${0##*/herd-}
folder=${0%/build/bin/*}
name=$3
serves=$folder/run/$name.$kind.serves
fault=$(cat "$folder/faults/$name.$kind" 2>/dev/null)
echo "$name $kind starts"
[ "$fault" != dies ] || { echo "no room at the port"; exit 1; }
[ "$kind" != single ] || serves="$folder/run/$name.node.serves $folder/run/$name.frontend.serves"
trap 'rm -f $serves; exit 0' TERM
: >"$folder/run/$name.$kind.began"
while [ "$fault" = waits ] && [ ! -f "$folder/run/Two.node.began" ]; do sleep 0.05; done
[ "$fault" != stubborn ] || trap '' TERM
if [ "$fault" != deaf ]; then
    for file in $serves; do echo $$ >"$file"; done
    [ "$kind" != frontend ] && echo "- serving: 0 clients known" || echo "- node-up: node link up"
fi
while :; do sleep 0.05; done
EOF
cp "$folder/build/bin/herd-node" "$folder/build/bin/herd-frontend"
cp "$folder/build/bin/herd-node" "$folder/build/bin/herd-single"

cat >"$folder/build/bin/herdctl" <<'EOF'
#!/bin/sh
folder=${0%/build/bin/*}
[ "$3" = status ] || exec "$0.real" "$@"
shift 4
if [ -f "$folder/faults/keyless" ]; then
    echo 'herdctl: there is no secret key in keys/operator' >&2
    exit 1
fi
result=0
[ $# -gt 0 ] || set -- One Two
for name; do
    serves=$folder/run/$name.node.serves
    if [ -f "$serves" ]; then
        frontends=0
        [ ! -f "$folder/run/$name.frontend.serves" ] || frontends=1
        printf '%s\tup\t%s\t1767225600\t7\t%s\t3\t1\t1\t-\t0\t-\n' "$name" "$(cat "$serves")" "$frontends"
    else
        printf '%s\tdown\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\n' "$name"
        result=1
    fi
done
exit "$result"
EOF
chmod +x "$folder"/build/bin/herd*

herd() { "$script" --config "$folder/herd.cfg" --build "$folder/build" "$@"; }

# run EXPECTED_STATUS ARGUMENT...: output in $output
run() {
    expected=$1
    shift
    output=$(herd "$@" 2>&1)
    status=$?
    checks=$((checks + 1))
    if [ "$status" -ne "$expected" ]; then
        failures=$((failures + 1))
        printf 'FAILED: herd %s: exit status %s, not %s\n%s\n' "$*" "$status" "$expected" "$output"
    fi
}

# says PATTERN: the last output has a line that matches
says() {
    checks=$((checks + 1))
    if ! printf '%s\n' "$output" | grep -Eq -- "$1"; then
        failures=$((failures + 1))
        printf 'FAILED: no line matches "%s" in:\n%s\n' "$1" "$output"
    fi
}

# holds COMMAND...: it succeeds
holds() {
    checks=$((checks + 1))
    if ! "$@"; then
        failures=$((failures + 1))
        printf 'FAILED: %s\n' "$*"
    fi
}

absent() { [ ! -e "$1" ]; }
# Gone, or not yet collected by an init that takes its time.
ended() { ! grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"; }
pid_of() { cut -d ' ' -f 1 "$folder/run/$1.pid"; }

# The command line
run 2
says 'no command'
run 2 raise
says 'unknown command raise'
run 2 --config
run 2 up --force
says 'unknown option --force'
run 2 logs -n many
run 0 --help
says '^usage: herd'
run 1 up Three
says 'no member "Three"'
output=$("$script" --build "$folder/nothing" up 2>&1)
says "no programs in $folder/nothing/bin"
output=$("$script" --build "$folder/build" --config "$folder/nothing.cfg" up 2>&1)
says 'no herd file'
output=$(HERD_CONFIG="$folder/nothing.cfg" "$script" --build "$folder/build" up 2>&1)
says "no herd file $folder/nothing.cfg"
run 1 logs
says 'no logs'

# Up, again, one more, status
run 1 status
says '^One +down +down +11490,11495 +- +- +-$'
run 0 up One
says '^One: node serves'
says '^One: front-end serves'
one=$(pid_of One.node)
run 0 up One
says '^One: node runs already \(pid '"$one"'\)'
holds [ "$(pid_of One.node)" = "$one" ]
run 1 status
says '^One +up '"$one"' +up [0-9]+ +11490,11495 +202[56]-.* +3 +1/1$'
says '^Two +down +down'
run 0 status One
run 0 up
says '^Two: front-end serves'
run 0 status
run 0 logs -n 2 One
says 'One frontend starts'

# Restart: other processes; down: none, and again
run 0 restart One
holds ended "$one"
holds [ "$(pid_of One.node)" != "$one" ]
one=$(pid_of One.node)
two=$(pid_of Two.frontend)
run 0 down
says '^Two: front-end ended, node ended$'
holds ended "$one"
holds ended "$two"
holds absent "$folder/run/One.node.pid"
run 0 down
says '^One: does not run$'

# A start that fails says why, and leaves nothing behind
echo dies >"$folder/faults/Two.frontend"
run 1 up Two
says 'Two: front-end ended with exit status 1'
says '    no room at the port'
holds absent "$folder/run/Two.frontend.pid"
echo deaf >"$folder/faults/Two.frontend"
HERD_SERVE_LIMIT_S=1 run 1 up Two
says 'Two: front-end \(pid [0-9]+\) does not serve after 1 s'
HERD_SERVE_LIMIT_S=1 run 1 up Two
says 'Two: front-end \(pid [0-9]+\) does not serve after 1 s'
rm "$folder/faults/Two.frontend"
run 0 restart Two
run 0 down Two

# Nodes start side by side: none waits for the one before it to serve. One that dies meanwhile is told of once.
rm -f "$folder/run/Two.node.began"
echo waits >"$folder/faults/One.node"
HERD_SERVE_LIMIT_S=20 run 0 up
says '^One: node serves'
says '^Two: front-end serves'
run 0 down
echo dies >"$folder/faults/Two.node"
rm "$folder/faults/One.node"
starts=$(grep -c '^Two node starts' "$folder/log/Two.node.log")
run 1 up
says '^One: front-end serves'
says 'Two: node ended with exit status 1'
holds [ "$(grep -c '^Two node starts' "$folder/log/Two.node.log")" -eq $((starts + 1)) ]
run 0 down
rm "$folder/faults/Two.node"

# A member in one process beside a pair. What runs counts until it is restarted, whatever the herd file says by then.
run 0 up Two
two=$(pid_of Two.node)
sed 's|^        bus = "tcp://127.0.0.1:11591"|&\n        single = "yes"|' "$folder/herd.cfg" >"$folder/edited.cfg"
cp "$folder/herd.cfg" "$folder/pairs.cfg"
mv "$folder/edited.cfg" "$folder/herd.cfg"
run 0 up
says '^One: front-end serves'
says '^Two: node runs already \(pid '"$two"'\)'
says 'Two: the herd file says single = "yes" now; restart Two to have it so'
run 0 restart Two
says '^Two: front-end ended, node ended$'
says '^Two: herd-single serves'
holds ended "$two"
holds absent "$folder/run/Two.node.pid"
two=$(pid_of Two.single)
run 0 status
says '^One +up [0-9]+ +up [0-9]+ +11490,11495 '
says '^Two +up '"$two"' +up '"$two"' +11491 '
run 0 up
says '^Two: herd-single runs already \(pid '"$two"'\)'
run 0 restart
says '^Two: herd-single ended$'
holds ended "$two"
two=$(pid_of Two.single)
mv "$folder/pairs.cfg" "$folder/herd.cfg"
run 0 up Two
says '^Two: herd-single runs already \(pid '"$two"'\)'
says 'Two: the herd file says single = "no" now'
run 0 status Two
sed -i 's|^        bus = "tcp://127.0.0.1:11591"|&\n        single = "yes"|' "$folder/herd.cfg"
run 0 down
says '^One: front-end ended, node ended$'
says '^Two: herd-single ended$'
holds ended "$two"
run 1 status Two
says '^Two +down +down '
echo dies >"$folder/faults/Two.single"
run 1 up
says '^One: front-end serves'
says 'Two: herd-single ended with exit status 1; the end of .*/Two\.node\.log:'
says '    no room at the port'
holds absent "$folder/run/Two.single.pid"
: >"$folder/faults/keyless"
rm "$folder/faults/Two.single"
run 0 up Two
says '^Two: herd-single serves'
run 1 status Two
says '^Two +runs ([0-9]+) +runs [0-9]+ '
rm "$folder/faults/keyless"
run 0 down
sed -i '/single = /d' "$folder/herd.cfg"

# One that ignores SIGTERM is killed, and that is said
echo stubborn >"$folder/faults/One.node"
run 0 up One
one=$(pid_of One.node)
run 0 down One
says "node \(pid $one\) did not end within 8 s: killed"
holds ended "$one"
rm "$folder/faults/One.node" "$folder/run/One.node.serves"

# What it did not start is never ended: another start time, another boot, garbage
sleep 600 &
bystander=$!
start_time=$(sed -n '$s/^.*) //p' "/proc/$bystander/stat" | cut -d ' ' -f 20)
boot=$(cat /proc/sys/kernel/random/boot_id)
for line in "$bystander $((start_time + 1)) $boot" "$bystander $start_time 0-0" "$bystander" "-1 $start_time $boot" \
    "0 $start_time $boot" "" "x y z"; do
    printf '%s\n' "$line" >"$folder/run/One.node.pid"
    run 0 down One
    says '^One: does not run$'
    holds kill -0 "$bystander"
    holds absent "$folder/run/One.node.pid"
done

# Nor where all of that is right, but it is another program
printf '%s\n' "$bystander $start_time $boot" >"$folder/run/One.node.pid"
run 0 down One
says '^One: does not run$'
holds kill -0 "$bystander"

# Another herd in the same run folder: the first one keeps it, and is named
mkdir "$folder/other"
sed "s|    name = \"test\"|&\n    run_dir = \"$folder/run\"|" "$folder/herd.cfg" >"$folder/other/herd.cfg"
run 0 up One
one=$(pid_of One.node)
for command in up down; do
    output=$("$script" --config "$folder/other/herd.cfg" --build "$folder/build" "$command" One 2>&1)
    holds [ $? -eq 1 ]
    says "One: $folder/run belongs to the herd of $folder/herd.cfg, whose node of that name runs \(pid $one\)"
    holds kill -0 "$one"
    holds [ "$(pid_of One.node)" = "$one" ]
done
run 0 status One
run 0 down One
says '^One: front-end ended, node ended$'

# What the caller has open, a lock or a pipe, does not stay open in what it starts
: >"$folder/caller.lock"
exec 7>"$folder/caller.lock"
flock 7
run 0 up One
exec 7>&-
exec 8>"$folder/caller.lock"
holds flock -n 8
exec 8>&-
run 0 down One

# Without an operator's key nothing can be asked: the logs say who serves
: >"$folder/faults/keyless"
run 0 up One
says '^One: node serves'
says '^One: front-end serves'
run 0 up One
says '^One: node runs already'
run 1 status One
says 'no secret key'
says '^One +runs [0-9]+ +runs [0-9]+ '
run 0 down One
echo deaf >"$folder/faults/One.node"
HERD_SERVE_LIMIT_S=1 run 1 up One
says 'One: node \(pid [0-9]+\) does not serve after 1 s'
run 0 down One
rm "$folder/faults/One.node" "$folder/faults/keyless"

# A folder that cannot be made is named, with what would make it
sed "s|    name = \"test\"|&\n    run_dir = \"/proc/herd\"|" "$folder/herd.cfg" >"$folder/unmade.cfg"
output=$("$script" --config "$folder/unmade.cfg" --build "$folder/build" up One 2>&1)
holds [ $? -eq 1 ]
says 'cannot make the folder /proc/herd; as root: install -d -o .* -m 0700 /proc/herd'

# A node started by someone else is served by a front-end, and left alone
echo "$bystander" >"$folder/run/One.node.serves"
sed -i 's|^        bus = "tcp://127.0.0.1:11590"|&\n        requests = "tcp://127.0.0.1:11600"|' "$folder/herd.cfg"
run 0 up One
says "did not start answers already \(pid $bystander\)"
says '^One: front-end serves'
run 0 down One
says "did not start answers on \(pid $bystander\)"
holds kill -0 "$bystander"
# In one process it may have a front-end already
echo "$bystander" >"$folder/run/One.frontend.serves"
sed -i 's|^        requests = .*|&\n        single = "yes"|' "$folder/herd.cfg"
run 0 up One
says "did not start answers already \(pid $bystander\)"
run 0 down One
says '^One: does not run$'
sed -i '/single = /d' "$folder/herd.cfg"
rm "$folder/run/One.frontend.serves"

# A node of ours answers while its command line is not its own yet, as between fork(2) and execve(2)
rm "$folder/run/One.node.serves"
mkdir "$folder/slow"
cat >"$folder/slow/setsid" <<EOF
#!/bin/sh
case \$1 in
*/herd-node)
    exec sh -c 'echo \$\$ >"\$0"; while [ ! -f "\$1" ]; do sleep 0.05; done; exec "\$2" "\$3" "\$4" "\$5"' \\
        "$folder/run/One.node.serves" "$folder/executed" "\$@" "not yet"
    ;;
esac
exec "$(command -v setsid)" "\$@"
EOF
chmod +x "$folder/slow/setsid"
PATH=$folder/slow:$PATH run 0 up One
says '^One: node serves'
says '^One: front-end serves'
touch "$folder/executed"
run 0 up One
says '^One: node runs already \(pid '"$(pid_of One.node)"'\)'
run 0 down One
says '^One: front-end ended, node ended$'

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
