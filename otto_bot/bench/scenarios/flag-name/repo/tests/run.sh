# Runs tests/*.test, each in a folder of its own with some files of the shop.
bad=0
for test in tests/*.test; do
  box=$(mktemp -d)
  mkdir "$box/from" "$box/to"
  echo "12 pears" > "$box/from/orders-1.txt"
  printf '%0600d' 0 > "$box/from/scan-1.pdf"
  printf '%060d' 0 > "$box/from/scan-2.pdf"
  printf '%0900d' 0 > "$box/from/shelf-1.jpg"
  printf '%090d' 0 > "$box/from/shelf-2.jpg"
  if (from=$box/from; to=$box/to; . "./$test"); then echo "pass $test"; else
    echo "FAIL $test (exit code $?)"
    bad=$((bad + 1))
  fi
  rm -rf "$box"
done
echo "$bad tests failed"
[ "$bad" -eq 0 ]
