#!/bin/sh
# herdctl without nodes, and its command line: stdout, stderr and the exit status.
# usage: test_herdctl.sh HERDCTL
set -u

herdctl=$(readlink -f "$1")
cities=$(readlink -f "$(dirname "$0")/../../deploy/places/cities.tsv")
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
sed 's/^        neighbours = "One"/&\n        single = "yes"/' good.cfg >single.cfg
expect 0 "$two	-	single" '' --config single.cfg members Two
sed 's#^        single = "yes"#&\n        web = "http://127.0.0.1:11791"#' single.cfg >web.cfg
expect 0 "$two	http://127.0.0.1:11791	single" '' --config web.cfg members Two
expect 1 '' 'herdctl: no member "Three" in good.cfg' --config good.cfg members Two Three

head='MEMBER  STATE  VERSION  UP SINCE  PID  RECORDS  DIGEST  FRONT-ENDS  CLIENTS  LINKS  LAG  PLACES'
down='down   -        -           -        -  -                -        -      -    -  -'
expect 1 "$head
One     $down
Two     $down" '' --config good.cfg status
expect 1 "Two	down	-	-	-	-	-	-	-	-	-	-" '' --config good.cfg status --plain Two
expect 1 "Two	down	-	-	-	-	-	-	-	-	-	-" '' --config good.cfg status --plain Two Two
expect 1 '' 'herdctl: no member "Three" in good.cfg' --config good.cfg status One Three
expect 2 '' "herdctl: status knows no option --all$hint" --config good.cfg status --all
expect 2 '' "herdctl: status knows no option --json=1$hint" --config good.cfg status --json=1
"$herdctl" --config good.cfg --json status Two | sed 's/"time": "[^"]*"/"time": "T"/' >out
"$herdctl" --config good.cfg status Two --json | sed 's/"time": "[^"]*"/"time": "T"/' >other
checks=$((checks + 1))
if ! cmp -s out other || ! cmp -s out - <<'EOF'; then
{
  "herd": "test",
  "time": "T",
  "digests": 0,
  "members": [
    {
      "member": "Two",
      "up": false
    }
  ]
}
EOF
    failures=$((failures + 1))
    echo "FAILED: herdctl --json status says:" && cat out other
fi

expect 2 '' "herdctl: --count takes a number from 1 to 1000000000, not \"0\"$hint" --config good.cfg top --count 0
expect 2 '' "herdctl: --interval takes seconds from 0.01 to 3600, not \"3601\"$hint" --config good.cfg top --interval 3601
expect 1 '' 'herdctl: no member "Three" in good.cfg' --config good.cfg top Three

expect 2 'unusable: One does not answer; Two does not answer' '' --config good.cfg health
expect 2 'unusable: Two does not answer' '' --config good.cfg health Two
expect 2 '' 'bad.cfg:1: error: "name" is missing below this line
bad.cfg:2: error: unknown key "nam"; did you mean "name"?
bad.cfg:11: error: "bus" must be an endpoint with a port from 1 to 65535, not "tcp://127.0.0.1:0"' --config bad.cfg health
expect 2 '' "herdctl: health knows no option --all$hint" --config good.cfg health --all

expect 1 'MEMBER  SENT  LOST  MIN MS  MEDIAN  MAX
Two        1     1       -       -    -' '' --config good.cfg ping --count 1 Two
expect 2 '' "herdctl: --count takes a number from 1 to 10000, not \"0\"$hint" --config good.cfg ping --count 0
expect 2 '' "herdctl: --count takes a number from 1 to 10000, not \"many\"$hint" --config good.cfg ping --count=many
expect 2 '' "herdctl: --count takes a number from 1 to 10000, not \"10001\"$hint" --config good.cfg ping --count 10001
expect 2 '' "herdctl: --interval takes seconds from 0.01 to 3600, not \"0.009\"$hint" --config good.cfg ping --interval 0.009
expect 2 '' "herdctl: --interval takes seconds from 0.01 to 3600, not \"-1\"$hint" --config good.cfg ping --interval -1
expect 2 '' "herdctl: --interval needs a value$hint" --config good.cfg ping --interval

