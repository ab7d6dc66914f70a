"""`python -m otto_bot` is `otto-bot`."""

import sys

from otto_bot.cli import main

if __name__ == "__main__":
    sys.exit(main())
