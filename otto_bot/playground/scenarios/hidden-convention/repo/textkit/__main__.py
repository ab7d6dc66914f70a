"""`python -m textkit FUNCTION TEXT`."""

import sys

from textkit.registry import REGISTRY

if __name__ == "__main__":
    print(REGISTRY[sys.argv[1]](sys.argv[2]))
