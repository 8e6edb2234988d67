#!/bin/sh
# tests/bench/run: its command line; with `looks`, that it starts what it compares, measures, judges, and leaves no process
# behind. Looks at no figure.
# usage: test_run.sh PROGRAMS [looks]; exit status 77 without python3
set -eu

programs=$1
run=$(dirname "$0")/run
command -v python3 >/dev/null || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    printf 'failed: %s\n' "$*" >&2
    exit 1
}

# refuses ARGUMENT...: that is a usage error
refuses() {
    status=0
    "$run" --programs "$programs" "$@" >"$folder/out" 2>&1 || status=$?
    [ "$status" -eq 2 ] || fail "$* ended with $status"
}

python3 -B "$(dirname "$0")/compare/test_compare.py" 2>"$folder/unittest" || fail "$(cat "$folder/unittest")"
"$run" --help >/dev/null
"$run" --list >"$folder/list"
for case in iamat-50x32 web-near web-put web-watch web-memory web-idle web-follow; do
    grep -q "^$case " "$folder/list" || fail "the case $case is not listed"
done
refuses --case nonsense
refuses --rounds 0
refuses --case

[ "${2-}" = looks ] || exit 0

# case NAME: a short look at it
look() {
    "$run" --programs "$programs" --quick --rounds 1 --case "$1" --out "$folder/out-$1" >"$folder/$1" 2>"$folder/$1.err" ||
        fail "$1: $(cat "$folder/$1" "$folder/$1.err")"
    [ ! -e "$folder/out-$1/run" ] || fail "$1 left its folder"
    "$run" --markdown "$folder/out-$1/results.json" >"$folder/$1.md"
    grep -q 'THIS WAS A SHORT LOOK' "$folder/$1.md" || fail "$1: a short look does not say that it is one"
}

look visible
look web-watch
grep -Eq "^\| web-watch \| p99 from the node's answer .* (reached|MISSED|REFUSED) \|\$" "$folder/web-watch.md" ||
    fail "no verdict: $(cat "$folder/web-watch.md")"
look web-follow
PATH=$PATH:/usr/sbin
if command -v nginx >/dev/null; then
    look web-put
fi
look newcomer
if command -v redis-server >/dev/null; then
    look journal-50x1
    look lone
    for beside in GEOADD SET; do
        grep -Eq "^\| lone \| p50: pair / $beside \| [0-9.]+ x .* (reached|MISSED) \|\$" "$folder/lone.md" ||
            fail "no verdict: $(cat "$folder/lone.md")"
    done
    look read-lone
    look visible-next
    look check
fi
