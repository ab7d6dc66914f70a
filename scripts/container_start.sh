#!/bin/sh
# Start a process of Otto in the foreground; signals reach it directly. Without words, or with options alone, it is
# `serve`: the web process with its worker. Else the words are a command of otto-bot: `worker`, `serve --no-worker`, `gc`.
# State is private to this user; it must be a volume that survives the container.
set -eu

umask 077
: "${OTTO_STATE_DIR:=/var/lib/otto}"
: "${OTTO_HOST:=0.0.0.0}"
# In a container nobody sits at the machine: pages are for people who log in, or there are none.
[ -n "${OTTO_CLIENT_ID:-}" ] || : "${OTTO_PAGES:=off}"
export OTTO_STATE_DIR OTTO_HOST
[ -z "${OTTO_PAGES:-}" ] || export OTTO_PAGES

if ! mkdir -p "$OTTO_STATE_DIR" || ! [ -w "$OTTO_STATE_DIR" ]; then
    echo "otto: cannot write to OTTO_STATE_DIR=$OTTO_STATE_DIR: mount a volume there that uid $(id -u) owns" >&2
    exit 1
fi

case "${1:-}" in
'' | -*) set -- serve "$@" ;;
esac
exec "${OTTO_PREFIX:-/opt/otto}/bin/otto-bot" "$@"
