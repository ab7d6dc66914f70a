"""What a repository lacks so that Otto works best there, and the links with which a person adds it."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from otto_bot.core.onboarding import CONFIG_PATH, Facts, repository_file, verify_workflow
from otto_bot.text.editor_link import editor
from otto_bot.text.markdown import fence, fold, link

ADD, EDIT, ADD_CONFIG = "add {name}", "edit {name}", "add .github/otto.yml"
WHY_VERIFY = (
    "Otto starts it on its branches to verify them. Without it each branch needs a workflow that a push or a pull "
    "request starts."
)
WHY_CONFIG = "It says what Otto may do here: the label, budgets, approvals, and where the parts of the repository are."
SPARE = "optional: with a workflow that Otto starts by hand no verification pull requests are needed"
MOST_BESIDE = 20_000


class Offer(NamedTuple):
    """`what` is a link's words, `why` a sentence or two, `link` GitHub's editor; `beside` the text it cannot carry."""

    what: str
    why: str
    link: str
    beside: str = ""


def offers(
    web_url: str, repo_full_name: str, default_branch: str, facts: Facts, existing: Collection[str] = ()
) -> list[Offer]:
    """What is missing in a repository (`owner/name`), the most useful first; empty where nothing is.

    `existing` are paths known to be there, besides what `facts` says.
    """
    found = []
    if not facts.has_verify and facts.path not in existing:
        found.append(verify_offer(web_url, repo_full_name, default_branch, facts))
    if not facts.has_config and CONFIG_PATH not in existing:
        made = editor(web_url, repo_full_name, default_branch, CONFIG_PATH, repository_file(facts))
        found.append(Offer(ADD_CONFIG, WHY_CONFIG, made.url, made.beside))
    return found


def verify_offer(web_url: str, repo_full_name: str, default_branch: str, facts: Facts) -> Offer:
    """The workflow alone; where a file of that name is there already, the page on which it is edited."""
    text = verify_workflow(facts)
    made = editor(web_url, repo_full_name, default_branch, facts.path, text, exists=facts.has_verify)
    words = (EDIT if facts.has_verify else ADD).format(name=facts.workflow)
    return Offer(words, WHY_VERIFY, made.url, made.beside)


def beside(offer: Offer) -> str:
    """The text that the link does not carry, folded; empty where it carries it."""
    return fold(f"Text for “{offer.what}”", fence(offer.beside, MOST_BESIDE, "yaml")) if offer.beside else ""


def markdown(offer: Offer) -> str:
    """An offer as one piece of a comment."""
    return "\n\n".join(filter(None, [f"{link(offer.what, offer.link)}: {offer.why}", beside(offer)]))
