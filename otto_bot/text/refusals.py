"""Why a run cannot go on as things stand, and what a person can do: the reasons of refusals, plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from otto_bot.core.exposure import Exposed
from otto_bot.core.onboarding import Facts
from otto_bot.core.run import Run
from otto_bot.text.footer import usd
from otto_bot.text.links import Links
from otto_bot.text.markdown import inline, link, one_line
from otto_bot.text.offers import beside, verify_offer

NOTHING_KNOWN = Facts()
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


def no_ci(why: str, links: Links, branch: str, facts: Facts = NOTHING_KNOWN) -> str:
    """No workflow can verify a branch: the reason, and the address of the page on which a person adds one.

    The address stands there without the file's text, which may be long: `reason_words` puts it in.
    """
    url = bare_link(links, branch, facts)
    if facts.empty:
        ask = "commit it as it is (it calls `make test` once there is code)"
    elif facts.called or facts.projects:
        ask = "look at the commands that it guesses, commit it"
    else:
        ask = "put your test command in, commit it"
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


def bare_link(links: Links, branch: str, facts: Facts = NOTHING_KNOWN) -> str:
    """The page for a new `otto-verify.yml`, nothing filled in but its name."""
    return links.new_file(branch, facts.path, "")


class OwnLink(NamedTuple):
    """A link of ours that stands in a reason: its words, how it stands there, and where it leads."""

    words: str
    said: str
    url: str


def reason_words(reason: str, links: Links, branch: str, facts: Facts | None = None) -> str:
    """A reason as Markdown. Exactly our own link is live; everything else in it is only text."""
    found = own_link(reason, links, branch, facts)
    if found is None:
        return inline(reason, REASON_LIMIT)
    before, _, after = reason.partition(found.said)
    return f"{inline(before, REASON_LIMIT)} {link(found.words, found.url)} {inline(after, 300)}".strip()


def own_link(reason: str, links: Links, branch: str, facts: Facts | None = None) -> OwnLink | None:
    """The link of ours that stands in a reason. One to a new workflow leads to the file that fits `facts`.

    What a reason says of that file's text counts for nothing: the text is always made anew.
    """
    known = facts or NOTHING_KNOWN
    page = bare_link(links, branch, known)
    if page in reason:
        said = re.search(re.escape(page) + r"(?:&value=\S*)?", reason)
        offer = verify_offer(links.web_url, f"{links.owner}/{links.repo}", branch, known)
        return OwnLink(offer.what, said.group() if said else page, offer.link)
    first = first_file_link(links, branch, links.repo)
    own = [
        OwnLink("the repository's rules", links.rules, links.rules),
        OwnLink("create README.md", first, first),
    ]
    if (settings := _installation(reason, links)) is not None:
        own.append(OwnLink("GitHub's page of the installation", settings, settings))
    return next((one for one in sorted(own, key=lambda one: -len(one.said)) if one.said in reason), None)


def beside_reason(reason: str, links: Links, branch: str, facts: Facts | None) -> str:
    """The text of the offered workflow where its link cannot carry it, folded; mostly empty."""
    known = facts or NOTHING_KNOWN
    if bare_link(links, branch, known) not in reason:
        return ""
    return beside(verify_offer(links.web_url, f"{links.owner}/{links.repo}", branch, known))


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