expect 1 'MEMBER  RECORD     STATE  TAKEN BY  POSITION  CLIENT TIME  DIFFERENCE
Two     no answer  -      -         -         -            -' '' --config good.cfg where kiwi Two
expect 2 '' "herdctl: where takes a client, and members$hint" --config good.cfg where
expect 2 '' "herdctl: the ID of a client is not empty, and has no white space in it$hint" --config good.cfg where 'ki wi'
expect 1 '' 'herdctl: no member "Three" in good.cfg' --config good.cfg where kiwi Three
expect 1 '' 'herdctl: Two did not answer' --config good.cfg log-level info Two
expect 2 '' "herdctl: log-level takes error, warning or info, and members$hint" --config good.cfg log-level
expect 2 '' "herdctl: log-level takes error, warning or info, and members$hint" --config good.cfg log-level debug
expect 1 '' 'herdctl: no member "Three" in good.cfg' --config good.cfg log-level info Three

expect 1 '' 'herdctl: no member answered' --config good.cfg forget kiwi
expect 1 '' 'herdctl: Two did not answer' --config good.cfg forget kiwi Two
expect 1 '' 'herdctl: Two did not answer' --config good.cfg forget -- -kiwi Two
expect 1 '' 'herdctl: no member "Three" in good.cfg' --config good.cfg forget kiwi Three
expect 2 '' "herdctl: forget takes a client, and a member or none$hint" --config good.cfg forget
expect 2 '' "herdctl: forget takes a client, and a member or none$hint" --config good.cfg forget --
expect 1 '' 'herdctl: no member answered' --config good.cfg forget -
expect 2 '' "herdctl: forget takes a client, and a member or none$hint" --config good.cfg forget kiwi One Two
expect 2 '' "herdctl: forget knows no option --all$hint" --config good.cfg forget --all
expect 2 "" "herdctl: tap knows no option --all$hint" --config good.cfg tap --all
expect 2 "" "herdctl: --kind takes some of in,out,request,reply,apply,link, not \"in,on\"$hint" --config good.cfg tap --kind in,on
expect 2 "" "herdctl: --kind takes some of in,out,request,reply,apply,link, not \"\"$hint" --config good.cfg tap --kind=
expect 2 "" "herdctl: no message is of these kinds and has all of these$hint" --config good.cfg tap --kind apply --type DATA
expect 2 "" "herdctl: tap prints with --raw or with --json, not both$hint" --config good.cfg --json tap --raw
expect 2 "" "herdctl: --count takes a number from 1 to 18446744073709551615, not \"0\"$hint" --config good.cfg tap --count 0
expect 1 "" "herdctl: no member \"Three\" in good.cfg" --config good.cfg tap Three
expect 1 "" "herdctl: Two has no tap in the herd file" --config good.cfg tap Two
for id in '' ' ' 'ki wi' 'kiwi ' "$(printf 'ki\twi')" "$(printf 'ki\nwi')"; do
    expect 2 '' "herdctl: the ID of a client is not empty, and has no white space in it$hint" --config good.cfg forget "$id"
done

expect 1 '' 'herdctl: Two did not answer' --config good.cfg reload Two
expect 1 '' 'herdctl: One did not answer
herdctl: Two did not answer' --config good.cfg reload
expect 1 '' 'herdctl: no member "Three" in good.cfg' --config good.cfg reload Three
expect 2 '' "herdctl: reload knows no option --all$hint" --config good.cfg reload --all

for command in check members metrics exporter 'forget kiwi' 'keygen --role operator anna' 'places info places' help; do
    name=${command%% *}
    [ "$name" != places ] || name='places info'
    # shellcheck disable=SC2086 # a command and its arguments
    expect 2 '' "herdctl: $name knows no option --json$hint" --config good.cfg --json $command
done
checks=$((checks + 1))
"$herdctl" --config good.cfg --json reload Two >out
"$herdctl" --config good.cfg reload --json Two >other
if ! cmp -s out other || ! grep -q '"answered": false' out; then
    failures=$((failures + 1))
    echo "FAILED: herdctl --json reload says:" && cat out other
