#!/bin/sh
# Install Otto with exactly the locked packages into PREFIX: container_install.sh PREFIX [SOURCE]
# Used by the Dockerfile; works as well on a plain machine with Python 3.11-3.13 and a package registry.
set -eu

prefix=${1:?usage: container_install.sh PREFIX [SOURCE]}
source=${2:-$(cd "$(dirname "$0")/.." && pwd)}
python=${OTTO_PYTHON:-python3}

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT

"$python" -m venv "$tools/uv"
"$tools/uv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir \
    --only-binary=:all: --require-hashes --requirement "$source/scripts/uv.txt"

# Not editable: the sources are not needed at run time. Compiled now, because the user who runs it may not write here.
cd "$source"
UV_PROJECT_ENVIRONMENT="$prefix" UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_CACHE_DIR="$tools/cache" \
    "$tools/uv/bin/uv" sync --quiet --frozen --no-dev --no-editable --compile-bytecode --python "$python"

"$prefix/bin/python" scripts/check_queue.py
