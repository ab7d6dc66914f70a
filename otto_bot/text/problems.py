"""Every kind of problem that people are told of, and its entry in docs/troubleshooting.md."""

from __future__ import annotations

from enum import StrEnum

from otto_bot.core.evidence import Cause
from otto_bot.text.links import DOCS_URL


class Rest(StrEnum):
    """What lets a run rest until a person has looked, by the kind that its event names."""

    BASE_GONE = "base_gone"
    BUDGET = "budget"
    BUG = "bug"
    CLOCK = "clock"
    CONFIG = "config"
    CONFIG_UNREADABLE = "config_unreadable"
    CONFLICT = "conflict"
    DAY = "day"
    DIFF_GATE = "diff_gate"
    DISABLED = "disabled"
    DISK = "disk"
    GIT = "git"
    GITHUB = "github"
    JOURNEYS = "journeys"
    JUDGE = "judge"
    MINUTES = "minutes"
    MODELS = "models"
    NO_COMMIT = "no_commit"
    PERMISSION = "permission"
    PLAN_MORE = "plan_more"
    PROVIDER = "provider"
    PUSH_REJECTED = "push_rejected"
    REOPEN = "reopen"
    REPEATS = "repeats"
    RERUN = "rerun"
    WORKFLOWS = "workflows"


class Start(StrEnum):
    """What keeps a command of the host from starting or going on."""

    DATABASE = "database"
    SETTINGS = "settings"


class Webhook(StrEnum):
    """What the receiver answers to a delivery, by its status."""

    ACCEPTED = "202"
    HEADER = "400"
    SIGNATURE = "401"
    METHOD = "405"
    SLOW = "408"
    LARGE = "413"
    TYPE = "415"
    UNAVAILABLE = "503"


REFUSING = frozenset(
    {
        "active_run", "already_planned", "already_resting", "cannot_accept", "cannot_retry", "cannot_skip", "ended",
        "enough", "host_cap", "learning_unsafe", "no_money", "not_in_plan", "not_posted", "not_resting",
        "nothing_failed", "nothing_learnt", "nothing_to_approve", "only_certifies", "replan_review", "replan_too_late",
        "stale_revision", "still_deciding", "use_approve",
    }
)  # fmt: skip
"""Answers of `reply.REPLY_WORDS` that say no, or not now. What the others say is done."""
UNASKED = frozenset(
    {"bad_command", "certify_an_issue", "label_on_pull_request", "no_run", "refused", "too_often", "unknown_verb"}
)
"""Functions of `text/reply.py` that say no where no run has to answer."""


def of_cause(cause: Cause) -> str:
    """The entry about why an attempt failed."""
    return entry("cause", cause.value)


def of_rest(kind: str) -> str | None:
    """The entry about why a run rests; None where the kind is none of ours, as in old ledgers."""
    return entry("rest", kind) if kind in set(Rest) else None


def explained(kind: Start, docs_url: str | None) -> str:
    """Where a host reads more about what a command has just said on standard error."""
    return f"more about this: {(docs_url or DOCS_URL).rstrip('/')}/troubleshooting.md#{entry('start', kind)}"


def entry(group: str, name: str) -> str:
    """The heading of an entry, which is its anchor: small letters, digits and dashes."""
    return f"{group}-{name}".replace("_", "-")


def entries() -> frozenset[str]:
    """Every entry that is not about an odd repository, nor made from the words of the API and the login."""
    named = {of_cause(cause) for cause in Cause}
    named |= {entry("rest", kind) for kind in Rest}
    named |= {entry("answer", name) for name in REFUSING | UNASKED}
    named |= {entry("start", kind) for kind in Start}
    return frozenset(named | {entry("webhook", kind) for kind in Webhook})