fi

version=$("$herdctl" --version)
expect 0 "$version" '' version
expect 0 "{
  \"program\": \"herdctl\",
  \"version\": \"${version#herdctl }\"
}" '' --json version
expect 2 '' "herdctl: version takes no operands$hint" version now

expect 2 '' "herdctl: no command$hint"
expect 2 '' "herdctl: unknown command \"chekc\", did you mean \"check\"?$hint" chekc
expect 2 '' "herdctl: unknown command \"brew\"$hint" brew

# Options in every form, behind operands, and where there are none
expect 0 'good.cfg: herd test, 2 members, 1 link' '' --config=good.cfg check
expect 0 'good.cfg: herd test, 2 members, 1 link' '' -cgood.cfg check --
expect 0 'good.cfg: herd test, 2 members, 1 link' '' --conf good.cfg -- check
expect 0 "$two" '' -c good.cfg members -- Two
expect 2 '' "herdctl: members knows no option --all$hint" --config good.cfg members Two --all
expect 1 "Two	down	-	-	-	-	-	-	-	-	-	-" '' --config good.cfg status Two --plain
expect 1 "Two	down	-	-	-	-	-	-	-	-	-	-" '' --config good.cfg status --pl -- Two
expect 1 'MEMBER  SENT  LOST  MIN MS  MEDIAN  MAX
Two        1     1       -       -    -' '' --config good.cfg ping Two --inter=1 --count 7 --count=1
expect 2 '' "herdctl: --c may be --client or --count$hint" --config good.cfg tap --c 1
expect 2 '' "herdctl: unknown option --all$hint" --all check
expect 2 '' "herdctl: unknown option --json=1$hint" --json=1 check
expect 2 '' "herdctl: --config needs a value$hint" --config
expect 2 '' "herdctl: no command$hint" --config good.cfg --
expect 2 '' "herdctl: --role is member, front-end, operator, watcher or follower, not \"pilot\"$hint" keygen --role pilot anna
expect 2 '' "herdctl: --role needs a value$hint" keygen anna --role
expect 2 '' "herdctl: keygen takes one or more names$hint" keygen --role=operator
expect 2 '' "herdctl: --listen takes ADDRESS:PORT, not \"localhost:80\"$hint" exporter One --listen localhost:80
expect 0 'usage: herdctl forget CLIENT [MEMBER]

herdctl forget: have the herd forget a client

  --help  show this text' '' forget --help --all
for command in $("$herdctl" help | sed -n '/^commands:/,/^$/s/^  \([a-z-]*\).*/\1/p') 'places import' 'places info' \
    'journal status' 'journal check' 'journal copy' 'journal export' 'journal import'; do
    for option in --help -h --he; do
        checks=$((checks + 1))
        # shellcheck disable=SC2086 # a command and its arguments
        if ! "$herdctl" $command $option >out 2>err || ! head -n 1 out | grep -q "^usage: herdctl $command" || [ -s err ]; then
            failures=$((failures + 1))
            echo "FAILED: herdctl $command $option says:" && cat out err
        fi
    done
done

