#!/bin/bash
# The systemd units where they are made for: a systemd of its own boots them (systemd-nspawn, on this machine's /usr, with
# a network of its own). At the boot the herd file is broken, and the address of the member is not there; both come late.
# Nothing is made by hand: no folder, no user's right. usage: test_boot.sh DEPLOY BIN
set -u

deploy=$(readlink -f "$1")
bin=$(readlink -f "$2")
failures=0
checks=0
machine='' init=''

for tool in systemd-nspawn nsenter ip /lib/systemd/systemd; do
    command -v "$tool" >/dev/null || { echo "skipped: no $tool" && exit 77; }
done
[ "$(id -u)" -eq 0 ] || { echo 'skipped: not root' && exit 77; }
folder=$(mktemp -d) || exit 1

clean_up() {
    if [ -n "$machine" ]; then
        kill "$machine" 2>/dev/null # it powers off
        for ((i = 0; i < 300; i++)); do
            kill -0 "$machine" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$machine" 2>/dev/null
        wait "$machine" 2>/dev/null
    fi
    rm -rf "$folder"
}
trap clean_up EXIT

inside() { nsenter -t "$init" -a "$@"; }
say_why() {
    failures=$((failures + 1))
    printf 'FAILED: %s\n' "$*"
    inside journalctl --no-pager -q -n 20
    herdctl status
    herdctl health
}
# wait_for WHAT COMMAND...: until it succeeds, 90 s at most
wait_for() {
    local what=$1
    shift
    checks=$((checks + 1))
    for ((i = 0; i < 450; i++)); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.2
    done
    say_why "$what"
    exit 1
}
# expect WHAT COMMAND...: it succeeds
expect() {
    local what=$1
    shift
    checks=$((checks + 1))
    "$@" >/dev/null 2>&1 || say_why "$what"
}
# restarted UNIT COUNT: it was started again so many times
restarted() { [ "$(inside systemctl show -P NRestarts "$1")" -ge "$2" ]; }
both_restarted() { restarted herd-node@One "$1" && restarted herd-frontend@One "$1"; }
herdctl() { inside /opt/herd/herdctl --config /etc/herd/herd.cfg "$@"; }
is_up() { herdctl status && herdctl health; }
owner_is() { [ "$(inside stat -c '%U %a' "$1")" = "$2" ]; }
main_pid() { inside systemctl show -P MainPID "$1"; }
has_other_pid() { [ "$(main_pid herd-node@One)" != "$1" ] && is_up; }
logged() { inside grep -q "$1" /var/log/herd/One.node.log; }

# herd_file MAX_CLIENTS
herd_file() {
    cat >"$folder/etc/herd.cfg" <<EOF
herd
    name = "boot"
    run_dir = "/run/herd"
    log_dir = "/var/log/herd"
    data_dir = "/var/lib/herd"
    security = "none"
    max_clients = "$1"
    places
        provider = "none"
members
    One
        clients = "tcp://10.77.0.1:11490"
        bus = "tcp://10.77.0.1:11590"
EOF
}

mkdir -p "$folder/etc" "$folder/units/multi-user.target.wants" "$folder/sysusers"
echo 'u herd - "Herd" /var/lib/herd' >"$folder/sysusers/herd.conf"
for unit in node frontend; do
    sed 's#/usr/bin/herd#/opt/herd/herd#' "$deploy/systemd/herd-$unit@.service" >"$folder/units/herd-$unit@.service"
    ln -s "/etc/systemd/system/herd-$unit@.service" "$folder/units/multi-user.target.wants/herd-$unit@One.service"
done
herd_file many

systemd-nspawn --quiet --directory=/ --volatile=yes --boot --register=no --keep-unit --private-network --console=pipe \
    --bind-ro="$bin:/opt/herd" --bind="$folder/etc:/etc/herd" --bind-ro="$folder/units:/etc/systemd/system" \
    --bind-ro="$folder/sysusers:/etc/sysusers.d" >"$folder/console" 2>&1 </dev/null &
machine=$!
find_init() { init=$(ps -o pid= --ppid "$machine" | tr -d ' ') && [ -n "$init" ] && inside true; }
for ((i = 0; i < 100; i++)); do
    find_init 2>/dev/null && break
    kill -0 "$machine" 2>/dev/null || { echo 'skipped: no machine boots here:' && cat "$folder/console" && machine='' && exit 77; }
    sleep 0.1
done
[ -n "$init" ] || { echo 'FAILED: no init' && exit 1; }

# A file that is being mended, then an address that is late: more failed starts than systemd puts up with by default.
wait_for 'both are started again and again with a broken file' both_restarted 4
herd_file 1000
wait_for 'both are started again and again without the address' both_restarted 8
inside ip link set lo up
inside ip address add 10.77.0.1/32 dev lo
wait_for 'the member serves once the address is there' is_up
expect 'the folder of sockets is the user'"'"'s alone' owner_is /run/herd 'herd 700'
expect 'the folder of logs is the user'"'"'s' owner_is /var/log/herd 'herd 750'
# shellcheck disable=SC2016 # the inner shell's
expect 'a client is answered' inside bash -c \
    'exec 3<>/dev/tcp/10.77.0.1/11490 && echo "IAMAT kiwi +34-118 1" >&3 && read -r line <&3 && [[ $line = "AT One "* ]]'

# A process that ends is started again; the other one waits for it.
before=$(main_pid herd-node@One)
front_end=$(main_pid herd-frontend@One)
inside systemctl kill --signal=KILL --kill-who=main herd-node@One
wait_for 'a node that was killed comes back' has_other_pid "$before"
expect 'its front-end is the same process' [ "$(main_pid herd-frontend@One)" = "$front_end" ]

# A reload
herd_file 2000
expect 'systemctl reload' inside systemctl reload herd-node@One
wait_for 'a reload takes the file' logged 'max_clients is 2000 now'
# A stop is a clean end: not a failure, and not started again.
expect 'systemctl stop' inside systemctl stop herd-frontend@One herd-node@One
# shellcheck disable=SC2016 # the inner shell's
expect 'both have ended cleanly' inside bash -c \
    '[ "$(systemctl is-failed herd-node@One herd-frontend@One | sort -u)" = inactive ]'

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
