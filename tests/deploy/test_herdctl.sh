#!/bin/sh
# herdctl check, members, status and forget without nodes, and the command line: what stands on stdout and stderr, and the exit status.
# usage: test_herdctl.sh HERDCTL
set -u

herdctl=$(readlink -f "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
unset HERD_CONFIG
failures=0
checks=0

cat >good.cfg <<'EOF'
herd
    name = "test"
members
    One
        clients = "tcp://127.0.0.1:11490 tcp://[::1]:11490"
        bus = "tcp://127.0.0.1:11590"
        neighbours = "Two"
    Two
        clients = "tcp://127.0.0.1:11491"
        requests = "tcp://127.0.0.1:11690"
        bus = "tcp://127.0.0.1:11591"
        neighbours = "One"
EOF
sed 's/neighbours = "One"/neighbours = ""/' good.cfg >warned.cfg
sed 's/name = .*/&\n    acknowledge = "peers 2"/' good.cfg >promised.cfg
sed 's/name =/nam =/; s/:11591/:0/' good.cfg >bad.cfg

# expect STATUS STDOUT STDERR ARGUMENT...
expect() {
    status=$1 output=$2 errors=$3
    shift 3
    "$herdctl" "$@" >out 2>err
    found=$?
    checks=$((checks + 1))
    printf '%s' "${output:+$output
}" >out.expected
    printf '%s' "${errors:+$errors
}" >err.expected
    if [ "$found" -ne "$status" ] || ! cmp -s out out.expected || ! cmp -s err err.expected; then
        failures=$((failures + 1))
        printf 'FAILED: herdctl %s: exit status %s, not %s; stdout and stderr against what was expected:\n' "$*" "$found" "$status"
        diff out out.expected
        diff err err.expected
    fi
}

# shellcheck disable=SC2016 # a back quote that is printed
hint='; `herdctl help` shows the commands'
warning='warned.cfg:7: warning: One names Two as a neighbour, but Two does not name One; the link is used both ways all the same'

expect 0 'good.cfg: herd test, 2 members, 1 link' '' check good.cfg
expect 0 'good.cfg: herd test, 2 members, 1 link' '' --config good.cfg check
expect 0 'warned.cfg: herd test, 2 members, 1 link, 1 warning' "$warning" check warned.cfg
expect 1 'bad.cfg: 3 errors, 0 warnings' 'bad.cfg:1: error: "name" is missing below this line
bad.cfg:2: error: unknown key "nam"; did you mean "name"?
bad.cfg:11: error: "bus" must be an endpoint with a port from 1 to 65535, not "tcp://127.0.0.1:0"' check bad.cfg
expect 1 'promised.cfg: 2 errors, 0 warnings' 'promised.cfg:8: error: "acknowledge" in line 3 waits for 2 neighbours, but One has 1: no IAMAT there would ever be answered
promised.cfg:13: error: "acknowledge" in line 3 waits for 2 neighbours, but Two has 1: no IAMAT there would ever be answered' check promised.cfg
expect 1 'none.cfg: 1 error, 0 warnings' 'none.cfg: error: cannot be opened: No such file or directory' check none.cfg
expect 2 '' "herdctl: check takes one file$hint" check good.cfg bad.cfg
expect 2 '' "herdctl: check knows no option --all$hint" check --all

two="Two	$folder/run	$folder/log	tcp://127.0.0.1:11491	tcp://127.0.0.1:11690"
expect 0 "One	$folder/run	$folder/log	tcp://127.0.0.1:11490 tcp://[::1]:11490	ipc://$folder/run/One.requests
$two" '' --config good.cfg members
expect 0 "$two" '' --config good.cfg members Two
expect 0 "$two" '' --config warned.cfg members Two
expect 1 '' 'herdctl: no member "Three" in good.cfg' --config good.cfg members Two Three

head='MEMBER           STATE UP SINCE                      PID      RECORDS DIGEST            FRONTENDS  CLIENTS   LINKS        LAG'
down='down  -                               -            - -                         -        -       -          -'
expect 1 "$head
One              $down
Two              $down" '' --config good.cfg status
expect 1 "Two	down	-	-	-	-	-	-	-	-	-	-" '' --config good.cfg status --plain Two
expect 1 '' 'herdctl: no member "Three" in good.cfg' --config good.cfg status One Three
expect 2 '' "herdctl: status knows no option --json$hint" --config good.cfg status --json

expect 1 '' 'herdctl: no member answered' --config good.cfg forget kiwi
expect 1 '' 'herdctl: Two did not answer' --config good.cfg forget kiwi Two
expect 1 '' 'herdctl: Two did not answer' --config good.cfg forget -- -kiwi Two
expect 1 '' 'herdctl: no member "Three" in good.cfg' --config good.cfg forget kiwi Three
expect 2 '' "herdctl: forget takes a client, and a member or none$hint" --config good.cfg forget
expect 2 '' "herdctl: forget takes a client, and a member or none$hint" --config good.cfg forget --
expect 2 '' "herdctl: forget takes a client, and a member or none$hint" --config good.cfg forget kiwi One Two
expect 2 '' "herdctl: forget knows no option --all$hint" --config good.cfg forget --all
for id in '' ' ' 'ki wi' 'kiwi ' "$(printf 'ki\twi')" "$(printf 'ki\nwi')"; do
    expect 2 '' "herdctl: the ID of a client is not empty, and has no white space in it$hint" --config good.cfg forget "$id"
done

expect 2 '' "herdctl: no command$hint"
expect 2 '' "herdctl: unknown command \"chekc\", did you mean \"check\"?$hint" chekc
expect 2 '' "herdctl: unknown command \"brew\"$hint" brew

# The herd file: in the current folder, and before that in the environment
cp good.cfg herd.cfg
expect 0 'herd.cfg: herd test, 2 members, 1 link' '' check
HERD_CONFIG=$folder/good.cfg
export HERD_CONFIG
expect 0 "$folder/good.cfg: herd test, 2 members, 1 link" '' check

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
