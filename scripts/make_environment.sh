#!/bin/sh
# Make the virtual environment $1 with the first Python that is new enough, or say what to install.
set -eu
target=$1

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'
for candidate in python3.11 python3.12 python3.13 python3.14 python3 python; do
    # A version switcher's stand-in may be on the path and run nothing: ask it, don't only look.
    "$candidate" -c "$new_enough" >/dev/null 2>&1 || continue
    if ! "$candidate" -c 'import venv, ensurepip' >/dev/null 2>&1; then
        lacking="${lacking:-} $candidate"
        continue
    fi
    echo "Making $target with $("$candidate" --version) …"
    # What an interrupted or older one left would be mixed with the new.
    rm -rf "$target"
    trap 'rm -rf "$target"' HUP INT TERM
    "$candidate" -m venv "$target" && exit 0
    rm -rf "$target"
    echo "$candidate could not make $target; its message is above." >&2
    exit 1
done

if [ -n "${lacking:-}" ]; then
    echo "Found$lacking, but without the venv module. Install it and run again:" >&2
    echo "  Debian/Ubuntu: apt-get install python3-venv" >&2
    exit 1
fi
found=$(python3 --version 2>/dev/null || echo "no Python 3")
echo "Python 3.11 or newer is needed; found $found. Install it and run again:" >&2
echo "  Debian 12/Ubuntu 24.04 or newer: apt-get install python3 python3-venv" >&2
echo "  Fedora/RHEL: dnf install python3.11    macOS: brew install python@3.12" >&2
exit 1
