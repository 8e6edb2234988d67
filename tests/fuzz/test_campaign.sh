#!/bin/bash
# tests/fuzz/campaign: its command line, and what it makes of drivers that find something, find
# nothing, or do not run. They are stand-ins, in a tree of their own. Each driver of the source has
# its corpus, too, and is built.
# usage: test_campaign.sh
set -u

source=$(cd "$(dirname "$0")/../.." && pwd)
tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
failures=0

fail() {
    printf '%s\n' "$*" >&2
    failures=$((failures + 1))
}

# expect STATUS TEXT ARGUMENT...: the campaign ends so, and says so.
expect() {
    local status=$1 text=$2 said found=0
    shift 2
    said=$("$tree/tests/fuzz/campaign" "$@" 2>&1) || found=$?
    [ "$found" -eq "$status" ] || fail "campaign $*: exit status $found, expected $status: $said"
    [[ $said == *$text* ]] || fail "campaign $*: '$text' is not in: $said"
}

for path in "$source"/tests/fuzz/fuzz_*.c; do
    name=${path##*/fuzz_}
    name=${name%.c}
    [ -n "$(ls -A "$source/tests/fuzz/corpus/$name" 2>/dev/null)" ] || fail "$name has no corpus"
    grep -q "^herd_fuzz_test($name " "$source/tests/fuzz/CMakeLists.txt" || fail "$name is not built"
done

mkdir -p "$tree/tests/fuzz" "$tree/deploy" "$tree/build/fuzz/tests/bin" "$tree/bin"
cp "$source/tests/fuzz/campaign" "$tree/tests/fuzz/"
printf 'packages_install() { :; }\n' >"$tree/deploy/packages.sh"
printf '#!/bin/sh\n' >"$tree/bin/cmake"
chmod +x "$tree/bin/cmake"
export PATH="$tree/bin:$PATH"

# driver NAME: a stand-in, whose script comes from stdin.
driver() {
    mkdir -p "$tree/tests/fuzz/corpus/$1"
    : >"$tree/tests/fuzz/fuzz_$1.c"
    cat - >"$tree/build/fuzz/tests/bin/fuzz_$1"
    chmod +x "$tree/build/fuzz/tests/bin/fuzz_$1"
}
driver quiet <<'TEXT'
#!/bin/sh
echo '#8192 NEW    cov: 51 ft: 104 corp: 24/400b lim: 4096 exec/s: 4096 rss: 40Mb'
echo '#9000 DONE   cov: 52 ft: 105 corp: 25/473b lim: 4096 exec/s: 4500 rss: 40Mb'
echo 'stat::number_of_executed_units: 9000'
echo 'stat::average_exec_per_sec:     4500'
TEXT
driver finder <<'TEXT'
#!/bin/sh
for argument; do
    case $argument in -artifact_prefix=*) artifact=${argument#*=} ;; esac
done
echo '#7 NEW    cov: 3 ft: 4 corp: 2/9b lim: 4 exec/s: 0 rss: 30Mb'
echo 'stat::number_of_executed_units: 17'
echo input >"${artifact}crash-1"
exit 77
TEXT
driver missing <<'TEXT'
#!/bin/sh
echo 'error while loading shared libraries'
exit 127
TEXT

expect 0 'usage: tests/fuzz/campaign' --help
expect 2 'a whole number' --minutes 0
expect 2 'a whole number' --minutes=-1
expect 2 'takes a number' --minutes
expect 2 'what is --hours' --hours
expect 2 'no driver other' other
expect 0 'quiet                    9000     4500      52       105      25      0' --minutes 1 quiet
expect 0 '9000 executions of 1 drivers; finds: 0' fuzz_quiet
expect 2 'a driver failed' quiet missing
expect 1 'finds/finder-crash-1' quiet finder missing
expect 1 '9017 executions of 2 drivers; finds: 1' quiet finder
# What an earlier campaign found is not of this one.
expect 0 'finds: 0' quiet

[ "$failures" -eq 0 ]