# Journals
expect 2 '' "herdctl: journal knows no option --fast$hint" journal --fast
expect 2 '' "herdctl: journal takes \"status [--plain] [MEMBER...]\", \"check DIR\", \"copy DIR [MEMBER]\", \"export [OPTION...] DIR|- [MEMBER]\" or \"import [OPTION...] FILE [MEMBER...]\"$hint" journal statu
expect 1 "Two	down	-	-	-	-	-	-	-	-	-	-	-" '' --config good.cfg journal status --plain Two
expect 1 'MEMBER  JOURNAL  ACKNOWLEDGE  LAG  BEHIND  COMMITS  AGO  LAST COMMIT  TOOK  RECORDS  SIZE  LIVE  ERRORS
Two     down     -              -       -        -    -  -               -        -     -     -       -' '' --config good.cfg journal status Two
expect 1 '' 'herdctl: no member "Three" in good.cfg' --config good.cfg journal status Three
mkdir -p journals/empty journals/file journals/odd
: >journals/empty/data.mdb
head -c 100000 /dev/zero >journals/file/data.mdb
mkfifo journals/odd/data.mdb
expect 2 '' "herdctl: journal check takes one folder$hint" journal check
expect 2 '' "herdctl: journal check takes one folder$hint" journal check one two
expect 1 '' "herdctl: journals: there is no journal" journal check journals
expect 1 '' "herdctl: cannot read journals/none: No such file or directory" journal check journals/none
expect 1 '' "herdctl: journals/empty: data.mdb is empty" journal check journals/empty
expect 1 '' "herdctl: journals/odd/data.mdb is a pipe" journal check journals/odd
expect 1 '' "herdctl: cannot read journals/file/data.mdb/data.mdb: Not a directory" journal check journals/file/data.mdb
expect 1 'folder:       journals/file
file:         data.mdb, 100000 bytes, damaged
journal of:   not known
chunks:       0, with 0 records in 0 bytes; never committed: 0
clients:      0
tombstones:   0' 'herdctl: journals/file is damaged: data.mdb: it is no file of LMDB' journal check journals/file
expect 1 '{
  "folder": "journals/none",
  "whole": null,
  "problem": "cannot read journals/none: No such file or directory"
}' "herdctl: cannot read journals/none: No such file or directory" journal check --json journals/none
expect 2 '' "herdctl: journal copy takes a folder and, at most, one member$hint" journal copy
expect 2 '' "herdctl: journal copy takes a folder and, at most, one member$hint" journal copy a One Two
expect 1 '' "herdctl: no member of good.cfg has a journal in $folder/data" --config good.cfg journal copy copy
expect 1 '' "herdctl: no member \"Three\" in good.cfg" --config good.cfg journal copy copy Three
expect 1 '' "herdctl: the journal of One cannot be read: $folder/data/One: there is no journal" \
    --config good.cfg journal copy copy One
