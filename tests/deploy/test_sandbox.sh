#!/bin/sh
# usage: test_sandbox.sh DEPLOY BIN TEST...: tests of the whole herd, with the programs in BIN refused what the units in
# DEPLOY refuse them. systemd's filter of system calls is played by strace, which answers those that are not in it EPERM.
set -u

if ! command -v systemd-analyze >/dev/null || ! command -v strace >/dev/null; then
    echo 'skipped: no systemd-analyze, or no strace'
    exit 77
fi
deploy=$1 bin=$2 failures=0
shift 2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

# calls NAME: the system calls that a word of SystemCallFilter= stands for, one a line
calls() {
    case $1 in
    @*)
        systemd-analyze --no-pager syscall-filter "$1" | sed -n 's/^    \([@a-z0-9_-]*\)$/\1/p' |
            while read -r name; do
                calls "$name"
            done
        ;;
    *) echo "$1" ;;
    esac
}

# allowed UNIT: what is left when all its lines are obeyed, one after the other, separated by commas
allowed() {
    : >"$folder/allowed"
    sed -n 's/^SystemCallFilter=//p' "$1" >"$folder/lines"
    while read -r line; do
        : >"$folder/named"
        for word in ${line#\~}; do
            calls "$word" >>"$folder/named"
        done
        case $line in
        \~*) grep -vxFf "$folder/named" "$folder/allowed" >"$folder/left" ;;
        *) cat "$folder/allowed" "$folder/named" >"$folder/left" ;;
        esac
        mv "$folder/left" "$folder/allowed"
    done <"$folder/lines"
    sort -u "$folder/allowed" | sed 's/^/?/' | paste -s -d ,
}

# confine PROGRAM UNIT: makes a program of that name that is refused all else; with -D it has the process id, not strace
confine() {
    list=$(allowed "$2")
    cat >"$folder/$1" <<TEXT
#!/bin/sh
exec strace -D -f -qq --seccomp-bpf -o /dev/null -e 'trace=!$list' -e 'inject=!$list:error=EPERM' $bin/$1 "\$@"
TEXT
    chmod 700 "$folder/$1"
}

fail() {
    failures=$((failures + 1))
    echo "FAILED: $*"
}

confine herd-node "$deploy/systemd/herd-node@.service"
confine herd-frontend "$deploy/systemd/herd-frontend@.service"
confine herdctl "$deploy/systemd/herd-exporter.service"
"$folder/herdctl" --version >/dev/null || {
    echo 'skipped: strace may not trace here'
    exit 77
}
for test in "$@"; do
    HERD_BIN=$folder "$test" || fail "$test"
done

# What is refused is refused.
{ cat "$deploy/systemd/herd-exporter.service" && echo 'SystemCallFilter=~openat'; } >"$folder/stricter"
confine herdctl "$folder/stricter"
"$folder/herdctl" --version >/dev/null 2>&1 && fail 'a call that is refused is not missed'

[ "$failures" -eq 0 ] && echo 'sandbox: all is well'
exit $((failures > 0))
