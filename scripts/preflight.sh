#!/bin/sh
# Can this machine build the project? Prints one sentence and fails if not.
#   preflight.sh [PYTHON]       CC names the C compiler, as it does for the build itself
set -u

python=${1:-${PYTHON:-python3}}

refuse() {
    printf 'cannot build vmsgen: %s\n' "$1" >&2
    exit 1
}

command -v "$python" >/dev/null 2>&1 || refuse "there is no $python. On Debian or Ubuntu: apt-get install python3"

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || refuse \
    "$python is $("$python" -V 2>&1), and Python 3.11 or newer is needed. On Debian 12, Ubuntu 24.04 or newer: apt-get install python3; elsewhere: make PYTHON=/path/to/python3.11"

"$python" -c 'import venv, ensurepip' 2>/dev/null || refuse \
    "$python cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv"

# The compiler that the build will use: CC, or what this Python was configured with.
cc=${CC:-$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("CC") or "cc")')}
# shellcheck disable=SC2086  # CC may hold a command with options
set -- $cc
command -v "$1" >/dev/null 2>&1 || refuse "there is no C compiler ($1). On Debian or Ubuntu: apt-get install gcc"

compiles() {
    printf '%s\n' "$1" | $cc "-I$include" -fsyntax-only -x c - >/dev/null 2>&1
}

include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
compiles '#include <stdlib.h>' || refuse \
    "the C compiler ($1) finds no C library headers. On Debian or Ubuntu: apt-get install libc6-dev"
compiles '#include <Python.h>' || refuse \
    "the headers of $python are missing (no usable Python.h in $include). On Debian or Ubuntu: apt-get install python3-dev"
