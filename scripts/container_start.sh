#!/bin/sh
# Start the web process and its worker in the foreground; signals reach them directly.
# State is private to this user; it must be a volume that survives the container.
set -eu

umask 077
: "${OTTO_STATE_DIR:=/var/lib/otto}"
: "${OTTO_HOST:=0.0.0.0}"
export OTTO_STATE_DIR OTTO_HOST

if ! mkdir -p "$OTTO_STATE_DIR" || ! [ -w "$OTTO_STATE_DIR" ]; then
    echo "otto: cannot write to OTTO_STATE_DIR=$OTTO_STATE_DIR: mount a volume there that uid $(id -u) owns" >&2
    exit 1
fi

exec "${OTTO_PREFIX:-/opt/otto}/bin/otto-bot" serve "$@"
