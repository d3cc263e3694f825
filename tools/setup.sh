#!/bin/sh
# Bring this machine to where `make run` (sh tools/setup.sh run) or `make test` (... test) can start:
# system packages through apt where that is allowed, a virtual environment, the locked packages.
# What is there already is left alone, so a second run takes no time.
set -eu
cd "$(dirname "$0")/.."

want=${1:-run}
say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# --- which Python --------------------------------------------------------------------------------

python_fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if python_fits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    found=$(python3 -V 2>/dev/null || echo 'no Python')
    die "Scandock needs Python 3.11, 3.12 or 3.13 and found $found. Install one of them," \
        "or name it: make $want PYTHON=/path/to/python3.12"
}

# --- system packages -----------------------------------------------------------------------------

apt_prefix() { # how apt may be run here, or failure
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" = 0 ]; then
        echo env
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        echo 'sudo -n env'
    else
        return 1
    fi
}

apt_install() { # apt_install WHAT_FOR PACKAGE...; 1 when they could not be had
    what_for=$1
    shift
    if ! as=$(apt_prefix); then
        say "$what_for needs: $*. Install it as root: apt-get install $*"
        return 1
    fi
    say "Installing $* ..."
    log=$(mktemp)
    apt="$as DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300"
    if { $apt update && $apt install --no-install-recommends "$@"; } </dev/null >"$log" 2>&1; then
        rm -f "$log"
    else
        tail -n 5 "$log" >&2
        rm -f "$log"
        say "$what_for needs $*, and apt could not install it."
        return 1
    fi
}

has_library() { # /sbin is not on every user's PATH
    PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -q "$1"
}

has_chromium() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
        command -v google-chrome >/dev/null
}

has_postgresql_server() {
    command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

has_ipp_printers() { # cupsd lies in /usr/sbin
    PATH=$PATH:/usr/sbin
    for program in ipptool ippeveprinter cupsd lpadmin dbus-daemon; do
        command -v "$program" >/dev/null || return 1
    done
}

# --- the virtual environment ---------------------------------------------------------------------

make_venv() {
    if [ -x .venv/bin/python ] && python_fits .venv/bin/python; then
        return
    fi
    python=$(find_python)
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        apt_install 'A virtual environment' "$version" ||
            die "Without it Scandock cannot be installed."
    fi
    say "Making .venv with $("$python" -V) ..."
    rm -rf .venv
    "$python" -m venv .venv
}

sum_of() { # what the installation depends on
    cat "$1" pyproject.toml | sha256sum | cut -d ' ' -f 1
}

install_locked() { # install_locked FILE: its packages at their hashes, then this project itself
    stamp=.venv/installed-$1
    if [ "$(cat "$stamp" 2>/dev/null)" = "$(sum_of "$1")" ]; then
        return
    fi
    say "Installing the packages of $1 ..."
    # hashes are checked whatever index the machine is set up to use
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input \
        --require-hashes -r "$1" || die "The packages of $1 could not be installed (see above)."
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input \
        --no-index --no-deps --no-build-isolation --editable . ||
        die "Scandock itself could not be installed (see above)."
    sum_of "$1" >"$stamp"
}

# --- in order ------------------------------------------------------------------------------------

has_library 'libzbar\.so\.0' || apt_install 'The second reader of photographs' libzbar0 ||
    say "Going on without it: the first reader works alone."
has_library 'libfribidi\.so\.0' || apt_install 'Right-to-left text on labels' libfribidi0 ||
    say "Going on without it: such text comes in the wrong order."
[ -e /usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf ] ||
    apt_install 'Chinese and Japanese on labels' fonts-droid-fallback ||
    say "Going on without it: such letters are printed as boxes."
make_venv
case $want in
run)
    install_locked requirements.txt
    ;;
test)
    has_chromium || apt_install 'Testing the pages' chromium ||
        say "Going on: the tests that need a browser will say so."
    has_postgresql_server || apt_install 'Testing on PostgreSQL' postgresql ||
        say "Going on: the tests that need PostgreSQL will say so."
    has_ipp_printers || apt_install 'Testing with IPP printers' cups-ipp-utils cups-daemon cups-client dbus ||
        say "Going on: the tests that need them will say so."
    install_locked requirements-dev.txt
    ;;
check)
    install_locked requirements-dev.txt
    ;;
*)
    die "usage: sh tools/setup.sh run|test|check"
    ;;
esac
