#!/bin/sh
# Runs tests/*.sh as on the gauge's box: its PATH has the commands of ci/commands.txt and nothing else.
set -eu
box=$(mktemp -d)
trap 'rm -rf "$box"' EXIT
while read -r name; do
  ln -s "$(command -v "$name")" "$box/$name"
done < ci/commands.txt

bad=0
for test in tests/*.sh; do
  if PATH=$box sh "$test"; then
    echo "ok   $test"
  else
    echo "FAIL $test"
    bad=$((bad + 1))
  fi
done
[ "$bad" -eq 0 ] && exit 0
echo "$bad failed. The box has only the commands that ci/commands.txt lists; what a script needs is listed there."
exit 1
