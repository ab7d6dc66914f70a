"""Why a run cannot go on as things stand, and what a person can do: the reasons of refusals, plain text."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.text.footer import usd
from otto_bot.text.links import Links
from otto_bot.text.markdown import inline, link, one_line

STARTER_PATH = ".github/workflows/otto-verify.yml"
STARTER = """\
name: otto-verify
on: workflow_dispatch
permissions:
  contents: read
jobs:
  verify:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      # what tells whether a change is good:
      - run: make test
"""
REASON_LIMIT = 1000
"""A run keeps no more of a reason than this."""


def no_ci(why: str, links: Links, branch: str) -> str:
    """No workflow can verify a branch: the reason and the page on which a person adds one."""
    url = starter_link(links, branch)
    words = (
        "Actions cannot verify a branch here: {why}. Otto may not write workflow files. Add one with this link,"
        " put your test command in, commit it, then say /otto resume: "
    )
    room = REASON_LIMIT - len(words) - len(url)
    return words.format(why=one_line(why, max(60, room))) + url


def starter_link(links: Links, branch: str) -> str:
    """The page for a new `otto-verify.yml`, filled in unless the address would be too long."""
    url = links.new_file(branch, STARTER_PATH, STARTER)
    return url if len(url) <= 700 else links.new_file(branch, STARTER_PATH, "")


def reason_words(reason: str, links: Links, branch: str) -> str:
    """A reason as Markdown. Exactly our own link is live; everything else in it is only text."""
    url = starter_link(links, branch)
    before, found, after = reason.partition(url)
    if not found:
        return inline(reason, REASON_LIMIT)
    return f"{inline(before, REASON_LIMIT)} {link('add otto-verify.yml', url)} {inline(after, 300)}".strip()


def bad_config(problems: Sequence[tuple[str, str]], path: str) -> str:
    """The configuration cannot be used: every place and reason."""
    shown = "; ".join(f"{one_line(place, 80)}: {one_line(reason, 160)}" for place, reason in problems[:4])
    more = f"; and {len(problems) - 4} more" if len(problems) > 4 else ""
    return one_line(f"`{path}` on the default branch cannot be used: {shown}{more}. Correct it there", REASON_LIMIT)


def config_unreadable(detail: str) -> str:
    """The configuration could not be fetched; guessing it could exceed what the repository allows."""
    return one_line(
        f"`.github/otto.yml` could not be read ({one_line(detail, 300)}); without it Otto does not know what it may do",
        REASON_LIMIT,
    )


def money_used_up(cap: float) -> str:
    """The budget of the issue is spent."""
    return f"the {usd(cap)} for this issue are used up, or too little is left for the next call"


def repository_unusable(what: str) -> str:
    """Nothing can be written to the repository."""
    return one_line(f"Otto cannot work on this repository: {what}", REASON_LIMIT)
