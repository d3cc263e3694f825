#!/bin/sh
# Serve a warehouse: `make run`, or `sh tools/run.sh` where there is no make. Settings, all optional:
#   PORT=8000   HOST=0.0.0.0 (127.0.0.1 keeps it to this machine)   DATA=data, the folder it lives in
#   LARGE=1     the large demo       REAL=DIR   real invoices instead of the demo
#   HTTPS=1     by https with a certificate of its own, for phones' cameras; PORT is 8443 then
#   DATABASE_URL=postgresql+psycopg://...   instead of SQLite in DATA
# Demo or invoices go into an empty warehouse only: a second run keeps what is there.
set -eu
cd "$(dirname "$0")/.."
here=$(pwd)

die() { printf '%s\n' "$*" >&2; exit 1; }
absolute() { case $1 in /*) echo "$1" ;; *) echo "$here/$1" ;; esac; }

if [ -n "${HTTPS:-}" ]; then PORT=${PORT:-8443}; fi
export PORT="${PORT:-8000}" HOST="${HOST:-0.0.0.0}"
SCANDOCK_DATA=$(absolute "${DATA:-${SCANDOCK_DATA:-data}}")
export SCANDOCK_DATA

sh tools/setup.sh run
.venv/bin/python tools/port.py || exit 1
(umask 077 && mkdir -p "$SCANDOCK_DATA") || die "The folder $SCANDOCK_DATA cannot be made."

if [ -n "${HTTPS:-}" ]; then
    .venv/bin/python tools/certificate.py "$SCANDOCK_DATA/certificates" || exit 1
    export SCANDOCK_CERTIFICATES="$SCANDOCK_DATA/certificates"
fi

flask() { .venv/bin/flask --app web "$@"; }
flask db upgrade
if [ -n "${REAL:-}" ]; then
    flask import-invoices --if-empty "$(absolute "$REAL")"
elif [ -n "${LARGE:-}" ]; then
    flask demo --if-empty --large
else
    flask demo --if-empty
fi
flask start-info
# It becomes a child of the server and ends with it, even if that is killed; a worker that dies is started again.
.venv/bin/python tools/keep.py .venv/bin/flask --app web print-worker --with-parent &
exec .venv/bin/gunicorn -c tools/gunicorn_conf.py 'web:create_app()'
