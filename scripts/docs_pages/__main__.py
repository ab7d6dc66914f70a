"""Write every made part of the pages in docs/: `make docs`. With `--hunt LIVES` the diagrams' lives are chosen anew."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from scripts.docs_pages import commands, events, pilot, problems, settings, states
from scripts.docs_pages.marks import made

DOCS = Path(__file__).resolve().parents[2] / "docs"


@cache
def _diagrams() -> Mapping[str, str]:
    return states.diagrams(states.walked())


PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "configure.md": {"settings": settings.host, "config": settings.repository},
    "commands.md": {"commands": commands.host, "words": commands.said, "wrong words": commands.wrong},
    "events.md": {"events": events.page},
    "how-it-works.md": {"run states": lambda: _diagrams()["run"], "task states": lambda: _diagrams()["task"]},
    "pilot.md": {"pilot rules": pilot.rules},
    "troubleshooting.md": {"api answers": problems.api, "login answers": problems.login},
}
"""By page: the names of its made parts, and what writes them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write them, and docs/security.md, which has a program of its own."""
    parser = argparse.ArgumentParser(prog="make docs", description=__doc__)
    parser.add_argument("--hunt", type=int, metavar="LIVES", help="first play so many lives for the diagrams; minutes")
    parser.add_argument("--seed", type=int, metavar="SEED", help="also show the steps of this simulated life")
    options = parser.parse_args(arguments)
    if options.seed is not None:
        states.keep(options.seed)
    if options.hunt:
        print(f"{len(states.hunt(options.hunt))} of {options.hunt} lives take every step that was found")
    for name, parts in PAGES.items():
        page = DOCS / name
        page.write_text(made(page.read_text(encoding="utf-8"), parts), encoding="utf-8")
        print(f"{page} is written")
    from scripts import security_page

    return security_page.main()


if __name__ == "__main__":
    sys.exit(main())
