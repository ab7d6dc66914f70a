# Each file that is there says what it should.
failed=0
says() {
  [ -f "$1" ] || return 0
  [ "$(cat "$1")" = "$2" ] && return 0
  echo "AssertionError: $1 says '$(cat "$1")', not '$2'"
  failed=1
}
says hello.txt 'Hello, world'
says bye.txt 'Goodbye, world'
exit $failed
