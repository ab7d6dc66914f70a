"""The command line: add CODE SHELF, find CODE."""

import sys

from depot.shelf import Shelf


def main(words: list[str]) -> int:
    """The exit code: 0 = done, 2 = not understood."""
    if len(words) == 3 and words[0] == "add":
        Shelf().add(words[1], words[2])
        return 0
    if len(words) == 2 and words[0] == "find":
        shelf = Shelf().find(words[1])
        if shelf is not None:
            print(shelf)
        return 0
    print("usage: python -m depot add CODE SHELF | find CODE", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
