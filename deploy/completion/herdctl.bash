# Completion of herdctl's command line for bash. herdctl itself lists its commands and the members of the herd file.

# The options of a command, of which some are two words; without a command, those of herdctl itself.
_herdctl_options() {
    printf '%s\n' --help
    case $1 in
    '') printf '%s\n' --config --json --key --version ;;
    exporter) printf '%s\n' --listen ;;
    'journal status') printf '%s\n' --json --plain ;;
    'journal check') printf '%s\n' --json ;;
    'journal export') printf '%s\n' --all --format --progress ;;
    'journal import') printf '%s\n' --format --keep-going --progress --skip --timeout ;;
    export) printf '%s\n' --box --format --from --near --progress ;;
    watch) printf '%s\n' --box --format --from --json --near ;;
    health | log-level | reload | version | where) printf '%s\n' --json ;;
    keygen) printf '%s\n' --role ;;
    ping) printf '%s\n' --count --interval --json ;;
    'places import') printf '%s\n' --feature-classes --progress ;;
    status) printf '%s\n' --json --links --plain ;;
    tap) printf '%s\n' --client --count --duration --json --kind --peer --raw --type ;;
    top) printf '%s\n' --count --interval --json ;;
    traffic) printf '%s\n' --client --follow --json --kind --since --until ;;
    esac
}

# The words that may come next: $1 is the command, $2 the number of operands before, $3 the word before.
_herdctl_words() {
    case $3 in
    --format)
        case $1 in
        watch) printf '%s\n' text jsonl ;;
        *) printf '%s\n' jsonl csv geojson ;;
        esac
        ;;
    --from) "${herdctl[@]}" members 2>/dev/null | cut -f 1 ;;
    --kind)
        case $1 in
        traffic) printf '%s\n' received answered came left ;;
        *) printf '%s\n' in out request reply apply link ;;
        esac
        ;;
    --type)
        printf '%s\n' HELLO WANT DATA ACK NAK RESET COMPARE LEAVES AUDIT REFUSED WELCOME REQUEST REPLY FOLLOW PING PONG \
            GOODBYE STATUS FORGET WHERE LOGLEVEL ECHO RELOAD REPORT up opened restarted down reset refused other-herd \
            repaired gap bad
        ;;
    --role) printf '%s\n' member front-end operator watcher follower ;;
    --box | --client | --count | --duration | --feature-classes | --interval | --key | --listen | --near | --peer | \
        --since | --skip | --timeout | --until) ;;
    *)
        case $1/$2 in
        /*) "${herdctl[@]}" help 2>/dev/null | sed -n '/^commands:/,/^$/s/^  \([a-z-]*\).*/\1/p' ;;
        log-level/0) printf '%s\n' error warning info ;;
        places/0) printf '%s\n' import info ;;
        journal/0) printf '%s\n' status check copy export import ;;
        'journal export/0' | 'journal import/0') ;;
        check/* | help/* | version/* | places* | forget/0 | where/0 | watch/* | export/* | exporter/*) ;;
        *) "${herdctl[@]}" members 2>/dev/null | cut -f 1 ;;
        esac
        ;;
    esac
}

# Whether a file may stand here.
_herdctl_wants_file() {
    [[ $3 == --config || $3 == -c || $1/$2 == check/* || $1/$2 == places\ * || $1/$2 == 'journal c'*/0 ||
        ($1/$2 == 'journal '@(export|import)/0 && $3 != --@(format|skip|timeout)) ]] ||
        [[ $1/$2 == export/0 && $current != -* && $3 != --@(box|format|from|near) ]] ||
        [[ $1 == traffic && $current != -* && $3 != --@(client|kind|since|until) ]]
}

_herdctl() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command='' operands=0 at words stem=''
    local -a herdctl=("${COMP_WORDS[0]}")
    for ((at = 1; at < COMP_CWORD; at++)); do
        case ${COMP_WORDS[at]} in
        --config | -c)
            if ((at + 1 < COMP_CWORD)); then
                herdctl+=(--config "${COMP_WORDS[at + 1]}")
            fi
            ((at++))
            ;;
        --box | --client | --count | --duration | --feature-classes | --format | --from | --interval | --key | --kind | --listen | --near | --peer | \
            --role | --since | --skip | --timeout | --type | --until)
            ((at++))
            ;;
        -?*) ;;
        *)
            if [[ -z $command ]]; then
                command=${COMP_WORDS[at]}
            elif [[ $command == @(journal|places) ]]; then
                command+=" ${COMP_WORDS[at]}"
            else
                ((operands++))
            fi
            ;;
        esac
    done
    if _herdctl_wants_file "$command" "$operands" "$previous"; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
    fi
    if [[ $current == -* ]]; then
        words=$(_herdctl_options "$command")
    else
        words=$(_herdctl_words "$command" "$operands" "$previous")
    fi
    # Kinds are a list, of which the last one is completed.
    if [[ $previous == --kind && $current == *,* ]]; then
        stem=${current%,*},
    fi
    mapfile -t COMPREPLY < <(compgen -P "$stem" -W "$words" -- "${current#"$stem"}")
}

complete -F _herdctl herdctl