expect 1 '' "herdctl: journals is there already" --config good.cfg journal copy journals One
expect 1 '' "herdctl: cannot make none/copy: No such file or directory" --config good.cfg journal copy none/copy One
mkdir -p data/One
for file in journals/*/data.mdb; do
    [ -p "$file" ] || cp "$file" data/One/
    checks=$((checks + 1))
    "$herdctl" --config good.cfg journal copy copy One >out 2>err
    found=$?
    if [ "$found" -ne 1 ] || [ -s out ] || ! grep -q '^herdctl: the journal of One cannot be read: ' err ||
        [ -n "$(find . -name 'copy*')" ]; then
        failures=$((failures + 1))
        echo "FAILED: a copy of $file: exit status $found" && cat out err
    fi
done

# Exports and imports; tests/system/test_positions.c has the herd.
expect 2 '' "herdctl: journal export takes a folder, or \"-\" and a member$hint" journal export
expect 2 '' "herdctl: journal export takes a folder, or \"-\" and a member$hint" journal export journals One
expect 1 '' "herdctl: cannot read journals/none: No such file or directory" journal export journals/none
expect 1 '' "herdctl: journals: there is no journal" --config none.cfg journal export journals
expect 1 '' 'herdctl: no member "Three" in good.cfg' --config good.cfg journal export - Three
expect 1 '{"type":"FeatureCollection","features":[
]}' 'herdctl: journals/file is damaged: data.mdb: it is no file of LMDB' journal export journals/file --format geojson
printf 'client,time,position\nkiwi,1,+1+2\nkiwi,x,+1+2\nkiwi,1,1\n' >positions.csv
: >positions.none
expect 2 '' "herdctl: journal import takes a file, or \"-\", and members$hint" journal import
expect 2 '' "herdctl: --format is jsonl, csv or geojson, not \"xml\"$hint" journal import --format xml positions.csv
expect 1 '' 'herdctl: no member "Three" in good.cfg' --config good.cfg journal import positions.csv Three
expect 1 '' 'herdctl: none cannot be read: No such file or directory' --config good.cfg journal import none
expect 1 'positions.csv: taken: 0, older than the herd'"'"'s: 0, expired: 0, bad: 1' \
    'positions.csv:3: no time: "x"
herdctl: the first 1 positions of positions.csv are done: run it again, or go on with --skip 1' \
    --config good.cfg journal import --skip 1 positions.csv
expect 1 'positions.csv: taken: 0, older than the herd'"'"'s: 0, expired: 0, bad: 2' \
    'positions.csv:3: left out: no time: "x"
positions.csv:4: left out: no position: "1"' --config good.cfg journal import --keep-going --skip 1 positions.csv
expect 1 'positions.csv: taken: 0, older than the herd'"'"'s: 0, expired: 0, bad: 1' \
    'positions.csv:1: no FeatureCollection of GeoJSON, or it breaks off' \
    --config good.cfg journal import --format geojson positions.csv
expect 0 'positions.none: taken: 0, older than the herd'"'"'s: 0, expired: 0, bad: 0' '' --config good.cfg journal import positions.none

# Places: a dump becomes a whole file, or none
row() {
    printf '%s\tPlace %s\t\t\t34.0%s\t-118.4\t%s\tXXX\tUS\t\tCA\t\t\t\t0\t\t\t\t\n' "$1" "$1" "$1" "$2"
}
mkdir places
{ row 1 P && row 2 S && printf '\ngarbage\n' && row 3 T && row 4 P; } >places/dump.txt
touch -d 2026-03-01T12:00:00Z places/dump.txt
skipped='places/dump.txt:4: skipped: not in the expected form'
expect 0 'places/all: 4 places of places/dump.txt; bad rows: 1, rows of other classes: 0' \
    "$skipped" places import places/dump.txt places/all
expect 0 'places/all: 3 places of places/dump.txt; bad rows: 1, rows of other classes: 1' \
    "$skipped" places import --feature-classes PT places/dump.txt places/all
"$herdctl" places info places/all | sed '/^imported: /d' >described
checks=$((checks + 1))
if ! cmp -s described - <<EOF; then
file:      places/all
size:      $(wc -c <places/all) bytes, version 1, checksums are right
places:    3
classes:   P 2, T 1
source:    dump.txt
left out:  bad rows: 1, rows of other classes: 1
dated:     2026-03-01T12:00:00.000Z
EOF
    failures=$((failures + 1))
    echo "FAILED: herdctl places info says:" && cat described
fi
cp places/all places/before
expect 1 '' "$skipped
herdctl: no row of places/dump.txt is a place of the classes U: 19 columns, tab-separated, are expected" \
    places import --feature-classes U places/dump.txt places/all
expect 1 '' 'herdctl: places/none cannot be read: No such file or directory' places import places/none places/all
expect 1 '' 'herdctl: none/all cannot be written: No such file or directory' places import places/dump.txt none/all
expect 1 '' 'herdctl: places is not a plain file' places import places/dump.txt places
expect 1 '' 'herdctl: places/dump.txt is the source itself' places import places/dump.txt places/dump.txt
expect 1 '' 'herdctl: places cannot be read: Is a directory' places import places places/all
expect 1 '' 'herdctl: places/dump.txt is no imported file of places' places info places/dump.txt
expect 1 '' 'herdctl: places/none cannot be read: No such file or directory' places info places/none
head -c 4096 places/all >places/cut
expect 1 '' 'herdctl: places/cut is damaged' places info places/cut
{ head -c 12 places/all && printf '\377' && tail -c +14 places/all; } >places/cut
expect 1 '' 'herdctl: places/cut is of another version or kind of machine' places info places/cut
rm places/cut
expect 2 '' "herdctl: places takes \"import [OPTION...] SRC DEST\" or \"info FILE\"$hint" places
expect 2 '' "herdctl: places takes \"import [OPTION...] SRC DEST\" or \"info FILE\"$hint" places export
expect 2 '' "herdctl: places info takes one file$hint" places info
expect 2 '' "herdctl: places import takes a source and a destination$hint" places import places/dump.txt
expect 2 '' "herdctl: places import knows no option --fast$hint" places import --fast places/dump.txt places/all
expect 2 '' "herdctl: feature classes are letters of \"AHLPRSTUV\", each once, not \"PP\"$hint" \
    places import --feature-classes PP places/dump.txt places/all

# ... from a pipe; the first ten bad rows are named
{ row 5 P && seq 12 && row 6 P; } >places/bad.txt
bad=$(for line in 2 3 4 5 6 7 8 9 10 11; do echo "-:$line: skipped: not in the expected form"; done)
expect 0 'places/pipe: 2 places of -; bad rows: 12, rows of other classes: 0' "$bad
-: 2 more rows skipped" places import - places/pipe <places/bad.txt
{ row 7 P && head -c 200000 /dev/zero | tr '\0' x && echo && row 8 P; } >places/long.txt
expect 0 'places/pipe: 2 places of places/long.txt; bad rows: 1, rows of other classes: 0' \
    'places/long.txt:2: skipped: longer than its limit' places import places/long.txt places/pipe

seq 11 >places/bad.txt
bad=$(for line in 1 2 3 4 5 6 7 8 9 10; do echo "places/bad.txt:$line: skipped: not in the expected form"; done)
expect 1 '' "$bad
places/bad.txt: 1 more rows skipped
herdctl: no row of places/bad.txt is a place: 19 columns, tab-separated, are expected" \
    places import places/bad.txt places/pipe

# ... the last line may lack its LF, and be too long; --progress prints what it does
{ row 9 P && row 10 P; } | head -c -1 >places/open.txt
expect 0 'places/pipe: 2 places of places/open.txt; bad rows: 0, rows of other classes: 0' \
    'herdctl: 2 rows read, building the index' places import --progress places/open.txt places/pipe
{ row 11 P && head -c 65537 /dev/zero; } >places/open.txt
expect 0 'places/pipe: 1 places of places/open.txt; bad rows: 1, rows of other classes: 0' \
    'places/open.txt:2: skipped: longer than its limit' places import places/open.txt places/pipe

# ... the places that are shipped: from a file and from a pipe all is the same but the header
expect 0 "places/pipe: 135233 places of $cities; bad rows: 0, rows of other classes: 0" '' \
    places import "$cities" places/pipe
tail -c +4097 places/pipe >places/expected
# shellcheck disable=SC2002 # the pipe is tested
cat "$cities" | "$herdctl" places import - places/pipe >out 2>err
checks=$((checks + 1))
if ! tail -c +4097 places/pipe | cmp -s - places/expected; then
    failures=$((failures + 1))
    echo "FAILED: herdctl places import of a pipe makes another file" && cat out err
fi

# ... on a terminal a bar is drawn, and erased before anything else is printed
if command -v script >/dev/null; then
    script -qec "$herdctl places import places/dump.txt places/pipe" /dev/null >out </dev/null
    checks=$((checks + 1))
    erase=$(printf '\r\033[K')
    if ! tr -d '\n' <out | grep -qF "6 rows read, building the index${erase}places/pipe: 4 places of"; then
        failures=$((failures + 1))
        echo "FAILED: herdctl places import on a terminal says:" && cat -v out
    fi
fi

# ... a signal while it waits for rows leaves the old file, and nothing else
mkfifo places/fifo
"$herdctl" places import - places/all <places/fifo >out 2>err &
import=$!
exec 3>places/fifo
row 9 P >&3
while [ -z "$(find places -name 'all.*')" ]; do sleep 0.01; done
kill -TERM "$import"
wait "$import"
found=$?
exec 3>&-
checks=$((checks + 1))
if [ "$found" -ne 143 ] || ! cmp -s places/all places/before || [ -n "$(find places -name 'all.*')" ] ||
    [ "$(cat err)" != 'herdctl: ended by a signal; places/all is as it was' ]; then
    failures=$((failures + 1))
    echo "FAILED: herdctl places import, ended by a signal: exit status $found" && cat err && ls places
fi

# The herd file: in the current folder, and before that in the environment
cp good.cfg herd.cfg
expect 0 'herd.cfg: herd test, 2 members, 1 link' '' check
HERD_CONFIG=$folder/good.cfg
export HERD_CONFIG
expect 0 "$folder/good.cfg: herd test, 2 members, 1 link" '' check

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
