"""Why a run cannot go on as things stand, and what a person can do: the reasons of refusals, plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from otto_bot.core.exposure import Exposed
from otto_bot.core.run import Run
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
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683  # v4.2.2
        with: {persist-credentials: false}
      # what tells whether a change is good:
      - run: make test
"""
EMPTY_STARTER = """\
name: otto-verify
on: workflow_dispatch
permissions:
  contents: read
jobs:
  verify:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683  # v4.2.2
        with: {persist-credentials: false}
      # as soon as there is code, a Makefile must say how it is tested
      - run: if git ls-files | grep -qvE '^\\.|\\.(md|txt|toml|json|ya?ml)$|^[A-Z]+$'; then make test; fi
"""
"""For a repository without source files: green while it has none, and from then on only by `make test`."""
REASON_LIMIT = 1000
"""A run keeps no more of a reason than this."""


def no_commit(links: Links, branch: str, title: str) -> str:
    """The repository has no commit: what to begin with, and the page on which a person writes it."""
    words = (
        "this repository has no commit yet, and Otto needs one to begin from. Create a first file with this link (a"
        f" README with a sentence or two is enough), commit it to {one_line(branch, 100)}, then say /otto resume; Otto"
        " then asks for a workflow, if there is none: "
    )
    return words + first_file_link(links, branch, title)


def first_file_link(links: Links, branch: str, title: str = "") -> str:
    """The page for the first file of a repository: a README with the repository's name, unless that is too long."""
    url = links.new_file(branch, "README.md", f"# {one_line(title, 60)}\n")
    return url if len(url) <= 500 else links.new_file(branch, "README.md", "")


def not_reopened(number: int, branch: str, said: str) -> str:
    """GitHub does not let a closed pull request be opened again: what a person can do about it."""
    return (
        f"GitHub does not let Otto open pull request #{number} again ({one_line(said, 200)}); open it yourself, or put"
        f" its branch {one_line(branch, 100)} back where it was, if it was deleted or forced elsewhere"
    )


def no_ci(why: str, links: Links, branch: str, *, empty: bool = False) -> str:
    """No workflow can verify a branch: the reason and the page on which a person adds one.

    `empty`: the repository has no source files yet, so there is no test command to put in.
    """
    url = starter_link(links, branch, empty=empty)
    ask = "put your test command in, commit it"
    if empty:
        ask = "commit it as it is (it calls `make test` once there is code)"
    words = (
        "Actions cannot verify a branch here: {why}. Otto may not write workflow files. Add one with this link,"
        f" {ask}, then say /otto resume: "
    )
    room = REASON_LIMIT - len(words) - len(url)
    return words.format(why=one_line(why, max(60, room))) + url


def exposure_grew(items: Sequence[Exposed], branch: str) -> str:
    """Workflows changed on the default branch: code on Otto's branches could use more than the plan told."""
    return one_line(
        f"the workflows on {one_line(branch, 60)} changed, and code on Otto's branches could now use in your CI: "
        f"{_few(items)}. May it? /otto resume lets it, /otto stop ends the run",
        REASON_LIMIT,
    )


def workflows_changed(items: Sequence[Exposed], branch: str, changed: Sequence[str] = ()) -> str:
    """Other files than those that were allowed, which give what these gave: maybe now to Otto's code.

    `changed` are the paths of those that changed, came or went; () = not known.
    """
    more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
    which = f": {', '.join(one_line(path, 60) for path in changed[:3])}{more}" if changed else ""
    return one_line(
        f"the workflow files are others than those that were allowed (on {one_line(branch, 60)}, or on Otto's branch)"
        f"{which}. They still give code on Otto's branches: {_few(items, 3)}. What they do with it "
        "may have changed. May they start? /otto resume lets them, /otto stop ends the run",
        REASON_LIMIT,
    )


def not_pushed_any_more(items: Sequence[Exposed], branch: str) -> str:
    """The run is over, so nobody is asked: what it had written last stays here."""
    return one_line(
        f"what the run had written last is not pushed: the workflow files (on {one_line(branch, 60)}, or on Otto's "
        f"branch) are others than those that were allowed, and would give it: {_few(items, 4)}. What was pushed before "
        "stays; a new run (label off and on again) asks first",
        REASON_LIMIT,
    )


def _few(items: Sequence[Exposed], most: int = 5) -> str:
    shown = [f"{one_line(item.what, 20)} {one_line(item.detail, 60)} ({_file(item.workflow)})" for item in items[:most]]
    return "; ".join(shown) + (f" and {len(items) - most} more" if len(items) > most else "")


def _file(path: str) -> str:
    """Workflow files all lie in one folder, so the name says it."""
    return one_line(path.rpartition("/")[2], 40)


