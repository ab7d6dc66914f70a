"""What the page *new run* says: what each kind does, what it will run with, and what became of it."""

from __future__ import annotations

from otto_bot.core.config import Config, HostCaps
from otto_bot.text.words import count

Words = tuple[str, str]

TITLE = "New run"
KINDS = {
    "build": ("Build", "An issue is opened in your name with this text, and labelled: a run plans and builds it."),
    "improve": (
        "Improve",
        "What the last review of a pull request of Otto found is made into tasks, and nothing else.",
    ),
    "certify": ("Certify", "The default branch is held against the plan of an issue; no code is written."),
}
"""What a run may be for, and what happens."""
NEW = {
    "new": TITLE,
    "repository": "Repository",
    "choose": "Choose",
    "other": "Another repository",
    "kind": "What for",
    "intent": "Title: what should change",
    "words": "What exactly, and how one sees that it is done (Markdown; Ctrl+Enter sends)",
    "number": "Number of the issue or pull request",
    "send": "Begin",
    "with": "Will run with",
    "log_in": "Log in with GitHub",
    "first_action": "Begin a run",
    "look": "Look again",
    "on_github": "On GitHub",
}
ONLY_IN = "Runs are begun in your name, so that you must be logged in. On GitHub the label `otto` does the same."
NO_LOGIN = "This host has no login, so runs are begun on GitHub: put the label `otto` on an issue."
NOWHERE = (
    "There is no repository here in which both Otto and you may write. An owner installs the App there, in GitHub's "
    "settings; write access is given in the repository's own settings."
)
NOT_THERE: Words = (
    "There is no such repository for you",
    "Either Otto's App is not installed there, or you may not write there. The page of new runs lists where you can.",
)
NO_TITLE = "Say in one line what should change: an issue needs a title."
LONG_TITLE = "The title has more than 256 characters, which is what GitHub takes. Say the rest in the text."
NO_NUMBER = "Name the issue or pull request by its number, such as 12."
NOT_FOUND = "There is no issue or pull request #{number} in {repo}."
NOT_AN_ISSUE = "#{number} is a pull request, and only issues can be certified: their plan is held against the branch."
FORBIDDEN = "GitHub did not let you do that: {why}"
UNSURE = "GitHub did not answer as it should: {why} Press again in a minute; the same press counts once."
ENDED: Words = (
    "Your login has ended",
    "Log in again, then press the button once more: what you wrote is on the page before.",
)
NO_LANE = "lane is found when it begins"
UNREAD = "Its configuration cannot be read just now; a run reads it when it begins."
UNUSABLE = "Its `.github/otto.yml` cannot be used: the run will say why and wait."
QUEUES = "No worker is up: it will wait in the queue until one is started with `otto-bot worker`."


def will_run(config: Config, caps: HostCaps, lane: str, workers: int) -> str:
    """One line: models, money, approval, lane, workers."""
    parts = [
        f"planner {config.models.planner}",
        f"coder {config.models.coder}",
        f"≤ ${min(config.budget.usd, caps.usd):g}",
        f"approval {config.plan.approval}",
        f"lane {lane}" if lane else NO_LANE,
        f"{count(workers, 'worker')} up" if workers else "no worker up",
    ]
    return " · ".join(parts)


def sent_words(kind: str, number: int, label: str) -> str:
    """What was done on GitHub."""
    if kind == "build":
        return f"Issue #{number} stands, opened by you, and carries the label `{label}`."
    return f"`/otto {kind}` stands as your comment on #{number}."


def follows(kind: str, workers: int) -> str:
    """What happens next."""
    if not workers:
        return QUEUES
    if kind == "improve":
        return "Otto reads the review as soon as GitHub tells of the comment; the run's page shows its tasks."
    return "A run begins as soon as GitHub tells of it, mostly within seconds. This page leads to it."
