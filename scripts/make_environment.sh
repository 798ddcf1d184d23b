#!/bin/sh
# Make the virtual environment $1 with the first Python that is new enough.
set -eu
target=$1
for candidate in python3.11 python3.12 python3.13 python3; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        if ! "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
            echo "$candidate lacks the venv module. Install it (Debian/Ubuntu: apt install python3-venv) and run again." >&2
            exit 1
        fi
        echo "Making $target with $($candidate --version) …"
        exec "$candidate" -m venv "$target"
    fi
done
echo "Python 3.11 or newer is needed. Install it (Debian 12: apt install python3 python3-venv) and run again." >&2
exit 1
