#!/bin/sh
# Install what the tests need from the system, where apt can and it is absent: Chromium, a Chinese font, PostgreSQL,
# LibreOffice and a PDF reader (to open the hand-outs), HAProxy (for several processes), nginx (in front, as
# docs/deployment.md sets it up), Java (for the Spark cluster).
set -eu

missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v fc-list >/dev/null 2>&1 || missing="$missing fontconfig"
# All output is read before it is searched: a search that stops early would break fc-list's pipe.
[ -n "$(fc-list :lang=zh 2>/dev/null || true)" ] || missing="$missing fonts-noto-cjk"
command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v soffice >/dev/null 2>&1 || missing="$missing libreoffice-writer-nogui libreoffice-impress-nogui libreoffice-calc-nogui"
command -v pdftotext >/dev/null 2>&1 || missing="$missing poppler-utils"
command -v haproxy >/dev/null 2>&1 || [ -x /usr/sbin/haproxy ] || missing="$missing haproxy"
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
command -v java >/dev/null 2>&1 || missing="$missing openjdk-17-jre-headless"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need:$missing. Install them with your system's package manager and run again." >&2
    exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "The tests need:$missing. Run and try again: sudo apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    as_root="sudo"
fi

echo "Installing$missing …"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
        # shellcheck disable=SC2086 # each word is a package
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
} >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    echo "Could not install$missing; apt's message is above." >&2
    exit 1
fi
