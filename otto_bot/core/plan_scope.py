"""Scope of a plan: nothing in it does what its own non-goals exclude."""

from __future__ import annotations

import re
from collections.abc import Iterator

from otto_bot.core.plan import Plan
from otto_bot.core.plan_problem import Intent, PlanProblem, PlanRule
from otto_bot.core.plan_words import content, negations, sentences, shown, together

_DENIES = re.compile(
    r"^(?:there (?:is|are|will be) |we |it |this |the \w+ )*(?:no|not|never|without|nothing|do(?:es)?(?:n't| not)|"
    r"will not|won't|is not|are not|neither)\b(?: (?:do|be|to|have|add|support|build|any))*",
    re.IGNORECASE,
)
_REST = re.compile(
    r"[:;(—–,]|\.\s|\s-\s|\b(?:because|since|until|unless|for now|in this|yet|but|so|which|that|as it|as they|stays?|"
    r"remains?|keeps?|comes?|will|is|are|was|were|may|can|must|should|belongs?|happens?|needs?)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(?:other|others|another|further|additional|beyond|more|than|except|besides|else|beside|apart|"
    r"multiple|several|real|full|any kind|new kinds?)\b",
    re.IGNORECASE,
)
"""A non-goal that is relative to the goal shares its words with the goal: it cannot be judged by words."""


def scope(plan: Plan, _intent: Intent) -> Iterator[PlanProblem]:
    """No feature, task title or criterion does what a non-goal excludes."""
    claims = [(where, text, _read(text)) for where, text in _claims(plan)]
    for goal in plan.non_goals:
        wanted = excluded(goal)
        for where, text, read in claims if wanted else ():
            if _does(read, wanted, goal):
                reason = f"{shown(text)} does what the non-goal {shown(goal)} excludes; drop one of them"
                yield PlanProblem(rule=PlanRule.SCOPE, where=where, reason=reason)


def outside_scope(text: str, non_goals: tuple[str, ...]) -> str | None:
    """The non-goal that a text goes against, for texts that are no part of a plan yet; None = none."""
    read = _read(text)
    return next((goal for goal in non_goals if _does(read, excluded(goal), goal)), None)


def excluded(non_goal: str) -> tuple[str, ...]:
    """Stems of what a non-goal excludes; empty where words alone cannot tell."""
    head = _REST.split(_affirmed(non_goal), maxsplit=1)[0]
    if not content(head) or _RELATIVE.search(head):
        return ()
    return tuple(dict.fromkeys(content(head)))


def _affirmed(non_goal: str) -> str:
    """`No mobile app` and `It does not send mail` as what they deny."""
    return _DENIES.sub("", non_goal.strip()).strip()


def _read(text: str) -> list[tuple[list[str], int]]:
    """Stems and negations of each sentence."""
    return [(content(sentence), negations(sentence)) for sentence in sentences(text)]


def _does(read: list[tuple[list[str], int]], wanted: tuple[str, ...], non_goal: str) -> bool:
    """Whether a sentence brings what is excluded together, and does not deny it."""
    for stems, denied in read if wanted else ():
        if together(wanted, stems):
            # A sentence with all words of the non-goal may deny as often as the non-goal itself does.
            whole = _affirmed(non_goal)
            if denied <= (negations(whole) if set(content(whole)) <= set(stems) else 0):
                return True
    return False


def _claims(plan: Plan) -> Iterator[tuple[str, str]]:
    for task in plan.tasks:
        yield task.key, task.title
        for criterion in task.criteria:
            yield f"{task.key} {criterion.id}", criterion.text
    if plan.spec is not None:
        for feature in plan.spec.features:
            yield feature.id, feature.name
