#!/bin/bash
# Completion of herdctl's command line, in bash and zsh.
# usage: test_completion.sh HERDCTL
set -u

herdctl=$(readlink -f "$1")
source_folder=$(readlink -f "$(dirname "$0")/../..")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
unset HERD_CONFIG
PATH=$(dirname "$herdctl"):$PATH
failures=0
checks=0

cat >good.cfg <<'TEXT'
herd
    name = "test"
members
    One
        clients = "tcp://127.0.0.1:11490"
        bus = "tcp://127.0.0.1:11590"
        neighbours = "Two"
    Two
        clients = "tcp://127.0.0.1:11491"
        bus = "tcp://127.0.0.1:11591"
        neighbours = "One"
TEXT

check() {
    checks=$((checks + 1))
    if [ "$2" != "$3" ]; then
        failures=$((failures + 1))
        printf 'FAILED: %s: found "%s", not "%s"\n' "$1" "$2" "$3"
    fi
}

# shellcheck source=deploy/completion/herdctl.bash
. "$source_folder/deploy/completion/herdctl.bash"

# bash_gives WORDS WORD...: checks the words that the last word may become.
bash_gives() {
    local wanted=$1
    shift
    COMP_WORDS=(herdctl "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _herdctl
    check "bash: herdctl $*" "${COMPREPLY[*]}" "$wanted"
}

bash_gives 'check' che
bash_gives 'status' stat
bash_gives 'One Two' --config good.cfg status ''
bash_gives 'Two' --config good.cfg status One T
bash_gives '' --config missing.cfg status ''
bash_gives 'good.cfg' --config g
bash_gives 'good.cfg' check g
bash_gives '--config' --c
bash_gives '--client --count' tap --c
bash_gives 'request reply' tap --kind re
bash_gives 'in,request in,reply' tap --kind in,re
bash_gives 'DATA' tap --type D
bash_gives '' tap --count ''
bash_gives 'One Two' --config good.cfg tap --count 1 ''
bash_gives 'error warning info' log-level ''
bash_gives 'import info' places ''
bash_gives '--since' traffic --s
bash_gives 'left' traffic --kind l
bash_gives '' traffic --client ''
bash_gives 'good.cfg' traffic --follow g
bash_gives 'status' journal s
bash_gives 'good.cfg' journal import g
bash_gives 'good.cfg' journal export --all g
bash_gives 'One Two' --config good.cfg journal export - ''
bash_gives 'One Two' --config good.cfg journal import --format csv g ''
bash_gives 'jsonl csv geojson' journal import --format ''
bash_gives 'One Two' --config good.cfg journal status ''
bash_gives '--json' journal status --j
bash_gives 'good.cfg' journal check g
bash_gives 'good.cfg' journal copy g
bash_gives 'One Two' --config good.cfg journal copy g ''
bash_gives 'good.cfg' places import g
bash_gives 'good.cfg' export --box 1,2,3,4 g
bash_gives 'Two' --config good.cfg export --from T
bash_gives '' --config good.cfg watch ''
bash_gives 'text jsonl' watch --format ''
bash_gives '' --config good.cfg forget ''
bash_gives 'One Two' --config good.cfg forget kiwi ''
bash_gives 'operator' keygen --role o
bash_gives 'front-end follower' keygen --role f
bash_gives 'WHERE' tap --type WH

# in_source FILE START: prints the first text of each line of a table, sorted; START is in its first line.
in_source() {
    sed -n "/$2/,/^\$/p" "$source_folder/$1" | sed -nE 's/^[^"]*[(=]?[^"]*"([A-Za-z-]+)".*/\1/p' | sort
}

# completed OPTION FILE: prints the values of the option, in the order of the file.
completed() {
    awk -v start="^ *[(]?$1[)]" '$0 ~ start {at = 1; sub(/^[^)]*\)/, "")} at {print} at && /;;|return/ {exit}' \
        "$source_folder/deploy/completion/$2" |
        grep -oE -- ' [A-Za-z][A-Za-z-]*' | tr -d ' ' | grep -vxE 'printf|compadd|return'
}

# Every role, type of message and event; "down" is an event of the neighbour's own.
roles=$(in_source common/security/roles.h 'define ROLES_MAP')
types=$( (in_source common/protocol/message.h 'define MESSAGE_TYPE' && in_source node/bus/neighbour.c 'event_texts\[\] =' && echo down) | sort)
for file in herdctl.bash _herdctl; do
    check "$file: roles" "$(completed --role "$file" | sort)" "$roles"
    check "$file: types" "$(completed --type "$file" | sort)" "$types"
done
check "roles of the source" "$(wc -w <<<"$roles")" 5

# Every option of the manual page is completed.
mapfile -t options < <(grep -oE 'Fl -[a-z]+(-[a-z]+)*' "$source_folder/docs/man/herdctl.1" | sed 's/Fl -/--/' | sort -u)
for option in "${options[@]}"; do
    for file in herdctl.bash _herdctl; do
        grep -qE -- "(^| )$option( |\$|\))" "$source_folder/deploy/completion/$file"
        check "$file has $option" "$?" 0
    done
done

# ... and every option in a command's --help, and no other. Some commands are two words.
# parts WORD: prints the words that may stand behind that one, of which each is a command.
parts() {
    # shellcheck disable=SC2128 # the completion has a local array of that name
    "$herdctl" "$1" --help | sed -nE "s/^(usage:|      ) herdctl $1 ([a-z-]+).*/\\2/p"
}

# checks_options COMMAND
checks_options() {
    local expected
    # shellcheck disable=SC2086,SC2128 # a command may be two words; the completion has an array of that name
    expected=$("$herdctl" $1 --help | sed -nE 's/^  (--[a-z-]+).*/\1/p' | sort | xargs)
    check "options of $1" "$(_herdctl_options "$1" | sort | xargs)" "$expected"
}

# shellcheck disable=SC2128 # as above
for subject in $("$herdctl" help | sed -n '/^commands:/,/^$/s/^  \([a-z-]*\).*/\1/p'); do
    checks_options "$subject"
done
for subject in journal places; do
    for part in $(parts "$subject"); do
        checks_options "$subject $part"
    done
    check "parts of $subject" "$(_herdctl_words "$subject" 0 '' | xargs)" "$(parts "$subject" | xargs)"
done
check "parts of places" "$(parts places | xargs)" "import info"

# zsh_gives LINE BEGUN: checks the line that Tab makes, in a real zsh on a terminal of its own.
zsh_gives() {
    local found
    found=$(zsh -f "$folder/tab.zsh" "$2" "$source_folder/deploy/completion")
    check "zsh: $2" "$found" "$1"
}

cat >tab.zsh <<'TEXT'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "fpath=(${(q)2} \$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w shell 'show() { print -r -- "$BUFFER" >line; BUFFER=; print SHO""WN }; zle -N show; bindkey "^X" show; print REA""DY'
zpty -r -m shell seen '*READY*'
zpty -n -w shell "$1"$'\t\x18'
zpty -r -m shell seen '*SHOWN*'
zpty -d shell
print -r -- "$(<line)"
TEXT
if command -v zsh >/dev/null; then
    zsh_gives 'herdctl status ' 'herdctl stat'
    zsh_gives 'herdctl --config good.cfg status Two ' 'herdctl --config good.cfg status T'
    zsh_gives 'herdctl --config good.cfg ' 'herdctl --config go'
    zsh_gives 'herdctl tap --duration ' 'herdctl tap --d'
    zsh_gives 'herdctl tap --kind in,apply,' 'herdctl tap --kind in,ap'
    zsh_gives 'herdctl tap --type COMPARE ' 'herdctl tap --type C'
    zsh_gives 'herdctl keygen --role operator ' 'herdctl keygen --role o'
    zsh_gives 'herdctl journal status ' 'herdctl journal s'
    zsh_gives 'herdctl --config good.cfg journal status Two ' 'herdctl --config good.cfg journal status T'
    zsh_gives 'herdctl --config good.cfg export --from Two ' 'herdctl --config good.cfg export --from T'
    zsh_gives 'herdctl log-level warning ' 'herdctl log-level w'
    zsh_gives 'herdctl forget T' 'herdctl forget T'
    zsh_gives 'herdctl --config good.cfg forget kiwi One ' 'herdctl --config good.cfg forget kiwi O'
else
    printf 'zsh is not here: its completion is not tested\n'
fi

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
