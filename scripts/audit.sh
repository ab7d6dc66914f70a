#!/bin/sh
# Ask the package index for known weaknesses of every package in uv.lock, by pip-audit, itself installed by hashes.
# Arguments go to pip-audit: `--ignore-vuln ID` for one that was looked at and does not concern Otto.
set -eu

cd "$(dirname "$0")/.."
uv=$(ls -d .tools/uv-*/bin/uv | tail -n 1)
locked=$(mktemp)
trap 'rm -f "$locked"' EXIT

"$uv" export --quiet --frozen --all-extras --no-emit-project --output-file "$locked"
"$uv" venv --quiet --clear --python .venv/bin/python .tools/audit
"$uv" pip sync --quiet --require-hashes --python .tools/audit/bin/python scripts/audit.txt
.tools/audit/bin/pip-audit --requirement "$locked" --require-hashes --disable-pip --strict --progress-spinner off "$@"
