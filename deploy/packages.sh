# shellcheck shell=sh
# packages.sh - functions to install what deploy/packages lists; for other scripts to read with ".".
# Nothing is asked of apt-get, and no root is needed, while all packages are there.

# Packages of sections $2... of list $1, a line each.
packages_listed() {
    packages_list=$1
    shift
    for packages_section; do
        sed -n "/^\[$packages_section\]/,/^\[/p" "$packages_list" | grep -v -e '^\[' -e '^#' -e '^$'
    done
}

# Those of the packages given that are not installed, a line each.
packages_missing() {
    for packages_name; do
        case $(dpkg-query -W -f='${db:Status-Status}' "$packages_name" 2>/dev/null) in
        installed*) ;;
        *) printf '%s\n' "$packages_name" ;;
        esac
    done
}

# Runs a command as root: as it is, or through sudo.
packages_as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        printf 'no root and no sudo: as root, run  %s\n' "$*" >&2
        return 1
    fi
}

# Installs what is missing of sections $2... of list $1; says what it does. False where that fails.
packages_install() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        printf 'This is no Debian or Ubuntu: install the packages of %s by hand.\n' "$1"
        return 0 # the build says what it does not find
    fi
    # shellcheck disable=SC2046 # package names have no white space
    set -- $(packages_missing $(packages_listed "$@"))
    if [ $# -eq 0 ]; then
        printf 'All packages are there.\n'
        return 0
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        printf 'Packages are missing, and there is neither root nor sudo to install them. As root, run\n' >&2
        printf '    apt-get update && apt-get install --no-install-recommends %s\n' "$*" >&2
        return 1
    fi
    printf 'Installing: %s\n' "$*"
    packages_as_root apt-get update -qq &&
        packages_as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}