def workflows_unreadable(detail: str) -> str:
    """Workflow files could not be fetched: nobody knows what a branch would start."""
    return one_line(
        f"the files in `.github/workflows` could not be read ({one_line(detail, 300)}); without them Otto does not know"
        " what its branches would start. Make them readable, then say /otto resume",
        REASON_LIMIT,
    )


def starter_link(links: Links, branch: str, *, empty: bool = False) -> str:
    """The page for a new `otto-verify.yml`, filled in unless the address would be too long."""
    url = links.new_file(branch, STARTER_PATH, EMPTY_STARTER if empty else STARTER)
    return url if len(url) <= 700 else links.new_file(branch, STARTER_PATH, "")


def reason_words(reason: str, links: Links, branch: str) -> str:
    """A reason as Markdown. Exactly our own link is live; everything else in it is only text."""
    found = own_link(reason, links, branch)
    if found is None:
        return inline(reason, REASON_LIMIT)
    words, url = found
    before, _, after = reason.partition(url)
    return f"{inline(before, REASON_LIMIT)} {link(words, url)} {inline(after, 300)}".strip()


def own_link(reason: str, links: Links, branch: str) -> tuple[str, str] | None:
    """The link of ours that stands in a reason: its words and its address."""
    own = [
        ("add otto-verify.yml", starter_link(links, branch)),
        ("add otto-verify.yml", starter_link(links, branch, empty=True)),
        ("the repository's rules", links.rules),
        ("create README.md", first_file_link(links, branch, links.repo)),
    ]
    if (page := _installation(reason, links)) is not None:
        own.append(("GitHub's page of the installation", page))
    by_length = sorted(own, key=lambda one: -len(one[1]))
    return next(((words, url) for words, url in by_length if url in reason), None)


def _installation(reason: str, links: Links) -> str | None:
    """Where an owner sees to an installation: an address of this shape and no other is GitHub's own page."""
    page = re.escape(links.web_url.rstrip("/")) + r"/(?:organizations/[A-Za-z0-9-]{1,39}/)?settings/installations/\d+"
    found = re.search(page + r"(?![\w/?#-])", reason)
    return found.group() if found else None


def bad_config(problems: Sequence[tuple[str, str]], path: str) -> str:
    """The configuration cannot be used: every place and reason."""
    shown = "; ".join(f"{one_line(place, 80)}: {one_line(reason, 160)}" for place, reason in problems[:4])
    more = f"; and {len(problems) - 4} more" if len(problems) > 4 else ""
    return one_line(f"`{path}` on the default branch cannot be used: {shown}{more}. Correct it there", REASON_LIMIT)


def config_unreadable(detail: str) -> str:
    """The configuration could not be fetched; guessing it could exceed what the repository allows."""
    return one_line(
        f"`.github/otto.yml` could not be read ({one_line(detail, 300)}); without it Otto does not know what it may do."
        " Make it a readable file there, then say /otto resume",
        REASON_LIMIT,
    )


def money_used_up(run: Run, need: float, more: bool) -> str:
    """Too little is left for the next call, which may cost `need` US dollars; `more`: people may allow it."""
    earlier = f" (${run.money.inherited:.2f} of it by earlier runs)" if run.money.inherited else ""
    held = f" and ${run.money.held:.2f} held for open calls" if run.money.held >= 0.005 else ""
    words = (
        f"the {usd(run.money.cap)} for this issue are used up, or too little is left for the next call: "
        f"${run.money.spent:.2f} spent{earlier}{held}, the next call may cost up to ${need:.2f}"
    )
    if more:
        return words
    return (
        f"{words}. The host of Otto allows at most {usd(run.caps.usd)} for one issue: whoever runs it can raise "
        "OTTO_MAX_USD; a new run then has it (label off and on again)"
    )


def unknown_models(models: Sequence[tuple[str, str, Sequence[str]]], as_of: str) -> str:
    """Models without a known price, as (role, name, names near it); none of them may be called."""
    said = []
    for role, name, near in models[:4]:
        hint = f" (near it: {', '.join(near)})" if near else ""
        said.append(f"`models.{role}` is {one_line(name, 80)}{hint}")
    return one_line(
        f"no price is known for a model of this repository, so no budget could hold: {'; '.join(said)}. Name a model "
        f"of the price table (as of {as_of}) in `.github/otto.yml` on the default branch, or let the host set "
        'OTTO_PRICES, e.g. {"my-model": {"input": 3, "output": 15}} in US dollars per million tokens. '
        "Nothing was spent",
        REASON_LIMIT,
    )


def repository_unusable(what: str) -> str:
    """Nothing can be written to the repository."""
    return one_line(f"Otto cannot work on this repository: {what}", REASON_LIMIT)
